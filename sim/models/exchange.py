"""Reference matching engine, written from docs/exchange.md to be plainly right: no structure but a list of open orders,
sorted anew whenever a question comes up. It gives the same events as sim.exchange.engine.

A cross is searched through every price of the grid between the limits and the last price, so keep those near each
other; whether a fill-or-kill order can be filled is found out by trying it on a copy.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from sim.exchange import commands as ask
from sim.exchange import events as did
from sim.exchange.commands import SelfMatch, TimeInForce
from sim.exchange.events import CancelReason, Liquidity, RejectReason
from sim.exchange.symbols import Symbol
from wire.itch50 import CrossType, ImbalanceDirection, PriceVariation, Side

__all__ = ["ExchangeModel", "Open"]

_CROSS_OF = {TimeInForce.ON_OPEN: CrossType.OPENING, TimeInForce.ON_CLOSE: CrossType.CLOSING}


@dataclass(frozen=True)
class Open:
    """An open order. Between orders of a price the one of the smaller reference comes first."""

    reference: int
    terms: ask.New
    price: int | None
    shares: int
    executed: int
    token: object

    @property
    def displayed(self) -> bool:
        return self.terms.time_in_force not in _CROSS_OF

    def who(self) -> tuple[str, str, object]:
        return self.terms.owner, self.terms.account, self.token

    def willing(self, price: int) -> bool:
        """Return whether it would trade at ``price``."""
        if self.price is None:
            return True
        return price <= self.price if self.terms.side == "B" else price >= self.price

    def priority(self) -> tuple[bool, int, int]:
        """Return what orders of one side are sorted by: market orders, the best price, the oldest."""
        price = self.price or 0
        return self.price is not None, -price if self.terms.side == "B" else price, self.reference


@dataclass
class _Symbol:
    state: str
    last: int
    crossed: set[CrossType]


class ExchangeModel:
    """open: all open orders, in order of their references."""

    def __init__(self, symbols: Iterable[Symbol]):
        self.open: list[Open] = []
        self._symbols = {s.locate: _Symbol(s.state, s.reference, set()) for s in symbols}
        self._reference = self._match = 1
        self._trades: dict[int, tuple[did.Executed, ...] | None] = {}
        self._over = False

    def apply(self, command: Any) -> list[did.Event]:
        """Do ``command``; return what happened."""
        reason = next(getattr(self, f"_refuse_{type(command).__name__.lower()}", self._refuse_operator)(command), None)
        if reason is not None:
            return [did.Rejected(command, reason)]
        return list(getattr(self, f"_{type(command).__name__.lower()}")(command))

    def side(self, locate: int, side: str) -> list[Open]:
        """Return the displayed orders of a side, best first."""
        return sorted((o for o in self.open if o.displayed and (o.terms.locate, o.terms.side) == (locate, side)),
                      key=Open.priority)

    # Refusals, the first of which counts

    def _refuse_new(self, c: ask.New) -> Iterator[RejectReason]:
        symbol = self._symbols.get(c.locate)
        if symbol is None:
            yield RejectReason.UNKNOWN_SYMBOL
            return
        if self._over:
            yield RejectReason.CLOSED
        if c.side not in ("B", "S"):
            yield RejectReason.INVALID_SIDE
        if c.shares not in range(1, 2**32):
            yield RejectReason.INVALID_SHARES
        yield from _bad_price(c.price)
        if c.post_only and (c.price is None or c.time_in_force != TimeInForce.DAY):
            yield RejectReason.INVALID_COMBINATION
        if symbol.state in "HP":
            yield RejectReason.HALTED
        if _CROSS_OF.get(c.time_in_force) in symbol.crossed:
            yield RejectReason.TOO_LATE
        if symbol.state == "Q" and c.time_in_force not in _CROSS_OF:
            if c.price is None or c.time_in_force != TimeInForce.DAY:
                yield RejectReason.NOT_TRADING
        if c.post_only and self._rivals(Open(0, c, c.price, c.shares, 0, None)):
            yield RejectReason.WOULD_TRADE

    def _refuse_replace(self, c: ask.Replace) -> Iterator[RejectReason]:
        order = self._mine(c)
        if order is None:
            yield RejectReason.UNKNOWN_ORDER
            return
        if self._symbols[order.terms.locate].state in "HP":
            yield RejectReason.HALTED
        if c.shares not in range(1, 2**32):
            yield RejectReason.INVALID_SHARES
        if c.price is None and order.displayed:
            yield RejectReason.INVALID_PRICE
        yield from _bad_price(c.price)
        goes_on = c.shares > order.executed and (c.price != order.price or c.shares >= order.executed + order.shares)
        if order.terms.post_only and goes_on and self._rivals(replace(order, price=c.price)):
            yield RejectReason.WOULD_TRADE

    def _refuse_cancel(self, c: ask.Cancel) -> Iterator[RejectReason]:
        order = self._mine(c)
        if order is None:
            yield RejectReason.UNKNOWN_ORDER
        elif c.leaves < 0 or c.leaves >= order.shares:
            yield RejectReason.INVALID_SHARES

    def _refuse_masscancel(self, c: ask.MassCancel) -> Iterator[RejectReason]:
        yield from ()

    def _refuse_endofday(self, c: ask.EndOfDay) -> Iterator[RejectReason]:
        if self._over:
            yield RejectReason.CLOSED

    def _refuse_bust(self, c: ask.Bust | ask.Correct) -> Iterator[RejectReason]:
        if c.match not in self._trades:
            yield RejectReason.UNKNOWN_MATCH
        elif self._trades[c.match] is None:
            yield RejectReason.BROKEN_MATCH

    def _refuse_correct(self, c: ask.Correct) -> Iterator[RejectReason]:
        yield from self._refuse_bust(c)
        if self._trades[c.match][0].liquidity == Liquidity.CROSS:
            yield RejectReason.NOT_CORRECTABLE
        if c.shares not in range(1, self._trades[c.match][0].shares + 1):
            yield RejectReason.INVALID_SHARES
        yield from _bad_price(c.price)

    def _refuse_operator(self, c: Any) -> Iterator[RejectReason]:
        symbol = self._symbols.get(c.locate)
        if symbol is None:
            yield RejectReason.UNKNOWN_SYMBOL
            return
        legal = {ask.Halt: "PQT", ask.Pause: "QT", ask.Resume: "HPQ", ask.Indicate: "HPQT", ask.OpenCross: "QT",
                 ask.CloseCross: "QT"}
        if symbol.state not in legal[type(c)]:
            yield RejectReason.WRONG_STATE
        kind = {ask.OpenCross: CrossType.OPENING, ask.CloseCross: CrossType.CLOSING}.get(type(c))
        if kind in symbol.crossed:
            yield RejectReason.TOO_LATE

    # Orders

    def _mine(self, c: ask.Replace | ask.Cancel) -> Open | None:
        return next((o for o in self.open if o.reference == c.reference and c.owner in (o.terms.owner, None)), None)

    def _take_reference(self) -> int:
        self._reference += 1
        return self._reference - 1

    def _put(self, order: Open) -> None:
        """Let ``order`` take the place of the open one of its reference; without shares it is gone."""
        self.open = sorted([o for o in self.open if o.reference != order.reference] + [order] * (order.shares > 0),
                           key=lambda o: o.reference)

    def _rivals(self, order: Open) -> list[Open]:
        """Return the resting orders that ``order`` could trade with now, in the order of their turn."""
        terms = order.terms
        if self._symbols[terms.locate].state != "T" or not order.displayed:
            return []
        return [o for o in self.side(terms.locate, "S" if terms.side == "B" else "B") if order.willing(o.price)]

    def _new(self, c: ask.New) -> Iterator[did.Event]:
        fills = True
        if c.time_in_force == TimeInForce.FOK:
            trial = deepcopy(self).apply(c._replace(time_in_force=TimeInForce.IOC))
            fills = c.shares == sum(e.shares for e in trial
                                    if isinstance(e, did.Executed) and e.liquidity == Liquidity.REMOVED)
        order = Open(self._take_reference(), c, c.price, c.shares, 0, c.token)
        yield did.Accepted(c.locate, order.reference, c.side, c.shares, c.price, *order.who())
        if not fills:
            yield _canceled(order, CancelReason.UNFILLABLE, displayed=False)
        elif not order.displayed:
            self._put(order)
        else:
            yield from self._come_in(order)

    def _come_in(self, order: Open) -> Iterator[did.Event]:
        """Trade, then rest or be cancelled."""
        terms = order.terms
        while order.shares and (rivals := self._rivals(order)):
            maker = rivals[0]
            if terms.account and terms.account == maker.terms.account and terms.self_match != SelfMatch.ALLOW:
                if terms.self_match in (SelfMatch.CANCEL_OLDEST, SelfMatch.CANCEL_BOTH):
                    yield self._gone(maker, CancelReason.SELF_MATCH)
                if terms.self_match in (SelfMatch.CANCEL_NEWEST, SelfMatch.CANCEL_BOTH):
                    yield _canceled(order, CancelReason.SELF_MATCH, displayed=False)
                    return
                continue
            shares, match = min(order.shares, maker.shares), self._take_match()
            order, maker = _executed(order, shares), _executed(maker, shares)
            self._put(maker)
            fills = tuple(
                did.Executed(terms.locate, o.reference, o.terms.side, shares, maker.price, match, part, o.shares,
                             o is maker, *o.who())
                for o, part in ((maker, Liquidity.ADDED), (order, Liquidity.REMOVED)))
            self._trades[match] = fills
            self._symbols[terms.locate].last = maker.price
            yield from fills
        if order.shares and terms.time_in_force == TimeInForce.DAY and order.price is not None:
            self._put(order)
            yield did.Added(terms.locate, order.reference, terms.side, order.shares, order.price, terms.attribution,
                            *order.who())
        elif order.shares:
            yield _canceled(order, CancelReason.IMMEDIATE, displayed=False)

    def _take_match(self) -> int:
        self._match += 1
        return self._match - 1

    def _replace(self, c: ask.Replace) -> Iterator[did.Event]:
        old = self._mine(c)
        new = replace(old, price=c.price, shares=c.shares - old.executed, token=c.token)
        if new.shares <= 0:
            yield self._gone(old, CancelReason.USER)
            return
        if new.price == old.price and new.shares < old.shares:
            landing = did.Landing.KEPT
        else:
            landing = did.Landing.ENTERED if self._rivals(new) else did.Landing.MOVED
            new = replace(new, reference=self._take_reference())
            self._put(replace(old, shares=0))
        yield did.Replaced(old.terms.locate, old.reference, new.reference, old.terms.side, new.shares, new.price,
                           old.shares, landing, old.displayed, old.terms.owner, old.terms.account, old.token, new.token)
        if landing == did.Landing.ENTERED:
            yield from self._come_in(new)
        else:
            self._put(new)

    def _gone(self, order: Open, reason: CancelReason) -> did.Canceled:
        self._put(replace(order, shares=0))
        return _canceled(order, reason, displayed=order.displayed)

    def _cancel(self, c: ask.Cancel) -> Iterator[did.Event]:
        order = self._mine(c)
        self._put(replace(order, shares=c.leaves))
        yield _canceled(order, _asked_by(c.owner), displayed=order.displayed, leaves=c.leaves)

    def _masscancel(self, c: ask.MassCancel) -> Iterator[did.Event]:
        for order in self.open:
            t = order.terms
            if (c.owner in (None, t.owner) and c.account in (None, t.account) and c.locate in (None, t.locate)
                    and c.side in (None, t.side)):
                yield self._gone(order, _asked_by(c.owner))

    def _endofday(self, c: ask.EndOfDay) -> Iterator[did.Event]:
        self._over = True
        for order in self.open:
            yield self._gone(order, CancelReason.CLOSED)

    # Trades

    def _bust(self, c: ask.Bust) -> Iterator[did.Event]:
        fills, self._trades[c.match] = self._trades[c.match], None
        yield did.Broken(fills[0].locate, c.match, fills)

    def _correct(self, c: ask.Correct) -> Iterator[did.Event]:
        fills, self._trades[c.match] = self._trades[c.match], None
        match = self._take_match()
        new = self._trades[match] = tuple(f._replace(shares=c.shares, price=c.price, match=match) for f in fills)
        yield did.Corrected(fills[0].locate, c.match, match, c.shares, c.price, fills, new)

    # States and crosses

    def _halt(self, c: ask.Halt) -> Iterator[did.Event]:
        yield self._state(c.locate, "H", c.reason)

    def _pause(self, c: ask.Pause) -> Iterator[did.Event]:
        yield self._state(c.locate, "P", c.reason)

    def _state(self, locate: int, state: str, reason: str) -> did.StateChanged:
        self._symbols[locate].state = state
        return did.StateChanged(locate, state, reason)

    def _resume(self, c: ask.Resume) -> Iterator[did.Event]:
        if self._symbols[c.locate].state == "Q":
            yield from self._cross(c.locate, CrossType.HALT_OR_IPO)
            yield self._state(c.locate, "T", c.reason)
        else:
            yield self._state(c.locate, "Q", c.reason)

    def _opencross(self, c: ask.OpenCross) -> Iterator[did.Event]:
        yield from self._cross(c.locate, CrossType.OPENING)
        if self._symbols[c.locate].state == "Q":
            yield self._state(c.locate, "T", "")

    def _closecross(self, c: ask.CloseCross) -> Iterator[did.Event]:
        yield from self._cross(c.locate, CrossType.CLOSING)

    def _interest(self, locate: int, kind: CrossType) -> list[Open]:
        return [o for o in self.open
                if o.terms.locate == locate and (o.displayed or _CROSS_OF[o.terms.time_in_force] == kind)]

    def _indicate(self, c: ask.Indicate) -> Iterator[did.Event]:
        orders, last = self._interest(c.locate, c.cross_type), self._symbols[c.locate].last
        demand, supply = _sides(orders, last)
        near = _clear(orders, last)
        if self._symbols[c.locate].state == "P":
            direction = ImbalanceDirection.PAUSED
        elif demand == supply:
            direction = ImbalanceDirection.NONE if demand else ImbalanceDirection.INSUFFICIENT_ORDERS
        else:
            direction = ImbalanceDirection.BUY if demand > supply else ImbalanceDirection.SELL
        percent = abs(near - last) * 100 // last
        code = " " if not near else "L123456789"[percent] if percent < 10 else "ABC"[min(percent // 10, 3) - 1]
        yield did.Imbalance(c.locate, min(demand, supply), abs(demand - supply), direction,
                            _clear([o for o in orders if not o.displayed], last), near, last, c.cross_type,
                            PriceVariation(code))

    def _cross(self, locate: int, kind: CrossType) -> Iterator[did.Event]:
        yield from self._indicate(ask.Indicate(locate, kind))
        symbol, orders, match = self._symbols[locate], self._interest(locate, kind), self._take_match()
        symbol.crossed.add(kind)
        price = _clear(orders, symbol.last)
        paired = min(_sides(orders, price)) if price else 0
        fills = []
        for side in "BS":
            left = paired
            for order in sorted((o for o in orders if o.terms.side == side), key=Open.priority):
                shares = min(left, order.shares)
                left -= shares
                if shares:
                    rest = _executed(order, shares)
                    self._put(rest)
                    fills.append(did.Executed(locate, order.reference, order.terms.side, shares, price, match,
                                              Liquidity.CROSS, rest.shares, order.displayed, *order.who()))
        if price:
            self._trades[match], symbol.last = tuple(fills), price
        yield from fills
        yield did.CrossTrade(locate, paired, price, match, kind)
        for order in self._interest(locate, kind):
            if not order.displayed:
                yield self._gone(order, CancelReason.CROSS)


def _executed(order: Open, shares: int) -> Open:
    return replace(order, shares=order.shares - shares, executed=order.executed + shares)


def _canceled(order: Open, reason: CancelReason, *, displayed: bool, leaves: int = 0) -> did.Canceled:
    return did.Canceled(order.terms.locate, order.reference, order.terms.side, order.shares - leaves, leaves, reason,
                        displayed, *order.who())


def _asked_by(owner: str | None) -> CancelReason:
    return CancelReason.SUPERVISORY if owner is None else CancelReason.USER


def _bad_price(price: int | None) -> Iterator[RejectReason]:
    if price is not None and not 1 <= price <= 2_000_000_000:
        yield RejectReason.INVALID_PRICE
    if price is not None and price >= 10_000 and price % 100:
        yield RejectReason.INVALID_TICK


def _sides(orders: list[Open], price: int) -> tuple[int, int]:
    """Return the shares that would be bought and sold at ``price``."""
    willing = [o for o in orders if o.willing(price)]
    return (sum(o.shares for o in willing if o.terms.side == Side.BUY),
            sum(o.shares for o in willing if o.terms.side == Side.SELL))


def _clear(orders: list[Open], last: int) -> int:
    """Return the price of the cross, 0 for none."""
    prices = [last, *(o.price for o in orders if o.price is not None)]
    # One price beyond all limits on both sides, too.
    grid = [p for p in range(max(min(prices) - 100, 1), max(prices) + 101) if p < 10_000 or p % 100 == 0]
    found = min(((-min(b, s), abs(b - s), abs(p - last), p) for p in grid for b, s in (_sides(orders, p),)))
    return found[3] if found[0] else 0
