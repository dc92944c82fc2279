"""Strategies, order manager, the gate's reference, and a venue that fills, withdraws and refuses as it likes."""

from host.oms.outputs import Tell
from host.strategy.dispatch import Dispatch
from host.strategy.interface import Context
from host.strategy.views import Views
from tests.host.oms.world import World
from tests.host.strategy.desk import LIVE, book, feed, records
from wire.records import FeedEvent, State, TradingState

__all__ = ["CENT", "Market"]

CENT, LEVELS, SYMBOLS = 100, 4, 2
_STATES = (LIVE | State.STALE, LIVE | State.INCOMPLETE, TradingState.HALTED, LIVE | State.OPERATIONAL_HALT_Q, 0)


class Market(World):
    """``made`` has, of each intent, what was open on the symbol when it was made: (intent, touch, orders, position)."""

    STEPS = (("intend", 300), ("gate_request", 140), ("gate_report", 120), ("gate_verdict", 240),
             ("venue_takes", 140), ("venue_acts", 60), ("venue_says", 240), ("timer", 8))
    #: What sets fills back, loses the session and kills.
    TROUBLE = (("venue_repeats", 20), ("unlink", 2), ("link", 60), ("tell_positions", 80), ("kill", 4),
               ("resume", 15), ("gate_killed", 20))

    def __init__(self, rng, *strategies, trouble=False, **settings):
        self.news, self.made, self.middle = [], [], [100_0000] * SYMBOLS
        self.views = Views(SYMBOLS, LEVELS)
        self.seats = [(strategy, Context(self.views, strategy=number, account=(number - 1) % 2))
                      for number, strategy in enumerate(strategies, 1)]
        self.dispatch = Dispatch(self.views, self.seats)
        super().__init__(rng, **settings)
        for symbol, price in enumerate(self.middle):
            self.gate.model.set_touch(symbol, bid=price, ask=price + CENT, last=price)
        if trouble:
            self.STEPS = self.STEPS + self.TROUBLE
        else:
            self.venue.amend = lambda order: None
        self.link()
        while self.delivered < len(self.venue.out) or self.to_venue or self.asked:
            self.venue_takes()
            self.venue_says()
            self.tell_positions()

    def take(self, input_):
        super().take(input_)
        self.news += [each for each in self.given[-1] if isinstance(each, Tell)]

    def settle(self, limit=2_000):
        super().settle(limit)
        self.turn()

    def gate_request(self):
        """Reports go the same way as requests, and none of those is later than its order's end."""
        while self.reports:
            self.gate_report()
        super().gate_request()

    def turn(self):
        """Hand over news and intents until there are none."""
        for _ in range(1_000):
            if self.news:
                self.dispatch.tell(self.news.pop(0), self.time)
            for _, context in self.seats:
                for intent in context.take():
                    open_ = [(order.sign, tuple(order.prices), order.worst)
                             for order in context.open_orders(intent.symbol)]
                    self.made.append((intent, self.views.touch(intent.symbol), open_, context.positions[intent.symbol]))
                    self.take(intent)
            if not self.news:
                return
        raise AssertionError("a strategy asks for ever")

    def run(self, steps):
        names, weights = zip(*self.STEPS, strict=True)
        for name in self.rng.choices(names, weights, k=steps):
            getattr(self, name)()
            self.turn()

    def intend(self):
        """The strategies' market moves: a record, or several at once."""
        batch = records(*(self.record() for _ in range(self.rng.choice((1, 1, 3)))))
        while len(batch):
            batch = batch[self.dispatch.events(batch, self.now()):]
            self.turn()

    def timer(self):
        super().timer()
        self.dispatch.timer(self.time)

    def record(self):
        rng, symbol = self.rng, self.rng.randrange(SYMBOLS)
        if rng.random() < 0.005:
            return feed(rng.choice((FeedEvent.STALE, FeedEvent.SILENT)))
        if rng.random() < 0.1:
            return feed(rng.choice((FeedEvent.RECOVERED, FeedEvent.HEARD)))
        self.middle[symbol] += CENT * rng.choice((-1, 0, 0, 1))
        bid = self.middle[symbol]
        ask = bid + CENT * rng.choice((1, 1, 2, 3))
        sides = [[(price + sign * place * CENT, rng.randint(1, 500))
                  for place in range(LEVELS if rng.random() < 0.95 else rng.randint(0, 3))]
                 for price, sign in ((bid, -1), (ask, 1))]
        state = rng.choice(_STATES) if rng.random() < 0.03 else LIVE
        return book(symbol, *sides, state=state, cause=rng.choice((b"A", b"E")))
