"""Arrays of numbers to and from the bits of a struct."""

import numpy as np

__all__ = ["Field", "pack", "unpack"]

WORD = 32
MASK = (1 << WORD) - 1


class Field:
    """A number of ``bits`` bits, in two's complement if ``signed``, at bit ``offset`` of each row."""

    def __init__(self, offset: int, bits: int, signed: bool):
        self.offset, self.bits, self.signed = offset, bits, signed

    @property
    def exact(self) -> bool:
        """Whether int64 does not hold every number."""
        return self.bits > 63 + self.signed


def pack(rows: np.ndarray, field: Field, values: np.ndarray) -> None:
    """Write ``values`` (integers or bools, within the field's range) into rows 0.. of ``rows`` (uint32, 2-D)."""
    values = values.astype(object if field.exact else np.int64)
    word, shift = divmod(field.offset, WORD)
    done = 0
    while done < field.bits:
        take = min(WORD - shift, field.bits - done)
        part = (values >> done & (1 << take) - 1).astype(np.uint64)
        rows[:len(values), word] |= (part << np.uint64(shift)).astype(np.uint32)
        done, word, shift = done + take, word + 1, 0


def unpack(rows: np.ndarray, field: Field) -> np.ndarray:
    """Return the field of every row: int64, or Python integers if that does not hold every number."""
    kind = object if field.exact else np.int64
    found = np.zeros(len(rows), kind)
    word, shift = divmod(field.offset, WORD)
    done = 0
    while done < field.bits:
        take = min(WORD - shift, field.bits - done)
        part = rows[:, word] >> np.uint32(shift) & np.uint32((1 << take) - 1)
        found |= part.astype(np.int64).astype(kind) << done
        done, word, shift = done + take, word + 1, 0
    if field.signed and field.bits != 64:
        half = 1 << field.bits - 1
        found = (found ^ half) - half
    return found
