"""The link over Ethernet: the device's pages as Etherbone sees them, the link's own registers, and ring datagrams.

Etherbone (wire/etherbone.py) reaches the device's pages (wire/pages.py) from address 0 on, and the link's registers
from BASE on. Who may write is one host, by its IP address; all may read.

A host that must not write twice begins by writing a random number to BEGIN: its next ticket. Then it begins a datagram
with a record that writes TICKET, alone, and ends it with one that reads it. The writes between are done if the ticket
is the next one, which then counts on by one; else they were done already, or somebody else has begun. So a datagram may
be sent again until its answer comes.

With STREAM set, ring records come to who set it as datagrams: RING_HEADER, and ``count`` whole records, each with its
last ``words`` of 64 bits left out that are nothing but padding. A number that is missing is asked for through RESEND.
"""

from enum import IntEnum

from wire.fields import Field, Layout
from wire.registers import Register

__all__ = ["BASE", "REGISTERS", "COUNTERS", "MAC_COUNTERS", "COUNTER_BASE", "STATUS_PHYS", "RING_MAGIC", "Ring",
           "RING_HEADER", "RING_PAYLOAD_BYTES", "address"]

#: Address of the link's registers.
BASE = 0x1_0000
#: Address of the link's counters, from BASE on.
COUNTER_BASE = 0x040

#: Bit of STATUS from which on those of PHYs are.
STATUS_PHYS = 8

#: Counters of the MAC at port 0: name, its events that are counted (gateware/net/mac/mac.py), and what they are, with
#: the name that IEEE Std 802.3, clause 30.3.1, or RFC 2819 has for it. Each event is in exactly one.
MAC_COUNTERS = (
    ("rx_ok", ("good",), "frames received with right size and FCS (aFramesReceivedOK)"),
    ("rx_fcs_errors", ("fcs",), "frames of right size with a wrong FCS (aFrameCheckSequenceErrors)"),
    ("rx_runts", ("runts", "fragments"), "frames below 64 bytes (etherStatsUndersizePkts, etherStatsFragments)"),
    ("rx_oversize", ("oversized", "jabbers"), "frames above 1522 bytes (etherStatsOversizePkts, etherStatsJabbers)"),
    ("rx_code_errors", ("coding", "void"),
     "carriers in which the PHY reported an error (aSymbolErrorDuringCarrier), or that have no start frame delimiter, "
     "or nothing behind it"),
    ("rx_lost", ("lost", "refused", "cut"),
     "frames that came, at least in part, while the receive clock was not that of gigabit, or when the queue to the "
     "core was full"),
    ("tx_frames", ("sent",), "frames given to the transmitter whole"),
    ("tx_broken", ("broken",), "frames ended by an error on the wire, as their words came too late"),
)

#: Counters of the link, of 32 bits; they wrap.
COUNTERS = (
    ("datagrams", "datagrams that were carried out"),
    ("garbage", "datagrams that are no Etherbone, or of which a record does not fit; nothing of them was done"),
    ("refused", "datagrams of others than the host, whose writes were left out"),
    ("repeated", "datagrams whose ticket was not the next one, whose writes were left out"),
    ("nowhere", "words written to, or read from, addresses that do not exist"),
    ("dropped", "datagrams that found no room"),
    ("checksum", "datagrams with a wrong checksum"),
    ("overruns", "ring records that were overwritten before they were sent"),
    *((name, doc) for name, _, doc in MAC_COUNTERS),
)

REGISTERS: tuple[Register, ...] = (
    Register("TICKET", 0x000, "rw", "number of the next datagram that says one"),
    Register("BEGIN", 0x024, "wo", "sets the next ticket; to be written alone"),
    Register("STREAM", 0x004, "rw", "1: send ring records to who wrote this"),
    Register("RESEND_EVENTS", 0x008, "wo", "lower half of a record's number: send from it on what is still kept"),
    Register("RESEND_VERDICTS", 0x00C, "wo", "the same of the verdict ring"),
    Register("LAST_EVENT", 0x010, "ro", "number of the last event record; reading the lower half latches the upper",
             size=8),
    Register("LAST_VERDICT", 0x018, "ro", "the same of the verdict ring", size=8),
    Register("KEPT", 0x020, "ro", "event records kept to be sent again in bits 15..0, verdicts in 31..16; 0: none are "
             "sent"),
    Register("STATUS", 0x028, "ro", "of port n: bit 2n its PHY gives a receive clock, bit 2n + 1 at gigabit's pace; of "
             "PHY n of the board: bit 8 + 3n it answers, 9 + 3n it has a link, 10 + 3n its partner can do gigabit"),
    *(Register(name.upper(), COUNTER_BASE + 4 * n, "ro", doc) for n, (name, doc) in enumerate(COUNTERS)),
)


class Ring(IntEnum):
    """Which ring a datagram is of."""

    EVENTS = 0
    VERDICTS = 1


RING_MAGIC = 0x7467
#: Most bytes of records in a datagram.
RING_PAYLOAD_BYTES = 1_464


def _uint(name: str, offset: int, size: int, doc: str, unit: str = "") -> Field:
    return Field(name=name, offset=offset, size=size, kind="uint", unit=unit, lo=0, hi=(1 << 8 * size) - 1, doc=doc)


#: Big-endian; the records behind it are as in ring memory.
RING_HEADER = Layout("RingHeader", (
    _uint("magic", 0, 2, "RING_MAGIC"),
    _uint("ring", 2, 1, "Ring"),
    _uint("count", 3, 1, "records, with numbers that follow each other; 0: none of those asked for is kept"),
    _uint("words", 4, 1, "words of 64 bits that a record has here"),
    _uint("resent", 5, 1, "1: these were asked for"),
    _uint("reserved", 6, 2, "0"),
), 8, "header of a datagram of ring records")


def address(name: str) -> int:
    """Return the Etherbone address of the link's register ``name``, of its lower half if it has two. Raises KeyError
    that names it."""
    for register in REGISTERS:
        if register.name == name:
            return BASE + register.offset
    raise KeyError(name)
