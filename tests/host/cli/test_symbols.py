"""Which symbols are followed, and where their windows lie."""

from pathlib import Path

import numpy as np
import pytest

from host.cli.errors import UserError
from host.cli.recording import load
from host.cli.symbols import choose_base, choose_symbols
from tests.host.conftest import Stream

WINDOW, TICK = 1000, 100


def base_of(*prices: int) -> tuple[int, int]:
    return choose_base(np.array(prices, np.int64), window=WINDOW, tick=TICK)


def test_the_window_is_centred_on_the_bulk() -> None:
    assert base_of(*[1_000_000] * 10) == (950_000, 10)
    assert base_of(*range(990_000, 1_010_100, 100)) == (950_000, 201)


def test_stub_quotes_do_not_move_it() -> None:
    assert base_of(100, *[1_000_000] * 10, 1_999_999_900) == (950_000, 10)


def test_a_window_below_zero_begins_at_zero() -> None:
    assert base_of(100, 200, 300) == (0, 3)


def test_without_prices_it_begins_at_zero() -> None:
    assert base_of() == (0, 0)


def test_where_centring_would_lose_prices_it_moves_as_far_as_needed() -> None:
    # 60 prices at one end, 40 just within a window's reach: the median lies at the first.
    near, far = 1_000_000, 1_000_000 + (WINDOW - 1) * TICK
    assert base_of(*[near] * 60, *[far] * 40) == (near, 100)


def test_one_in_a_hundred_is_not_worth_moving() -> None:
    prices = [1_000_000] * 199 + [1_000_000 + (WINDOW - 1) * TICK]
    assert base_of(*prices) == (950_000, 199)


def choose(stream: Stream, tmp_path: Path, wanted: list[str] | None, capacity: int = 4):
    flow = load(stream.write(tmp_path / "x.itch")).flow
    return choose_symbols(flow, wanted, capacity=capacity, window=WINDOW, tick=TICK)


def test_all_symbols_in_the_order_of_their_first_book_message(stream: Stream, tmp_path: Path) -> None:
    chosen, left_out = choose(stream, tmp_path, None)
    assert [(one.name, one.locate, one.learned) for one in chosen] == [("ALFA", 1, True), ("BETA", 2, False)]
    assert left_out == 0
    assert (chosen[0].base, chosen[0].prices, chosen[0].covered) == (950_000, 4, 4)


def test_what_the_device_has_no_room_for_is_left_out_and_counted(stream: Stream, tmp_path: Path) -> None:
    chosen, left_out = choose(stream, tmp_path, None, capacity=1)
    assert [one.name for one in chosen] == ["ALFA"] and left_out == 1


@pytest.mark.parametrize("wanted", ["BETA", "2", "#2"])
def test_a_symbol_by_name_or_locate(wanted: str, stream: Stream, tmp_path: Path) -> None:
    chosen, _ = choose(stream, tmp_path, [wanted])
    assert [(one.name, one.locate, one.base) for one in chosen] == [("BETA", 2, 200_000)]


def test_a_locate_without_a_name(stream: Stream, tmp_path: Path) -> None:
    stream.put("D", 13, reference=77)
    chosen, _ = choose(stream, tmp_path, ["13"])
    assert [(one.name, one.locate, one.learned, one.base) for one in chosen] == [("#13", 13, False, 0)]


def test_a_directory_message_behind_the_first_book_message_teaches_too_late(stream: Stream, tmp_path: Path) -> None:
    stream.directory("BETA", 2)
    chosen, _ = choose(stream, tmp_path, ["BETA"])
    assert not chosen[0].learned


@pytest.mark.parametrize(("wanted", "capacity", "message"), [
    (["IBM"], 4, "no symbol 'IBM'; it names ALFA, BETA"),
    (["ALFA", "1"], 4, r"symbol '1' is named twice \(stock locate 1\)"),
    (["ALFA", "BETA"], 1, "the device follows 1 symbols, not 2"),
    (["65536"], 4, "no message of stock locate '65536'"),
    (["#3"], 4, "no message of stock locate '#3'; it names ALFA, BETA"),
])
def test_wrong_symbols(wanted: list[str], capacity: int, message: str, stream: Stream, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        choose(stream, tmp_path, wanted, capacity)
