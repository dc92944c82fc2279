"""RequestForPositions at the exchange's desk: what is held, or why it is not told."""

import pytest

from sim.exchange.commands import Bust, Correct
from tests.sim.exchange.fixdesk.counter import Counter, client, said

REPORT = (710, 1, 55, 703, 704, 705, 727)
ACK = (710, 728, 729, 727)


def positions(desk, who="A", account="MINE", request="r1", **fields):
    return desk.ask(who, "AN", **{"PosReqID": request, "PosReqType": "0", "Account": account, "AccountType": "3",
                                  "ClearingBusinessDate": "20261120", "TransactTime": "20261120-14:30:00"} | fields)


def traded():
    """A sold 100 of AAPL for MINE in two trades, and bought 30 for OTHER."""
    desk = Counter()
    desk.new("A", "a1", "2", 100, "50.00", Account="MINE")
    desk.new("B", "b1", "1", 40, "50.00")
    desk.new("B", "b2", "1", 60, "50.00")
    desk.new("A", "a2", "1", 30, "50.10", Account="OTHER")
    desk.new("B", "b3", "2", 30, "50.10")
    return desk


def test_what_is_held_is_told_account_by_account():
    desk = traded()
    ack, report = positions(desk)
    assert said(ack, *ACK) == ("AO", "r1", "0", "0", "1")
    assert said(report, *REPORT) == ("AP", "r1", "MINE", "AAPL", "TOT", "0", "100", "1")
    assert said(report, 715, 730, 731, 734, 581) == ("AP", "20261120", "50.10", "2", "50.00", "3")
    assert said(positions(desk, account="OTHER")[1], *REPORT)[4:] == ("TOT", "30", "0", "1")
    assert ack.get(721) != report.get(721)


def test_nothing_held_and_what_is_flat_is_told_by_the_ack_alone():
    desk = traded()
    (none,) = positions(desk, account="FLAT")
    assert said(none, *ACK) == ("AO", "r1", "2", "0", "0")
    desk.new("A", "a3", "1", 100, "50.20", Account="MINE")
    desk.new("B", "b4", "2", 100, "50.20")
    assert said(*positions(desk), *ACK) == ("AO", "r1", "2", "0", "0")


def test_an_order_that_was_replaced_counts_once():
    desk = Counter()
    desk.new("A", "a1", "1", 100, "50.00", Account="MINE")
    desk.new("B", "b1", "2", 30, "50.00")
    desk.replace("A", "a2", "a1", 200, "50.00")
    assert said(positions(desk)[1], 704) == ("AP", "30")


def test_busts_and_corrections_change_what_is_held():
    desk = Counter()
    desk.new("A", "a1", "2", 100, "50.00", Account="MINE")
    first, second = (int(desk.new("B", name, "1", shares, "50.00")[-1].get(527)) for name, shares in (
        ("b1", 40), ("b2", 60)))
    desk.venue.apply(Bust(first), desk.now)
    assert said(positions(desk)[1], 705) == ("AP", "60")
    desk.venue.apply(Correct(second, 10, 50_0000), desk.now)
    assert said(positions(desk)[1], 705) == ("AP", "10")


@pytest.mark.parametrize("fields, result", [
    ({"account": "OTHER"}, "3"), ({"PosReqType": "1"}, "1"), ({"Symbol": "AAPL"}, "1")])
def test_what_is_not_told_is_refused(fields, result):
    desk = Counter(client("A", accounts=frozenset({"MINE"})))
    (ack,) = positions(desk, **fields)
    assert said(ack, *ACK) == ("AO", "r1", result, "2", "") and ack.get(58)


def test_a_session_that_may_not_ask_is_refused():
    desk = Counter(client("A", tells_positions=False))
    assert said(*positions(desk), *ACK) == ("AO", "r1", "3", "2", "")
