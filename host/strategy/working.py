"""An order as its strategy knows it."""

from dataclasses import dataclass, field

from host.oms.inputs import IntentKind
from host.oms.outputs import Tell, TellKind
from host.oms.states import State
from wire.risk import Side

__all__ = ["Working"]

_OVER = frozenset({State.FILLED, State.CANCELLED, State.REJECTED, State.EXPIRED, State.DONE_FOR_DAY, State.CALCULATED})
_ASKING = frozenset({State.PENDING_REPLACE, State.PENDING_CANCEL})
_EXECUTIONS = frozenset({TellKind.FILL, TellKind.BUST, TellKind.CORRECT})


@dataclass(slots=True)
class Working:
    """ref: the strategy's number. shares, price: OrderQty, and price in 1/10,000, 0 for a market order, as accepted.
    order: the order manager's id, 0 until it took the order. cum, leaves: shares filled, and open. asked: OrderQty and
    price of each replace under way, zeros for a cancel, by the request's ref."""

    ref: int
    symbol: int
    side: Side
    shares: int
    price: int
    order: int = 0
    cum: int = 0
    leaves: int = 0
    state: State = State.PENDING_NEW
    asked: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def sign(self) -> int:
        """1 of a buy order, -1 of a sell order."""
        return 1 if self.side == Side.BUY else -1

    @property
    def over(self) -> bool:
        """Whether nothing of it can be filled any more, as far as is known."""
        return self.state in _OVER

    @property
    def quiet(self) -> bool:
        """Whether it can be replaced: the venue has it, and no request is under way."""
        return not self.asked and self.state is not State.PENDING_NEW and self.state not in _ASKING and not self.over

    @property
    def worst(self) -> int:
        """The most shares that may still be filled."""
        return max(self.leaves, max(self.asked.values())[0] - self.cum) if self.asked else self.leaves

    @property
    def prices(self) -> list[int]:
        """The prices at which it may stand, now or by a replace under way."""
        return [self.price, *(price for _, price in self.asked.values() if price)]

    @property
    def going(self) -> bool:
        """Whether a cancel is under way."""
        return self.state is State.PENDING_CANCEL or (0, 0) in self.asked.values()

    def take(self, tell: Tell) -> int:
        """Apply news; return the shares filled since the last, below 0 after a bust."""
        failed = tell.kind in (TellKind.REFUSED, TellKind.REQUEST_FAILED)
        if failed and not tell.order and tell.request is not IntentKind.NEW:
            self.asked.pop(tell.ref, None)
            return 0
        asking, filled = self.state in _ASKING, tell.cum_shares - self.cum
        self.state, self.cum, self.leaves = tell.state, tell.cum_shares, tell.leaves
        if tell.kind not in _EXECUTIONS:
            self.shares, self.price = tell.shares, tell.price
        replaced = tell.kind is TellKind.ORDER and tell.state is not State.PENDING_REPLACE
        if self.over or (asking and self.state not in _ASKING):
            self.asked.clear()
        elif failed or (replaced and tell.request is IntentKind.REPLACE):
            self.asked.pop(tell.ref, None)
        return filled
