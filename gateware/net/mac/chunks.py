"""What crosses the clocks: frames in chunks of four bytes, an entry of block RAM each."""

from amaranth.hdl import unsigned
from amaranth.lib import data, enum, stream

from gateware.net.mac.crc import BITS

__all__ = ["CHUNK_BYTES", "Kind", "CHUNK", "ChunkStream"]

CHUNK_BYTES = BITS // 8


class Kind(enum.IntEnum, shape=unsigned(3)):
    """What a chunk is. All but MORE end a frame, if one was begun."""

    MORE = 0        #: four bytes, and the frame goes on
    LAST1 = 1       #: the frame's last byte
    LAST2 = 2       #: its last two bytes
    LAST3 = 3
    LAST4 = 4
    CODING = 5      #: no bytes; the PHY told of an error, and the frame is given up
    LOST = 6        #: no bytes; the rest of the frame found no place, and it is given up
    VOID = 7        #: no bytes and no frame; there was a carrier without a start frame delimiter, or nothing behind it


#: Bytes that are not there are zero.
CHUNK = data.StructLayout({"data": BITS, "kind": Kind})
ChunkStream = stream.Signature(CHUNK)
