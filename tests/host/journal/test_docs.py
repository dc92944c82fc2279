"""What docs/journal.md and docs/positions.md say is so."""

import re
from pathlib import Path

from host.fix.log import SESSION_LOG
from host.journal.journal import JOURNAL
from host.journal.log import HEAD, MOST_BYTES
from host.positions.booked import BookedKind
from host.positions.endofday import read_end_of_day
from host.positions.reconcile import BreakKind, Statement
from host.positions.trade import Trade
from host.risk.journal import AUDIT_LOG
from wire.risk import Side

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_form_of_a_log():
    text = (DOCS / "journal.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (?:(\d+) )?\| ", text, re.MULTILINE)[:8]
    assert [int(size) for _, size in rows if size] == [4, 4, 4, 8, 8, 4, 4] and int(rows[-1][0]) == HEAD.size
    marks = dict(re.findall(r"`(tg\w)` (\d)", text))
    for log in (JOURNAL, AUDIT_LOG, SESSION_LOG):
        assert int(marks[log.mark[:3].decode()]) == log.mark[3]
    assert f"{MOST_BYTES >> 20} MiB" in text


def test_kinds_are_named():
    text = (DOCS / "positions.md").read_text()
    assert all(kind.name in text for kind in BookedKind) and all(kind.value in text for kind in BreakKind)
    assert all(f"| {kind.value} | {kind.name} |" in (DOCS / "journal.md").read_text() for kind in JOURNAL.kinds)


def test_the_example_of_an_end_of_day_file(tmp_path):
    lines = re.findall(r"^    ((?:record|trade|position|end),.*)$", (DOCS / "positions.md").read_text(), re.MULTILINE)
    path = tmp_path / "day.csv"
    path.write_text("\n".join(lines) + "\n")
    assert read_end_of_day(path, ["ALPHA"].index, ["AAPL"].index) == Statement(
        (Trade("E17", 0, 0, Side.BUY, 100, 1_872_500, 300, 0),), {(0, 0): 100})
