"""What operators may do, as lines of text."""

import pytest

from sim.exchange.commands import New
from sim.exchange.lines import Lines
from sim.exchange.operator import HELP, Operator, OperatorError
from sim.market.faults import Faults, parse_faults
from tests.sim.exchange.trading import START, Flow, new_venue
from wire import itch50
from wire.itch50 import Side


def desk():
    """Return an operator of a venue that trades, with an order and a trade, and the venue."""
    venue = new_venue()
    Flow(1, venue).begin()
    for side, shares in ((Side.BUY, 100), (Side.SELL, 40)):
        venue.apply(New(1, side, shares, 500_000, "P"), START)
    return Operator(venue, Lines(Faults()), lambda: ["a disk is full"]), venue


@pytest.mark.parametrize("line, letters", [
    ("halt AAPL T1", "H"), ("pause AAPL", "H"), ("resume AAPL", ""), ("indicate AAPL C", "I"), ("close MSFT", "IQ"),
    ("bust 4", "B"), ("correct 4 10 50.01", "BP"), ("cancel 1", "D"), ("flush", "D"), ("flush AAPL", "D"),
    ("flush MSFT", ""), ("shortsale AAPL 1", "Y"), ("open AAPL", ""),
])
def test_what_is_done_is_published(line, letters):
    operator, venue = desk()
    before = len(venue.feed.messages)
    refused = operator.do(line, START)
    assert "".join(chr(message[0]) for message in venue.feed.messages[before:]) == letters
    assert bool(refused) == (not letters and line != "flush MSFT"), refused
    for text in refused:
        assert text.startswith(f"{line}: ")


def test_a_reason_is_published():
    operator, venue = desk()
    operator.do("halt AAPL LUDP", START)
    assert itch50.unpack(venue.feed.messages[-1])["reason"] == "LUDP"


def test_faults():
    venue, lines = new_venue(), Lines(Faults())
    Operator(venue, lines, list).do("faults a:loss=0.5; b:dup=0.1", START)
    assert lines.faults == parse_faults("a:loss=0.5;b:dup=0.1")
    Operator(venue, lines, list).do("faults", START)
    assert lines.faults == Faults()


@pytest.mark.parametrize("line, told", [
    ("", "none of"), ("dance", "'dance' is none of halt"), ("halt", "1 to 2 word"),
    ("halt NONE", "no symbol 'NONE'"),
    ("halt AAPL TOOLONG", "4 characters"), ("bust x", "no number"), ("bust 1 2", r"takes 1 word\(s\), not 2"),
    ("faults a:x=1", "x"),
    ("correct 1 2.5 1", "whole"), ("correct 1 2 y", "decimal"), ("indicate AAPL Z", "cross"),
    ("shortsale AAPL 7", "0, 1"), ("shortsale", "SYMBOL"),
])
def test_what_means_nothing(line, told):
    operator, venue = desk()
    before = len(venue.feed.messages)
    with pytest.raises(OperatorError, match=told):
        operator.do(line, START)
    assert len(venue.feed.messages) == before


def test_the_help_names_every_command():
    operator, _ = desk()
    with pytest.raises(OperatorError) as error:
        operator.parse("?")
    for name in str(error.value).split(" is none of ")[1].split(", "):
        assert name in HELP


def test_end_of_day_files_are_written_when_asked_for():
    operator, _ = desk()
    assert operator.do("statements", START) == ["a disk is full"]
    with pytest.raises(OperatorError, match="none of"):
        operator.do("statements now", START)
