"""A recorded market in our book: exact as long as it is alone, and by rule when our orders trade with it."""

from sim.exchange import events as did
from sim.exchange.commands import Cancel, New, TimeInForce
from sim.exchange.engine import Engine
from sim.exchange.flow.crowd import Crowd, CrowdSettings
from sim.exchange.flow.recorded import COUNTS, Recorded
from sim.exchange.symbols import Symbol
from sim.market.binaryfile import read_binaryfile
from sim.market.generator import Session, generate, locate_of
from sim.market.messages import Messages
from sim.models.book import ASK, BID, ReferenceBook
from tests.sim.exchange.checker import Checker
from wire.itch50 import Side, TradingAction, pack

BUY, SELL = Side.BUY, Side.SELL


def engine_of(*locates, state=TradingAction.TRADING):
    return Engine([Symbol(locate=locate, name=f"S{locate}", reference=100_000, state=state) for locate in locates])


def replay(messages, engine, locates, between=None):
    """Give all of the record to the engine; before each step ``between`` may do something."""
    recorded, events = Recorded(engine, messages, locates), []
    while recorded.due() is not None:
        if between is not None:
            between(recorded)
        now, command = recorded.due(), recorded.act()
        if command is not None:
            happened = engine.apply(command, now)
            recorded.saw(happened)
            events += happened
    return recorded, events


def queues(engine, locate):
    """Return the engine's book: for each side and price the shares and the record's references, oldest first."""
    found = {}
    for added in engine.resting(locate):
        found.setdefault((added.side, added.price), []).append((added.token, added.shares))
    return found


def reference_queues(book, locate):
    symbol = book.symbols[locate]
    return {(name, price): [(order.reference, order.shares) for order in book.orders(symbol, side, price)]
            for side, name in ((BID, "B"), (ASK, "S")) for price in symbol.prices[side]}


def same_after_every(messages, locate, step):
    """Replay alone, and compare the best prices after each message, all queues after each ``step``."""
    engine, book = engine_of(locate), ReferenceBook(locates=[locate], tick=1)
    recorded = Recorded(engine, messages, {locate: locate})
    taken = [message for message in messages if chr(message[0]) in "AFECXDUH"]
    for number, message in enumerate(taken):
        now, command = recorded.due(), recorded.act()
        if command is not None:
            recorded.saw(engine.apply(command, now))
        book.apply(message)
        symbol = book.symbols[locate]
        assert engine.best(locate, BUY) == next(((p, s) for p, s, _ in symbol.bids(1)), None), number
        assert engine.best(locate, SELL) == next(((p, s) for p, s, _ in symbol.asks(1)), None), number
        if number % step == 0:
            assert queues(engine, locate) == reference_queues(book, locate), number
    assert queues(engine, locate) == reference_queues(book, locate)
    assert recorded.due() is None
    return recorded


def test_alone_the_recorded_session_is_repeated_message_by_message(data_dir):
    messages = read_binaryfile(data_dir / "itch50_aapl_20200130" / "locate-13-10k.bin")
    recorded = same_after_every(messages, 13, 250)
    followed = sum(chr(code) in "AFECXDU" for code in messages.types())
    assert recorded.counts == dict.fromkeys(COUNTS, 0) | {"applied": followed, "skipped": len(messages) - followed - 1}


def test_with_orders_of_a_crowd_between_all_shares_are_accounted_for():
    locate = locate_of(0)
    messages = generate(Session(messages=4_000, symbols=2, seed=3))
    engine = engine_of(1)
    checker = Checker(engine)
    first = int(messages.timestamps()[0])
    crowd = Crowd(engine, CrowdSettings(seed=2, rate=0.05, excitements=(), orders=20), start=first)
    recorded, trades_of_both = Recorded(engine, messages, {locate: 1}), 0
    while recorded.due() is not None:
        actor = crowd if crowd.due() < recorded.due() else recorded
        now, command = actor.due(), actor.act()
        if command is not None:
            happened = engine.apply(command, now)
            checker.take(command, happened)
            crowd.saw(happened)
            recorded.saw(happened)
            owners = [event.owner for event in happened if isinstance(event, did.Executed)]
            trades_of_both += len(set(owners)) == 2
    checker.finish()
    assert trades_of_both > 20
    assert all(recorded.counts[name] for name in ("applied", "unfilled", "spared", "gone", "skipped", "other"))


