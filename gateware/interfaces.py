"""Signatures of the streams between the blocks (docs/architecture.md, "Words")."""

from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out, Signature

from wire.pages import BUS_BITS

__all__ = [
    "FRAME_WORD", "DATAGRAM_WORD", "MESSAGE_BYTES", "MESSAGE", "FrameStream", "DatagramStream", "ReplayStream",
    "MessageStream",
    "RECORD_WORD", "RecordStream", "Notice", "RING_ADDRESS_BITS", "RingWrite", "RegisterBus", "TOUCH", "TRADE",
]

#: Longest ITCH 5.0 message (Net Order Imbalance, 50 bytes).
MESSAGE_BYTES = 50

#: One word of an Ethernet frame. ``count`` is the number of valid bytes, 1..8; it is 8 on all but the last word.
FRAME_WORD = data.StructLayout({"data": 64, "first": 1, "last": 1, "count": 4, "error": 1})

#: One word of a UDP payload, left where it lay in the frame. ``lane`` holds for the ``first`` word (first byte of the
#: payload), ``count`` for the ``last`` (lanes below it are valid, 1..8; counted from lane 0 even in a word that is
#: first and last). ``line``: 0 is A, 1 is B; ``again``: the datagram is replayed (gateware/feed/reorder.py); both are
#: constant through a datagram.
DATAGRAM_WORD = data.StructLayout({"data": 64, "first": 1, "last": 1, "lane": 3, "count": 4, "line": 1, "again": 1})

#: Words of replayed datagrams; one that finds no place is lost.
ReplayStream = Signature({"valid": Out(1), "p": Out(DATAGRAM_WORD)})

#: One whole ITCH message; ``data[0]`` is its type. Bytes past the message's length are arbitrary.
MESSAGE = data.StructLayout({"data": data.ArrayLayout(8, MESSAGE_BYTES), "seq": 64})

#: Words that cannot be stalled: a word is taken in every cycle in which ``valid`` is high.
FrameStream = Signature({"valid": Out(1), "p": Out(FRAME_WORD)})

#: ``verdict_done`` strobes once a datagram, with its last word or later, before the next one begins; ``verdict_bad``
#: with it: the frame was truncated, had a MAC error or a wrong UDP checksum, or its headers proved bad, which is told
#: before the third word. A datagram may be cut off by a bad verdict before its last word. After a good verdict the next
#: may begin in the following cycle at the earliest (gateware/net keeps at least 4 idle cycles between two datagrams).
#: Replayed datagrams come in between and get no verdict; a first word cuts one off.
DatagramStream = Signature({
    "valid": Out(1), "p": Out(DATAGRAM_WORD), "verdict_done": Out(1), "verdict_bad": Out(1)})

#: One message in every cycle in which ``valid`` is high.
MessageStream = Signature({"valid": Out(1), "p": Out(MESSAGE)})

#: One 64-bit word of a ring record (wire/records.py): ``index`` counts words from the record's begin. Word 0, the ring
#: sequence number, is not among them; ``last`` marks the last word of a record.
RECORD_WORD = data.StructLayout({"data": 64, "index": 6, "last": 1})

#: The words of one record after the other, in any order within it.
RecordStream = stream.Signature(RECORD_WORD)

#: What a FEED record tells, on ``valid``; it cannot be stalled. ``event`` is a wire.records.FeedEvent, ``aux`` the
#: number that belongs to it.
Notice = Signature({"valid": Out(1), "event": Out(8), "aux": Out(64)})

#: Bits of an address in ring memory, which counts 64-bit words: 2**20 records of 512 bytes.
RING_ADDRESS_BITS = 26

#: One 64-bit word for the ring memory in every cycle in which ``valid`` is high; it cannot be stalled.
RingWrite = Signature({"valid": Out(1), "addr": Out(RING_ADDRESS_BITS), "data": Out(64)})

#: Register bus, as the host drives it: a byte address, and each cycle a write, a read, neither or both at that address.
#: ``r_data`` is valid with ``r_valid``, READ_LATENCY cycles after ``r_en`` (gateware/link/registers.py).
RegisterBus = Signature({
    "addr": Out(BUS_BITS), "w_en": Out(1), "w_data": Out(32), "r_en": Out(1), "r_data": In(32), "r_valid": In(1)})


def TOUCH(symbol_bits):
    """Layout of a change of a best price: ``side`` 0 bid, 1 ask; ``has``: there is one; ``price`` in 1/10,000."""
    return data.StructLayout({"valid": 1, "symbol": symbol_bits, "side": 1, "has": 1, "price": 32})


def TRADE(symbol_bits):
    """Layout of a trade: its price in 1/10,000."""
    return data.StructLayout({"valid": 1, "symbol": symbol_bits, "price": 32})
