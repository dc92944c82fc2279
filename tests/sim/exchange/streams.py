"""Random commands, most of which fit what is open, so that little is refused for a trifle."""

from random import Random

from sim.exchange import commands as ask
from sim.exchange.commands import New, SelfMatch, TimeInForce
from sim.exchange.symbols import Symbol
from wire.itch50 import CrossType, Side, TradingAction

__all__ = ["SYMBOLS", "Stream"]

SYMBOLS = (Symbol(locate=13, name="ALFA", reference=100_000, state=TradingAction.TRADING),
           # Its prices lie on both sides of a dollar, where the tick changes.
           Symbol(locate=20, name="PENNY", reference=9_990, state=TradingAction.QUOTATION),
           Symbol(locate=27, name="HALTED", reference=200_000, state=TradingAction.HALTED))
_GRIDS = {13: [100_000 + 100 * n for n in range(-4, 5)], 20: [*range(9_994, 10_000), *range(10_000, 10_500, 100)],
          27: [200_000 + 100 * n for n in range(-3, 4)]}
_OWNERS, _ACCOUNTS = ("ANNA", "BERT", "CARL"), ("", "X", "X", "Y")
_KINDS = [*[TimeInForce.DAY] * 12, *[TimeInForce.IOC] * 2, *[TimeInForce.FOK] * 4,
          *[TimeInForce.ON_OPEN] * 2, *[TimeInForce.ON_CLOSE] * 2]
#: Kinds of command and how often they come; states change seldom.
_WEIGHTS = {"new": 50, "replace": 20, "cancel": 18, "bust": 1, "correct": 1, "operator": 4, "mass": 1, "odd": 5}
_OPERATORS = [ask.Halt, ask.Pause, *[ask.Resume] * 7, ask.Indicate, ask.Indicate]


class Stream:
    """Commands of a seed. open: references of open orders and their owners, kept by ``saw``."""

    def __init__(self, seed: int, *, crosses: bool = True):
        self.random = Random(seed)
        self.crosses = crosses
        self.open: dict[int, str] = {}
        self.matches: list[int] = [0]
        self.token = 0

    def next(self) -> ask.Command:
        """Return the next command."""
        kind = self.random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        return getattr(self, f"_{kind}")()

    def saw(self, events) -> None:
        """Take notice of what happened."""
        for event in events:
            name = type(event).__name__
            if name == "Accepted":
                self.open[event.reference] = event.owner
            elif name == "Replaced":
                self.open.pop(event.old_reference, None)
                self.open[event.reference] = event.owner
            elif name in ("Executed", "Canceled") and not event.leaves:
                self.open.pop(event.reference, None)
            if name in ("Executed", "CrossTrade"):
                self.matches.append(event.match)

    def _locate(self) -> int:
        return self.random.choice((13, 13, 13, 20, 20, 27))

    def _shares(self) -> int:
        return self.random.choice((1, 50, 100, 100, 200, 300, 1000))

    def _new(self) -> New:
        random, locate = self.random, self._locate()
        kind = random.choice(_KINDS)
        market = random.random() < (0.4 if kind in (TimeInForce.ON_OPEN, TimeInForce.ON_CLOSE) else 0.08)
        price = None if market else random.choice(_GRIDS[locate])
        self.token += 1
        return New(locate, random.choice(list(Side)), self._shares(), price, random.choice(_OWNERS), self.token,
                   random.choice(_ACCOUNTS), kind, random.random() < 0.1,
                   random.choice(list(SelfMatch)), random.choice(("", "", "GSCO")))

    def _some(self) -> tuple[int, str]:
        if not self.open:
            return 1, "ANNA"
        reference = self.random.choice(list(self.open)[-40:])
        return reference, self.open[reference]

    def _replace(self) -> ask.Replace:
        reference, owner = self._some()
        self.token += 1
        locate = self._locate()
        price = None if self.random.random() < 0.03 else self.random.choice(_GRIDS[locate])
        return ask.Replace(reference, self._shares(), price, owner, self.token)

    def _cancel(self) -> ask.Cancel:
        reference, owner = self._some()
        return ask.Cancel(reference, self.random.choice((owner, owner, None)),
                          self.random.choice((0, 0, 0, 1, 50, 100)))

    def _bust(self) -> ask.Bust:
        return ask.Bust(self.random.choice(self.matches[-10:]))

    def _correct(self) -> ask.Correct:
        return ask.Correct(self.random.choice(self.matches[-10:]), self._shares(), 100 * self.random.randrange(1, 2000))

    def _operator(self) -> ask.Command:
        random, locate = self.random, self._locate()
        kind = random.choice(_OPERATORS)
        if self.crosses and random.random() < 0.1:
            return random.choice((ask.OpenCross, ask.CloseCross))(locate)
        return kind(locate, random.choice(list(CrossType))) if kind is ask.Indicate else kind(locate, "T1")

    def _mass(self) -> ask.MassCancel:
        random = self.random
        return ask.MassCancel(random.choice((None, *_OWNERS)), random.choice((None, *_ACCOUNTS)),
                              random.choice((None, 13, 20, 27)), random.choice((None, *Side)))

    def _odd(self) -> ask.Command:
        """Return what is refused, as a rule."""
        fine = self._new()
        reference, owner = self._some()
        return self.random.choice((
            fine._replace(locate=99), fine._replace(side="T"), fine._replace(shares=0),
            fine._replace(shares=1 << 32), fine._replace(price=0), fine._replace(price=2_000_000_100),
            fine._replace(price=100_001), fine._replace(price=10_001), ask.Cancel(reference, "NOBODY"),
            ask.Cancel(reference, owner, -1),
            ask.Replace(reference, 0, 100_000, owner), ask.Replace(reference, 100, 100_050, owner),
            ask.Replace(reference, 100, 100_000, "NOBODY"), ask.Halt(99), ask.OpenCross(99), ask.Bust(1 << 40)))
