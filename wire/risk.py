"""The risk gate's records: what the host asks and reports, what the gate decides, and the limits it decides by.

docs/risk.md tells what they mean. Numbers are little-endian; prices are in 1/10,000, notionals in 1/10,000 too (price
times shares), times in cycles of the device's clock.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np

from wire.records import RecordField

__all__ = ["Kind", "REQUEST_KINDS", "REPORT_KINDS", "Side", "OrderType", "Rule", "Fault", "Status", "Shut",
           "ALL_SYMBOLS", "REQUEST_FIELDS", "REPORT_FIELDS", "VERDICT_FIELDS", "REQUEST_DTYPE", "REPORT_DTYPE",
           "VERDICT_DTYPE", "LimitField", "ACCOUNT_LIMITS", "SYMBOL_LIMITS", "PAIR_LIMITS", "GLOBAL_LIMITS",
           "ShownField", "SHOWN_FIELDS", "SHOWN_WORDS", "TIME_BITS", "NOTIONAL_BITS", "SHARE_BITS", "TICKS"]

#: Bits of a time in cycles; 18 years at 125 MHz.
TIME_BITS = 56
#: Bits of a sum of notionals, signed.
NOTIONAL_BITS = 64
#: Bits of a sum of shares, signed.
SHARE_BITS = 40
#: Tick sizes a symbol may have, price units.
TICKS = (1, 5, 10, 50, 100, 500, 1_000, 10_000)
#: ``symbol`` of a mass cancel that speaks of all symbols.
ALL_SYMBOLS = 0xFFFF


class Kind(IntEnum):
    """What a slot of the order window holds: 1..4 requests, from 16 on reports of what the venue said."""

    NEW = 1
    REPLACE = 2
    CANCEL = 3
    MASS_CANCEL = 4
    ACK = 16
    FILL = 17
    REPLACED = 18
    REPLACE_REJECTED = 19
    CANCELLED = 20
    REJECTED = 21
    EXPIRED = 22
    BUST = 23
    CORRECT = 24


#: Kinds of request, and of report.
REQUEST_KINDS = tuple(kind for kind in Kind if kind < Kind.ACK)
REPORT_KINDS = tuple(kind for kind in Kind if kind >= Kind.ACK)


class Side(IntEnum):
    """Side of an order, by the codes of FIX tag 54."""

    BUY = 1
    SELL = 2
    SELL_SHORT = 5
    SELL_SHORT_EXEMPT = 6


class OrderType(IntEnum):
    """Type of an order, by the codes of FIX tag 40."""

    MARKET = 1
    LIMIT = 2


class Rule(IntFlag):
    """Bits of a verdict's ``mask``: rule n of docs/risk.md is bit n - 1."""

    GLOBAL_KILL = 1 << 0
    SYMBOL_KILL = 1 << 1
    ACCOUNT_KILL = 1 << 2
    HEARTBEAT = 1 << 3
    UNKNOWN = 1 << 4
    NOT_LIVE = 1 << 5
    NOT_TRADING = 1 << 6
    RESTRICTED = 1 << 7
    MALFORMED = 1 << 8
    MAX_SHARES = 1 << 9
    MAX_NOTIONAL = 1 << 10
    COLLAR = 1 << 11
    BAND = 1 << 12
    POSITION = 1 << 13
    GROSS = 1 << 14
    NET = 1 << 15
    OPEN_ORDERS = 1 << 16
    RATE = 1 << 17
    DUPLICATE = 1 << 18
    SELF_TRADE = 1 << 19
    SHORT_SALE = 1 << 20
    THROTTLE = 1 << 21


class Fault(IntFlag):
    """Bits of a verdict's ``fault``: why a request is malformed, or why a report does not match."""

    KIND = 1 << 0
    SIDE = 1 << 1
    TYPE = 1 << 2
    SHARES = 1 << 3
    PRICE = 1 << 4
    TICK = 1 << 5
    TOKEN = 1 << 6
    ORDER = 1 << 7
    NUMBER = 1 << 8


class Status(IntEnum):
    """What became of a slot."""

    ACCEPTED = 1
    REFUSED = 2
    APPLIED = 3
    UNMATCHED = 4


class Shut(IntFlag):
    """Why an account was shut by the gate itself: a number reached the end of its range."""

    POSITION = 1 << 0
    NOTIONAL = 1 << 1
    COUNT = 1 << 2