# Our orders among the recorded ones.

def record(*rows):
    """Return messages of locate 5, a microsecond apart; each row is type and fields."""
    return Messages.of([pack(kind, locate=5, timestamp=1_000 * number, **fields)
                        for number, (kind, fields) in enumerate(rows, 1)])


def add(reference, side, shares, price):
    return "A", {"reference": reference, "side": side, "shares": shares, "stock": "REAL", "price": price}


def playing(rows, ours, after=1):
    """Replay ``rows`` with ``ours`` entered after so many commands; return recorder, its events, what ours gave."""
    engine, seen, mine = engine_of(1), [0], []

    def between(recorded):
        if seen[0] == after:
            for command in ours:
                happened = engine.apply(command, recorded.due())
                mine.extend(happened)
                recorded.saw(happened)
        seen[0] += 1
    recorded, events = replay(record(*rows), engine, {5: 1}, between)
    return engine, recorded, events, mine


def counted(recorded):
    return {name: count for name, count in recorded.counts.items() if count and name != "applied"}


def trades(events, owner):
    return [(event.shares, event.price) for event in events if isinstance(event, did.Executed) and event.owner == owner]


def ours(side, shares, price, kind=TimeInForce.IOC):
    return New(1, side, shares, price, "US", time_in_force=kind)


def test_an_order_of_ours_that_is_better_takes_the_recorded_execution():
    engine, recorded, events, _ = playing(
        [add(7, "B", 100, 100_000), ("E", {"reference": 7, "shares": 100, "match": 1})],
        [ours(BUY, 100, 100_100, TimeInForce.DAY)])
    assert trades(events, "US") == [(100, 100_100)]
    # The recorded order was spared; as it is gone by the record, it goes.
    assert len(engine) == 0 and counted(recorded) == {"spared": 100}


def test_an_order_of_ours_behind_at_the_same_price_waits():
    engine, recorded, events, _ = playing(
        [add(7, "B", 100, 100_000), ("E", {"reference": 7, "shares": 100, "match": 1})],
        [ours(BUY, 100, 100_000, TimeInForce.DAY)])
    assert trades(events, "US") == [] and trades(events, "RECORD") == [(100, 100_000)] * 2
    assert len(engine) == 1 and counted(recorded) == {}


def test_a_recorded_execution_finds_only_what_ours_left():
    engine, recorded, events, mine = playing(
        [add(7, "B", 100, 100_000), ("E", {"reference": 7, "shares": 100, "match": 1})], [ours(SELL, 60, 100_000)])
    assert trades(mine, "US") == [(60, 100_000)]
    assert trades(events, "RECORD") == [(40, 100_000)] * 2
    assert counted(recorded) == {"unfilled": 60} and len(engine) == 0


def test_a_recorded_cancel_takes_off_what_is_left():
    engine, recorded, _, _ = playing(
        [add(7, "B", 100, 100_000), ("X", {"reference": 7, "shares": 30}), ("X", {"reference": 7, "shares": 50})],
        [ours(SELL, 60, 100_000)])
    assert counted(recorded) == {"reduced": 1} and len(engine) == 0


def test_cancels_deletes_and_replacements_of_a_consumed_order_do_nothing():
    engine, recorded, _, _ = playing(
        [add(7, "B", 100, 100_000), ("X", {"reference": 7, "shares": 30}),
         ("U", {"reference": 7, "new_reference": 8, "shares": 500, "price": 100_000}), ("D", {"reference": 8})],
        [ours(SELL, 100, 100_000)])
    assert counted(recorded) == {"gone": 3} and len(engine) == 0


