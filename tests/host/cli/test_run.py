"""``tickgate run``: a day in one process, and what it refuses."""

import re
from pathlib import Path

import pytest

from host.cli.main import main
from host.oms.settings import Settings
from host.run.ledger import replay

DAY = ["run", "--profile", "tiny", "--seconds", "3", "--rate", "60", "--seed", "2"]


def test_a_day_is_traded_and_everything_agrees(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    journals = []
    for name in ("one", "two"):
        assert main([*DAY, "--faults", "a:loss=0.1;b:loss=0.1", "--strategy", "imbalance:threshold=1000,limit=300",
                     "--strategy", "market_maker", "--journal", str(tmp_path / name)]) == 0
        journals.append((tmp_path / name).read_bytes())
    assert journals[0] == journals[1]
    text = capsys.readouterr().out
    assert "0 breaks with the exchange, 0 differences between gate and host" in text
    fills = int(re.findall(r"fills +(\d+)", text)[0])
    ledger = replay(tmp_path / "one", Settings(open_orders=8))
    assert fills == len(list(ledger.positions.trades())) > 0
    names = ("asked for by strategies", "accepted by the gate", "messages to the exchange")
    asked, accepted, sent = (int(re.findall(rf"{name} +([\d,]+)", text)[0]) for name in names)
    assert asked and 0 < accepted <= sent and "trading is open" in text


@pytest.mark.parametrize("more, said", [
    (["--strategy", "nobody"], "must be one of hold, imbalance, market_maker, pairs, not"),
    (["--strategy", "imbalance:limit=many"], "limit must be a number, not 'many'"),
    (["--strategy", "imbalance:limits=3"], "limits"),
    (["--faults", "c:loss=1"], "faults"),
    (["--replay", __file__], "test_run.py"),
    (["--replay", "nowhere.itch"], "nowhere.itch: No such file"),
])
def test_what_cannot_be_is_refused_in_a_line(more: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*DAY, *more]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_strategy_trades_in_a_recorded_market(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = data_dir / "itch50_aapl_20200130" / "locate-13-10k.bin"
    assert main(["run", "--replay", str(path), "--symbols", "AAPL", "--seconds", "60",
                 "--strategy", "hold:shares=10"]) == 0
    text = capsys.readouterr().out
    assert "AAPL" in text and "0 breaks with the exchange, 0 differences between gate and host" in text
    assert main(["run", "--replay", str(path), "--symbols", "IBM"]) == 2
    assert "has no orders of 'IBM'; there is AAPL" in capsys.readouterr().err


def test_a_journal_that_is_there_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"mine")
    assert main([*DAY, "--journal", str(path)]) == 2
    assert f"{path} exists" in capsys.readouterr().err and path.read_bytes() == b"mine"
