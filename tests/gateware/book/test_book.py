"""The whole book against the independent reference, in amaranth.sim."""

import dataclasses
import random

import pytest

from tests.gateware.book.bench import BASE, TINY, check_all, run
from tests.gateware.book.traffic import Traffic, message
from wire.records import State

SEED = 20260101


def _traffic(count, **options):
    print("seed", SEED)
    traffic = Traffic(SEED, **options)
    return [traffic.next() for _ in range(count)]


def test_settled_records_show_the_whole_book_after_every_message():
    messages = _traffic(60)
    records, counts, _, _ = run(messages, gap=lambda: 90)
    levels, complete, model = check_all(messages, records, counts)
    assert len(records) == model.counters["msgs_book"] + model.counters["msgs_state"] - sum(
        message[:1] in b"SW" for message in messages) + 3 * sum(message[:1] in b"SW" for message in messages)
    assert complete > len(records) and levels > 0


@pytest.mark.parametrize("options", [{}, {"illegal": 0.1}, {"far": 0.05}, {"symbols": 1, "orders": 6, "hot": 0.9}])
def test_packed_messages_never_show_a_false_level(options):
    messages = _traffic(250, **options)
    pauses = random.Random(SEED)
    records, counts, _, _ = run(messages, gap=lambda: pauses.choice((0, 0, 0, 0, 1, 2, 40)))
    levels, _, _ = check_all(messages, records, counts)
    assert levels > 50


def test_a_slow_reader_gets_fewer_records_and_no_false_one():
    messages = _traffic(120)
    pauses = random.Random(SEED)
    records, counts, _, _ = run(messages, ready=lambda: pauses.random() < 0.2, settle=2000)
    assert records["feed_seq"].max() >= len(messages) - 3
    check_all(messages, records, counts)


def _add(reference, price, shares, side="B", locate=1):
    return message("A", locate=locate, reference=reference, side=side, shares=shares, price=price * 100, timestamp=1)


def test_the_best_price_takes_twelve_cycles_and_thirteen_for_a_replace():
    middle = BASE + 32
    messages = [
        _add(1, middle, 10), _add(2, middle - 20, 20), _add(3, middle + 3, 30),
        message("D", locate=1, reference=3, timestamp=2),
        message("D", locate=1, reference=1, timestamp=3),
        message("U", locate=1, reference=2, new_reference=9, shares=7, price=(middle - 30) * 100, timestamp=4),
        message("X", locate=1, reference=9, shares=2, timestamp=5),
        message("E", locate=1, reference=9, shares=5, timestamp=6)]
    _, _, bests, starts = run(messages, gap=lambda: 20)
    assert [best[0] - start for best, start in zip(bests, starts, strict=True)] == [12, 12, 12, 12, 12, 13, 12, 12]

    def rank(price):
        return TINY.window - 1 - (price - BASE)

    assert [best[2:] for best in bests[:-1]] == [
        (1, rank(middle), 10, 1), (1, rank(middle), 10, 1), (1, rank(middle + 3), 30, 1), (1, rank(middle), 10, 1),
        (1, rank(middle - 20), 20, 1), (1, rank(middle - 30), 7, 1), (1, rank(middle - 30), 5, 1)]
    assert bests[-1][2] == 0


@pytest.mark.parametrize("near", [7, 1])
def test_all_eight_levels_are_known_at_most_forty_cycles_after_the_best_price(near):
    """Both sides full, every level in a bitmap word of its own, the rest far from the window."""
    profile = dataclasses.replace(TINY, levels=8, window=256, far_levels=16)
    base, middle = 5_000 - 128, 5_000
    messages = [_add(100 + n, middle - 16 * n - 1, 5 + n) for n in range(near)]
    messages += [_add(200 + n, middle + 16 * n, 5 + n, "S") for n in range(near)]
    messages += [_add(300 + n, 4_000 - n, 3) for n in range(8 - near)]
    messages += [_add(400 + n, 6_000 + n, 3, "S") for n in range(8 - near)]
    messages += [message("D", locate=1, reference=100, timestamp=9)]
    records, counts, _, _ = run(messages, profile=profile, base=base, gap=lambda: 100)
    check_all(messages, records, counts, profile=profile)
    assert records["whole"].tolist() == [3] * len(messages)
    assert (records["lat_levels"].astype(int) - records["lat_best"]).max() == 39


def test_an_order_may_be_replaced_and_deleted_two_cycles_later():
    """The shortest distance that ITCH allows: the delete of an order right behind the replace that made it."""
    middle = BASE + 32
    messages = [_add(1, middle, 10), _add(2, middle, 5)]
    for reference in range(10, 40, 2):
        same = middle - reference % 3
        messages += [
            message("U", locate=1, reference=1, new_reference=reference, shares=3, price=same * 100, timestamp=2),
            message("D", locate=1, reference=reference, timestamp=3), _add(1, same, 8)]
    records, counts, _, _ = run(messages)
    check_all(messages, records, counts)
    assert "orders_unknown" not in counts and "level_underflow" not in counts


