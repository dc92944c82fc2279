# Ref: Nasdaq TotalView-ITCH 5.0, section 4
"""What the exchange publishes: the engine's events, and the day's phases, as ITCH 5.0 messages."""

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence

from sim.exchange.events import (
    Added,
    Broken,
    Canceled,
    Corrected,
    CrossTrade,
    Event,
    Executed,
    Imbalance,
    Landing,
    Liquidity,
    Replaced,
    StateChanged,
)
from sim.exchange.symbols import Symbol
from wire.fields import Layout
from wire.itch50 import MESSAGES, NS_PER_DAY, RegSho, Side, SystemEvent, TradingAction, pack

__all__ = ["Encoder", "compiled"]

_FORMATS = {1: "B", 2: "H", 4: "I", 6: "HI", 8: "Q"}


def compiled(layout: Layout) -> struct.Struct:
    """Return the struct of ``layout``: text as bytes, not padded; a six-byte time as its upper 16 and lower 32 bits."""
    return struct.Struct(">" + "".join(f"{field.size}s" if field.kind == "alpha" else _FORMATS[field.size]
                                       for field in layout.fields))


_PACK = {letter: compiled(layout).pack for letter, layout in MESSAGES.items()}
_BUY = Side.BUY
_CODES = {code: code.value.encode() for code in TradingAction}
_TRACKING = 0


class Encoder:
    """Makes the messages of a day for ``symbols``. Times are ns since midnight, Eastern, 0..NS_PER_DAY - 1."""

    def __init__(self, symbols: Iterable[Symbol]) -> None:
        self._symbols = {symbol.locate: symbol for symbol in symbols}
        self._names = {locate: symbol.name.ljust(8).encode() for locate, symbol in self._symbols.items()}
        self._makers: Mapping[type[Event], Callable[..., Sequence[bytes]]] = {
            Added: self._added, Executed: self._executed, Canceled: self._canceled, Replaced: self._replaced,
            CrossTrade: self._cross, Imbalance: self._imbalance, StateChanged: self._state, Broken: self._broken,
            Corrected: self._corrected,
        }

    def events(self, events: Iterable[Event], ns: int) -> list[bytes]:
        """Return the messages of ``events``, in order; an event that is not published gives none."""
        made: list[bytes] = []
        high, low = divmod(_checked(ns), 1 << 32)
        for event in events:
            maker = self._makers.get(type(event))
            if maker is not None:
                made += maker(event, high, low)
        return made

    def phase(self, event: SystemEvent, ns: int) -> bytes:
        """Return the system event message."""
        return pack("S", locate=0, timestamp=ns, event=event.value)

    def directory(self, ns: int, states: Mapping[int, TradingAction] | None = None,
                  restrictions: Mapping[int, RegSho] | None = None) -> list[bytes]:
        """Return directory, trading state and Reg SHO messages of each symbol. states, restrictions: by locate, as they
        are now; None, or without a symbol: as they are when the day begins."""
        made = []
        for locate, symbol in self._symbols.items():
            state = (states or {}).get(locate, symbol.state)
            action = (restrictions or {}).get(locate, RegSho.NONE)
            common = {"locate": locate, "timestamp": ns, "stock": symbol.name}
            made.append(pack("R", **common, market_category="Q", financial_status="N", round_lot_size=100,
                             round_lots_only="N", issue_classification="C", issue_subtype="Z", authenticity="P",
                             short_sale_threshold="N", ipo_flag="N", luld_tier="1", etp_flag="N", etp_leverage=0,
                             inverse="N"))
            made.append(pack("H", **common, state=state.value, reason=""))
            made.append(pack("Y", **common, action=action.value))
        return made

    def restriction(self, locate: int, action: RegSho, ns: int) -> bytes:
        """Return the message that puts the short-sale price test of a symbol into ``action``."""
        return pack("Y", locate=locate, timestamp=ns, stock=self._symbols[locate].name, action=action.value)

    def resting(self, order: Added, ns: int) -> bytes:
        """Return the Add Order message of an order of the book."""
        return self._added(order, *divmod(_checked(ns), 1 << 32))[0]

    def _added(self, event: Added, high: int, low: int) -> Sequence[bytes]:
        common = (event.locate, _TRACKING, high, low, event.reference, b"B" if event.side is _BUY else b"S",
                  event.shares, self._names[event.locate], event.price)
        if event.attribution:
            return (_PACK["F"](b"F", *common, event.attribution.ljust(4).encode()),)
        return (_PACK["A"](b"A", *common),)

    def _executed(self, event: Executed, high: int, low: int) -> Sequence[bytes]:
        if not event.displayed:
            return ()
        common = (event.locate, _TRACKING, high, low, event.reference, event.shares, event.match)
        if event.liquidity is Liquidity.CROSS:
            return (_PACK["C"](b"C", *common, b"N", event.price),)
        return (_PACK["E"](b"E", *common),)

    def _canceled(self, event: Canceled, high: int, low: int) -> Sequence[bytes]:
        if not event.displayed:
            return ()
        common = (event.locate, _TRACKING, high, low, event.reference)
        return (_PACK["X"](b"X", *common, event.shares) if event.leaves else _PACK["D"](b"D", *common),)

    def _replaced(self, event: Replaced, high: int, low: int) -> Sequence[bytes]:
        if not event.displayed:
            return ()
        common = (event.locate, _TRACKING, high, low, event.old_reference)
        if event.landing is Landing.ENTERED:
            return (_PACK["D"](b"D", *common),)
        if event.landing is Landing.MOVED:
            return (_PACK["U"](b"U", *common, event.reference, event.shares, event.price),)
        less = event.old_shares - event.shares
        return (_PACK["X"](b"X", *common, less),) if less else ()

    def _cross(self, event: CrossTrade, high: int, low: int) -> Sequence[bytes]:
        return (_PACK["Q"](b"Q", event.locate, _TRACKING, high, low, event.shares, self._names[event.locate],
                           event.price, event.match, event.cross_type.value.encode()),)

    def _imbalance(self, event: Imbalance, high: int, low: int) -> Sequence[bytes]:
        return (_PACK["I"](b"I", event.locate, _TRACKING, high, low, event.paired_shares, event.imbalance_shares,
                           event.direction.value.encode(), self._names[event.locate], event.far_price,
                           event.near_price, event.reference_price, event.cross_type.value.encode(),
                           event.variation.value.encode()),)

    def _state(self, event: StateChanged, high: int, low: int) -> Sequence[bytes]:
        return (_PACK["H"](b"H", event.locate, _TRACKING, high, low, self._names[event.locate], _CODES[event.state],
                           b" ", event.reason.ljust(4).encode()),)

    def _broken(self, event: Broken, high: int, low: int) -> Sequence[bytes]:
        return (_PACK["B"](b"B", event.locate, _TRACKING, high, low, event.match),)

    def _corrected(self, event: Corrected, high: int, low: int) -> Sequence[bytes]:
        # The reference of a trade message is 0 and its side B, whatever was traded.
        trade = _PACK["P"](b"P", event.locate, _TRACKING, high, low, 0, b"B", event.shares, self._names[event.locate],
                           event.price, event.new_match)
        return _PACK["B"](b"B", event.locate, _TRACKING, high, low, event.match), trade


def _checked(ns: int) -> int:
    if not 0 <= ns < NS_PER_DAY:
        raise ValueError(f"time must be 0..{NS_PER_DAY - 1} ns since midnight, not {ns}")
    return ns
