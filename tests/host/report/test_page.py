"""The page is well-formed, needs nothing else, and its numbers are the ledger's; the picture is one."""

import io
import re
import struct
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from host.journal.disk import Sync
from host.journal.journal import Journal
from host.oms.inputs import Started
from host.report.data import RunData
from host.report.facts import tiles
from host.report.history import read_history
from host.report.page import write_html
from host.report.picture import write_png
from host.report.sheets import sheets
from host.run.ledger import INPUTS

VOID = {"meta", "br", "img", "link", "hr", "input"}


def page(data):
    file = io.StringIO()
    write_html(data, file)
    return file.getvalue()


@pytest.fixture(scope="module")
def text(day):
    return page(day.data)


def _plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))


class Outline(HTMLParser):
    """Checks that tags are closed in order, and keeps ids, attributes and the text of cells."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.texts, self.tags = [], [], [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name in ("href", "src", "action", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data.strip())


def test_the_page_is_well_formed(text):
    outline = Outline()
    outline.feed(text)
    outline.close()
    assert not outline.open and len(outline.ids) == len(set(outline.ids)) and "svg" in outline.tags
    for picture in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ElementTree.fromstring(picture)


def test_the_page_needs_nothing_else(text):
    outline = Outline()
    outline.feed(text)
    assert "script" not in outline.tags and "link" not in outline.tags and "//" not in re.sub(
        r"base64,[A-Za-z0-9+/=\s]*", "", text)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in outline.links)
    targets = {link[1:] for link in outline.links if link.startswith("#")} | set(re.findall(r"url\(#([^)]*)\)", text))
    assert targets <= set(outline.ids) and text.isascii()


def test_the_same_data_makes_the_same_page(day, text):
    assert page(day.data) == text


def test_numbers_are_the_ledgers(day, text):
    shown = {tile.name: tile.value for tile in tiles(day.data)}
    counts, ledger = day.world.loop.counts, day.world.ledger
    trades = list(ledger.positions.trades())
    assert shown["orders"] == f"{len(ledger.oms.book.orders):,}" and shown["fills"] == f"{len(trades):,}"
    assert shown["requests to the gate"] == f"{counts['accepted'] + counts['refused']:,}"
    assert shown["refused by it"] == f"{counts['refused']:,}" and shown["breaks at the end"] == "0"
    assert shown["messages decoded"] == f"{day.world.exchange.venue.feed.next - 1:,}"
    tables = {sheet.title: sheet.rows for sheet in sheets(day.data)}
    for position in ledger.positions:
        row = next(row for row in tables["Positions"] if row[1] == day.world.symbols[position.symbol])
        assert row[2] == f"{position.shares:,}"
    assert ("fills", f"{len(trades):,}") in tables["Requests"]
    assert tables["Orders at the end"][-1] == ("all", f"{len(ledger.oms.book.orders):,}")
    assert any(row[1:] == ("kill", "by somebody: a test") for row in tables["Events"])
    assert tables["Agreement at the end"] == (("exchange and host", "0 breaks"), ("gate and host", "0 differences"))
    for rows in tables.values():
        assert all(f">{cell}</td>" in text for cell in rows[0] if cell and cell.isalnum())


def test_a_page_of_the_journal_alone_says_what_is_missing(unrecorded):
    text = page(unrecorded)
    assert "The market was not recorded" in text and "Counters of the device" not in text and "#0" in text


def test_a_run_without_orders_is_told(tmp_path):
    path = tmp_path / "quiet"
    with Journal(path, INPUTS, sync=Sync.NEVER) as journal:
        journal.append(Started(1, 0, 10**18))
    data = RunData(title="<quiet> & small", traded=read_history(path))
    text = page(data)
    assert "The journal holds no order." in text and "<h1>&lt;quiet&gt; &amp; small</h1>" in text
    write_png(data, io.BytesIO())


def test_a_run_that_only_the_gate_saw_is_drawn(day):
    traded = day.data.traded
    refused = traded.orders[traded.orders["refused"]]
    data = replace(day.data, traded=replace(traded, orders=refused, fills=traded.fills[:0],
                                            bookings=traded.bookings[:0]))
    assert len(refused) and f"refused by gate {len(refused):,}".casefold() in _plain(page(data)).casefold()
    write_png(data, io.BytesIO())


def test_the_picture_is_a_png_with_something_on_it(day):
    file = io.BytesIO()
    write_png(day.data, file)
    raw = file.getvalue()
    assert raw[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", raw[16:24]) == (1540, 2640)
    assert len(raw) > 100_000


def test_tables_have_a_kind_for_each_cell(day):
    for sheet in sheets(day.data):
        assert {len(row) for row in sheet.rows} == {len(sheet.kinds)} == {len(sheet.columns)}, sheet.title
