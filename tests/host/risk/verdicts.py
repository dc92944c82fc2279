"""Verdicts that tests can tell from each other."""

from typing import Any

import numpy as np
import numpy.typing as npt

from wire.risk import VERDICT_DTYPE, Kind, Status


def verdicts(first: int, count: int) -> npt.NDArray[Any]:
    """Return ``count`` verdicts from number ``first`` on; every field follows from the number."""
    made = np.zeros(count, VERDICT_DTYPE)
    made["seq"] = np.arange(first, first + count)
    made["client"] = made["seq"] * np.uint64(0x9E37_79B9_7F4A_7C15)
    made["cycles_in"], made["cycles_out"] = 10 * made["seq"], 10 * made["seq"] + 5
    made["kind"], made["status"] = Kind.NEW, Status.ACCEPTED
    return made
