# Ref: OHWR, "EtherBone Core Specification", draft of 2012-07-24; as LiteX speaks it: litex/tools/remote/etherbone.py
"""Etherbone with addresses and data of 32 bits: reads and writes of registers in a datagram.

A datagram is HEADER, and behind it records. A record is RECORD; if ``wcount`` is not 0, the address of the first
write, and ``wcount`` words for rising addresses; if ``rcount`` is not 0, an address for the asker's own use, and
``rcount`` addresses to be read. The reads of a record are answered by one in which that address stands as the one to
be written, and the values behind it. All is big-endian. Writes alone have no answer.

A header with PROBE is answered by the same with PROBE_REPLY in its place. The header is padded to 8 bytes, as LiteX
has it. The flags of a record, which choose a configuration space or constant addresses, are 0 here.
"""

from enum import IntFlag

from wire.fields import Layout, uint

__all__ = ["MAGIC", "VERSION", "SIZES", "BYTE_ENABLE", "WORD_BYTES", "MOST_WORDS", "PORT", "Flag", "HEADER", "RECORD"]

MAGIC = 0x4E6F
VERSION = 1
#: Bits 7..4 of ``sizes``: bytes of an address, 3..0: of a word.
SIZES = 0x44
#: All four bytes of a word, the only value here.
BYTE_ENABLE = 0x0F
WORD_BYTES = 4
#: Most writes, and most reads, of a record.
MOST_WORDS = 255
#: UDP port that LiteX tools use, at both ends, unless told otherwise.
PORT = 1234


class Flag(IntFlag):
    """Flags of the header, in the lower half of ``version_flags``."""

    PROBE = 1
    PROBE_REPLY = 2
    NO_READS = 4


HEADER = Layout("Etherbone", (
    uint("magic", 0, 2, "MAGIC"),
    uint("version_flags", 2, 1, "version in bits 7..4, Flag in 3..0"),
    uint("sizes", 3, 1, "SIZES"),
    uint("padding", 4, 4, "0; of a probe: comes back"),
), 8, "header of a datagram")

RECORD = Layout("EtherboneRecord", (
    uint("flags", 0, 1, "0"),
    uint("byte_enable", 1, 1, "bytes of the words that count"),
    uint("wcount", 2, 1, "words to be written"),
    uint("rcount", 3, 1, "words to be read"),
), 4, "header of a record")
