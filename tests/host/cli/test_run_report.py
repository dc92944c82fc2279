"""``tickgate report``: a page and a picture from a journal, and errors that say what is wrong with which file."""

import sys

import pytest

from host.journal.disk import Sync
from host.journal.journal import Journal
from host.oms.inputs import Intend, IntentKind, Started, Timer
from host.run.ledger import INPUTS
from tests.host.cli.test_journal import run

__all__ = ["run"]


def journal(path, *records):
    with Journal(path, INPUTS, sync=Sync.NEVER) as written:
        for record in records:
            written.append(record)
    return path


def test_a_page_goes_beside_the_journal(run, tmp_path):
    path = journal(tmp_path / "day", Started(1, 0, 10**18), Timer(10**18 + 10**9))
    status, out, _ = run("report", path)
    assert status == 0 and "The journal holds no order." in out and "The market was not recorded" in out
    assert "<h1>day</h1>" in (tmp_path / "day.html").read_text()


def test_page_and_picture_go_where_they_are_asked_for(run, tmp_path):
    path = journal(tmp_path / "day", Started(1, 0, 10**18))
    html, png = tmp_path / "one.html", tmp_path / "two.png"
    status, _, _ = run("report", path, "--html", html, "--png", png, "--title", "a <day>")
    assert status == 0 and "a &lt;day&gt;" in html.read_text() and png.read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "day.html").exists()


@pytest.mark.parametrize("content, says", [
    (b"no journal at all, but text", "is no journal of the host"), (b"", "holds nothing to report")])
def test_what_is_no_journal_is_refused(run, tmp_path, content, says):
    path = tmp_path / "day"
    path.write_bytes(content)
    status, _, err = run("report", path)
    assert status == 2 and f"{path}: {says}" in err and not (tmp_path / "day.html").exists()


def test_missing_files_are_named(run, tmp_path):
    status, _, err = run("report", tmp_path / "none")
    assert status == 2 and f"{tmp_path / 'none'}: No such file" in err
    path = journal(tmp_path / "day", Started(1, 0, 10**18))
    status, _, err = run("report", path, "--html", tmp_path / "no" / "page")
    assert status == 2 and "page: No such file" in err
    status, _, err = run("report", path, "--market", tmp_path / "nothing")
    assert status == 2 and "nothing: No such file" in err


def test_a_bad_market_and_inputs_out_of_order_are_told(run, tmp_path):
    path = journal(tmp_path / "day", Started(1, 0, 10**18))
    (tmp_path / "day.market.npz").write_bytes(b"text")
    status, _, err = run("report", path)
    assert status == 2 and "day.market.npz: holds no recorded market" in err
    for name, records, says in (("early", [Timer(5)], "Timer: the first input must be Started"),
                                ("twice", [Started(1, 0, 5), Started(1, 0, 6)], "epoch 1: must be greater than 1")):
        path = journal(tmp_path / name, *records)
        status, _, err = run("report", path)
        assert status == 2 and f"{path}: {says}" in err


def test_without_matplotlib_it_says_what_to_install(run, tmp_path, monkeypatch):
    path = journal(tmp_path / "day", Started(1, 0, 10**18))
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib" or name.startswith("host.report.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    status, _, err = run("report", path)
    assert status == 2 and "pip install tickgate[report]" in err


def test_intents_that_were_turned_away_are_in_the_page(run, tmp_path):
    intent = Intend(IntentKind.NEW, 1, 1, 0, 0, 0, 1, 2, 0, 100, 10_000, 10**18 + 5)
    path = journal(tmp_path / "day", Started(1, 0, 10**18), intent)
    assert run("report", path)[0] == 0
    assert "turned away: no session to the venue" in (tmp_path / "day.html").read_text()
