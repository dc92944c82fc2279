"""The device's registers: one table, from which decoder, driver, documentation and C header are made.

Little-endian, 32 bits wide. A 64-bit register takes two words; reading the lower latches the upper. Reading has no
other effect. Writing a read-only register, or an address without a register, does nothing and is counted.
"""

from dataclasses import dataclass, field

from wire.risk import Rule

__all__ = ["MAGIC", "CONTRACT_VERSION", "Bits", "Register", "REGISTERS", "COUNTERS", "by_name", "COUNTER_BASE",
           "CHANNEL_WORDS", "ADDRESS_BITS"]

MAGIC = 0x544B4754          # "TKGT" read as a big-endian word
CONTRACT_VERSION = 2
ADDRESS_BITS = 12           # byte addresses 0x000..0xfff
COUNTER_BASE = 0x400
CHANNEL_WORDS = 4


@dataclass(frozen=True)
class Bits:
    """A field of a register: ``lsb``, ``width``, what it means."""

    name: str
    lsb: int
    width: int
    doc: str


@dataclass(frozen=True)
class Register:
    """One register. access: ``ro``, ``rw``, or ``wo`` (a command: the write acts, reads give 0). size: 4 or 8 bytes."""

    name: str
    offset: int
    access: str
    doc: str
    size: int = 4
    reset: int = 0
    bits: tuple[Bits, ...] = field(default=())


def _channels(count: int) -> list[Register]:
    table = []
    for n in range(count):
        base = 0x100 + 4 * CHANNEL_WORDS * n
        table += [
            Register(f"CHANNEL{n}_IP", base, "rw", "destination IPv4 address, 224.0.0.1 is 0xe0000001"),
            Register(f"CHANNEL{n}_PORT", base + 4, "rw", "destination UDP port and what it carries", bits=(
                Bits("port", 0, 16, "destination UDP port"), Bits("line", 16, 1, "0 line A, 1 line B"),
                Bits("enable", 31, 1, "entry takes part"))),
        ]
    return table


#: Counters, in the order in which they lie from COUNTER_BASE on, 64 bit each. ``frames_*`` of reasons and ``frames_ok``
#: add up to ``frames``; ``msgs_*`` of one stage add up likewise (docs/registers.md).
COUNTERS = (
    ("frames", "frames that began on rx"),
    ("frames_ok", "frames whose datagram was good and went to the feed"),
    ("frames_ethertype", "other EtherType, or more than one VLAN tag"),
    ("frames_ip_version", "IP version not 4, header length below 20, or protocol not UDP"),
    ("frames_ip_checksum", "IPv4 header checksum wrong"),
    ("frames_fragment", "IPv4 fragment"),
    ("frames_not_for_us", "no channel has this destination address and port"),
    ("frames_length", "IP and UDP length contradict each other or are too small"),
    ("frames_runt", "frame ended before its headers did"),
    ("frames_truncated", "frame ended before its IP total length"),
    ("frames_mac_error", "MAC reported an error"),
    ("frames_udp_checksum", "UDP checksum present and wrong"),
    ("packets_a", "MoldUDP64 packets in good frames on line A, whatever their session and count"),
    ("packets_b", "the same on line B"),
    ("packets_short", "good datagrams too short for a MoldUDP64 header"),
    ("packets_session", "packets of another session, dropped"),
    ("heartbeats", "packets with count 0"),
    ("end_of_session", "packets with count 0xffff"),
    ("packets_malformed", "block lengths contradict the datagram, at its end or by count, or a block is below 12 "
     "bytes, which ends its packet"),
    ("packets_gap", "packets ahead of the expected sequence number, dropped whole if they are not kept"),
    ("packets_suspect", "packets of which messages were taken before their frame proved bad"),
    ("msgs_a", "messages taken from line A"),
    ("msgs_b", "messages taken from line B"),
    ("msgs_injected", "messages taken from the host"),
    ("msgs_old", "message copies dropped because already taken"),
    ("msgs_ahead", "messages ahead of the expected one when they came; dropped if not kept (packets_kept)"),
    ("inject_refused", "injected messages dropped: not of the expected number, length not 1..50, or met by a resync"),
    ("gaps", "gaps opened"),
    ("gaps_stale", "gaps that outlived their window"),
    ("gaps_filled", "gaps filled"),
    ("silences", "times the feed fell silent"),
    ("msgs_unknown_type", "taken messages, of 12 bytes or more, of a type that ITCH 5.0 does not have"),
    ("msgs_bad_length", "taken messages of a length not their type's, or below 12; marks every symbol in error"),
    ("msgs_decoded", "messages of known type and right length, presented to the book"),
    ("msgs_other_symbol", "messages of symbols not followed, or of none (but S and W)"),
    ("msgs_state", "H h Y S R J W messages that changed a state word, or a P"),
    ("msgs_book", "A F E C X D U of followed symbols"),
    ("msgs_ignored", "messages of followed symbols that carry nothing for book or state: L V K Q B I N O"),
    ("orders_unknown", "E C X D U for a reference that is not in the table"),
    ("orders_duplicate", "A F U with a reference that is in the table"),
    ("orders_over_executed", "E C X for more shares than the order has"),
    ("orders_zero_shares", "A F U E C X with zero shares"),
    ("orders_table_full", "orders that found no slot"),
    ("orders_reference", "orders with a reference beyond ref_bits"),
    ("orders_shares", "orders with more shares than share_bits hold"),
    ("orders_side", "A F with a side that is neither B nor S"),
    ("prices_off_grid", "orders (A F U) whose price is no multiple of the tick, is zero, or is above 200,000.0000"),
    ("prices_far", "orders with a price outside the symbol's window"),
    ("far_full", "far levels that found no place"),
    ("level_overflow", "levels whose shares or orders exceeded their bits"),
    ("level_underflow", "operations that left a level below zero, which can only follow a level_overflow since the "
     "last clear: else the gateware contradicts itself"),
    ("msgs_clearing", "book messages dropped while a clear was under way"),
    ("records", "records written to the event ring"),
    ("records_cut", "book records whose scan was cut by a later operation"),
    ("notices_lost", "FEED records dropped because their queue was full"),
    ("packets_kept", "packets of packets_gap that were kept to be replayed"),
    ("packets_replayed", "packets kept that are no longer ahead: replayed, and done with"),
    ("packets_lost", "packets of packets_gap that found no room, while CONTROL.reorder was set"),
    ("bus_errors", "register writes that hit no writable register, or INJECT_DATA or INJECT_GO while a message waits"),
    ("risk_accepted", "requests that the risk gate accepted"),
    ("risk_refused", "requests that it refused, by one rule or more"),
    ("risk_applied", "reports that matched"),
    ("risk_unmatched", "reports that did not, and changed nothing"),
    *((f"risk_{name.lower()}", f"requests that broke rule {number} of docs/risk.md")
      for number, name in enumerate(Rule.__members__, 1)),
    ("risk_admin", "commands of the admin page that were done"),
    ("risk_admin_refused", "writes to the admin page that did nothing: locked, wrong key, no such register, command, "
     "account or symbol"),
    ("risk_overruns", "writes to a slot of a window that was published and not yet taken"),
)