REQUEST_FIELDS = (
    RecordField("client", "<u8", "the host's own number, given back in the verdict"),
    RecordField("token", "<u4", "names the order; its low bits are its place in the table of open orders"),
    RecordField("shares", "<u4", "NEW: shares; REPLACE: shares open after it; else 0"),
    RecordField("price", "<u4", "NEW and REPLACE of a limit order: 1/10,000; else 0"),
    RecordField("reserved", "<u4", "0"),
    RecordField("account", "<u2", "index of the account"),
    RecordField("symbol", "<u2", "index of the symbol; ALL_SYMBOLS in a mass cancel of all"),
    RecordField("kind", "u1", "Kind"),
    RecordField("side", "u1", "Side"),
    RecordField("type", "u1", "OrderType"),
    RecordField("flags", "u1", "0"),
)

#: The same 32 bytes for a report; ``account``, ``symbol``, ``side`` and ``type`` are those of the token's order.
REPORT_FIELDS = (
    RecordField("number", "<u4", "number of the report for this token, greater than that of the one before"),
    RecordField("old_price", "<u4", "CORRECT: the price that was reported, 1/10,000; else 0"),
    RecordField("token", "<u4", "the order"),
    RecordField("shares", "<u4", "FILL, BUST, CORRECT: shares; REPLACED: shares open after it; else 0"),
    RecordField("price", "<u4", "FILL, BUST: price; CORRECT: the right price; else 0"),
    RecordField("reserved", "<u4", "0"),
    RecordField("account", "<u2", "0"),
    RecordField("symbol", "<u2", "0"),
    RecordField("kind", "u1", "Kind"),
    RecordField("side", "u1", "0"),
    RecordField("type", "u1", "0"),
    RecordField("flags", "u1", "0"),
)

#: One for each slot taken, requests and reports alike, in the order in which they were decided.
VERDICT_FIELDS = (
    RecordField("seq", "<u8", "number of the verdict, from 1, without gaps"),
    RecordField("cycles_in", "<u8", "cycle in which the slot entered the gate"),
    RecordField("cycles_out", "<u8", "cycle in which it was decided"),
    RecordField("client", "<u8", "requests: the host's number; reports: number, and old_price in the upper half"),
    RecordField("token", "<u4", "as asked"),
    RecordField("shares", "<u4", "as asked"),
    RecordField("price", "<u4", "as asked"),
    RecordField("mask", "<u4", "Rule, every rule broken; 0 for a report"),
    RecordField("account", "<u2", "as asked; reports: of the token's order, 0 if there is none"),
    RecordField("symbol", "<u2", "likewise"),
    RecordField("kind", "u1", "as asked"),
    RecordField("side", "u1", "as asked; reports: of the token's order, 0 if there is none"),
    RecordField("type", "u1", "likewise"),
    RecordField("status", "u1", "Status"),
    RecordField("fault", "<u2", "Fault"),
    RecordField("flags", "<u2", "what the symbol was in the cycle of the decision: bit 0 live, 1 trading, 2 short "
                "sale restricted; bit 3 best bid, 4 best ask, 5 last trade existed on entry"),
    RecordField("effective", "<u4", "price the rules took: the order's, or the touch for a market order"),
    RecordField("bid", "<u4", "best bid on entry, 0 if there was none"),
    RecordField("ask", "<u4", "best ask on entry, likewise"),
    RecordField("last", "<u4", "last trade on entry, likewise"),
    RecordField("shut", "<u4", "Shut of the account, after this slot"),
    RecordField("pair_open", "<u4", "open orders of account and symbol: requests before, reports after"),
    RecordField("account_open", "<u4", "open orders of the account, likewise"),
    RecordField("short_used", "<u4", "located shares in use, likewise"),
    RecordField("fills", "<u4", "fills in the window of rule 22, likewise"),
    RecordField("notional", "<u8", "effective price times shares"),
    RecordField("worst", "<i8", "shares: NEW, REPLACE: position with all open orders of the side, before this one; "
                "reports: position after"),
    RecordField("gross", "<u8", "the account's gross notional: requests before, reports after"),
    RecordField("net", "<i8", "the account's net notional, worst of the side: requests before; reports: net filled "
                "notional after"),
)


def _dtype(fields: tuple[RecordField, ...], size: int) -> np.dtype[np.void]:
    dtype = np.dtype([(field.name, field.format) for field in fields])
    assert dtype.itemsize == size, (dtype.itemsize, size)
    return dtype


REQUEST_DTYPE = _dtype(REQUEST_FIELDS, 32)
REPORT_DTYPE = _dtype(REPORT_FIELDS, 32)
VERDICT_DTYPE = _dtype(VERDICT_FIELDS, 128)


@dataclass(frozen=True)
class LimitField:
    """A field of a row of limits: ``bits`` wide, unsigned, 0 after reset."""

    name: str
    bits: int
    doc: str


