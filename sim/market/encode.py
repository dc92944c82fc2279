"""ITCH messages of many types, encoded a type at a time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.market.messages import Messages
from sim.market.ragged import scatter
from wire.fields import set_u48
from wire.itch50 import MESSAGES

__all__ = ["encode"]


def encode(total: int, groups: Mapping[str, tuple[NDArray[np.integer], Mapping[str, Any]]]) -> Messages:
    """Return ``total`` messages.

    groups: for each type letter the positions (int[n], in 0..total-1) of its messages, and its fields, each an array of
    n values or one value for all. A field of one character may be given by its code (uint8); fields that are left out
    are zero, ``type`` is set here. Every position must be given exactly once; raises ValueError otherwise, and
    KeyError naming an unknown field.
    """
    length = np.zeros(total, np.int32)
    given = 0
    for letter, (index, _) in groups.items():
        length[index] = MESSAGES[letter].size
        given += len(index)
    if given != total or not length.all():
        raise ValueError(f"{given} positions given for {total} messages, {int((length == 0).sum())} of them never")
    offset = np.cumsum(length, dtype=np.int64) - length
    data = np.zeros(int(length.sum(dtype=np.int64)), np.uint8)
    for letter, (index, fields) in groups.items():
        layout = MESSAGES[letter]
        rows = np.zeros(len(index), layout.dtype)
        rows["type"] = letter.encode()
        for name, value in fields.items():
            if layout.field(name).kind == "time6":
                set_u48(rows, name, value)
            elif rows.dtype[name] == np.dtype("S1") and isinstance(value, np.ndarray) and value.dtype.kind in "ui":
                rows[name] = value.astype(np.uint8).view("S1")
            else:
                rows[name] = value
        scatter(data, offset[index], rows)
    return Messages(data, offset, length)
