"""The day's trades by match number, so that they can be broken or corrected."""

from typing import Any

from sim.exchange.book import BUY
from sim.exchange.commands import Bust, Correct
from sim.exchange.events import Broken, Corrected, Event, Executed, Liquidity, Rejected, RejectReason
from sim.exchange.symbols import on_grid
from wire.itch50 import MAX_PRICE, Side

__all__ = ["Trades"]


class Trades:
    """trades: what each trade was, by match number, until it is broken: locate, sign of the resting order, shares,
    price, then of the resting and of the incoming order reference, shares left, owner, account, token. It is flat and
    without objects of ours, so that a day's trades cost the collector of garbage nothing.

    Match numbers rise by one. A cross, even an empty one, takes one for all its fills.
    """

    def __init__(self, first_match: int):
        self.trades: dict[int, tuple[Any, ...]] = {}
        self._others: dict[int, tuple[Executed, ...]] = {}
        self._next_match = first_match
        self._gone: set[int] = set()

    def take(self) -> int:
        """Return a new match number."""
        match = self._next_match
        self._next_match = match + 1
        return match

    def keep(self, match: int, fills: tuple[Executed, ...]) -> None:
        """Keep the fills of a cross, or of a trade that was corrected; at least one."""
        self._others[match] = fills

    def bust(self, command: Bust) -> list[Event]:
        """Break a trade."""
        fills = self._fills(command.match)
        if not fills:
            return [self._refuse(command)]
        self._forget(command.match)
        return [Broken(fills[0].locate, command.match, fills)]

    def correct(self, command: Correct) -> list[Event]:
        """Correct a trade; it has another match number then, by which it can be broken or corrected again."""
        fills = self._fills(command.match)
        if not fills:
            return [self._refuse(command)]
        if fills[0].liquidity is Liquidity.CROSS:
            return [Rejected(command, RejectReason.NOT_CORRECTABLE)]
        if not 0 < command.shares <= fills[0].shares:
            return [Rejected(command, RejectReason.INVALID_SHARES)]
        if not 0 < command.price <= MAX_PRICE:
            return [Rejected(command, RejectReason.INVALID_PRICE)]
        if not on_grid(command.price):
            return [Rejected(command, RejectReason.INVALID_TICK)]
        match = self.take()
        new = tuple(fill._replace(shares=command.shares, price=command.price, match=match) for fill in fills)
        self._forget(command.match)
        self.keep(match, new)
        return [Corrected(fills[0].locate, command.match, match, command.shares, command.price, fills, new)]

    def _fills(self, match: int) -> tuple[Executed, ...]:
        """Return the executions of ``match``, none when it is not known."""
        trade = self.trades.get(match)
        if trade is None:
            return self._others.get(match, ())
        locate, sign, shares, price = trade[:4]
        sides = (Side.BUY, Side.SELL) if sign == BUY else (Side.SELL, Side.BUY)
        parts = ((trade[4:9], Liquidity.ADDED), (trade[9:], Liquidity.REMOVED))
        return tuple(Executed(locate, reference, side, shares, price, match, liquidity, leaves,
                              liquidity is Liquidity.ADDED, owner, account, token)
                     for side, ((reference, leaves, owner, account, token), liquidity)
                     in zip(sides, parts, strict=True))

    def _forget(self, match: int) -> None:
        if self.trades.pop(match, None) is None:
            del self._others[match]
        self._gone.add(match)

    def _refuse(self, command: Bust | Correct) -> Rejected:
        gone = command.match in self._gone
        return Rejected(command, RejectReason.BROKEN_MATCH if gone else RejectReason.UNKNOWN_MATCH)
