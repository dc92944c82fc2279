# Ref: IEEE Std 802.3-2018, clause 3.2.9
"""CRC-32 of Ethernet, as equations for any number of bits at once.

The register is kept as it is sent: bit 0 first. It begins with all ones, and its complement is the FCS.
"""

from amaranth.hdl import C, Cat, Value

__all__ = ["BITS", "BEGIN", "advance", "crc_next", "residue"]

BITS = 32
#: The generator polynomial without its highest term, bit 0 first.
POLYNOMIAL = 0xEDB8_8320
#: The register before the first byte.
BEGIN = 0xFFFF_FFFF
#: The register behind a frame and its right FCS.
RESIDUE = 0xDEBB_20E3


def advance(register: int, bits: int) -> int:
    """Return what ``bits`` zero bits make of the register."""
    for _ in range(bits):
        register = register >> 1 ^ (POLYNOMIAL if register & 1 else 0)
    return register


def residue(zeros: int) -> int:
    """Return the register behind a frame with its right FCS and ``zeros`` bytes of zero.

    The register's steps can be undone, so it has this value there behind no frame with a wrong FCS.
    """
    return advance(RESIDUE, 8 * zeros)


def crc_next(register, bits):
    """Return the register behind ``bits``, at most 32 and the first on the wire lowest; combinational.

    Every bit of the result is a sum of at most all bits of the register, whatever the number of bits.
    """
    register, bits = Value.cast(register), Value.cast(bits)
    width = len(bits)
    if not 0 < width <= BITS:
        raise ValueError(f"bits must be 1..{BITS} wide, not {width}")
    mixed = register ^ bits
    columns = [advance(1 << n, width) for n in range(BITS)]
    rows = (sum((column >> row & 1) << n for n, column in enumerate(columns)) for row in range(BITS))
    return Cat((mixed & C(row, BITS)).xor() for row in rows)
