"""The command on the simulated device: real data, a generated session over bad lines."""

import csv
import json
from pathlib import Path

import pytest

from host.cli.main import main


def test_aapl_is_exact_after_every_book_message(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "itch50_aapl_20200130"
    file, books, out = folder / "locate-13-10k.bin", tmp_path / "books.csv", tmp_path / "out.json"
    assert main(["replay", str(file), "--check", "--books", str(books), "--json", str(out)]) == 0
    told = json.loads(out.read_text())
    assert (told["messages"], told["book_messages"], told["compared"]) == (10_000, 9_705, 9_705)
    assert (told["mismatches"], told["not_live_messages"], told["cut_records"]) == (0, 0, 0)
    assert told["latency"]["decode"]["cycles"]["max"] == 3
    assert told["latency"]["best_price"]["cycles"]["max"] <= 16
    assert told["latency"]["all_levels"]["cycles"]["max"] <= 16 + 40
    with books.open() as ours, (folder / "meatpy_top5.csv").open() as truth:
        for row, expected in zip(csv.DictReader(ours), csv.DictReader(truth), strict=True):
            assert {key: row[key] for key in expected} == expected


@pytest.mark.parametrize(("faults", "injects"), [
    ("a:loss=0.05,dup=0.02,reorder=0.03,corrupt=0.01,silence=600-700;seed=7", False),
    ("both:loss=0.005,silence=1000-1040;b:delay=50;seed=3", True),
])
def test_faults_leave_the_books_exact(faults: str, injects: bool, tmp_path: Path) -> None:
    session, out = tmp_path / "session.itch", tmp_path / "out.json"
    assert main(["generate", str(session), "--messages", "2000"]) == 0
    assert main(["replay", str(session), "--check", "--faults", faults, "--json", str(out)]) == 0
    told = json.loads(out.read_text())
    assert told["messages"] == 2000 and told["mismatches"] == told["without_record"] == 0 and told["adds_up"]
    assert told["compared"] + told["not_live_messages"] == told["book_messages"]
    assert (told["injected"] > 0) == injects and (told["not_live_messages"] > 0) == injects
    assert told["counters"]["level_underflow"] == told["counters"]["inject_refused"] == 0


def test_packets_that_are_kept_need_no_recovery(tmp_path: Path) -> None:
    session = tmp_path / "session.itch"
    assert main(["generate", str(session), "--messages", "2000"]) == 0
    told = {}
    for option in ((), ("--reorder",)):
        out = tmp_path / f"out{len(option)}.json"
        assert main(["replay", str(session), "--check", *option, "--json", str(out),
                     "--faults", "a:loss=0.02;b:loss=0.02,delay=300;seed=1"]) == 0
        told[option] = json.loads(out.read_text())
        assert told[option]["mismatches"] == 0 and told[option]["adds_up"]
    dropped, kept = told.values()
    assert kept["counters"]["packets_replayed"] > 10 and dropped["counters"]["packets_kept"] == 0
    assert 10 * kept["injected"] < dropped["injected"]
    assert 10 * kept["not_live_messages"] < dropped["not_live_messages"]
