"""The host dies at random points while it trades; exchange and gate live on: no order, no fill is lost or doubled."""

import random
from collections import Counter

import pytest

from host.oms.book import Phase
from host.run.ledger import replay
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from sim.loop.check import differences, reconciled
from sim.loop.scenario import Scenario
from sim.loop.world import World

SECOND = 1_000_000_000
#: To die at any one of the points where it may.
CHANCE = 0.004


class DeadError(Exception):
    """The host is no more."""


def strategies():
    return [Imbalance(ImbalanceParameters(threshold=1000, limit=1000)), MarketMaker(MarketMakerParameters())]


def deadly(rng, world, chance):
    """Let the host die, by chance, before or after something leaves it or is written."""
    def lethal(name, act):
        def acting(*args):
            if rng.random() < chance:
                raise DeadError(f"before {name}")
            done = act(*args)
            if rng.random() < chance:
                raise DeadError(f"after {name}")
            return done
        return acting

    for owner, name in ((world.venue, "send"), (world.venue, "send_made"), (world.venue, "took"),
                        (world.loop.gateway, "submit"), (world.journal, "commit"), (world.ledger, "take")):
        setattr(owner, name, lethal(name, getattr(owner, name)))


@pytest.mark.parametrize("seed", range(2))
def test_whenever_the_host_dies_nothing_is_lost_or_doubled(tmp_path, seed):
    print(f"seed {seed}")
    rng, deaths = random.Random(seed), Counter()
    with World(Scenario(seed=seed, seconds=4, faults="a:loss=0.1;b:loss=0.1").setup(), strategies(),
               tmp_path / "journal") as world:
        deadly(rng, world, CHANCE)
        until = world.end - 2 * SECOND
        while world.clock.now() < until:
            try:
                world.run(until)
            except DeadError as death:
                deaths[str(death)] += 1
                del world.journal.commit
                world.crash(strategies())
                deadly(rng, world, CHANCE)
        del world.journal.commit
        world.crash(strategies())
        world.run()
        print(deaths, world.loop.counts)
        assert reconciled(world) == [] and differences(world) == []
        assert world.ledger.oms.book.phase is Phase.OPEN and not world.ledger.oms.book.gaps
        again = replay(world.journal.path, world.settings)
        assert again.oms.snapshot() == world.ledger.oms.snapshot()
        assert again.positions.dump() == world.ledger.positions.dump()
        assert sum(deaths.values()) > 10
