"""An order as its strategy knows it."""

from dataclasses import dataclass, field

from host.oms.inputs import IntentKind
from host.oms.outputs import Tell, TellKind
from host.oms.states import State
from wire.risk import Side

__all__ = ["Working"]

_OVER = frozenset({State.FILLED, State.CANCELLED, State.REJECTED, State.EXPIRED, State.DONE_FOR_DAY, State.CALCULATED})
_ASKING = frozenset({State.PENDING_REPLACE, State.PENDING_CANCEL})
_BUSY = _OVER | _ASKING | {State.PENDING_NEW}
_FAILED = frozenset({TellKind.REFUSED, TellKind.REQUEST_FAILED})
_EXECUTIONS = frozenset({TellKind.FILL, TellKind.BUST, TellKind.CORRECT})


@dataclass(slots=True)
class Working:
    """ref: the strategy's number. shares, price: OrderQty, and price in 1/10,000, 0 for a market order, as accepted.
    order: the order manager's id, 0 until it took the order. cum, leaves: shares filled, and open. asked: OrderQty and
    price of each replace under way, zeros for a cancel, by the request's ref.

    What follows from these is kept ready, for strategies look at their orders with every event. sign: 1 of a buy order,
    -1 of a sell order. over: whether nothing of it can be filled any more, as far as is known. quiet: whether it can be
    replaced: the venue has it, and no request is under way. worst: the most shares that may still be filled. prices: at
    which it may stand, now or by a replace under way. going: whether a cancel is under way.
    """

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
    sign: int = field(init=False)
    over: bool = field(init=False)
    quiet: bool = field(init=False)
    worst: int = field(init=False)
    prices: tuple[int, ...] = field(init=False)
    going: bool = field(init=False)

    def __post_init__(self) -> None:
        self.sign = 1 if self.side == Side.BUY else -1
        self._settle()

    def ask(self, ref: int, shares: int, price: int) -> None:
        """A replace, or with zeros a cancel, is under way as request ``ref``."""
        self.asked[ref] = shares, price
        self._settle()

    def take(self, tell: Tell) -> int:
        """Apply news; return the shares filled since the last, below 0 after a bust."""
        failed = tell.kind in _FAILED
        if failed and not tell.order and tell.request is not IntentKind.NEW:
            self.asked.pop(tell.ref, None)
            self._settle()
            return 0
        asking, filled = self.state in _ASKING, tell.cum_shares - self.cum
        self.state, self.cum, self.leaves = tell.state, tell.cum_shares, tell.leaves
        if tell.kind not in _EXECUTIONS:
            self.shares, self.price = tell.shares, tell.price
        if self.asked:
            replaced = tell.kind is TellKind.ORDER and tell.state is not State.PENDING_REPLACE
            if self.state in _OVER or (asking and self.state not in _ASKING):
                self.asked.clear()
            elif failed or (replaced and tell.request is IntentKind.REPLACE):
                self.asked.pop(tell.ref, None)
        self._settle()
        return filled

    def _settle(self) -> None:
        state, asked = self.state, self.asked
        self.over = state in _OVER
        self.quiet = not asked and state not in _BUSY
        self.worst, self.prices, self.going = self.leaves, (self.price,), state is State.PENDING_CANCEL
        if asked:
            wanted = asked.values()
            self.worst = max(self.leaves, max(wanted)[0] - self.cum)
            self.prices += tuple(price for _, price in wanted if price)
            self.going |= (0, 0) in wanted
