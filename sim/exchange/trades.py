"""The day's trades by match number, so that they can be broken or corrected."""

from sim.exchange.commands import Bust, Correct
from sim.exchange.events import Broken, Corrected, Event, Executed, Liquidity, Rejected, RejectReason
from sim.exchange.symbols import on_grid
from wire.itch50 import MAX_PRICE

__all__ = ["Trades"]


class Trades:
    """fills: of each match number that was not broken, at least one.

    Match numbers rise by one. A cross, even an empty one, takes one for all its fills.
    """

    def __init__(self, first_match: int):
        self.fills: dict[int, tuple[Executed, ...]] = {}
        self._next_match = first_match
        self._gone: set[int] = set()

    def take(self) -> int:
        """Return a new match number."""
        match = self._next_match
        self._next_match = match + 1
        return match

    def bust(self, command: Bust) -> list[Event]:
        """Break a trade."""
        fills = self.fills.pop(command.match, None)
        if fills is None:
            return [self._refuse(command)]
        self._gone.add(command.match)
        return [Broken(fills[0].locate, command.match, fills)]

    def correct(self, command: Correct) -> list[Event]:
        """Correct a trade; it has another match number then, by which it can be broken or corrected again."""
        fills = self.fills.get(command.match)
        if fills is None:
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
        del self.fills[command.match]
        self._gone.add(command.match)
        self.fills[match] = new
        return [Corrected(fills[0].locate, command.match, match, command.shares, command.price, fills, new)]

    def _refuse(self, command: Bust | Correct) -> Rejected:
        gone = command.match in self._gone
        return Rejected(command, RejectReason.BROKEN_MATCH if gone else RejectReason.UNKNOWN_MATCH)
