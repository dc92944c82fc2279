# Ref: Nasdaq OUCH 5.0, sections 2 (inbound), 3 (outbound), appendix (option elements)
"""Nasdaq OUCH 5.0: order entry. Every message as a layout, and the option elements of an appendage.

Inbound messages travel in unsequenced SoupBinTCP packets, outbound ones in sequenced packets. Prices are integers of
1/10,000; times are nanoseconds since midnight, Eastern. A message whose layout ends with ``appendage_length`` may
carry an appendage: option elements, each a length (of tag and value), a tag and a value. Later editions let every
message end with one: it is read behind any, and written where the layout has it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Literal

from wire.fields import Field, Kind, Layout, WireError

__all__ = [
    "INBOUND", "OUTBOUND", "OPTIONS", "MARKET_PRICE", "MAX_PRICE", "Option", "Side", "TimeInForce", "Display",
    "Capacity", "CrossType", "OrderState", "CancelReason", "RejectReason", "LiquidityFlag", "SystemEvent",
    "BrokenReason", "check_inbound", "pack_inbound", "pack_outbound", "unpack_inbound", "unpack_outbound",
]

#: Greatest limit price: 199,999.9900.
MAX_PRICE = 1_999_999_900
#: Price that asks for a market order.
MARKET_PRICE = 0x7FFFFFFF


class Side(StrEnum):
    """Buy or sell."""

    BUY = "B"
    SELL = "S"
    SELL_SHORT = "T"
    SELL_SHORT_EXEMPT = "E"


class TimeInForce(StrEnum):
    """How long an order lives."""

    DAY = "0"
    IOC = "3"
    EXTENDED_HOURS = "5"
    TIME = "6"
    AFTER_HOURS = "E"


class Display(StrEnum):
    """Whether the book shows an order."""

    VISIBLE = "Y"
    HIDDEN = "N"
    ATTRIBUTABLE = "A"


class Capacity(StrEnum):
    """For whom the participant acts."""

    AGENCY = "A"
    PRINCIPAL = "P"
    RISKLESS = "R"
    OTHER = "O"


class CrossType(StrEnum):
    """Which cross an order is for."""

    CONTINUOUS = "N"
    OPENING = "O"
    CLOSING = "C"
    HALT_OR_IPO = "H"
    SUPPLEMENTAL = "S"
    RETAIL = "R"
    EXTENDED = "E"
    EXTENDED_CLOSE = "A"


class OrderState(StrEnum):
    """Whether an accepted order still lives."""

    LIVE = "L"
    DEAD = "D"


class CancelReason(StrEnum):
    """Why shares of an order were cancelled."""

    USER = "U"
    IOC = "I"
    TIMEOUT = "T"
    SUPERVISORY = "S"
    REGULATORY = "D"
    SELF_MATCH = "Q"
    SYSTEM = "Z"
    CROSS = "C"
    HALTED = "H"
    CLOSED = "E"
    POST_ONLY = "F"


class RejectReason(IntEnum):
    """Why an order was rejected."""

    QUOTE_UNAVAILABLE = 0x01
    DESTINATION_CLOSED = 0x02
    INVALID_DISPLAY = 0x03
    INVALID_MAX_FLOOR = 0x04
    INVALID_PEG_TYPE = 0x05
    FAT_FINGER = 0x06
    HALTED = 0x07
    ISO_NOT_ALLOWED = 0x08
    INVALID_SIDE = 0x09
    PROCESSING_ERROR = 0x0A
    CANCEL_PENDING = 0x0B
    FIRM_NOT_AUTHORISED = 0x0C
    INVALID_MIN_QUANTITY = 0x0D
    NO_CLOSING_REFERENCE_PRICE = 0x0E
    OTHER = 0x0F
    CANCEL_NOT_ALLOWED = 0x10
    PEGGING_NOT_ALLOWED = 0x11
    CROSSED_MARKET = 0x12
    INVALID_QUANTITY = 0x13
    INVALID_CROSS_ORDER = 0x14
    REPLACE_NOT_ALLOWED = 0x15
    ROUTING_NOT_ALLOWED = 0x16
    INVALID_SYMBOL = 0x17
    TEST = 0x18
    INVALID_PRICE = 0x1D


class LiquidityFlag(StrEnum):
    """Which side of a trade an order was."""

    ADDED = "A"
    REMOVED = "R"
    OPENING_CROSS = "O"
    CLOSING_CROSS = "C"
    HALT_CROSS = "H"


class SystemEvent(StrEnum):
    """Event code of S."""

    START_OF_DAY = "S"
    END_OF_DAY = "E"


class BrokenReason(StrEnum):
    """Why a trade was broken or corrected."""

    ERRONEOUS = "E"
    CONSENT = "C"
    SUPERVISORY = "S"
    EXTERNAL = "X"


@dataclass(frozen=True)
class Option:
    """An option element: its name, bytes of its value, how they are read."""

    name: str
    size: int
    kind: Literal["uint", "int", "alpha"]

    def encode(self, value: int | str) -> bytes:
        """Return the bytes of ``value``. Raises WireError naming one that does not fit."""
        if self.kind == "alpha":
            if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= self.size:
                return value.ljust(self.size).encode("ascii")
            raise WireError(f"{self.name} must be at most {self.size} printable ASCII characters, not {value!r}")
        try:
            return int(value).to_bytes(self.size, "big", signed=self.kind == "int")
        except (ValueError, OverflowError):
            raise WireError(f"{self.name} must be a number of {self.size} bytes, not {value!r}") from None

    def decode(self, data: bytes) -> int | str:
        """Return the value of ``data``; text carries no padding."""
        if self.kind == "alpha":
            return str(data, "latin-1").rstrip(" ")
        return int.from_bytes(data, "big", signed=self.kind == "int")


#: Option elements by tag. 26 to 28 are known from one source alone.
OPTIONS: dict[int, Option] = {
    1: Option("secondary_reference", 8, "uint"), 2: Option("firm", 4, "alpha"), 3: Option("min_quantity", 4, "uint"),
    4: Option("customer_type", 1, "alpha"), 5: Option("max_floor", 4, "uint"), 6: Option("price_type", 1, "alpha"),
    7: Option("peg_offset", 4, "int"), 9: Option("discretion_price", 8, "uint"),
    10: Option("discretion_price_type", 1, "alpha"), 11: Option("discretion_peg_offset", 4, "int"),
    12: Option("post_only", 1, "alpha"), 13: Option("random_reserves", 4, "uint"), 14: Option("route", 4, "alpha"),
    15: Option("expire_time", 4, "uint"), 16: Option("trade_now", 1, "alpha"), 17: Option("handle_inst", 1, "alpha"),
    18: Option("bbo_weight", 1, "alpha"), 19: Option("reference_price", 8, "uint"),
    20: Option("reference_price_type", 1, "alpha"), 22: Option("display_quantity", 4, "uint"),
    23: Option("display_price", 8, "uint"), 24: Option("group", 2, "uint"), 25: Option("shares_located", 1, "alpha"),
    26: Option("locate_broker", 4, "alpha"), 27: Option("side", 1, "alpha"), 28: Option("user_ref_index", 1, "uint"),
}
_TAGS = {option.name: tag for tag, option in OPTIONS.items()}

#: A field before its offset is known: name, size, kind, codes, default.
_Part = tuple[str, int, Kind, type[StrEnum] | None, str | int | None]


def _alpha(name: str, size: int, codes: type[StrEnum] | None = None, default: str | None = None) -> _Part:
    return name, size, "alpha", codes, default


def _uint(name: str, size: int, default: int | None = None) -> _Part:
    return name, size, "uint", None, default


def _price(name: str = "price") -> _Part:
    return name, 8, "price4", None, None


_TIME, _REF, _QUANTITY = _uint("timestamp", 8), _uint("user_ref", 4), _uint("quantity", 4)
_SIDE, _SYMBOL, _CLORDID = _alpha("side", 1, Side), _alpha("symbol", 8), _alpha("clordid", 14)
_FIRM = _alpha("firm", 4)
_TIF = _alpha("time_in_force", 1, TimeInForce)
_DISPLAY = _alpha("display", 1, Display, "Y")
_CAPACITY = _alpha("capacity", 1, Capacity, "A")
_ISO = _alpha("iso", 1, None, "N")
_CROSS = _alpha("cross_type", 1, CrossType, "N")
_STATE = _alpha("order_state", 1, OrderState)
_REFERENCE, _MATCH = _uint("order_reference", 8), _uint("match", 8)
_LIQUIDITY = _alpha("liquidity", 1, LiquidityFlag)
_APPENDAGE = _uint("appendage_length", 2, 0)


def _message(letter: str, name: str, doc: str, *parts: _Part) -> tuple[str, Layout]:
    fields, offset = [], 0
    for part, size, kind, codes, default in (_alpha("type", 1, None, letter), *parts):
        fields.append(Field(name=part, offset=offset, size=size, kind=kind, unit="", lo=0,
                            hi=0 if kind == "alpha" else (1 << 8 * size) - 1, doc=part.replace("_", " "), codes=codes,
                            default=default))
        offset += size
    return letter, Layout(name, tuple(fields), offset, doc)


#: What a participant sends, by type letter.
INBOUND: dict[str, Layout] = dict((
    _message("O", "EnterOrder", "a new order", _REF, _SIDE, _QUANTITY, _SYMBOL, _price(), _TIF, _DISPLAY, _CAPACITY,
             _ISO, _CROSS, _CLORDID, _APPENDAGE),
    _message("U", "ReplaceOrder", "an order takes another's place", _uint("original_user_ref", 4), _REF, _QUANTITY,
             _price(), _TIF, _DISPLAY, _ISO, _CLORDID, _APPENDAGE),
    _message("X", "CancelOrder", "an order shall keep this many shares; 0: none", _REF, _QUANTITY),
    _message("M", "ModifyOrder", "an order shall have another side of selling, or fewer shares", _REF, _SIDE,
             _QUANTITY),
    _message("C", "MassCancel", "all orders of a firm, of a symbol if one is named, shall be cancelled", _REF, _FIRM,
             _SYMBOL, _APPENDAGE),
    _message("D", "DisableOrderEntry", "no more orders of a firm shall be taken", _REF, _FIRM, _APPENDAGE),
    _message("E", "EnableOrderEntry", "orders of a firm shall be taken again", _REF, _FIRM, _APPENDAGE),
    _message("Q", "AccountQuery", "which user reference number is next?", _APPENDAGE),
))

#: What the exchange sends, by type letter.
OUTBOUND: dict[str, Layout] = dict((
    _message("S", "SystemEvent", "the day begins or ends", _TIME, _alpha("event", 1, SystemEvent)),
    _message("A", "Accepted", "an order was accepted", _TIME, _REF, _SIDE, _QUANTITY, _SYMBOL, _price(), _TIF, _DISPLAY,
             _REFERENCE, _CAPACITY, _ISO, _CROSS, _STATE, _CLORDID, _APPENDAGE),
    _message("U", "Replaced", "an order took another's place", _TIME, _uint("original_user_ref", 4), _REF, _SIDE,
             _QUANTITY, _SYMBOL, _price(), _TIF, _DISPLAY, _REFERENCE, _CAPACITY, _ISO, _CROSS, _STATE, _CLORDID,
             _APPENDAGE),
    _message("C", "Canceled", "shares of an order were cancelled", _TIME, _REF, _QUANTITY,
             _alpha("reason", 1, CancelReason)),
    _message("D", "AiqCanceled", "shares were cancelled, else they had met an order of the same owner", _TIME, _REF,
             _uint("decrement", 4), _alpha("reason", 1, CancelReason), _uint("prevented", 4), _price("execution_price"),
             _LIQUIDITY),
    _message("E", "Executed", "shares of an order were executed", _TIME, _REF, _QUANTITY, _price(), _LIQUIDITY, _MATCH,
             _APPENDAGE),
    _message("B", "BrokenTrade", "a trade was broken", _TIME, _REF, _MATCH, _alpha("reason", 1, BrokenReason),
             _CLORDID),
    _message("F", "TradeCorrection", "a trade was corrected", _TIME, _REF, _QUANTITY, _price(), _LIQUIDITY, _MATCH,
             _alpha("reason", 1, BrokenReason), _CLORDID),
    _message("J", "Rejected", "an order was rejected", _TIME, _REF, _uint("reason", 2), _CLORDID),
    _message("P", "CancelPending", "a cancel waits", _TIME, _REF),
    _message("I", "CancelReject", "a cancel was rejected", _TIME, _REF),
    _message("T", "PriorityUpdate", "an order has another price, display or place", _TIME, _REF, _price(), _DISPLAY,
             _REFERENCE),
    _message("M", "Modified", "an order was modified", _TIME, _REF, _SIDE, _QUANTITY),
    _message("R", "Restated", "the exchange changed an order", _TIME, _REF, _alpha("reason", 1), _APPENDAGE),
    _message("Q", "AccountQueryResponse", "the next user reference number", _TIME, _uint("next_user_ref", 4)),
    _message("X", "MassCancelResponse", "a mass cancel is done; what it cancelled follows", _TIME, _REF, _FIRM, _SYMBOL,
             _APPENDAGE),
    _message("G", "DisableOrderEntryResponse", "orders of a firm are not taken", _TIME, _REF, _FIRM, _APPENDAGE),
    _message("K", "EnableOrderEntryResponse", "orders of a firm are taken", _TIME, _REF, _FIRM, _APPENDAGE),
))


def pack_inbound(type: str, *, options: Mapping[str, int | str] | None = None, **fields: Any) -> bytes:
    """Return the bytes of the message ``type`` of INBOUND; ``options`` by their names in OPTIONS.

    Raises WireError naming the type, field or option and the bad value.
    """
    return _pack(INBOUND, type, options or {}, fields)


def pack_outbound(type: str, *, options: Mapping[str, int | str] | None = None, **fields: Any) -> bytes:
    """Return the bytes of the message ``type`` of OUTBOUND, likewise."""
    return _pack(OUTBOUND, type, options or {}, fields)


def unpack_inbound(data: bytes) -> dict[str, Any]:
    """Return the fields of the message that ``data`` is, ``type`` first, and ``options``, a dict by their names.

    An option that OPTIONS does not have, or that is not of its size, is named by its tag, its value as bytes. Ranges
    and codes are not checked. Raises WireError for an unknown type, a length or an appendage that does not fit.
    """
    return _unpack(INBOUND, data)


def unpack_outbound(data: bytes) -> dict[str, Any]:
    """Return the fields of the message that ``data`` is, likewise."""
    return _unpack(OUTBOUND, data)


def check_inbound(fields: Mapping[str, Any]) -> None:
    """Raise WireError for a value of ``fields``, as ``unpack_inbound`` returns them, that ``pack_inbound`` refuses."""
    INBOUND[fields["type"]].check_text(fields)  # a number that was read fits
    for name, value in fields["options"].items():
        _element(name, value)


def _pack(layouts: Mapping[str, Layout], type: str, options: Mapping[str, int | str], fields: dict[str, Any]) -> bytes:
    layout = layouts.get(type)
    if layout is None:
        raise WireError(f"type must be one of {''.join(layouts)}, not {type!r}")
    if options and "appendage_length" not in layout.names:
        raise WireError(f"{layout.name} has no appendage for {', '.join(options)}")
    appendage = b"".join(_element(name, value) for name, value in options.items())
    if appendage:
        fields["appendage_length"] = len(appendage)
    return layout.pack(fields) + appendage


def _element(name: str, value: int | str) -> bytes:
    if name not in _TAGS:
        raise WireError(f"option must be one of {', '.join(_TAGS)}, not {name!r}")
    tag = _TAGS[name]
    return bytes((1 + OPTIONS[tag].size, tag)) + OPTIONS[tag].encode(value)


def _unpack(layouts: Mapping[str, Layout], data: bytes) -> dict[str, Any]:
    letter = chr(data[0]) if data else ""
    layout = layouts.get(letter)
    if layout is None:
        raise WireError(f"type must be one of {''.join(layouts)}, not {letter!r}")
    fields, appendage = layout.unpack(data), data[layout.size:]
    length = fields.get("appendage_length")
    if length is None and len(appendage) >= 2:  # that of a later edition
        length, appendage = int.from_bytes(appendage[:2], "big"), appendage[2:]
    if len(appendage) != (length or 0):
        raise WireError(f"{layout.name} must be {len(data) - len(appendage) + (length or 0)} bytes, not {len(data)}")
    fields["options"] = _elements(layout.name, appendage) if appendage else {}
    return fields


def _elements(name: str, appendage: bytes) -> dict[str | int, Any]:
    found: dict[str | int, Any] = {}
    place = 0
    while place < len(appendage):
        size = appendage[place]
        if not 1 <= size < len(appendage) - place:
            raise WireError(f"{name}: option at {place} has length {size}, the appendage {len(appendage)} bytes")
        tag, value = appendage[place + 1], appendage[place + 2:place + 1 + size]
        option = OPTIONS.get(tag)
        if option is None or len(value) != option.size:
            found[tag] = value
        else:
            found[option.name] = option.decode(value)
        place += 1 + size
    return found
