"""The day that ``tickgate demo`` shows: eight symbols, two strategies, and what goes wrong on a day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from host.oms.inputs import Kill, Resume
from host.risk.limits import Limits, Rate
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.interface import Strategy
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from sim.loop.scenario import Scenario, Setup
from sim.loop.world import World
from wire.pages import Command

__all__ = ["Moment", "Story"]

_SECOND, _MS = 1_000_000_000, 1_000_000
#: Shares that may be sold short in a day, of each symbol.
_SHORT = 1_000_000
_OPENING = _SECOND
_SYMBOLS = (("AAPL", 187_0000), ("MSFT", 402_0000), ("NVDA", 131_0000), ("AMZN", 179_0000), ("GOOG", 166_0000),
            ("META", 501_0000), ("TSLA", 242_0000), ("AMD", 148_0000))
#: Acts of the crowd a second, and the messages that come of them in all, about; and the seconds of the shortest day.
_RATE, _MESSAGES_A_SECOND, _LEAST_SECONDS = 10_000, 11_000, 1


class Moment(NamedTuple):
    """Something that happens once: ns after the opening, a name, a sentence, who does it.

    line: what an operator of the exchange is told; act: what the host is. alarmed: whether an alarm tells of it."""

    after: int
    name: str
    text: str
    line: str = ""
    act: Callable[[World], None] | None = None
    alarmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Story:
    """A day of at least ``messages`` messages of the feed, nearly always; the same seed makes the same day.

    profile: of the device, which needs eight symbols and a gate.
    """

    messages: int = 100_000
    seed: int = 1
    profile: str = "ecp5_85_gate"

    @property
    def seconds(self) -> int:
        """How long the market is open."""
        return max(-(-self.messages // _MESSAGES_A_SECOND), _LEAST_SECONDS)

    def setup(self) -> Setup:
        """Return the run: limits that leave most trading alone, and some that do not."""
        plan = tuple((moment.after, moment.line) for moment in self.moments() if moment.line)
        setup = Scenario(seed=self.seed, seconds=self.seconds, profile=self.profile, symbols=_SYMBOLS, rate=_RATE,
                         orders=60, gather=1_000, plan=plan, position=1_000, open_orders=6).setup()
        return replace(setup, limits=_tightened(setup.limits))

    def strategies(self) -> list[Strategy]:
        """Return new ones, as a host has them that begins."""
        return [Imbalance(ImbalanceParameters(threshold=7_000, shares=200, limit=600, pause=50 * _MS)),
                MarketMaker(MarketMakerParameters(edge=1, limit=600, skew=2, pause=100 * _MS))]

    def moments(self) -> Sequence[Moment]:
        """Return what happens, in order."""
        return tuple(self._moments())

    def begin(self, world: World, told: Callable[[Moment, int], None]) -> None:
        """Plan in ``world`` what the host does; ``told`` gets each moment when it is there, and its time, ns since
        1970."""
        opening = world.exchange.midnight + world.exchange.config.day.open
        for moment in self.moments():
            def happen(moment: Moment = moment, when: int = opening + moment.after) -> None:
                if moment.act is not None:
                    moment.act(world)
                told(moment, when)
            world.clock.call_at(opening + moment.after, happen)

    def _moments(self) -> Iterator[Moment]:
        def at(hundredths: int) -> int:
            return self.seconds * _SECOND * hundredths // 100

        yield Moment(at(10), "line A silent", "line A loses 200 packets in a row; line B covers",
                     line="faults a:silence=0-199")
        yield Moment(at(25), "both lines silent", "both lines lose 8 packets; the host has them sent again",
                     line="faults both:silence=0-7")
        yield Moment(at(40), "halt", "NVDA is halted, news pending", line="halt NVDA T1")
        yield Moment(at(50), "quotation", "NVDA takes quotes again", line="resume NVDA")
        yield Moment(at(53), "reopening", "NVDA trades again, after a cross", line="resume NVDA")
        yield Moment(at(65), "kill", "the kill switch: gate shut, all orders cancelled", act=_kill, alarmed=True)
        yield Moment(at(70), "resume", "the kill is undone, trading goes on", act=_resume, alarmed=True)
        yield Moment(at(85), "crash", "the host dies, and goes on with its journal",
                     act=lambda world: world.crash(self.strategies()))


def _kill(world: World) -> None:
    world.loop.take(Kill(-1, -1, "the kill switch", "operator", world.clock.now()))


def _resume(world: World) -> None:
    world.market.admin.command(Command.RESUME_GLOBAL)
    world.loop.take(Resume(-1, -1, "all clear", "operator", world.clock.now()))


def _tightened(limits: Limits) -> Limits:
    """Return ``limits`` with some that bite: what they refuse, the day shows."""
    pairs = {pair.symbol: replace(pair, locate=_SHORT) for pair in limits.pairs}
    symbols = {symbol.name: symbol for symbol in limits.symbols}
    pairs["GOOG"] = replace(pairs["GOOG"], long=300, short=300)
    pairs["META"] = replace(pairs["META"], max_notional=50_100_0000)
    pairs["AMZN"] = replace(pairs["AMZN"], open_orders=1)
    pairs["MSFT"] = replace(pairs["MSFT"], max_shares=100)
    symbols["TSLA"] = replace(symbols["TSLA"], rate=Rate(orders=5_000, per=_SECOND, burst=5))
    symbols["AMD"] = replace(symbols["AMD"], restricted=True)
    return replace(limits, common=replace(limits.common, duplicate=100_000), symbols=tuple(symbols.values()),
                   pairs=tuple(pairs.values()))
