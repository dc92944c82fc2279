"""What strategies have in common that go to a position by taking what the book shows."""

from host.oms.inputs import TimeInForce
from host.strategy.interface import Context, Strategy

__all__ = ["Taker", "at_least"]

_IOC = TimeInForce.IOC


def at_least(parameters: object, **least: int) -> None:
    """Raise ValueError for the first of the numbers of ``parameters`` that is below its least."""
    for name, lowest in least.items():
        if getattr(parameters, name) < lowest:
            raise ValueError(f"{name} must be at least {lowest}, not {getattr(parameters, name)}")


class Taker(Strategy):
    """Sends one order of a symbol at a time, good immediately or not at all, at the best price of the other side.

    Whatever becomes of an order, refusals too, the next of its symbol waits for ``pause`` ns.
    """

    def __init__(self, pause: int) -> None:
        self._pause = pause

    def start(self, context: Context) -> None:
        """Begin."""
        super().start(context)
        self._until = [0] * context.views.symbols

    def go(self, symbol: int, target: int, most: int) -> None:
        """Ask for what lacks to a position of ``target`` shares, at most ``most`` of it, if the book is one to trade
        on. The position never goes beyond the target, whatever is filled."""
        touch = self.context.views.touch(symbol)
        if touch is not None:
            self.take(symbol, target, most, touch[0], touch[2])

    def take(self, symbol: int, target: int, most: int, bid: int, ask: int) -> None:
        """Likewise, of a book whose best prices, 1/10,000, are ``bid`` and ``ask``."""
        context = self.context
        lacking = target - context.positions[symbol]
        if not lacking or context.now < self._until[symbol] or context.working(symbol):
            return
        self._until[symbol] = context.now + self._pause
        if lacking > 0:
            context.buy(symbol, lacking if lacking < most else most, ask, time_in_force=_IOC)
        else:
            context.sell(symbol, -lacking if -lacking < most else most, bid, time_in_force=_IOC)