def test_a_recorded_replacement_is_smaller_by_what_ours_took():
    rows = [add(7, "B", 100, 100_000), ("U", {"reference": 7, "new_reference": 8, "shares": 500, "price": 99_900})]
    engine, recorded, _, _ = playing(rows, [ours(SELL, 60, 100_000)])
    assert queues(engine, 1) == {("B", 99_900): [(8, 440)]} and counted(recorded) == {"reduced": 1}
    rows[1][1]["shares"] = 60
    engine, recorded, _, _ = playing(rows, [ours(SELL, 60, 100_000)])
    assert len(engine) == 0 and counted(recorded) == {"reduced": 1}


def test_a_replacement_after_a_recorded_execution_counts_that_only_once():
    rows = [add(7, "B", 100, 100_000), ("E", {"reference": 7, "shares": 30, "match": 1}),
            ("U", {"reference": 7, "new_reference": 8, "shares": 500, "price": 99_900})]
    engine, recorded, _, _ = playing(rows, [], after=9)
    assert queues(engine, 1) == {("B", 99_900): [(8, 500)]} and counted(recorded) == {}


def test_a_recorded_order_trades_with_an_order_of_ours_that_the_record_does_not_know():
    engine, _, events, _ = playing([add(7, "B", 100, 100_000), add(8, "S", 100, 100_300)],
                                   [ours(BUY, 70, 100_300, TimeInForce.DAY)])
    assert trades(events, "US") == [(70, 100_300)]
    assert queues(engine, 1) == {("B", 100_000): [(7, 100)], ("S", 100_300): [(8, 30)]}


def test_our_order_can_be_cancelled_while_the_record_goes_on():
    engine, recorded, _, mine = playing([add(7, "B", 100, 100_000), ("D", {"reference": 7})],
                                        [ours(BUY, 70, 100_000, TimeInForce.DAY), Cancel(2, "US")])
    assert [type(event).__name__ for event in mine] == ["Accepted", "Added", "Canceled"]
    assert len(engine) == 0 and counted(recorded) == {}


def test_recorded_states_become_halts_pauses_and_resumes():
    states = "HQTPTQT"
    rows = [("H", {"stock": "REAL", "state": state, "reason": "T1"}) for state in states]
    _, _, events, _ = playing(rows, [])
    assert [event.state for event in events if isinstance(event, did.StateChanged)] == list("HQTPQTHQT")


def test_a_recorded_cross_takes_its_shares_off_before_trading_resumes():
    halt = [("H", {"stock": "REAL", "state": state, "reason": "T1"}) for state in "HQT"]
    engine, recorded, events, _ = playing(
        [*halt[:2], add(7, "B", 100, 100_100), add(8, "S", 60, 100_000),
         ("C", {"reference": 7, "shares": 60, "match": 1, "printable": "N", "price": 100_000}),
         ("C", {"reference": 8, "shares": 60, "match": 1, "printable": "N", "price": 100_000}), halt[2]], [])
    assert queues(engine, 1) == {("B", 100_100): [(7, 40)]} and counted(recorded) == {}
    assert [event.shares for event in events if isinstance(event, did.CrossTrade)] == [0]


def test_what_cannot_be_followed_is_counted():
    _, recorded, events, _ = playing(
        [("D", {"reference": 9}), add(7, "B", 100, 100_001), ("B", {"match": 1})], [])
    assert counted(recorded) == {"unknown": 1, "refused": 1, "skipped": 1}
    assert [type(event) for event in events] == [did.Rejected]
    empty = Recorded(engine_of(1), record(add(7, "B", 100, 100_000)), {6: 1})
    assert empty.due() is None and empty.counts["other"] == 1
