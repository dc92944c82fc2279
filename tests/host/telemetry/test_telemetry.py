"""A day's metrics and events are what happened on it, and looking at it changes nothing of it."""

import io
import json
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from host.journal.journal import read_journal
from host.oms.fix import Names
from host.oms.inputs import Kill
from host.oms.outputs import Alarm, AlarmKind
from host.positions.booked import Booked
from host.run.ledger import INPUTS
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.telemetry.events import EventLog, Level
from host.telemetry.metrics import METRICS, Sample, render
from host.telemetry.telemetry import Telemetry
from sim.loop.scenario import ACCOUNT, Scenario
from sim.loop.world import World

SECOND = 1_000_000_000


def parsed(text):
    """Return {(name, label values): value} of the metrics that are ours."""
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            if sample.name.startswith("tickgate_"):
                metric = METRICS[sample.name]
                assert (family.type, family.documentation) == (metric.kind, metric.doc)
                assert sample.labels.keys() == set(metric.labels)
                found[sample.name, *(sample.labels[label] for label in metric.labels)] = sample.value
    return found


@pytest.fixture
def day(tmp_path):
    """A day that is killed in its middle: world, telemetry, snapshots, events."""
    texts, stream = [], io.StringIO()
    with World(Scenario(seed=3, seconds=4).setup(), [Imbalance(ImbalanceParameters(threshold=2000))],
               tmp_path / "journal") as world:
        names = Names((ACCOUNT.encode(),), tuple(name.encode() for name in world.symbols))
        telemetry = Telemetry(world.loop, names, world.clock.now(), log=EventLog(stream), publish=texts.append,
                              pace=SECOND // 10)
        begin, middle = world.clock.now(), (world.clock.now() + world.end) // 2
        for part in range(1, 201):
            until = begin + (world.end - begin) * part // 200
            world.run(until)
            if until - (world.end - begin) // 200 < middle <= until:
                world.loop.take(Kill(-1, -1, "a drill", "somebody", world.clock.now()))
            telemetry.turn(world.clock.now())
        telemetry.snapshot(world.clock.now())
        telemetry.close(world.clock.now(), "the day is over")
        yield world, telemetry, texts, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_metrics_are_what_loop_gate_and_journal_say(day):
    world, telemetry, texts, _ = day
    assert len(texts) > 3
    found, loop, book = parsed(texts[-1]), world.loop, world.ledger.oms.book
    for what in ("records", "intents", "accepted", "fills"):
        assert found["tickgate_done_total", what] == loop.counts[what] > 0
    assert found["tickgate_kills",] == 1 and found["tickgate_gate_shut", "killed"] == 1
    assert found["tickgate_gate_shut", "lost"] == 0
    assert found["tickgate_session_up",] == book.linked
    assert found["tickgate_alarms_total", "kill"] == sum(one.kind is AlarmKind.KILL for one in loop.alarms) > 0
    assert found["tickgate_unresolved_orders",] == found["tickgate_open_orders",] == 0
    assert found["tickgate_journal_records_total",] == world.journal.number
    assert found["tickgate_device_total", "risk_accepted"] == loop.counts["accepted"]
    assert ("tickgate_journal_unsynced_seconds",) not in found
    fills = sum(isinstance(entry.record, Booked) for entry in read_journal(world.journal.path, INPUTS))
    assert fills == found["tickgate_done_total", "fills"]
    for symbol, name in enumerate(world.symbols):
        pair = world.market.gate.show(0, symbol)
        assert found["tickgate_limit_used_ratio", ACCOUNT, name, "long"] == (
            max(pair["worst_buy"], 0) * 1000 // pair["pair_limits"]["long"] / 1000)
        assert found["tickgate_position_shares", ACCOUNT, name] == world.contexts[0].positions[symbol]
    sent = [order for order in book.orders.values() if order.times.sent is not None]
    assert found["tickgate_latencies_total", "out"] == len(sent) > 0
    assert found["tickgate_latency_seconds", "out", "1"] < found["tickgate_latency_seconds", "life", "1"]
    assert found["tickgate_latencies_total", "acknowledged"] > 0
    assert found["tickgate_latencies_backwards_total", "acknowledged"] == 0


def test_events_are_in_the_order_in_which_they_happened(day):
    world, telemetry, _, events = day
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    assert events[0]["event"] == "start" and events[-1]["event"] == "stop"
    assert sum(event["event"] == "alarm" for event in events) == len(world.loop.alarms)
    kills = [event for event in events if event["event"] == "kills"]
    assert [(event["level"], event["kills"], event["reasons"]) for event in kills] == [("error", 1, "a drill")]
    assert [event["up"] for event in events if event["event"] == "session"][0] is True


def test_a_turn_without_anything_to_do_does_nothing(day):
    world, telemetry, texts, _ = day
    count, before = len(texts), world.ledger.oms.snapshot()
    telemetry.turn(0)
    assert len(texts) == count and world.ledger.oms.snapshot() == before


def test_a_log_that_cannot_be_written_loses_lines_and_counts_them():
    with open("/dev/full", "w") as full:
        log = EventLog(full)
        log.alarm(Alarm(AlarmKind.KILL, 0, "x", 1), 1)
        assert log.lost == 1
        full.buffer.raw.close()


def test_levels_below_the_least_are_left_out():
    stream = io.StringIO()
    log = EventLog(stream, least=Level.WARNING)
    log.write(1, Level.INFO, "start")
    log.write(2, Level.ERROR, "kills", kills=1)
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {"time": 2, "level": "error", "event": "kills", "kills": 1}]


def test_names_and_labels_that_are_no_metrics_are_mistakes():
    with pytest.raises(KeyError, match="tickgate_nonsense"):
        render([Sample("tickgate_nonsense", 1)])
    with pytest.raises(ValueError, match="zip"):
        render([Sample("tickgate_feed", 1)])


def test_the_documentation_has_every_metric():
    text = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    for metric in METRICS.values():
        labels = " ".join(f"`{label}`" for label in metric.labels)
        assert f"| `{metric.name}` | {labels} | {metric.doc} |" in text
