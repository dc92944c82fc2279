"""``tickgate journal`` and ``tickgate trades``: what they print, write and refuse."""

import csv
import json

import pytest

from host.cli.main import main
from host.journal.codec import Codec
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.positions.booked import Booked
from tests.host.positions.bookings import bust, correct, fill

A, B = fill("A", 100, 1_872_500, fee=30), fill("B", -40, 1_880_000, fee=-2)
BOOKINGS = [A, B, correct("C", B, 50, 1_880_000), fill("D", 10, 10_000, account=1, symbol=1), bust("E", A)]


@pytest.fixture
def journal(tmp_path):
    return write(tmp_path / "host.journal", BOOKINGS)


def write(path, bookings):
    clock = iter(range(1_790_000_000_000_000_000, 1 << 62))
    with Journal(path, Codec((Booked,)), sync=Sync.NEVER, now=lambda: next(clock)) as journal:
        for one in bookings:
            journal.append(one)
    return path


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments):
        status = main([str(each) for each in arguments])
        out, err = capsys.readouterr()
        return status, out, err
    return call


def squeezed(text):
    return " ".join(text.split())


def test_show(run, journal):
    status, out, _ = run("journal", "show", journal)
    lines = out.splitlines()
    assert status == 0 and len(lines) == 6
    assert lines[0].split() == "0 2026-09-21 14:13:20.000000000 SCHEMA types=Booked".split()
    assert "Booked kind=BUST exec_id=E exec_ref_id=A account=0 symbol=0 side=BUY shares=0" in lines[-1]
    assert len(run("journal", "show", journal, "--last", "2", "--type", "Booked")[1].splitlines()) == 2
    first = json.loads(run("journal", "show", journal, "--json", "--last", "0")[1].splitlines()[1])
    assert (first["number"], first["what"], first["fields"]["price"]) == (1, "Booked", 1_872_500)


def test_control_characters_do_not_reach_the_terminal(run, tmp_path):
    path = write(tmp_path / "odd", [fill("\x1b[2J", 1, 1)])
    assert "\x1b" not in run("journal", "show", path)[1]


def test_verify(run, journal):
    status, out, _ = run("journal", "verify", journal)
    assert status == 0 and "5 inputs, " in out and "whole" in out
    with journal.open("ab") as file:
        file.write(b"tgh")
    assert "0 bytes removed, 3 at the end" in run("journal", "verify", journal)[1]
    with Journal(journal, Codec((Booked,))):
        pass
    assert "3 bytes removed, 0 at the end" in run("journal", "verify", journal)[1]
    raw = bytearray(journal.read_bytes())
    raw[60] ^= 1
    journal.write_bytes(raw)
    assert run("journal", "verify", journal) == (
        1, "", f"tickgate: {journal}: damaged at byte 0: the record there is not what was written\n")


def test_replay(run, journal):
    status, out, _ = run("journal", "replay", journal, "--mark", "0=190", "--json")
    told = json.loads(out)
    assert status == 0 and told["alarms"] == [] and len(told["sha256"]) == 64
    first, second = told["positions"]
    assert first == {"account": 0, "account_name": "#0", "symbol": 0, "symbol_name": "#0", "shares": -50,
                     "cost": -94_000_000, "average": 1_880_000, "realised": 0, "fees": 0, "cash": 94_000_000,
                     "bought": 0, "sold": 94_000_000, "trades": 1, "unrealised": -1_000_000}
    assert second["unrealised"] is None and second["shares"] == 10
    out = run("journal", "replay", journal, "--mark", "0=190")[1]
    assert "-50 │ 188.00 │ 0.00 │ -100.00" in squeezed(out) and out.endswith(f"state {told['sha256']}\n")


def test_a_replay_with_alarms_says_so(run, tmp_path):
    path = write(tmp_path / "odd", [bust("B", A)])
    status, out, _ = run("journal", "replay", path)
    assert status == 1 and "alarm BUST B of A: no fill of this exec_ref_id is known; it waits for one" in out


def test_export_csv(run, journal, tmp_path):
    status, out, _ = run("journal", "export", journal, "--type", "Booked", "--csv", tmp_path / "out.csv")
    assert (status, out) == (0, f"5 records of type Booked written to {tmp_path / 'out.csv'}\n")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["exec_id"] for row in rows] == list("ABCDE")
    assert (rows[1]["number"], rows[1]["side"], rows[1]["fee"], rows[1]["price"]) == ("2", "SELL", "-2", "1880000")


