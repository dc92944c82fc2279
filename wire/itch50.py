# Ref: Nasdaq TotalView-ITCH 5.0, section 4 (all 23 messages), with the 2018 and later additions h and O
"""Nasdaq TotalView-ITCH 5.0: every message as a layout, and its codes.

The reference on which an order message acts is called ``reference`` in all of them (offset 11); a Replace also has
``new_reference``. Prices are integers of 1/10,000, except those of V (1/10^8); times are nanoseconds since midnight,
Eastern; an alpha field's value carries no padding.
"""

from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wire.fields import Field, Kind, Layout, WireError, u48

__all__ = [
    "MESSAGES", "SIZES", "MAX_PRICE", "NS_PER_DAY", "MAX_SIZE", "BOOK_TYPES", "STATE_TYPES",
    "Side", "SystemEvent", "TradingAction", "RegSho", "OperationalMarket", "OperationalAction", "MarketCategory",
    "FinancialStatus", "YesNo", "YesNoUnknown", "Authenticity", "LuldTier", "MarketMakerMode", "ParticipantState",
    "MwcbLevel", "IpoQualifier", "CrossType", "ImbalanceDirection", "PriceVariation", "InterestFlag",
    "pack", "unpack", "unpack_all", "unpack_by_type", "timestamp_ns",
]

#: Greatest Price(4): 200,000.0000.
MAX_PRICE = 2_000_000_000
NS_PER_DAY = 86_400_000_000_000


class Side(StrEnum):
    """Buy/sell indicator."""

    BUY = "B"
    SELL = "S"


class SystemEvent(StrEnum):
    """Event code of S."""

    START_OF_MESSAGES = "O"
    START_OF_SYSTEM_HOURS = "S"
    START_OF_MARKET_HOURS = "Q"
    END_OF_MARKET_HOURS = "M"
    END_OF_SYSTEM_HOURS = "E"
    END_OF_MESSAGES = "C"


class TradingAction(StrEnum):
    """Trading state of H."""

    HALTED = "H"
    PAUSED = "P"
    QUOTATION = "Q"
    TRADING = "T"


class RegSho(StrEnum):
    """Reg SHO action of Y."""

    NONE = "0"
    INTRADAY_DROP = "1"
    REMAINS = "2"


class OperationalMarket(StrEnum):
    """Market code of h."""

    NASDAQ = "Q"
    BX = "B"
    PSX = "X"


class OperationalAction(StrEnum):
    """Operational halt action of h."""

    HALTED = "H"
    LIFTED = "T"


class MarketCategory(StrEnum):
    """Listing market of R."""

    GLOBAL_SELECT = "Q"
    GLOBAL = "G"
    CAPITAL = "S"
    NYSE = "N"
    NYSE_AMERICAN = "A"
    ARCA = "P"
    BATS = "Z"
    IEX = "V"
    NOT_AVAILABLE = " "


class FinancialStatus(StrEnum):
    """Financial status indicator of R."""

    DEFICIENT = "D"
    DELINQUENT = "E"
    BANKRUPT = "Q"
    SUSPENDED = "S"
    DEFICIENT_BANKRUPT = "G"
    DEFICIENT_DELINQUENT = "H"
    DELINQUENT_BANKRUPT = "J"
    DEFICIENT_DELINQUENT_BANKRUPT = "K"
    CREATIONS_SUSPENDED = "C"
    NORMAL = "N"
    NOT_AVAILABLE = " "


class YesNo(StrEnum):
    """Yes or no."""

    YES = "Y"
    NO = "N"


class YesNoUnknown(StrEnum):
    """Yes, no or not available."""

    YES = "Y"
    NO = "N"
    NOT_AVAILABLE = " "


class Authenticity(StrEnum):
    """Authenticity of R."""

    PRODUCTION = "P"
    TEST = "T"


class LuldTier(StrEnum):
    """Limit up, limit down reference price tier of R."""

    TIER_1 = "1"
    TIER_2 = "2"
    NOT_AVAILABLE = " "


class MarketMakerMode(StrEnum):
    """Market maker mode of L."""

    NORMAL = "N"
    PASSIVE = "P"
    SYNDICATE = "S"
    PRE_SYNDICATE = "R"
    PENALTY = "L"


class ParticipantState(StrEnum):
    """Market participant state of L."""

    ACTIVE = "A"
    EXCUSED = "E"
    WITHDRAWN = "W"
    SUSPENDED = "S"
    DELETED = "D"


class MwcbLevel(StrEnum):
    """Breached level of W."""

    LEVEL_1 = "1"
    LEVEL_2 = "2"
    LEVEL_3 = "3"


class IpoQualifier(StrEnum):
    """Release qualifier of K."""

    ANTICIPATED = "A"
    CANCELED = "C"


