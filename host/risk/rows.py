"""Rows of limits and what the gate shows, from and to 32-bit words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from wire.pages import ROW_FIELDS, ROW_WORDS, Command
from wire.risk import SHOWN_FIELDS, LimitField

__all__ = ["SHOWN_NAMES", "row_words", "row_values", "shown_values"]

Words = npt.NDArray[np.uint32]

#: Under which of wire.risk.SHOWN_FIELDS a row that a command sets is read back.
SHOWN_NAMES = {Command.SET_ACCOUNT: "account_limits", Command.SET_SYMBOL: "symbol_limits",
               Command.SET_PAIR: "pair_limits", Command.SET_GLOBAL: "global_limits"}
_SHOWN_ROWS = {name: ROW_FIELDS[command] for command, name in SHOWN_NAMES.items()}


def row_words(fields: tuple[LimitField, ...], values: Mapping[str, int]) -> Words:
    """Return the ROW_WORDS words of a row that holds ``values``; a field that is not named is 0.

    Raises ValueError that names a field which does not exist, or a value that does not fit.
    """
    left = dict(values)
    row = lsb = 0
    for field in fields:
        value = left.pop(field.name, 0)
        if not 0 <= value < 1 << field.bits:
            raise ValueError(f"{field.name} must be 0..{(1 << field.bits) - 1}, not {value}")
        row |= value << lsb
        lsb += field.bits
    if left:
        raise ValueError(f"a row of {', '.join(field.name for field in fields)} has no {next(iter(left))!r}")
    return np.frombuffer(row.to_bytes(4 * ROW_WORDS, "little"), "<u4")


def row_values(fields: tuple[LimitField, ...], words: Words) -> dict[str, int]:
    """Return the fields of a row in ``words``, which may be fewer than ROW_WORDS where the row is shorter."""
    row = int.from_bytes(words.tobytes(), "little")
    values = {}
    for field in fields:
        values[field.name] = row & (1 << field.bits) - 1
        row >>= field.bits
    return values


def shown_values(words: Words) -> dict[str, Any]:
    """Return wire.risk.SHOWN_FIELDS by name from SHOWN_WORDS ``words``; rows of limits as {field: number}."""
    values: dict[str, Any] = {}
    for field in SHOWN_FIELDS:
        part = words[field.word:field.word + field.words]
        values[field.name] = (row_values(_SHOWN_ROWS[field.name], part) if field.name in _SHOWN_ROWS
                              else int.from_bytes(part.tobytes(), "little", signed=field.signed))
    return values
