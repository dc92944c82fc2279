"""The engine against a plain model, and what must hold after each command, on random streams of commands."""

import pytest

from sim.exchange import events as did
from sim.exchange.commands import EndOfDay, New
from sim.exchange.engine import Engine
from sim.models.exchange import ExchangeModel
from tests.sim.exchange.checker import Checker
from tests.sim.exchange.streams import SYMBOLS, Stream
from wire.itch50 import Side


def run(seed, count, *, model=True, crosses=True):
    """Give ``count`` commands of ``seed`` to engine, model and checker; return the kinds of events that came."""
    engine, stream = Engine(SYMBOLS), Stream(seed, crosses=crosses)
    expected, checker = ExchangeModel(SYMBOLS), Checker(engine)
    kinds = set()
    last = (EndOfDay(), New(13, Side.BUY, 100, 100_000, "ANNA"), EndOfDay())
    for number in range(count + len(last)):
        command = stream.next() if number < count else last[number - count]
        events = engine.apply(command, number)
        where = f"seed {seed}, command {number}: {command}"
        try:
            checker.take(command, events)
        except AssertionError as error:
            raise AssertionError(f"{where}: {error}") from None
        if model:
            wanted = expected.apply(command)
            assert [(type(event), event) for event in events] == [(type(event), event) for event in wanted], where
        stream.saw(events)
        for event in events:
            kinds |= {type(event).__name__, *(value for value in event if hasattr(value, "name"))}
    checker.finish()
    assert len(engine) == 0
    return kinds


@pytest.mark.parametrize("seed", range(24))
def test_the_engine_does_what_the_model_does(seed):
    run(seed, 250, crosses=seed % 2 == 0)


def test_streams_reach_every_event_and_reason():
    kinds = set().union(*(run(seed, 1500, model=False) for seed in range(100, 106)))
    missing = [value for enum in (did.RejectReason, did.CancelReason, did.Liquidity, did.Landing) for value in enum
               if value not in kinds]
    missing += [kind.__name__ for kind in did.Event.__args__ if kind.__name__ not in kinds]
    assert not missing


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1060))
def test_soak_the_engine_does_what_the_model_does(seed):
    run(seed, 4000, crosses=seed % 2 == 0)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2000, 2010))
def test_soak_invariants_hold(seed):
    run(seed, 50_000, model=False, crosses=False)