class CrossType(StrEnum):
    """Cross type of Q and I."""

    OPENING = "O"
    CLOSING = "C"
    HALT_OR_IPO = "H"
    INTRADAY = "I"
    EXTENDED_CLOSE = "A"


class ImbalanceDirection(StrEnum):
    """Imbalance direction of I."""

    BUY = "B"
    SELL = "S"
    NONE = "N"
    INSUFFICIENT_ORDERS = "O"
    PAUSED = "P"


class PriceVariation(StrEnum):
    """Price variation indicator of I: deviation of the near from the reference price."""

    LESS_THAN_1_PERCENT = "L"
    FROM_1_PERCENT = "1"
    FROM_2_PERCENT = "2"
    FROM_3_PERCENT = "3"
    FROM_4_PERCENT = "4"
    FROM_5_PERCENT = "5"
    FROM_6_PERCENT = "6"
    FROM_7_PERCENT = "7"
    FROM_8_PERCENT = "8"
    FROM_9_PERCENT = "9"
    FROM_10_PERCENT = "A"
    FROM_20_PERCENT = "B"
    FROM_30_PERCENT = "C"
    NOT_AVAILABLE = " "


class InterestFlag(StrEnum):
    """Retail interest of N."""

    BUY = "B"
    SELL = "S"
    BOTH = "A"
    NONE = "N"


def _at(offset: int, name: str, size: int, doc: str, *, kind: Kind = "uint", unit: str = "", lo: int = 0,
        hi: int | None = None, codes: type[StrEnum] | None = None, default: int | str | None = None) -> Field:
    greatest = (1 << 8 * size) - 1 if hi is None and kind != "alpha" else hi or 0
    return Field(name=name, offset=offset, size=size, kind=kind, unit=unit, lo=lo, hi=greatest, doc=doc, codes=codes,
                 default=default)


def _alpha(offset: int, name: str, size: int, doc: str, codes: type[StrEnum] | None = None,
           default: str | None = None) -> Field:
    return _at(offset, name, size, doc, kind="alpha", codes=codes, default=default)


def _price4(offset: int, name: str, doc: str) -> Field:
    return _at(offset, name, 4, doc, kind="price4", unit="1/10000 USD", hi=MAX_PRICE)


def _price8(offset: int, name: str, doc: str) -> Field:
    return _at(offset, name, 8, doc, kind="price8", unit="1/100000000 index points")


def _reference(offset: int = 11, name: str = "reference", doc: str = "order on which the message acts") -> Field:
    return _at(offset, name, 8, doc)


def _shares(offset: int, doc: str, name: str = "shares", size: int = 4) -> Field:
    return _at(offset, name, size, doc, unit="shares")


def _side(offset: int) -> Field:
    return _alpha(offset, "side", 1, "buy or sell", Side)


def _stock(offset: int) -> Field:
    return _alpha(offset, "stock", 8, "stock symbol")


def _match(offset: int) -> Field:
    return _at(offset, "match", 8, "match number, day-unique")


def _message(letter: str, name: str, size: int, doc: str, *fields: Field) -> tuple[str, Layout]:
    common = (
        _alpha(0, "type", 1, "message type, the letter above", default=letter),
        _at(1, "locate", 2, "stock locate, day-unique; 0 for messages of no stock"),
        _at(3, "tracking", 2, "tracking number, internal to the exchange", default=0),
        _at(5, "timestamp", 6, "time since midnight, Eastern", kind="time6", unit="ns", hi=NS_PER_DAY - 1),
    )
    return letter, Layout(name, common + fields, size, doc)


