"""What must hold after each command, told from commands and events alone; it does not know how the engine works.

The books are rebuilt as one who listens to the feed would, by what sim.exchange.events says that each event becomes.
"""

from collections import Counter, defaultdict

from sim.exchange import events as did
from sim.exchange.commands import New, TimeInForce
from sim.exchange.events import CancelReason, Landing, Liquidity
from wire.itch50 import TradingAction

__all__ = ["Checker"]


class Checker:
    """Raises AssertionError at the first command that breaks an invariant."""

    def __init__(self, engine):
        self.engine = engine
        #: locate -> reference -> [side, price, shares], in the order of time, as the feed has it.
        self.books = defaultdict(dict)
        #: Of each chain of references, by its current one: shares entered, executed, cancelled.
        self.chains = {}
        #: Limit of each order, None for a market order.
        self.limits = {}
        self.reference = self.match = 0
        self.command = None

    def take(self, command, events) -> None:
        """Check all that ``events``, the whole outcome of ``command``, say."""
        self.command = command
        self._fair(events)
        for event in events:
            handler = getattr(self, "_" + type(event).__name__.lower(), None)
            if handler is not None:
                handler(event)
        for locate in {event.locate for event in events if not isinstance(event, did.Rejected)}:
            self._compare(locate)

    def finish(self) -> None:
        """Check all books and open shares."""
        for symbol in self.engine.symbols:
            self._compare(symbol.locate)
        for reference in self.chains:
            self._conserved(reference)

    def _fair(self, events) -> None:
        """Check that of each trade, and of each cross, as many shares were bought as were sold."""
        sums = defaultdict(Counter)
        for event in events:
            if isinstance(event, did.Executed):
                sums[event.match][event.side] += event.shares
        for match, sides in sums.items():
            assert sides["B"] == sides["S"] > 0, f"of match {match} {sides}"
        for event in events:
            if isinstance(event, did.CrossTrade):
                assert sums[event.match]["B"] == event.shares, f"{event}, but {sums[event.match]}"

    # What each event does

    def _accepted(self, event) -> None:
        assert event.reference > self.reference, f"reference {event.reference} does not rise"
        self.reference = event.reference
        self.chains[event.reference] = [event.shares, 0, 0]
        self.limits[event.reference] = event.price

    def _added(self, event) -> None:
        assert event.price == self.limits[event.reference]
        if isinstance(self.command, New):
            assert self.command.time_in_force is TimeInForce.DAY, f"{event} by {self.command}"
        self.books[event.locate][event.reference] = [event.side, event.price, event.shares]

    def _executed(self, event) -> None:
        self.chains[event.reference][1] += event.shares
        limit = self.limits[event.reference]
        if limit is not None:
            assert event.price <= limit if event.side == "B" else event.price >= limit, f"{event} beyond {limit}"
        if event.liquidity is Liquidity.ADDED:
            assert event.match > self.match, f"match {event.match} does not rise"
            self.match = event.match
            assert event.price == limit
        if event.displayed:
            first = self._side(event.locate, event.side)[0][1]
            assert event.reference == first, f"order {event.reference} traded before {first}"
            self._take_off(event.locate, event.reference, event.shares, event.leaves)

    def _canceled(self, event) -> None:
        self.chains[event.reference][2] += event.shares
        if event.displayed:
            self._take_off(event.locate, event.reference, event.shares, event.leaves)
        if event.reason is CancelReason.UNFILLABLE:
            entered, executed, cancelled = self.chains[event.reference]
            assert not executed and entered == cancelled, f"{event}, but some of it was executed"

    def _replaced(self, event) -> None:
        chain = self.chains.pop(event.old_reference)
        chain[0] += event.shares - event.old_shares
        self.chains[event.reference] = chain
        assert event.shares + chain[1] == self.command.shares, f"{event} by {self.command}"
        old = self.limits.pop(event.old_reference)
        self.limits[event.reference] = event.price
        if event.landing is not Landing.KEPT:
            assert event.reference > self.reference, f"reference {event.reference} does not rise"
            self.reference = event.reference
        if not event.displayed:
            return
        book = self.books[event.locate]
        if event.landing is Landing.KEPT:
            assert event.price == old and event.shares < event.old_shares, f"{event} keeps its priority"
            book[event.reference][2] -= event.old_shares - event.shares
        else:
            del book[event.old_reference]
            if event.landing is Landing.MOVED:
                book[event.reference] = [event.side, event.price, event.shares]

    def _take_off(self, locate, reference, shares, leaves) -> None:
        order = self.books[locate][reference]
        order[2] -= shares
        assert order[2] == leaves, f"order {reference} has {order[2]} shares, said to be {leaves}"
        if not leaves:
            del self.books[locate][reference]

    # What holds

    def _side(self, locate, side):
        """Return (price, reference, shares) of a side, best first, oldest first."""
        found = [(price, reference, shares) for reference, (of, price, shares) in self.books[locate].items()
                 if of == side]
        return sorted(found, key=lambda row: -row[0] if side == "B" else row[0])

    def _compare(self, locate) -> None:
        bids, asks = self._side(locate, "B"), self._side(locate, "S")
        seen = [(added.price, added.reference, added.shares) for added in self.engine.resting(locate)]
        assert seen == bids + asks, f"the feed's book of {locate} is {bids + asks}, the engine's {seen}"
        for best, side in ((bids, "B"), (asks, "S")):
            level = (best[0][0], sum(row[2] for row in best if row[0] == best[0][0])) if best else None
            assert self.engine.best(locate, side) == level
        if self.engine.state(locate) is TradingAction.TRADING and bids and asks:
            assert bids[0][0] < asks[0][0], f"crossed: {bids[0]} and {asks[0]}"
        for _, reference, _ in bids + asks:
            self._conserved(reference)

    def _conserved(self, reference) -> None:
        entered, executed, cancelled = self.chains[reference]
        open_shares = self.engine.open_shares(reference)
        assert entered == open_shares + executed + cancelled, (
            f"order {reference}: {entered} entered, {open_shares} open, {executed} executed, {cancelled} cancelled")
