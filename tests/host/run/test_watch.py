"""A host shows what its configuration asks for: metrics at a port, events in a file, the error of its clock."""

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest

from host.machine.clock import clock_state
from host.oms.fix import Names
from host.oms.inputs import Clock
from host.run.liveconfig import TelemetryConfig
from host.run.watch import Watch
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.telemetry.endpoint import EndpointError
from sim.loop.scenario import ACCOUNT, Scenario
from sim.loop.world import World

MS = 1_000_000


@pytest.fixture
def world(tmp_path):
    with World(Scenario(seed=3, seconds=2).setup(), [Imbalance(ImbalanceParameters(threshold=2000))],
               tmp_path / "journal") as world:
        yield world


def names(world):
    return Names((ACCOUNT.encode(),), tuple(name.encode() for name in world.symbols))


def asked(address):
    with closing(HTTPConnection(*address, timeout=10)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()


def test_a_host_shows_what_it_is_told_to(world, tmp_path):
    path = tmp_path / "logs" / "events.jsonl"
    watch = Watch(world.loop, names(world), TelemetryConfig(metrics=("127.0.0.1", 0), log=path, pace=100 * MS),
                  world.clock.now)
    begin = world.clock.now()
    for part in range(1, 101):
        world.run(begin + (world.end - begin) * part // 100)
        watch.turn()
    text = asked(watch.address)
    assert 'tickgate_done_total{what="records"}' in text and "tickgate_trading_open 1.0" in text
    assert 'tickgate_clock_error_seconds{clock="host"}' in text
    watch.why = "a test ends"
    watch.close()
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert events[0]["event"] == "start"
    assert events[-1]["event"] == "stop" and events[-1]["why"] == "a test ends"


def test_a_host_that_is_told_nothing_shows_nothing_but_knows_its_clock(world):
    watch = Watch(world.loop, names(world), TelemetryConfig(), world.clock.now)
    watch.turn()
    assert watch.address is None
    error = world.ledger.oms.book.errors[Clock.HOST]
    assert 0 < error <= clock_state().error + 1_000_000_000
    watch.close()


def test_a_port_in_use_is_told_and_nothing_stays_open(world):
    config = TelemetryConfig(metrics=("127.0.0.1", 0))
    first = Watch(world.loop, names(world), config, world.clock.now)
    with pytest.raises(EndpointError, match="Address already in use"):
        Watch(world.loop, names(world), TelemetryConfig(metrics=first.address), world.clock.now)
    first.close()
