"""A living host records the market: when it has nothing else to do, behind what lives before it recorded."""

from dataclasses import replace

import numpy as np
import pytest

from host.device.driver import DeviceError
from host.report.data import Names
from host.report.lives import joined
from host.report.marketfile import load_market, market_path
from host.run.recording import Recording
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from sim.loop.scenario import Scenario
from sim.loop.world import World

MS = 1_000_000
#: From the exchange's clock to the host's.
OFF = 5 * 3600 * 1000 * MS


@pytest.fixture
def world(tmp_path):
    with World(Scenario(seed=3, seconds=2).setup(), [Imbalance(ImbalanceParameters(threshold=2000))],
               tmp_path / "journal") as world:
        yield world


def recording(world, most=1 << 16, *, goes_on=False, lines=None):
    one = Recording(world.journal.path, Names(("DESK",), world.symbols), most, lambda: world.clock.now() + OFF,
                    [].append if lines is None else lines.append)
    one.begin(world.market.gate, world.loop.records, goes_on=goes_on)
    return one


def played(world, one, share, *, busy=False):
    """Play ``share`` of what is left of the day, in fifty turns."""
    begin, length = world.clock.now(), world.end - world.clock.now()
    for part in range(1, 51):
        world.run(begin + int(length * share) * part // 50)
        one.turn(busy=busy)


def test_what_was_seen_lies_beside_the_journal_with_the_day_of_the_exchange(world):
    lines = []
    one = recording(world, lines=lines)
    played(world, one, 1)
    one.close()
    path = market_path(world.journal.path)
    market = load_market(path)
    assert len(market.samples) > 100 and not market.lost and market.counters["msgs_decoded"]
    assert set(np.unique(market.samples["symbol"])) <= set(range(len(world.symbols)))
    # A look comes at most 20 ms, and the time between two of ours, behind a message; the quickest one counts.
    late = market.midnight - OFF - world.exchange.midnight
    assert 0 <= late < 100 * MS
    assert lines == [f"{path}: {len(market.samples):,} records of the market"]
    one.turn(busy=False)
    one.close()
    assert len(lines) == 1


def test_a_life_that_goes_on_keeps_what_those_before_it_recorded_and_a_new_journal_does_not(world):
    parts, saved = [], []
    for number, goes_on in enumerate((False, True, False)):
        one = recording(world, goes_on=goes_on)
        played(world, one, 0.3)
        one.close()
        saved.append(load_market(market_path(world.journal.path)))
        parts.append(len(saved[-1].samples) - (len(saved[0].samples) if number == 1 else 0))
    assert all(parts)
    first, both, last = saved
    shift = first.midnight - both.midnight
    assert both.samples["time"][:len(first.samples)].tolist() == (first.samples["time"] + shift).tolist()
    assert np.all(np.diff(both.samples["time"]) >= -1000 * MS)
    assert sum(map(sum, both.latencies.values())) > sum(map(sum, first.latencies.values()))
    assert last.samples["time"][0] + last.midnight > both.samples["time"][-1] + both.midnight - 1000 * MS


def test_both_lives_together_are_bounded(world):
    one = recording(world)
    played(world, one, 0.5)
    one.close()
    market = load_market(market_path(world.journal.path))
    rows = len(market.samples)
    both = joined(replace(market, lost=3), replace(market, lost=4), rows)
    assert len(both.samples) == rows and both.thinning == 2 and both.lost == 7
    assert both.samples["time"].tolist() == [*market.samples["time"], *market.samples["time"]][::2]
    assert both.latencies["message decoded"].tolist() == (2 * market.latencies["message decoded"]).tolist()


def test_with_something_else_to_do_it_looks_rarely_but_before_the_ring_is_lapped(world):
    one, looks = recording(world), []
    look = one._look
    one._look = lambda recorder, now: (looks.append(now), look(recorder, now))
    played(world, one, 0.5, busy=True)
    assert 2 < len(looks) and all(b - a >= 200 * MS for a, b in zip(looks, looks[1:], strict=False))
    rare, one._room = len(looks), 0
    played(world, one, 1, busy=True)
    assert len(looks) > 3 * rare


def test_a_recording_that_cannot_be_kept_is_told_and_harms_nobody(world, monkeypatch):
    path, lines = market_path(world.journal.path), []
    path.write_bytes(b"something else")
    one = recording(world, goes_on=True, lines=lines)
    one.turn(busy=False)
    one.close()
    assert len(lines) == 1 and lines[0].startswith(f"market: not recorded: {path}: holds no recorded market")
    assert path.read_bytes() == b"something else"
    path.unlink()
    one = recording(world, lines=lines)
    monkeypatch.setattr(one._recorder, "collect", lambda: None)
    one.close()
    assert not path.exists() and len(lines) == 1, "nothing was seen"
    path.mkdir()
    one = recording(world, lines=lines)
    played(world, one, 0.5)

    def gone():
        raise DeviceError("gone")
    monkeypatch.setattr(world.market.device, "counters", gone)
    one.close()
    assert lines[1].startswith("market: not saved: ")
