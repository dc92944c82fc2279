"""The crowd: the mix of messages that it brings about, and what it does in each trading state."""

from collections import Counter

import pytest

from sim.exchange import events as did
from sim.exchange.commands import Cancel, Halt, New, Replace, Resume
from sim.exchange.engine import Engine
from sim.exchange.events import Landing, Liquidity
from sim.exchange.flow.crowd import Crowd, CrowdSettings
from sim.exchange.symbols import Symbol
from tests.sim.exchange.checker import Checker
from wire.itch50 import Side, TradingAction

#: Shares in the feed of a whole day, 2019-10-30, and how far off the crowd's may be, in percent of all messages.
REAL = {"A": (43.3, 1.5), "D": (41.9, 1.5), "U": (8.7, 0.6), "E": (2.5, 0.6), "X": (1.2, 0.3), "F": (0.55, 0.2)}


def market(state=TradingAction.TRADING, symbols=2):
    return Engine([Symbol(locate=1 + number, name=f"S{number}", reference=100_000, state=state)
                   for number in range(symbols)])


def letters(event):
    """Return the type of the feed's message of ``event``, "" for none."""
    match event:
        case did.Added():
            return "F" if event.attribution else "A"
        case did.Executed():
            return "E" if event.liquidity is Liquidity.ADDED else ""
        case did.Canceled(displayed=True):
            return "X" if event.leaves else "D"
        case did.Replaced(displayed=True):
            return {Landing.KEPT: "X", Landing.MOVED: "U", Landing.ENTERED: "D"}[event.landing]
    return ""


def run(engine, crowd, count):
    """Let the crowd act; return all events and commands."""
    events, commands = [], []
    for _ in range(count):
        now, command = crowd.due(), crowd.act()
        assert crowd.due() >= now
        if command is not None:
            commands.append(command)
            happened = engine.apply(command, now)
            crowd.saw(happened)
            events.append(happened)
    return events, commands


def test_the_feed_has_the_mix_of_a_real_day():
    engine = market()
    crowd = Crowd(engine, CrowdSettings(seed=3))
    run(engine, crowd, 2_000)
    events, _ = run(engine, crowd, 25_000)
    found = Counter(letters(event) for happened in events for event in happened)
    del found[""]
    total, real = found.total(), sum(share for share, _ in REAL.values())
    for letter, (share, tolerance) in REAL.items():
        assert 100 * found[letter] / total == pytest.approx(100 * share / real, abs=tolerance), letter


def test_the_books_keep_their_size_and_stay_near_their_price():
    engine = market()
    crowd = Crowd(engine, CrowdSettings(seed=4, orders=100))
    run(engine, crowd, 10_000)
    for symbol in engine.symbols:
        assert 60 <= len(list(engine.resting(symbol.locate))) <= 120
        bid, ask = (engine.best(symbol.locate, side)[0] for side in (Side.BUY, Side.SELL))
        assert bid < ask < bid + 2_000


def test_all_that_it_asks_for_is_legal_and_what_the_engine_does_with_it_is_right():
    engine = market()
    checker, crowd = Checker(engine), Crowd(engine, CrowdSettings(seed=5, orders=40))
    for _ in range(1_500):
        now, command = crowd.due(), crowd.act()
        happened = engine.apply(command, now)
        assert not any(isinstance(event, did.Rejected) for event in happened)
        checker.take(command, happened)
        crowd.saw(happened)
    checker.finish()


def test_the_same_seed_gives_the_same_commands():
    def commands(seed):
        engine = market()
        return run(engine, Crowd(engine, CrowdSettings(seed=seed)), 500)[1]
    assert commands(1) == commands(1) != commands(2)


def test_it_rests_while_trading_is_halted_and_only_quotes_before_it_begins():
    engine = market(symbols=1)
    crowd = Crowd(engine, CrowdSettings(seed=6))
    run(engine, crowd, 300)
    engine.apply(Halt(1), crowd.due())
    assert run(engine, crowd, 50) == ([], [])
    engine.apply(Resume(1), crowd.due())
    events, commands = run(engine, crowd, 300)
    assert {type(command) for command in commands} == {New, Replace, Cancel}
    assert not any(isinstance(event, did.Executed | did.Rejected) for happened in events for event in happened)
    crowd.saw(engine.apply(Resume(1), crowd.due()))
    events, _ = run(engine, crowd, 1_000)
    assert any(isinstance(event, did.Executed) for happened in events for event in happened)
    assert not any(isinstance(event, did.Rejected) for happened in events for event in happened)


def test_prices_below_a_dollar_have_their_own_tick():
    engine = Engine([Symbol(locate=1, name="PENNY", reference=9_998, state=TradingAction.TRADING)])
    events, _ = run(engine, Crowd(engine, CrowdSettings(seed=7)), 3_000)
    prices = {event.price for happened in events for event in happened if isinstance(event, did.Added)}
    assert any(price % 100 for price in prices) and max(prices) > 10_000
    assert not any(isinstance(event, did.Rejected) for happened in events for event in happened)


def test_it_acts_only_in_its_symbols():
    engine = market()
    _, commands = run(engine, Crowd(engine, CrowdSettings(), symbols=[2]), 200)
    assert {command.locate for command in commands if isinstance(command, New)} == {2}


@pytest.mark.parametrize("wrong", [{"mix": {"sell": 1}}, {"mix": {"add": 0}}, {"orders": 3}, {"attributed": 2},
                                   {"near": 0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CrowdSettings(**wrong)