#: Layout of each message by its type letter.
MESSAGES: dict[str, Layout] = dict((
    _message("S", "SystemEvent", 12, "the day's phases",
             _alpha(11, "event", 1, "event code", SystemEvent)),
    _message("R", "StockDirectory", 39, "a stock and its locate for the day",
             _stock(11),
             _alpha(19, "market_category", 1, "listing market", MarketCategory),
             _alpha(20, "financial_status", 1, "financial status indicator", FinancialStatus),
             _at(21, "round_lot_size", 4, "shares of a round lot", unit="shares"),
             _alpha(25, "round_lots_only", 1, "only round lots are accepted", YesNo),
             _alpha(26, "issue_classification", 1, "class of the security"),
             _alpha(27, "issue_subtype", 2, "sub-type of the security"),
             _alpha(29, "authenticity", 1, "production or test", Authenticity),
             _alpha(30, "short_sale_threshold", 1, "on the Reg SHO threshold list", YesNoUnknown),
             _alpha(31, "ipo_flag", 1, "set up for IPO release", YesNoUnknown),
             _alpha(32, "luld_tier", 1, "limit up, limit down tier", LuldTier),
             _alpha(33, "etp_flag", 1, "exchange-traded product", YesNoUnknown),
             _at(34, "etp_leverage", 4, "leverage factor of an exchange-traded product"),
             _alpha(38, "inverse", 1, "inverse exchange-traded product", YesNo)),
    _message("H", "StockTradingAction", 25, "trading state of a stock",
             _stock(11),
             _alpha(19, "state", 1, "trading state", TradingAction),
             _alpha(20, "reserved", 1, "reserved", default=" "),
             _alpha(21, "reason", 4, "reason code")),
    _message("Y", "RegShoRestriction", 20, "short-sale price test of a stock",
             _stock(11),
             _alpha(19, "action", 1, "Reg SHO action", RegSho)),
    _message("L", "MarketParticipantPosition", 26, "a market participant's standing in a stock",
             _alpha(11, "mpid", 4, "market participant"),
             _stock(15),
             _alpha(23, "primary", 1, "primary market maker", YesNo),
             _alpha(24, "mode", 1, "market maker mode", MarketMakerMode),
             _alpha(25, "state", 1, "participant state", ParticipantState)),
    _message("V", "MwcbDeclineLevels", 35, "levels of the market-wide circuit breaker",
             _price8(11, "level_1", "level 1"), _price8(19, "level_2", "level 2"), _price8(27, "level_3", "level 3")),
    _message("W", "MwcbStatus", 12, "a level of the market-wide circuit breaker was breached",
             _alpha(11, "level", 1, "breached level", MwcbLevel)),
    _message("K", "IpoQuotingPeriod", 28, "release of an IPO for quotation",
             _stock(11),
             _at(19, "release_time", 4, "release time since midnight", unit="s", hi=86_399),
             _alpha(23, "qualifier", 1, "release qualifier", IpoQualifier),
             _price4(24, "price", "IPO price")),
    _message("J", "LuldAuctionCollar", 35, "collar of a limit up, limit down auction",
             _stock(11),
             _price4(19, "reference_price", "reference price"),
             _price4(23, "upper_price", "upper collar"),
             _price4(27, "lower_price", "lower collar"),
             _at(31, "extension", 4, "number of extensions")),
    _message("h", "OperationalHalt", 21, "operational halt of a stock on one market",
             _stock(11),
             _alpha(19, "market", 1, "market code", OperationalMarket),
             _alpha(20, "action", 1, "halted or lifted", OperationalAction)),
    _message("A", "AddOrder", 36, "an order joins the book",
             _reference(doc="the new order"), _side(19), _shares(20, "shares of the order"), _stock(24),
             _price4(32, "price", "limit price")),
    _message("F", "AddOrderAttributed", 40, "an order joins the book, with the name of its participant",
             _reference(doc="the new order"), _side(19), _shares(20, "shares of the order"), _stock(24),
             _price4(32, "price", "limit price"), _alpha(36, "attribution", 4, "market participant")),
    _message("E", "OrderExecuted", 31, "shares of an order were executed at its price",
             _reference(), _shares(19, "shares executed"), _match(23)),
    _message("C", "OrderExecutedWithPrice", 36, "shares of an order were executed at another price",
             _reference(), _shares(19, "shares executed"), _match(23),
             _alpha(31, "printable", 1, "N: no part of the volume", YesNo),
             _price4(32, "price", "execution price")),
    _message("X", "OrderCancel", 23, "shares of an order were cancelled, some remain",
             _reference(), _shares(19, "shares cancelled")),
    _message("D", "OrderDelete", 19, "an order leaves the book", _reference()),
    _message("U", "OrderReplace", 35, "an order leaves the book and another takes its place",
             _reference(doc="the order that leaves"),
             _reference(19, "new_reference", "the order that joins; keeps side, stock and attribution"),
             _shares(27, "shares of the new order"), _price4(31, "price", "limit price of the new order")),
    _message("P", "Trade", 44, "a trade with an order that was not displayed",
             _reference(doc="0 since December 2010"), _side(19), _shares(20, "shares traded"), _stock(24),
             _price4(32, "price", "trade price"), _match(36)),
    _message("Q", "CrossTrade", 40, "a cross",
             _shares(11, "shares crossed", size=8), _stock(19), _price4(27, "price", "cross price"), _match(31),
             _alpha(39, "cross_type", 1, "which cross", CrossType)),
    _message("B", "BrokenTrade", 19, "a trade was broken", _match(11)),
    _message("I", "NetOrderImbalance", 50, "imbalance before a cross",
             _shares(11, "shares that can be paired at the reference price", "paired_shares", 8),
             _shares(19, "shares that cannot", "imbalance_shares", 8),
             _alpha(27, "direction", 1, "side of the imbalance", ImbalanceDirection),
             _stock(28),
             _price4(36, "far_price", "clearing price of cross orders"),
             _price4(40, "near_price", "clearing price of cross and continuous orders"),
             _price4(44, "reference_price", "reference price"),
             _alpha(48, "cross_type", 1, "which cross", CrossType),
             _alpha(49, "variation", 1, "price variation indicator", PriceVariation)),
    _message("N", "RetailInterest", 20, "retail price improvement indicator",
             _stock(11),
             _alpha(19, "interest", 1, "side of the interest", InterestFlag)),
    _message("O", "DirectListing", 48, "price discovery of a direct listing with capital raise",
             _stock(11),
             _alpha(19, "open_eligibility", 1, "eligible to be released", YesNo),
             _price4(20, "minimum_price", "20 % below the registration's lowest price"),
             _price4(24, "maximum_price", "80 % above the registration's highest price"),
             _price4(28, "near_price", "price at which it would open now"),
             _at(32, "near_time", 8, "time of the near price since midnight", unit="ns"),
             _price4(40, "lower_price", "lower auction collar"),
             _price4(44, "upper_price", "upper auction collar")),
))

