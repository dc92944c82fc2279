"""Choice by one-hot bits, as wide and flat logic."""

from amaranth.hdl import Cat, Const, Mux

__all__ = ["one_of", "number_of"]


def one_of(selected, values):
    """Return the value whose bit in ``selected`` is set, 0 if none is; at most one may be.

    ``selected`` is a value, or a sequence of one-bit values which are best signals: each is used once. The tree is
    balanced, since the time to elaborate an expression grows with the square of its depth.
    """
    terms = [Mux(bit, value, 0) for bit, value in zip(selected, values, strict=True)]
    while len(terms) > 1:
        terms = [terms[n] | terms[n + 1] if n + 1 < len(terms) else terms[n] for n in range(0, len(terms), 2)]
    return terms[0] if terms else Const(0)


def number_of(selected):
    """Return the number of the bit of the signal ``selected`` that is set, 0 if none is; at most one may be."""
    bits = max(1, (len(selected) - 1).bit_length())
    return Cat(Cat(selected[n] for n in range(len(selected)) if n >> bit & 1).any() for bit in range(bits))
