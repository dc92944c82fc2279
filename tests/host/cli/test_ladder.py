"""The ladder picture, as plain text."""

import io

import numpy as np
import pytest
from rich.console import Console

from host.cli.ladder import books_picture, price_text, state_text
from wire.records import State, TradingState, record_dtype


def draw(*books: tuple[str, np.ndarray], width: int = 80) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False)
    console.print(books_picture(console, books))
    return out.getvalue().splitlines()


def book(bids: list[tuple[int, int, int]], asks: list[tuple[int, int, int]], **fields: int) -> np.ndarray:
    record = np.zeros(1, record_dtype(8))
    for side, valid, levels in (("bids", "bids_valid", bids), ("asks", "asks_valid", asks)):
        record[valid] = len(levels)
        for n, level in enumerate(levels):
            record[side][0, n] = level
    for name, value in fields.items():
        record[name] = value
    return record


def test_a_book() -> None:
    lines = draw(("ALFA", book(
        [(1_000_000, 1200, 3), (999_900, 600, 1)], [(1_000_500, 300, 2)], state=int(TradingState.TRADING),
        last_price=1_000_500, last_shares=20, aux=1234)))
    assert lines == [
        "╭─ ALFA  live · trading ────────────────────────────────────────────╮",
        "│ ord shares                   bid ask                   shares ord │",
        "│   3  1,200 ██████████████ 100.00 100.05 ███▌           300    2   │",
        "│   1    600        ███████  99.99                                  │",
        "╰───────────────── last 100.05 x 20 · spread 0.05 · 1,234 messages ─╯",
    ]


def test_an_empty_book() -> None:
    lines = draw(("BETA", book([], [])))
    assert "no bid no ask" in lines[2] and "no trade yet · 0 messages" in lines[-1] and "BETA  live" in lines[0]


def test_levels_that_are_not_true_are_not_shown() -> None:
    record = book([(1_000_000, 100, 1), (999_900, 100, 1)], [])
    record["bids_valid"] = 1
    assert not any("99.99" in line for line in draw(("ALFA", record)))


def test_books_stand_side_by_side_where_there_is_room() -> None:
    one = book([(1_000_000, 100, 1)], [(12_345_678, 5, 1)])
    assert len(draw(("A", one), ("B", one), width=160)) == 4
    assert len(draw(("A", one), ("B", one), width=80)) == 8


@pytest.mark.parametrize(("price", "text"), [
    (0, "0.00"), (100, "0.01"), (3_201_400, "320.14"), (12_345, "1.2345"), (1_999_999_900, "199,999.99")])
def test_prices(price: int, text: str) -> None:
    assert price_text(price) == text


@pytest.mark.parametrize(("state", "text"), [
    (0, "live"),
    (State.STALE | State.CROSSED | TradingState.HALTED, "stale, crossed · halted"),
    (State.INCOMPLETE, "incomplete"),
    (State.OPERATIONAL_HALT_B | State.REGSHO_1 | 2 << 12 | TradingState.PAUSED,
     "live · paused · halt B, reg SHO 1, MWCB 2"),
])
def test_state_words(state: int, text: str) -> None:
    assert state_text(int(state)).plain == text
