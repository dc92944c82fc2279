# Ref: FIX 4.4, volume 2, checksum calculation
"""The CheckSum field: the sum of all bytes before it, modulo 256, in three digits."""

from zlib import adler32

__all__ = ["TRAILERS", "checksum", "is_sound"]

#: The whole CheckSum field, for each sum.
TRAILERS = tuple(b"10=%03d\x01" % number for number in range(256))

#: Each of them, and the sum of a message that it ends.
_WHOLE = {trailer: (number + sum(trailer)) & 255 for number, trailer in enumerate(TRAILERS)}

#: The low half of Adler-32 is 1 + the sum of the bytes modulo 65,521: for so many bytes the modulus is never reached.
_EXACT = 256
_EXACT_ASCII = 512


def checksum(data: bytes | bytearray) -> int:
    """Return the sum of the bytes of ``data`` modulo 256."""
    if len(data) <= _EXACT or len(data) <= _EXACT_ASCII and data.isascii():
        return adler32(data) - 1 & 255
    total = 0
    for begin in range(0, len(data), _EXACT):
        total += (adler32(data[begin:begin + _EXACT]) & 0xFFFF) - 1
    return total & 255


def is_sound(message: bytes) -> bool:
    """Whether ``message``, a whole one, ends in the CheckSum field that it should have."""
    return _WHOLE.get(message[-7:]) == checksum(message)