def test_export_parquet(run, journal, tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("host.cli.journal_export._BATCH", 2)
    assert run("journal", "export", journal, "--type", "Booked", "--parquet", tmp_path / "out")[0] == 0
    rows = parquet.read_table(tmp_path / "out").to_pylist()
    assert [(row["number"], row["exec_id"], row["price"]) for row in rows] == [
        (1, "A", 1_872_500), (2, "B", 1_880_000), (3, "C", 1_880_000), (4, "D", 10_000), (5, "E", 0)]
    odd = write(tmp_path / "odd", [fill("A", 1 << 70, 1)])
    status, _, err = run("journal", "export", odd, "--type", "Booked", "--parquet", tmp_path / "odd.parquet")
    assert status == 2 and "records 1 to 1 do not go into Parquet" in err
    assert not list(tmp_path.glob("odd.parquet*"))


@pytest.mark.parametrize("arguments, says", [
    (["show", "FILE", "--last", "-1"], "--last must be 0 or more, not -1"),
    (["show", "none"], "none: No such file or directory"), (["show", "text"], "text: is no journal of the host"),
    (["replay", "text"], "text: is no journal of the host"),
    (["replay", "FILE", "--mark", "A"], "--mark must be SYMBOL=PRICE, not 'A'"),
    (["replay", "FILE", "--mark", "A=1"], "--symbol: no symbol 'A'; --limits FILE names them, or give its index"),
    (["replay", "FILE", "--mark", "0=x"], "--mark 0=x: must be dollars"),
    (["export", "FILE", "--type", "X", "--csv", "out"], "holds no record of type X"),
    (["export", "FILE", "--type", "Booked", "--csv", "none/out"], "none/out: No such file or directory"),
    (["export", "text", "--type", "Booked", "--csv", "out"], "text: is no journal of the host")])
def test_a_mistake_is_one_line(run, journal, tmp_path, arguments, says):
    (tmp_path / "text").write_text("hello")
    status, out, err = run("journal", *(journal if each == "FILE" else each for each in arguments))
    assert (status, out) == (2, "") and says in err and err.count("\n") == 1


def test_trades(run, journal):
    assert run("trades", "load", journal) == (0, "5 bookings loaded, 3 trades made or changed, 0 alarms\n", "")
    assert run("trades", "load", journal)[1] == "0 bookings loaded, 0 trades made or changed, 0 alarms\n"
    listed = [json.loads(line) for line in run("trades", "list", "--json")[1].splitlines()]
    assert [(row["exec_id"], row["busted"]) for row in listed] == [("A", 1), ("B", 0), ("D", 0)]
    assert len(run("trades", "list", "--json", "--busted")[1].splitlines()) == 1
    assert len(run("trades", "list", "--json", "--last", "1")[1].splitlines()) == 1
    sales = ("--side", "sell", "--account", "0", "--symbol", "0")
    assert len(run("trades", "list", "--json", *sales)[1].splitlines()) == 1
    assert "│ B │ #0 │ #0 │ SELL │ 50 │ 188.00 │ 9,400.00 │ 0.00 │" in squeezed(run("trades", "list")[1])
    assert "│ #1 │ #1 │ 1 │ 10 │ 0 │ 10 │ -10.00 │ 0.00 │" in squeezed(run("trades", "sum")[1])
    assert json.loads(run("trades", "query", "SELECT count(*) AS n FROM bookings", "--json")[1]) == {"n": 5}


@pytest.mark.parametrize("arguments, says", [
    (["list"], "trades.db: there is no such database; `tickgate trades load` makes it"),
    (["load", "text"], "text: is no journal of the host"), (["load", "none"], "none: No such file or directory"),
    (["sum", "--db", "text"], "text: file is not a database"),
    (["list", "--last", "-1"], "--last must be 0 or more, not -1"),
    (["list", "--account", "x"], "--account: no account 'x'")])
def test_a_mistake_about_trades_is_one_line(run, tmp_path, arguments, says):
    (tmp_path / "text").write_text("hello" * 1000)
    status, out, err = run("trades", *arguments)
    assert (status, out) == (2, "") and says in err and err.count("\n") == 1
