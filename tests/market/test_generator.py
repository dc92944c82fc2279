from collections import Counter

import numpy as np
import pytest

from sim.market.generator import MIX, Session, generate, generate_chunks, locate_of, name_of, symbol_names
from sim.market.messages import Messages
from sim.market.packets import Pack, pack_messages
from sim.market.worst import WorstCase, block_messages, worst_case
from sim.models.book import ReferenceBook
from tests.market.checker import BookChecker
from wire.itch50 import MESSAGES, SIZES, pack, unpack


@pytest.fixture(scope="module")
def day() -> Messages:
    return generate(Session(messages=120_000, symbols=6, seed=11))


@pytest.fixture(scope="module")
def followed(day) -> tuple[BookChecker, Counter, list[int]]:
    """All messages checked, the spreads in cents seen while the market was open, and live orders now and then."""
    checker, spreads, live = BookChecker(), Counter(), []
    for number, message in enumerate(day):
        checker.apply(message)
        if number > 10_000 and number % 10 == 0 and message[0] in b"AFECXDU":
            spread = checker.spread(int.from_bytes(message[1:3], "big"))
            spreads[spread // 100] += 1
            live.append(len(checker.orders))
    return checker, spreads, live


def test_every_message_is_legal(followed):
    checker, _, _ = followed
    assert not checker.halted and len(checker.low_bits) == 6


def test_spreads_are_one_to_three_cents(followed):
    _, spreads, _ = followed
    assert sum(spreads[cents] for cents in (1, 2, 3)) > 0.95 * spreads.total()


def test_books_neither_run_dry_nor_grow_without_end(followed):
    _, _, live = followed
    wanted = 6 * Session(messages=120_000, symbols=6).book_orders
    assert 0.7 * wanted < min(live) and max(live) < 1.4 * wanted


def test_books_are_dense_at_the_touch_and_sparse_behind(followed):
    checker, _, _ = followed
    for index in range(6):
        bids = sorted(checker.levels[locate_of(index), True], reverse=True)
        assert bids[0] - bids[4] <= 1500 and bids[-2] < bids[0] - 5_000 and len(bids) > 12
        assert bids[-1] == 100 and max(checker.levels[locate_of(index), False]) == 1_999_999_900


def test_the_mix_is_that_of_a_real_day(day):
    counts = day.counts()
    for letter, share in MIX.items():
        assert counts[letter] / len(day) == pytest.approx(share, rel=0.5, abs=0.0005), letter
    for letter in "ADU":
        assert counts[letter] / len(day) == pytest.approx(MIX[letter], rel=0.05), letter
    assert counts["S"] == 6 and counts["R"] == 6 and counts["Y"] >= 6 and counts["H"] > 6
    assert set(counts) <= set(MESSAGES)


def test_every_message_packs_again_from_its_fields(day):
    seen = Counter()
    for message in day.select(slice(0, 20_000)):
        fields = unpack(message)
        seen[fields["type"]] += 1
        assert pack(**fields) == message
    assert len(seen) >= 12 and (day.length == [SIZES[chr(code)] for code in day.types()]).all()


def test_the_day_has_its_frame(day):
    events = [unpack(message)["event"] for message in day if message[0] == ord("S")]
    assert events == ["O", "S", "Q", "M", "E", "C"]
    times = day.timestamps()
    assert (np.diff(times) >= 0).all()
    opens = next(n for n, message in enumerate(day) if message[0] == ord("S") and message[11:12] == b"Q")
    assert times[opens - 1] < 34_200_000_000_000 <= times[opens] and times[-4] < 57_600_000_000_000
    stocks = {unpack(message)["locate"]: unpack(message)["stock"] for message in day if message[0] == ord("R")}
    assert stocks == {locate_of(n): name_of(n) for n in range(6)}
    assert symbol_names(Session(symbols=6)) == tuple(stocks.values())


def test_time_is_bursty_and_most_packets_hold_one_message(day):
    gaps = np.diff(day.timestamps()[20_000:-10])
    assert np.percentile(gaps, 50) < 3_000 and gaps.std() > 3 * gaps.mean()
    counts = pack_messages(day, Pack.REAL).count
    assert (counts == 1).mean() > 0.8 and counts.max() == 38
    same = np.diff(day.locates().astype(int)[10_000:]) == 0
    assert same.mean() > 0.4


def test_prices_move(day):
    trades = [unpack(message) for message in day if message[0] == ord("P")]
    for index in range(6):
        prices = [trade["price"] for trade in trades if trade["locate"] == locate_of(index)]
        assert max(prices) - min(prices) > 500


def test_the_reference_model_finds_no_fault(day):
    book = ReferenceBook()
    for message in day.select(slice(0, 30_000)):
        book.apply(message)
    found = {name: count for name, count in book.counters.items() if count and name.startswith(("orders_", "prices_"))}
    assert not found and book.counters["msgs_decoded"] == 30_000


def test_the_same_seed_makes_the_same_day():
    one, again = (generate(Session(messages=3000, seed=4)) for _ in range(2))
    assert one.data.tobytes() == again.data.tobytes()
    assert one.data.tobytes() != generate(Session(messages=3000, seed=5)).data.tobytes()


@pytest.mark.parametrize("options", [
    {"symbols": 1, "messages": 13}, {"symbols": 1, "messages": 400, "stubs": 0}, {"symbols": 300, "messages": 5000},
    {"symbols": 2, "messages": 70_000, "volatility": 8.0}, {"symbols": 3, "messages": 2000, "halts": False},
    {"symbols": 2, "messages": 6000, "live_orders": 4, "stubs": 0}, {"symbols": 1, "messages": 9000, "rate": 10**9},
    {"symbols": 1, "messages": 5000, "rate": 1, "live_orders": 1000}, {"symbols": 30, "messages": 5000, "stubs": 3}])
def test_any_session_is_legal_and_has_its_size(options):
    session = Session(**options)
    parts = list(generate_chunks(session))
    messages = Messages.concat(parts)
    assert len(messages) == session.messages
    checker = BookChecker()
    for message in messages:
        checker.apply(message)


def test_halts_of_every_kind_come_and_go(monkeypatch):
    monkeypatch.setattr("sim.market.generator._MESSAGES_PER_HALT", 1_000)
    messages = generate(Session(messages=30_000, symbols=2, seed=2))
    states = Counter(message[19:20] for message in messages if message[0] == ord("H"))
    operational = Counter(message[19:21] for message in messages if message[0] == ord("h"))
    counts = messages.counts()
    assert states[b"T"] == states[b"Q"] + 2 == states[b"H"] + states[b"P"] + 2 and states[b"H"] and states[b"P"]
    assert operational[b"QH"] == operational[b"QT"] > 0 and counts["J"] == states[b"P"] and counts["Y"] > 2


def test_references_can_be_kept_small():
    messages = generate(Session(messages=20_000, symbols=2, first_reference=0, reference_step=1))
    checker = BookChecker()
    for message in messages:
        checker.apply(message)
    assert checker.used < 4 * 20_000 * 0.6


def test_depth_can_be_bounded():
    messages = generate(Session(messages=20_000, symbols=2, stubs=0, deepest=20, volatility=0.02))
    for index in range(2):
        rows = [unpack(message) for message in messages.select(messages.locates() == locate_of(index))]
        prices = [row["price"] for row in rows if row["type"] in "AFU"]
        assert max(prices) - min(prices) < 64 * 100


def test_progress_is_told():
    told: list[int] = []
    generate(Session(messages=5000), told.append)
    assert told[-1] == 5000 and told == sorted(told)


@pytest.mark.parametrize("options, told", [
    ({"messages": 54}, "messages must be at least 55 with 8 symbols and 1 stubs, not 54"),
    ({"symbols": 0}, "symbols must be 1..8192, not 0"), ({"symbols": 9000}, "symbols must be 1..8192, not 9000"),
    ({"seed": -1}, "seed must be 0.., not -1"), ({"rate": 0}, "rate must be 1..1000000000, not 0"),
    ({"live_orders": 3}, "live_orders must be 4..1000000, not 3")])
def test_a_wrong_option_is_named(options, told):
    with pytest.raises(ValueError, match=told):
        Session(**options)


def test_names_and_locates_are_unique_and_fit():
    assert len({name_of(n) for n in range(8192)}) == 8192 and max(len(name_of(n)) for n in range(8192)) <= 8
    assert locate_of(8191) <= 0xFFFF


@pytest.mark.parametrize("kind", WorstCase)
@pytest.mark.parametrize("symbols, depth, levels", [(1, 32, 16), (5, 7, 3), (3, 2, 1)])
def test_worst_cases_are_legal_at_any_length(kind, symbols, depth, levels):
    messages = worst_case(kind, 3001, symbols=symbols, depth=depth, levels=levels, first_reference=77)
    checker = BookChecker()
    for message in messages:
        checker.apply(message)
        assert pack(**unpack(message)) == message
    assert len(messages) == 3001 and checker.used < 77 + 4 * 3001 + 8
    assert checker.live_most <= (2 * symbols if kind is WorstCase.SYMBOLS else max(depth, 1))
    assert len(set(messages.locates().tolist())) == symbols
    assert len(worst_case(kind, 0)) == 0


@pytest.mark.parametrize("kind", WorstCase)
def test_worst_cases_go_on_in_another_call(kind):
    size = 3 * block_messages(kind, symbols=2, depth=6, levels=4)
    checker, reference, time = BookChecker(), 5, 10**9
    for _ in range(3):
        for message in worst_case(kind, size, symbols=2, depth=6, levels=4, first_reference=reference, first_ns=time):
            checker.matches.clear()
            checker.apply(message)
        assert not checker.orders
        reference += 4 * size + 8
        time += 10 * size


def test_worst_cases_are_made_of_what_they_say():
    shares = {kind: {letter: count / 10_000 for letter, count in worst_case(kind, 10_000).counts().items()}
              for kind in WorstCase}
    assert shares[WorstCase.DELETES]["D"] > 0.49 and shares[WorstCase.REPLACES]["U"] > 0.9
    assert shares[WorstCase.SWEEP]["E"] > 0.49 and set(shares[WorstCase.CHURN]) == set("AEUXD")
    prices = {unpack(message)["price"] for message in worst_case(WorstCase.ONE_LEVEL, 5000) if message[0] == ord("A")}
    assert len(prices) == 2
    locates = worst_case(WorstCase.SYMBOLS, 1000, symbols=8).locates()
    assert (np.diff(locates.astype(int)) != 0).all()
    with pytest.raises(ValueError, match="depth must be 2.., not 1|depth must be 2..1048576, not 1"):
        worst_case(WorstCase.CHURN, 10, depth=1)