#: Bytes of each message by its type letter.
SIZES: dict[str, int] = {letter: layout.size for letter, layout in MESSAGES.items()}
#: Bytes of the longest message.
MAX_SIZE = max(SIZES.values())
#: Messages that act on the displayed book.
BOOK_TYPES = "AFECXDU"
#: Messages that act on a state word.
STATE_TYPES = "HhYSRJW"


def pack(type: str, **fields: Any) -> bytes:
    """Return the bytes of one message of ``type`` (a letter of MESSAGES).

    ``tracking`` and ``reserved`` may be left out. Raises WireError naming the type or field and the bad value.
    """
    layout = MESSAGES.get(type)
    if layout is None:
        raise WireError(f"type must be one of {''.join(MESSAGES)}, not {type!r}")
    return layout.pack(fields)


def unpack(data: bytes | bytearray | memoryview) -> dict[str, Any]:
    """Return the fields of the one message that ``data`` is, ``type`` first.

    Numbers are int, text is str without padding; ranges and codes are not checked. Raises WireError for an unknown
    type, or a length that does not fit it.
    """
    letter = chr(data[0]) if len(data) else ""
    layout = MESSAGES.get(letter)
    if layout is None:
        raise WireError(f"type must be one of {''.join(MESSAGES)}, not {letter!r}")
    if len(data) != layout.size:
        raise WireError(f"{layout.name} must be {layout.size} bytes, not {len(data)}")
    return layout.unpack(data)


def unpack_all(buffer: Any, offsets: NDArray[np.integer[Any]], lengths: NDArray[np.integer[Any]],
               type: str) -> tuple[NDArray[np.int64], NDArray[np.void]]:
    """Unpack all messages of one ``type`` at once.

    ``buffer`` is any object with the buffer protocol; ``offsets`` and ``lengths`` say where its messages lie
    (``wire.binaryfile.split_binaryfile``). Returns the positions of the messages in ``offsets``, rising, and their rows
    (``MESSAGES[type].dtype``, a copy). Raises WireError for an unknown type, or naming the first message whose length
    does not fit it.
    """
    layout = MESSAGES.get(type)
    if layout is None:
        raise WireError(f"type must be one of {''.join(MESSAGES)}, not {type!r}")
    data = np.frombuffer(buffer, np.uint8)
    index = np.flatnonzero((data[np.minimum(offsets, data.size - 1)] == ord(type)) & (lengths > 0)) \
        if data.size else np.zeros(0, np.int64)
    wrong = index[lengths[index] != layout.size]
    if wrong.size:
        raise WireError(f"message {wrong[0]} ({layout.name}) must be {layout.size} bytes, not {lengths[wrong[0]]}")
    rows = data[offsets[index, None] + np.arange(layout.size)] if index.size else np.zeros((0, layout.size), np.uint8)
    return index, np.ascontiguousarray(rows).view(layout.dtype).reshape(-1)


def unpack_by_type(buffer: Any, offsets: NDArray[np.integer[Any]], lengths: NDArray[np.integer[Any]],
                   ) -> dict[str, tuple[NDArray[np.int64], NDArray[np.void]]]:
    """Return ``unpack_all`` of every type that occurs. Messages of unknown type are left out."""
    data = np.frombuffer(buffer, np.uint8)
    present = np.unique(data[offsets]) if len(offsets) else np.zeros(0, np.uint8)
    letters = [chr(code) for code in present if chr(code) in MESSAGES]
    return {letter: unpack_all(buffer, offsets, lengths, letter) for letter in letters}


def timestamp_ns(rows: NDArray[np.void]) -> NDArray[np.uint64]:
    """Return the time stamps of rows of any message dtype, ns since midnight."""
    return u48(rows, "timestamp")
