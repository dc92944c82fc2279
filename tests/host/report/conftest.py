"""A small day of the closed loop, with a bad line, a kill and its end, recorded."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from host.oms.inputs import Kill, Resume
from host.report.data import Market, Names, RunData
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from sim.loop.report import recorder, run_data
from sim.loop.scenario import Scenario
from sim.loop.world import World
from wire.pages import Command

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Day:
    """The world at its end, what was recorded of it, its journal, and the data of its report."""

    world: World
    market: Market
    journal: Path
    data: RunData


@pytest.fixture(scope="package")
def day(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "day.tgh"
    scenario = Scenario(seed=3, seconds=10, faults="a:loss=0.1;b:loss=0.1;both:loss=0.05;seed=3", open_orders=3)
    strategies = [Imbalance(ImbalanceParameters(threshold=2000, limit=1000)), MarketMaker(MarketMakerParameters())]
    with World(scenario.setup(), strategies, path) as world:
        recording = recorder(world)
        begin = world.clock.now()
        for tenth in range(0, (world.end - begin) * 10 // SECOND):
            now = begin + tenth * SECOND // 10
            world.run(now)
            recording.collect()
            if tenth == 50:
                recording.timing("book event to order", now, 12_345)
                world.loop.take(Kill(-1, -1, "a test", "somebody", now))
            if tenth == 55:
                world.market.admin.command(Command.RESUME_GLOBAL)
                world.loop.take(Resume(-1, -1, "enough", "somebody", now))
        world.run()
        data = run_data(world, recording, "a small day")
        assert data.market is not None
        yield Day(world, data.market, path, data)


@pytest.fixture
def unrecorded(day):
    """The same, of the journal alone."""
    return replace(day.data, market=None, names=Names())