def test_a_full_table_is_counted_and_marks_the_symbol_incomplete():
    messages = [_add(n + 1, BASE + n % 32, 1) for n in range(80)]
    records, counts, _, _ = run(messages, gap=lambda: 90)
    assert counts["orders_table_full"] >= 80 - TINY.order_slots - TINY.order_stash
    full = records["state"] >> 17 & 1
    assert full[0] == 0 and full[-1] == 1 and (full[1:] >= full[:-1]).all()


def test_clear_empties_the_book_and_the_marks():
    middle = BASE + 32
    before = [_add(1, middle, 10), message("D", locate=1, reference=77, timestamp=2), _add(2, middle + 1, 3, "S")]
    after = [_add(1, middle - 1, 4)]
    # The clear comes with a message of no symbol; the sweep of the tiny profile takes 512 cycles.
    records, counts, _, _ = run(
        [*before, message("S", event="O", timestamp=3), *after], gap=lambda: 150, clear_at={3}, settle=700)
    assert records[2]["state"] >> 19 & 1 == 1
    dropped = counts.get("msgs_clearing", 0)
    assert dropped == 1
    last = records[-1]
    assert (last["bids_valid"], last["asks_valid"]) == (0, 0)
    assert last["state"] >> 17 & 1 == 1, "a message lost to the clear makes the book incomplete"


def test_references_that_differ_by_a_stride_all_find_room():
    """Real references have their low bits constant for a symbol; half the slots must still take orders."""
    messages = [_add(1 + 32 * n, BASE + n % 32, 1) for n in range(TINY.order_slots // 2 - 8)]
    _, counts, _, _ = run(messages, gap=lambda: 2)
    assert "orders_table_full" not in counts


def test_a_reference_in_use_is_refused():
    middle = BASE + 32
    messages = [_add(1, middle, 10), _add(1, middle - 1, 7), message("D", locate=1, reference=1, timestamp=2)]
    records, counts, _, _ = run(messages, gap=lambda: 90)
    assert counts["orders_duplicate"] == 1
    check_all(messages, records, counts)


def test_a_crossed_book_says_so():
    middle = BASE + 32
    messages = [_add(1, middle, 10), _add(2, middle, 7, "S"), message("D", locate=1, reference=1, timestamp=2)]
    records, counts, _, _ = run(messages, gap=lambda: 90)
    check_all(messages, records, counts)
    assert [int(state) >> 18 & 1 for state in records["state"]] == [0, 1, 0]


def test_a_symbol_configured_anew_while_it_lives_is_incomplete():
    middle = BASE + 32
    messages = [_add(1, middle, 10), _add(2, middle - 1, 10)]
    records, _, _, _ = run(messages, gap=lambda: 90, configure_at={1})
    assert [int(state) >> 17 & 1 for state in records["state"]] == [0, 1]


def test_an_order_in_flight_while_its_symbol_is_configured_anew_marks_it():
    # With the write comes the first order ever: it is placed by the old base, and seen to live only cycles later.
    records, _, _, _ = run([_add(1, BASE + 10, 10)], configure_at=(0,))
    assert all(record["state"] & State.INCOMPLETE for record in records if record["locate"] == 1 and record["aux"])
    assert records[-1]["aux"] == 1


def test_an_order_behind_a_configuration_marks_nothing():
    messages = [message("S", timestamp=1, event="O"), _add(1, BASE + 10, 10)]
    records, counts, _, _ = run(messages, configure_at=(0,))
    assert not any(record["state"] & State.INCOMPLETE for record in records)
    check_all(messages, records, counts)


def test_an_order_of_zero_shares_is_refused():
    messages = [_add(1, BASE + 9, 0), _add(2, BASE + 8, 5)]
    records, counts, _, _ = run(messages, gap=lambda: 90)
    assert counts["orders_zero_shares"] == 1
    check_all(messages, records, counts)


def test_a_sweep_by_packed_deletes_leaves_every_best_price_exact():
    """Every level in a bitmap word of its own, the best taken away every two or three cycles."""
    ranks = range(3, TINY.window, 8)
    messages = [_add(1 + n, BASE + rank, 10 + n, "S") for n, rank in enumerate(ranks)]
    gaps = iter([20] * len(messages))
    messages += [message("D", locate=1, reference=1 + n, timestamp=2) for n in range(len(ranks))]
    _, _, bests, _ = run(messages, gap=lambda: next(gaps, 0))
    swept = bests[len(ranks):]
    assert [best[3:] for best in swept[:-1]] == [(rank, 11 + n, 1) for n, rank in enumerate(ranks[1:])]
    assert [best[2] for best in swept] == [1] * (len(ranks) - 1) + [0]
    assert swept[-1][0] - swept[0][0] <= 3 * len(ranks)