ACCOUNT_LIMITS = (
    LimitField("enable", 1, "rule 5: the account may trade"),
    LimitField("gross", NOTIONAL_BITS - 1, "rule 15: greatest gross notional"),
    LimitField("net", NOTIONAL_BITS - 1, "rule 16: greatest net notional, either direction"),
    LimitField("open_orders", 16, "rule 17: most open orders"),
    LimitField("interval", 32, "rule 18: cycles in which one order is earned; 0: none passes"),
    LimitField("tolerance", 48, "rule 18: (burst - 1) times interval"),
)

SYMBOL_LIMITS = (
    LimitField("enable", 1, "rule 5: the symbol may be traded"),
    LimitField("restricted", 1, "rule 8: on the restricted list"),
    LimitField("tick", 3, "rule 9: prices are multiples of TICKS[tick]"),
    LimitField("band_low", 32, "rule 13: lowest price"),
    LimitField("band_high", 32, "rule 13: highest price"),
    LimitField("collar_buy", 16, "rule 12: basis points above the reference that a buy may be priced"),
    LimitField("collar_sell", 16, "rule 12: basis points below the reference that a sell may be priced"),
    LimitField("units_buy", 32, "rule 12: the same in price units (ticks times tick)"),
    LimitField("units_sell", 32, "rule 12: likewise"),
    LimitField("interval", 32, "rule 18: cycles in which one order is earned; 0: none passes"),
    LimitField("tolerance", 48, "rule 18: (burst - 1) times interval"),
)

PAIR_LIMITS = (
    LimitField("max_shares", 32, "rule 10: most shares of one order"),
    LimitField("max_notional", NOTIONAL_BITS - 1, "rule 11: greatest notional of one order"),
    LimitField("long", 32, "rule 14: greatest position, all open buys filled"),
    LimitField("short", 32, "rule 14: greatest short position, all open sells filled"),
    LimitField("open_orders", 16, "rule 17: most open orders"),
    LimitField("locate", 32, "rule 21: shares located for short sales"),
    LimitField("fills", 16, "rule 22: fills in a window after which the pair is disabled; 0: at the first"),
    LimitField("window", 32, "rule 22: cycles of the window"),
)

GLOBAL_LIMITS = (
    LimitField("duplicate", 32, "rule 19: cycles in which the same order again is a duplicate"),
    LimitField("heartbeat", 32, "rule 4: cycles without a heartbeat after which the host is lost; 0: lost"),
)


@dataclass(frozen=True)
class ShownField:
    """A part of what RISK_SELECT takes down: ``words`` of 32 bits from ``word`` on, little-endian."""

    name: str
    word: int
    words: int
    signed: bool
    doc: str


def _row_words(fields: tuple[LimitField, ...]) -> int:
    return -(-sum(field.bits for field in fields) // 32)


def _shown(*parts: tuple[str, int, bool, str]) -> tuple[ShownField, ...]:
    fields, word = [], 0
    for name, words, signed, doc in parts:
        fields.append(ShownField(name, word, words, signed, doc))
        word += words
    return tuple(fields)


#: State of an account, a symbol and the pair of both, and their rows of limits, each from bit 0 on without gaps.
SHOWN_FIELDS = _shown(
    ("position", 2, True, "pair: shares bought less sold"),
    ("worst_buy", 2, True, "pair: the position if all open buys were filled"),
    ("worst_sell", 2, True, "pair: the short position if all open sells were filled"),
    ("pair_open", 1, False, "pair: open orders"),
    ("short_used", 1, False, "pair: located shares in use"),
    ("fills", 1, False, "pair: fills in the window of rule 22"),
    ("disabled", 1, False, "pair: disabled by rule 22"),
    ("cost", 2, True, "pair: notional bought less sold"),
    ("gross", 2, False, "account: gross notional"),
    ("net_buy", 3, True, "account: net notional if all open buys were filled"),
    ("net_sell", 3, True, "account: the same sold, if all open sells were filled"),
    ("account_open", 1, False, "account: open orders"),
    ("account_earliest", 2, False, "account: the time of rule 18, cycles"),
    ("symbol_earliest", 2, False, "symbol: likewise"),
    ("account_killed", 1, False, "account: its kill is set"),
    ("symbol_killed", 1, False, "symbol: its kill is set"),
    ("shut", 1, False, "account: Shut"),
    ("account_limits", _row_words(ACCOUNT_LIMITS), False, "ACCOUNT_LIMITS"),
    ("symbol_limits", _row_words(SYMBOL_LIMITS), False, "SYMBOL_LIMITS"),
    ("pair_limits", _row_words(PAIR_LIMITS), False, "PAIR_LIMITS"),
    ("global_limits", _row_words(GLOBAL_LIMITS), False, "GLOBAL_LIMITS"),
)
SHOWN_WORDS = SHOWN_FIELDS[-1].word + SHOWN_FIELDS[-1].words
