"""Positions asked for by FIX: the requests, and what the answers of venues come to."""

import pytest

from host.fix.message import Message
from host.oms.fix import FixError, Names
from host.oms.fixpositions import FixPositions
from host.oms.inputs import PositionsRefused, PositionTold
from tests.sim.exchange.fixdesk.counter import Counter
from tests.sim.exchange.trading import START
from wire.fix.tags import Tag

NAMES = Names((b"MINE", b"OTHER"), (b"MSFT", b"AAPL"))


def message(kind, **fields):
    return Message(kind.encode(), [(Tag[name], value.encode()) for name, value in fields.items()])


@pytest.fixture
def asked():
    """One who has asked, and the ids of his requests."""
    positions = FixPositions(NAMES)
    return positions, [one.get(Tag.PosReqID).decode() for one in positions.ask(START)]


def report(request, symbol, long="0", short="0", total="1", kind="TOT"):
    return message("AP", PosMaintRptID="x", PosReqID=request, TotalNumPosReports=total, Symbol=symbol, PosType=kind,
                   LongQty=long, ShortQty=short)


def none(request):
    return message("AO", PosMaintRptID="x", PosReqID=request, TotalNumPosReports="0", PosReqResult="2",
                   PosReqStatus="0")


def test_the_exchange_is_asked_and_its_answers_are_told_when_all_are_there():
    desk, positions = Counter(), FixPositions(NAMES)
    desk.new("A", "a1", "2", 100, "50.00", Account="MINE")
    desk.new("B", "b1", "1", 100, "50.00")
    desk.new("A", "a2", "1", 30, "50.10", Account="OTHER")
    desk.new("B", "b2", "2", 30, "50.10")
    answers = []
    for request in positions.ask(START):
        fields = {Tag(tag).name: value.decode() for tag, value in request.fields}
        answers += desk.ask("A", request.msg_type.decode(), **fields)
    assert [one.msg_type for one in answers] == [b"AO", b"AP"] * 2
    told = [positions.take(one, 7) for one in answers]
    assert told == [[], [], [], [PositionTold(0, 1, -100, 1, 2, 7), PositionTold(1, 1, 30, 2, 2, 7)]]


def test_what_is_flat_is_told_as_nothing_at_all(asked):
    positions, (first, second) = asked
    assert positions.take(none(first), 7) == []
    assert positions.take(none(second), 7) == [PositionTold(-1, -1, 0, 0, 0, 7)]
    assert positions.take(none(second), 7) == [], "told already"


def test_symbols_that_are_none_of_ours_count_and_are_left_out(asked):
    positions, (first, second) = asked
    positions.take(none(second), 7)
    assert positions.take(report(first, "IBM", "5", total="2"), 7) == []
    assert positions.take(report(first, "IBM", "5", total="2"), 7) == [], "the same again"
    assert positions.take(report(first, "MSFT", "8", "3", "2", "TQ"), 7) == [PositionTold(0, 0, 5, 1, 1, 7)]


def test_answers_to_an_earlier_question_are_passed_over(asked):
    positions, (first, second) = asked
    positions.ask(START + 1)
    assert [positions.take(none(one), 7) for one in (first, second)] == [[], []]


@pytest.mark.parametrize("kind, fields, account", [
    ("AO", {"PosReqID": "{}", "PosReqResult": "4", "PosReqStatus": "2", "Text": "no"}, 1),
    ("j", {"BusinessRejectRefID": "{}", "RefMsgType": "AN", "BusinessRejectReason": "4", "Text": "no"}, 1),
    ("j", {"RefMsgType": "AN", "BusinessRejectReason": "4", "Text": "no"}, -1),
    ("3", {"RefSeqNum": "17", "SessionRejectReason": "4", "Text": "no"}, -1),
])
def test_a_refusal_is_told_once_however_it_comes(asked, kind, fields, account):
    positions, (_, second) = asked
    positions.sent(17)
    refusal = message(kind, **{name: value.format(second) for name, value in fields.items()})
    assert positions.take(refusal, 7) == [PositionsRefused(account, 4, "no", 7)]
    assert positions.take(refusal, 7) == []


def test_rejects_of_others_and_other_messages_are_not_taken(asked):
    positions, _ = asked
    assert positions.take(message("j", RefMsgType="D", RefSeqNum="5", BusinessRejectReason="4"), 7) is None
    assert positions.take(message("8", OrderID="1"), 7) is None


@pytest.mark.parametrize("fields", [{"kind": "FIN"}, {"long": "1.5"}, {"total": "many"}])
def test_reports_that_make_no_sense_are_refused(asked, fields):
    positions, (first, _) = asked
    with pytest.raises(FixError):
        positions.take(report(first, "AAPL", **fields), 7)
