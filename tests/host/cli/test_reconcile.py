"""``tickgate reconcile``: the table of breaks, none when nothing went wrong, and what it refuses."""

import json

import pytest

from host.positions.endofday import write_end_of_day
from host.positions.positions import Positions
from tests.host.cli.test_journal import run, squeezed, write
from tests.host.positions.bookings import bust, correct, fill

__all__ = ["run"]

A, B = fill("1.A", 100, 1_872_500, fee=30), fill("1.B", -40, 1_880_000, symbol=1)
OURS = [fill("0.Z", 5, 10_000), A, B]


@pytest.fixture
def journal(tmp_path):
    return write(tmp_path / "ours.journal", OURS)


def theirs(*bookings):
    positions = Positions()
    for one in bookings:
        positions.book(one)
    return positions


@pytest.fixture
def end_of_day(tmp_path):
    def make(positions, held):
        path = tmp_path / "end.csv"
        with path.open("w") as file:
            write_end_of_day(file, positions.trades(), held, "#{}".format, "#{}".format)
        return path
    return make


def test_no_breaks(run, journal, end_of_day, tmp_path):
    told = theirs(fill("A", 100, 1_872_500, fee=30), fill("B", -40, 1_880_000, symbol=1))
    path = end_of_day(told, {(0, 0): 105, (0, 1): -40})
    assert run("reconcile", journal, "--end-of-day", path, "--prefix", "1.") == (0, "0 breaks\n", "")
    assert run("reconcile", journal, "--drop-copy", write(tmp_path / "drop", OURS)) == (0, "0 breaks\n", "")


def test_breaks_in_a_table(run, journal, end_of_day):
    told = theirs(fill("A", 100, 1_872_600, fee=30), fill("C", -7, 10_000))
    path = end_of_day(told, {(0, 0): 98})
    status, out, _ = run("reconcile", journal, "--end-of-day", path, "--prefix", "1.")
    text = squeezed(out)
    assert status == 1 and text.endswith("1 price, 1 missing there, 1 missing here 3 breaks")
    assert "│ price │ A │ #0 │ #0 │ 187.25 │ 187.26 │" in text and "│ missing here │ C │ #0 │ #0 │ │ -7 │" in text
    assert "│ missing there │ B │ #0 │ #1 │ -40 │ │" in text


def test_breaks_with_a_drop_copy_as_json(run, journal, tmp_path):
    drop = write(tmp_path / "drop", [*OURS, bust("X", A), correct("Y", B, 41, 1_880_000), bust("N", fill("U", 1, 1))])
    status, out, err = run("reconcile", journal, "--drop-copy", drop, "--json")
    assert status == 1 and [json.loads(line) for line in out.splitlines()] == [
        {"kind": "busted there", "exec_id": "1.A", "account": 0, "symbol": 0, "here": 100, "there": 0},
        {"kind": "shares", "exec_id": "1.B", "account": 0, "symbol": 1, "here": 40, "there": 41}]
    assert err == f"tickgate: {drop}: BUST N of U: no fill of this exec_ref_id is known; it waits for one\n"


def test_our_own_alarms_are_told(run, journal, tmp_path):
    drop = write(tmp_path / "drop", OURS)
    write(journal, [A])
    assert run("reconcile", journal, "--drop-copy", drop) == (
        1, "0 breaks\n", f"tickgate: {journal}: FILL 1.A: was booked before, the same\n")


@pytest.mark.parametrize("arguments, says", [
    (["--end-of-day", "none"], "none: No such file or directory"),
    (["--end-of-day", "text"], "text: line 1: the columns must be record"),
    (["--drop-copy", "text"], "text: is no journal of the host")])
def test_a_mistake_is_one_line(run, journal, tmp_path, arguments, says):
    (tmp_path / "text").write_text("hello\n")
    status, out, err = run("reconcile", journal, *arguments)
    assert (status, out) == (2, "") and says in err and err.count("\n") == 1


def test_a_name_that_nobody_knows_is_said_with_its_line(run, journal, tmp_path):
    (tmp_path / "end.csv").write_text("record,exec_id,account,symbol,side,shares,price,fee,status\n"
                                      "position,,ALPHA,0,,5,,,\n")
    status, _, err = run("reconcile", journal, "--end-of-day", tmp_path / "end.csv")
    assert status == 2 and "end.csv: line 2: account: no account 'ALPHA'" in err
