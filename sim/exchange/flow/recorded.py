"""A recorded market as the background: its orders stand in our book as they came, and trade with ours.

As long as nobody else trades, the book is the recorded one after every message. What becomes of each message:

A F      a limit order of the day. It may trade with an order of ours that the record does not know.
E C      an incoming order, immediate or cancel, of the shares executed, limited to the price of the executed order.
         So it takes what is first in line now, which may be an order of ours; the recorded order keeps what that one
         took away from it. Shares that find nothing count as ``unfilled``. An order that the record has executed whole
         goes: what ours have spared of it is cancelled and counts as ``spared``. While the symbol does not trade, an
         execution is one of a cross of the record: its shares are taken off as by an X.
X        takes off as many shares as are left, ``reduced`` when these are fewer than recorded.
D        cancels what is left.
U        replaces by as many shares as recorded less those that ours have taken beyond the record: ``reduced``; when
         nothing remains, it cancels.
H        the trading state, by halts, pauses and resumes; the end of a halt runs a cross.

X, D and U of an order of which nothing is left do nothing and count as ``gone``; so do all later ones of what a U of it
would have been. References that the record never introduced count as ``unknown``, what the engine refuses as
``refused``, messages of other types, and of wrong length, as ``skipped``, of other symbols as ``other``.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.exchange.commands import Cancel, Command, Halt, New, Pause, Replace, Resume, TimeInForce
from sim.exchange.engine import Engine
from sim.exchange.events import Accepted, Canceled, CancelReason, Event, Executed, Rejected, Replaced
from sim.market.messages import Messages
from wire.itch50 import SIZES, Side, TradingAction, unpack

__all__ = ["COUNTS", "Recorded"]

#: Names of the counts.
COUNTS = ("applied", "unfilled", "spared", "reduced", "gone", "unknown", "refused", "skipped", "other")

_HALT, _PAUSE, _QUOTE, _TRADE = (TradingAction.HALTED, TradingAction.PAUSED, TradingAction.QUOTATION,
                                 TradingAction.TRADING)
#: What leads from one trading state to another.
_WAYS: dict[tuple[TradingAction, TradingAction], tuple[type[Halt | Pause | Resume], ...]] = {
    (_TRADE, _HALT): (Halt,), (_QUOTE, _HALT): (Halt,), (_PAUSE, _HALT): (Halt,),
    (_TRADE, _PAUSE): (Pause,), (_QUOTE, _PAUSE): (Pause,),
    (_HALT, _QUOTE): (Resume,), (_PAUSE, _QUOTE): (Resume,), (_TRADE, _QUOTE): (Halt, Resume),
    (_HALT, _TRADE): (Resume, Resume), (_PAUSE, _TRADE): (Resume, Resume), (_QUOTE, _TRADE): (Resume,),
}
_OTHER = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


@dataclass(slots=True)
class _Order:
    """An order of the record. shares: open by the record. reference: the engine's, 0 while it has none; executed:
    shares that the engine has executed of it."""

    locate: int
    side: Side
    price: int
    shares: int
    reference: int = 0
    executed: int = 0


class Recorded:
    """A participant (sim.exchange.flow.participant) that does what ``messages`` tell.

    locates: for each stock locate of the record that is to be followed, that of the engine's symbol. midnight: ns,
    the time from which the record's time stamps count. counts: see above, ``applied`` are messages that did something.
    """

    def __init__(self, engine: Engine, messages: Messages, locates: Mapping[int, int], *, midnight: int = 0,
                 owner: str = "RECORD"):
        self.owner = owner
        self.counts = dict.fromkeys(COUNTS, 0)
        self._engine = engine
        self._locates = dict(locates)
        followed = np.isin(messages.locates(), list(self._locates))
        sizes = np.zeros(256, np.int32)
        for letter in "AFECXDUH":
            sizes[ord(letter)] = SIZES[letter]
        taken = followed & (sizes[messages.types()] == messages.length)
        self.counts["other"] = int((~followed).sum())
        self.counts["skipped"] = int((followed & ~taken).sum())
        self._messages = messages.select(np.flatnonzero(taken))
        self._times = (self._messages.timestamps() + midnight).tolist()
        self._next = 0
        self._orders: dict[int, _Order] = {}
        self._by_reference: dict[int, _Order] = {}
        self._ways: deque[Command] = deque()
        self._finished: _Order | None = None
        self._handlers = {"A": self._add, "F": self._add, "E": self._execute, "C": self._execute, "X": self._reduce,
                          "D": self._delete, "U": self._replace, "H": self._state}

    def due(self) -> int | None:
        """Return the time of the next message that is followed, ns."""
        if self._ways or self._is_spared():
            return self._times[self._next - 1]
        return self._times[self._next] if self._next < len(self._times) else None

    def act(self) -> Command | None:
        """Return what the next message asks for, None when nothing."""
        if self._ways:
            return self._ways.popleft()
        finished, spared = self._finished, self._is_spared()
        self._finished = None
        if spared:
            self.counts["spared"] += self._engine.open_shares(finished.reference)
            return Cancel(finished.reference, self.owner)
        message = unpack(self._messages[self._next])
        self._next += 1
        command = self._handlers[message["type"]](message)
        self.counts["applied"] += command is not None
        return command

    def saw(self, events: Sequence[Event]) -> None:
        """Learn the engine's references, and what was executed."""
        for event in events:
            kind = type(event)
            if kind is Executed and event.owner == self.owner:
                order = self._by_reference.get(event.reference)
                if order is not None:
                    order.executed += event.shares
            elif kind is Accepted or kind is Replaced:
                if event.owner == self.owner and event.token is not None:
                    self._name(event)
            elif kind is Canceled:
                if event.owner == self.owner and event.reason is CancelReason.IMMEDIATE:
                    self.counts["unfilled"] += event.shares
            elif kind is Rejected and getattr(event.command, "owner", None) == self.owner:
                self.counts["refused"] += 1

    def _name(self, event: Accepted | Replaced) -> None:
        order = self._orders[event.token]
        self._by_reference.pop(order.reference, None)
        order.reference = event.reference
        self._by_reference[event.reference] = order

    # Messages

    def _add(self, message: dict[str, Any]) -> Command:
        order = _Order(self._locates[message["locate"]], Side(message["side"]), message["price"], message["shares"])
        self._orders[message["reference"]] = order
        return New(order.locate, order.side, order.shares, order.price, self.owner, message["reference"],
                   attribution=message.get("attribution", ""))

    def _execute(self, message: dict[str, Any]) -> Command | None:
        if self._engine.state(self._locates[message["locate"]]) is not _TRADE:
            return self._reduce(message)
        order, shares = self._known(message), message["shares"]
        if order is None:
            return None
        self._lessen(message["reference"], order, shares)
        return New(order.locate, _OTHER[order.side], shares, order.price, self.owner,
                   time_in_force=TimeInForce.IOC)

    def _reduce(self, message: dict[str, Any]) -> Command | None:
        order, shares = self._known(message), message["shares"]
        if order is None:
            return None
        self._lessen(message["reference"], order, shares)
        left = self._left(order)
        self.counts["reduced"] += 0 < left < shares
        return Cancel(order.reference, self.owner, max(left - shares, 0)) if left else None

    def _delete(self, message: dict[str, Any]) -> Command | None:
        order = self._known(message)
        if order is None:
            return None
        del self._orders[message["reference"]]
        return Cancel(order.reference, self.owner) if self._left(order) else None

    def _replace(self, message: dict[str, Any]) -> Command | None:
        order, shares = self._known(message), message["shares"]
        if order is None:
            return None
        del self._orders[message["reference"]]
        self._orders[message["new_reference"]] = order
        left = self._left(order)
        fewer = max(order.shares - left, 0)
        order.shares, order.price = shares, message["price"]
        if not left:
            return None
        self.counts["reduced"] += fewer > 0
        if shares <= fewer:
            return Cancel(order.reference, self.owner)
        return Replace(order.reference, order.executed + shares - fewer, order.price, self.owner,
                       message["new_reference"])

    def _state(self, message: dict[str, Any]) -> Command | None:
        locate, state = self._locates[message["locate"]], TradingAction(message["state"])
        ways = _WAYS.get((self._engine.state(locate), state), ())
        self._ways += [way(locate, message["reason"]) for way in ways]
        return self._ways.popleft() if self._ways else None

    def _known(self, message: dict[str, Any]) -> _Order | None:
        order = self._orders.get(message["reference"])
        self.counts["unknown"] += order is None
        return order

    def _lessen(self, name: int, order: _Order, shares: int) -> None:
        """Take shares off by the record, which forgets the order with the last of them."""
        order.shares -= shares
        if order.shares <= 0:
            del self._orders[name]
            self._finished = order

    def _is_spared(self) -> bool:
        """Return whether the order that the record has just executed whole is still open."""
        return self._finished is not None and self._engine.open_shares(self._finished.reference) > 0

    def _left(self, order: _Order) -> int:
        """Return what is open of it; count it when nothing is."""
        left = self._engine.open_shares(order.reference)
        self.counts["gone"] += not left
        return left