REGISTERS: tuple[Register, ...] = (
    Register("MAGIC", 0x000, "ro", "0x544b4754, the device's identification", reset=MAGIC),
    Register("VERSION", 0x004, "ro", "contract version", reset=CONTRACT_VERSION),
    Register("BUILD", 0x008, "ro", "build hash", size=8),
    Register("CLOCK_HZ", 0x010, "ro", "core clock, Hz"),
    Register("CAP_BOOK", 0x014, "ro", "book sizes", bits=(
        Bits("symbols", 0, 16, "symbols"), Bits("levels", 16, 8, "K"),
        Bits("log2_window", 24, 8, "log2 of the window"))),
    Register("CAP_ORDERS", 0x018, "ro", "slots of the order table, without the stash"),
    Register("CAP_TICK", 0x01C, "ro", "price units of one tick"),
    Register("CAP_LINK", 0x020, "ro", "link sizes", bits=(
        Bits("record_bytes", 0, 16, "bytes of a ring record"), Bits("channels", 16, 8, "channel table entries"),
        Bits("far_levels", 24, 8, "entries of the far table"))),
    Register("CAP_BITS", 0x024, "ro", "widths", bits=(
        Bits("ref", 0, 8, "order reference"), Bits("shares", 8, 8, "order shares"),
        Bits("level_shares", 16, 8, "level shares"), Bits("level_orders", 24, 8, "level orders"))),
    Register("CYCLES", 0x028, "ro", "cycles since reset", size=8),
    Register("STATUS", 0x030, "ro", "what goes on", bits=(
        Bits("clearing", 0, 1, "a clear is under way"), Bits("gap", 1, 1, "a gap is open"),
        Bits("stale", 2, 1, "a gap has outlived its window, or the feed is silent"),
        Bits("silent", 3, 1, "feed is silent"),
        Bits("suspect", 4, 1, "bytes of a bad frame may be in the books"),
        Bits("session", 5, 1, "a session is known"), Bits("ended", 6, 1, "end of session was received"),
        Bits("inject_busy", 7, 1, "an injected message waits"), Bits("hold", 8, 1, "hold is in force"),
        Bits("feed_error", 9, 1, "a message of wrong length was taken since the last clear"))),
    Register("CONTROL", 0x034, "rw", "modes", bits=(
        Bits("hold", 0, 1, "release datagrams only after their frame proved good; takes effect between frames"),
        Bits("enable", 1, 1, "take frames; when 0 every frame is counted as not for us"),
        Bits("reorder", 2, 1, "keep packets ahead of a gap, and take from them what is new when it is filled"))),
    Register("COMMAND", 0x038, "wo", "commands, act once for each bit written 1", bits=(
        Bits("clear", 0, 1, "start-of-day clear: order table, levels, marks; symbols keep their configuration"),
        Bits("resync", 1, 1, "expect SEQ_SET next, whatever came before; forgets the session and any gap"))),
    Register("CAP_RISK", 0x03C, "ro", "sizes of the risk gate", bits=(
        Bits("log2_accounts", 0, 8, "log2 of the accounts"), Bits("log2_orders", 8, 8, "log2 of the open orders"),
        Bits("duplicates", 16, 8, "orders remembered by rule 19"),
        Bits("decision", 24, 8, "cycles from a request's entry to its decision"))),
    Register("SEQ_SET", 0x040, "rw", "sequence number for resync", size=8, reset=1),
    Register("SEQ_EXPECTED", 0x048, "ro", "next expected sequence number", size=8),
    Register("SEQ_HIGHEST", 0x050, "ro", "highest sequence number + 1 that a good packet or heartbeat spoke of; "
             "what is injected does not move it", size=8),
    Register("GAP_PACKETS", 0x058, "rw", "packets ahead, since the gap opened or last gave way to a message, until "
             "it is stale; 0: never by packets", reset=64),
    Register("GAP_CYCLES", 0x05C, "rw", "cycles, since the gap opened or last gave way to a message, until "
             "it is stale; 0: never by time", reset=15_625_000),
    Register("SILENCE_CYCLES", 0x060, "rw", "cycles without packet or heartbeat until silent; 0: never",
             reset=468_750_000),
    Register("RING_ENTRIES", 0x064, "rw", "log2 of the entries of the event ring", reset=10),
    Register("VERDICT_ENTRIES", 0x068, "rw", "log2 of the entries of the verdict ring", reset=10),
    Register("RISK_STATUS", 0x06C, "ro", "what shuts the risk gate", bits=(
        Bits("killed", 0, 1, "the global kill is set"), Bits("lost", 1, 1, "the host's heartbeat was lost"),
        Bits("account_kills", 2, 1, "the kill of an account is set"),
        Bits("symbol_kills", 3, 1, "the kill of a symbol is set"),
        Bits("locked", 4, 1, "the admin page is locked"))),
    Register("RISK_SELECT", 0x070, "rw", "whose state and limits RISK_DATA reads; the write takes all of them in one "
             "cycle, as they are then", bits=(
        Bits("account", 0, 16, "index of the account"), Bits("symbol", 16, 16, "index of the symbol"))),
    Register("RISK_WORD", 0x074, "rw", "which word of them (wire/risk.py: SHOWN_FIELDS)"),
    Register("RISK_DATA", 0x078, "ro", "that word"),
    Register("SYMBOL_SELECT", 0x080, "rw", "symbol that the next registers speak of"),
    Register("SYMBOL_NAME_LO", 0x084, "rw", "first four characters of the stock name, first character in bits 7..0; "
             "writing SYMBOL_CONFIG puts the name and all else into force"),
    Register("SYMBOL_NAME_HI", 0x088, "rw", "last four characters"),
    Register("SYMBOL_BASE", 0x08C, "rw", "lowest tick of the window (price / tick)"),
    Register("SYMBOL_CONFIG", 0x090, "rw", "the symbol's locate and use; the write puts it into force, a few cycles "
             "later: read a register before the next one", bits=(
        Bits("locate", 0, 16, "stock locate"), Bits("locate_valid", 16, 1, "locate is set by the host"),
        Bits("learn", 17, 1, "learn the locate from the R message with this name"),
        Bits("enable", 31, 1, "follow this symbol"))),
    Register("SYMBOL_LOCATE", 0x094, "ro", "locate in force", bits=(
        Bits("locate", 0, 16, "stock locate"), Bits("valid", 16, 1, "a locate is known"))),
    Register("SYMBOL_STATE", 0x098, "ro", "state word (wire/records.py)"),
    Register("INJECT_DATA", 0x0C0, "wo", "next four bytes of the message, first byte in bits 7..0"),
    Register("INJECT_SEQ", 0x0C4, "rw", "sequence number of the message", size=8),
    Register("INJECT_GO", 0x0CC, "wo", "length of the message; the write presents it, then STATUS.inject_busy falls"),
    *_channels(4),
    *(Register(name.upper(), COUNTER_BASE + 8 * n, "ro", doc, size=8) for n, (name, doc) in enumerate(COUNTERS)),
)

_NAMES = {register.name: register for register in REGISTERS}


def by_name(name: str) -> Register:
    """Return the register called ``name`` (upper case). Raises KeyError that names it."""
    try:
        return _NAMES[name]
    except KeyError:
        raise KeyError(f"no register {name!r}") from None
