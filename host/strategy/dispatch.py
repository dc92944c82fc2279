"""From ring records to callbacks, and from the order manager's news to the strategy it is for."""

from collections.abc import Sequence
from struct import Struct
from typing import Any

import numpy as np

from host.oms.inputs import Intend
from host.oms.outputs import Tell, TellKind
from host.strategy.interface import Context, ContextError, Strategy
from host.strategy.views import Records, Views, ViewsError
from wire.records import RecordKind, State

__all__ = ["Dispatch"]

_FILLS = (TellKind.FILL, TellKind.BUST, TellKind.CORRECT)
_TRADES = b"ECP"
_STALE, _BOOK = int(State.STALE), int(RecordKind.BOOK)
#: state to kind of a record.
_UNPACK = Struct("<IHBBIIB").unpack_from
_ALL = slice(None)


class Dispatch:
    """Hands events to strategies, each with its context, in their order. All share ``views``, and have numbers of their
    own. ``events`` and ``latest`` may be mixed; both leave the views the same.

    intents: what the strategies have asked for and nobody has taken, in the order in which they did; it is that of
    their contexts, too.
    """

    def __init__(self, views: Views, seats: Sequence[tuple[Strategy, Context]]) -> None:
        """Start the strategies. Raises ValueError when two contexts have one number, or other views."""
        self.views, self.contexts = views, tuple(context for _, context in seats)
        self._seats = {context.strategy: (strategy, context) for strategy, context in seats}
        if len(self._seats) != len(seats) or any(context.views is not views for context in self.contexts):
            raise ValueError("each strategy needs a number of its own, and all the same views")
        self.intents: list[Intend] = []
        for context in self.contexts:
            context.intents = self.intents
        for strategy, context in seats:
            strategy.start(context)
        on: dict[str, list[list[Any]]] = {name: [[] for _ in range(views.symbols)]
                                          for name in ("on_book", "on_trade", "on_state")}
        for strategy, _ in seats:
            wanted = strategy.wanted or range(views.symbols)
            for name, by_symbol in on.items():
                if getattr(type(strategy), name) is not getattr(Strategy, name):
                    for symbol in wanted:
                        by_symbol[symbol].append(getattr(strategy, name))
        self._book, self._trade, self._state = on["on_book"], on["on_trade"], on["on_state"]
        self._timers: list[Any] = [strategy.on_timer for strategy, _ in seats]
        self._words = [views.word(symbol) for symbol in range(views.symbols)]
        head_at = views.dtype.fields["state"][1] if views.dtype.fields else 0
        # All that ``apply`` needs: to load it at once is faster.
        self._parts = (views, self.contexts, views.places, self._words, self._book, self._trade, self._state,
                       self.intents, views.dtype.itemsize, views.symbols, head_at)

    @property
    def wanting(self) -> bool:
        """Whether some strategy has intents that were not taken."""
        return bool(self.intents)

    def take(self) -> list[Intend]:
        """Return what was asked for since the last call."""
        taken = self.intents[:]
        self.intents.clear()
        return taken

    def events(self, records: Records, now: int) -> int:
        """Apply records one by one, with all callbacks, until one of them made intents; return how many were applied.

        So what a strategy does never depends on how many records came at once. Raises ViewsError.
        """
        self.views.check(records)
        return self.apply(records.view(np.uint8).data, 0, len(records), now)

    def apply(self, data: memoryview, first: int, count: int, now: int) -> int:
        """Likewise, of the records that ``data`` holds: ``count`` of them, from number ``first`` (0, 1, ...) on. They
        must have the form of the views' own."""
        views, contexts, places, words, books, trades, watchers, intents, size, symbols, head_at = self._parts
        for context in contexts:
            context.now = now
        stale = _STALE if views.down else 0
        begin = first * size
        for number in range(1, count + 1):
            state, _, symbol, cause, price, shares, kind = _UNPACK(data, begin + head_at)
            if kind == _BOOK:
                if symbol >= symbols:
                    raise ViewsError(f"a record of symbol {symbol}, where {symbols} are followed")
                places[symbol][_ALL] = data[begin:begin + size]
                word = state | stale
                if word != words[symbol]:
                    words[symbol] = word
                    for call in watchers[symbol]:
                        call(symbol, word)
                if cause in _TRADES:
                    for call in trades[symbol]:
                        call(symbol, price, shares)
                for call in books[symbol]:
                    call(symbol)
            else:
                views.feed(cause)
                stale = _STALE if views.down else 0
                self._tell_states()
            if intents:
                return number
            begin += size
        return count

    def retire(self, number: int) -> None:
        """Let strategy ``number`` hear of nothing any more; its orders and positions are kept up to date."""
        strategy, context = self._seats[number]
        self._seats[number] = Strategy(), context
        for own, heard in ((strategy.on_book, self._book), (strategy.on_trade, self._trade),
                           (strategy.on_state, self._state), (strategy.on_timer, [self._timers])):
            for calls in heard:
                calls[:] = [call for call in calls if call != own]

    def latest(self, records: Records, now: int) -> None:
        """Apply all records at once; then call on_state and on_book for each symbol that changed, in the order of
        symbols. Trades are not told. Raises ViewsError."""
        self._at(now)
        changed = self.views.update(records)
        self._tell_states()
        for symbol in changed.tolist():
            for call in self._book[symbol]:
                call(symbol)

    def lapsed(self, now: int) -> None:
        """Records were lost."""
        self._at(now)
        self.views.lapsed()
        self._tell_states()

    def tell(self, tell: Tell, now: int) -> None:
        """Hand news of an order to its strategy, if it is one of ours. Raises ContextError when there is no such
        strategy or order."""
        if not tell.strategy:
            return
        if tell.strategy not in self._seats:
            raise ContextError(f"there is no strategy {tell.strategy}, whose order {tell.order} is")
        strategy, context = self._seats[tell.strategy]
        self._at(now)
        order = context.tell(tell)
        (strategy.on_fill if tell.kind in _FILLS else strategy.on_order)(order, tell)

    def timer(self, now: int) -> None:
        """Let all strategies know the time."""
        self._at(now)
        for call in self._timers:
            call(now)

    def _at(self, now: int) -> None:
        for context in self.contexts:
            context.now = now

    def _tell_states(self) -> None:
        """Call on_state where a state word is another than it was."""
        for symbol, old in enumerate(self._words):
            word = self.views.word(symbol)
            if word != old:
                self._words[symbol] = word
                for call in self._state[symbol]:
                    call(symbol, word)
