"""Integers with a range, for the fields of records that rules read and write."""

from dataclasses import dataclass
from typing import Annotated

__all__ = ["Range", "U8", "U16", "U32", "U64", "I32", "I64"]


@dataclass(frozen=True)
class Range:
    """Metadata of ``Annotated[int, Range(low, high)]``: the integer lies in low..high, both included.

    Raises ValueError for an empty range.
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"a range must not be empty, {self.low}..{self.high} is")


U8 = Annotated[int, Range(0, (1 << 8) - 1)]
U16 = Annotated[int, Range(0, (1 << 16) - 1)]
U32 = Annotated[int, Range(0, (1 << 32) - 1)]
U64 = Annotated[int, Range(0, (1 << 64) - 1)]
I32 = Annotated[int, Range(-(1 << 31), (1 << 31) - 1)]
I64 = Annotated[int, Range(-(1 << 63), (1 << 63) - 1)]
