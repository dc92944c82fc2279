"""Orders by FIX at the exchange's desk: what is answered to what."""

import pytest

from sim.exchange.commands import Bust, Correct, Halt, OpenCross, SelfMatch
from tests.sim.exchange.fixdesk.counter import Counter, client, said
from wire import itch50

REPORT = (150, 39, 11, 38, 151, 14)


def new(message):
    return said(message, *REPORT)


def test_an_order_is_new():
    desk = Counter()
    (report,) = desk.new("A", "a1")
    assert new(report) == ("8", "0", "0", "a1", "100", "100", "0")
    assert said(report, 55, 54, 44, 40, 59, 6) == ("8", "AAPL", "1", "50.00", "2", "0", "0.00")


def test_a_trade_is_told_to_both_sides():
    desk = Counter()
    desk.new("A", "a1", quantity=300)
    ack, fill = desk.new("B", "b1", "2", 100, "49.90")
    assert new(ack) == ("8", "0", "0", "b1", "100", "100", "0")
    assert said(fill, 150, 39, 151, 14, 32, 31, 6, 851) == ("8", "F", "2", "0", "100", "100", "50.00", "50.00", "2")
    (passive,) = desk.to("A")
    assert said(passive, 150, 39, 11, 151, 14, 32, 31, 851) == ("8", "F", "1", "a1", "200", "100", "100", "50.00", "1")
    assert passive.get(527) == fill.get(527) and passive.get(17) != fill.get(17)


def test_average_price_of_several_fills():
    desk = Counter()
    desk.new("A", "a1", "2", 100, "50.00")
    desk.new("A", "a2", "2", 200, "50.01")
    *_, last = desk.new("B", "b1", "1", 300, "50.10")
    assert said(last, 39, 14, 6) == ("8", "2", "300", "50.006667")


@pytest.mark.parametrize("fields, reason, old, text", [
    ({"Symbol": "NONE"}, "1", "1", "unknown symbol"), ({"Side": "8"}, "11", "0", "side"),
    ({"OrderQty": "0"}, "13", "3", "shares"), ({"OrderQty": "1.5"}, "13", "3", "whole"),
    ({"Price": "50.001"}, "99", "0", "tick"), ({"Price": "0.00001"}, "99", "0", "places"),
    ({"OrdType": "3"}, "11", "0", "market and limit"), ({"TimeInForce": "1"}, "11", "0", "time in force"),
    ({"ExecInst": "G"}, "11", "0", "post-only"), ({"MaxFloor": "10"}, "11", "0", "hidden"),
    ({"StopPx": "10"}, "11", "0", "stop"), ({"Account": "OTHER"}, "15", "0", "account"),
])
@pytest.mark.parametrize("begin", ["FIX.4.4", "FIX.4.2"])
def test_orders_are_rejected(fields, reason, old, text, begin):
    desk = Counter(client("A", begin_string=begin.encode(), accounts=frozenset({"", "MINE"})))
    given = {"ClOrdID": "a1", "HandlInst": "1", "Symbol": "AAPL", "Side": "1", "TransactTime": "20261120-14:30:00",
             "OrderQty": "100", "OrdType": "2", "Price": "50.00"} | fields
    (report,) = desk.ask("A", "D", **given)
    assert said(report, 150, 39, 103, 151, 37) == ("8", "8", "8", reason if begin == "FIX.4.4" else old, "0", "NONE")
    assert text in report.get(58).decode()
    assert not len(desk.venue.engine)


def test_a_clordid_is_used_once():
    desk = Counter()
    desk.new("A", "a1")
    (report,) = desk.new("A", "a1", "2")
    assert said(report, 150, 103) == ("8", "8", "6") and len(desk.venue.engine) == 1
    assert new(desk.new("B", "a1")[0])[1] == "0"                  # another participant's numbers are his own


def test_an_order_that_is_perhaps_sent_again_is_answered_with_its_status():
    desk = Counter()
    desk.new("A", "a1", PossResend="N")
    (report,) = desk.new("A", "a1", PossResend="Y")
    assert said(report, 150, 39) == ("8", "I", "0") and len(desk.venue.engine) == 1


def test_a_limit_order_needs_a_price():
    desk = Counter()
    (reject,) = desk.ask("A", "D", ClOrdID="a1", Symbol="AAPL", Side="1", TransactTime="20261120-14:30:00",
                         OrderQty="100", OrdType="2")
    assert said(reject, 372, 380, 379) == ("j", "D", "5", "a1") and "Price" in reject.get(58).decode()


def test_times_in_force():
    desk = Counter()
    *_, gone = desk.new("A", "a1", TimeInForce="3")
    assert said(gone, 150, 39, 151, 41) == ("8", "4", "4", "0", "")
    desk.new("A", "a2", quantity=50)
    *_, gone = desk.new("B", "b1", "2", 100, "50.00", TimeInForce="4")
    assert said(gone, 150, 14) == ("8", "4", "0")
    _, fill, rest = desk.new("B", "b2", "2", 100, "50.00", TimeInForce="3")
    assert said(fill, 150, 39, 151) == ("8", "F", "1", "50")
    assert said(rest, 150, 39, 151, 14) == ("8", "4", "4", "0", "50")
    (waits,) = desk.new("A", "a3", TimeInForce="7")
    assert said(waits, 150, 59) == ("8", "0", "7")


def test_post_only_and_market_orders():
    desk = Counter()
    desk.new("A", "a1")
    (report,) = desk.new("B", "b1", "2", 100, "50.00", ExecInst="6")
    assert said(report, 150) == ("8", "8") and "post-only" in report.get(58).decode()
    _, fill = desk.new("B", "b2", "2", 100, None)
    assert said(fill, 150, 39, 44, 40) == ("8", "F", "2", "", "1")


def test_cancel():
    desk = Counter()
    (ack,) = desk.new("A", "a1")
    (done,) = desk.cancel("A", "a2", "a1")
    assert said(done, 150, 39, 11, 41, 151) == ("8", "4", "4", "a2", "a1", "0")
    assert done.get(37) == ack.get(37) and not len(desk.venue.engine)
    (again,) = desk.cancel("A", "a3", "a2")
    assert said(again, 39, 102, 434, 41, 11) == ("9", "4", "0", "1", "a2", "a3")


@pytest.mark.parametrize("fields, reason, status, order", [
    ({"OrigClOrdID": "xx"}, "1", "8", "NONE"), ({"ClOrdID": "a1"}, "6", "0", None), ({"Side": "2"}, "2", "0", None),
    ({"Symbol": "MSFT"}, "2", "0", None),
])
def test_cancels_are_rejected(fields, reason, status, order):
    desk = Counter()
    (ack,) = desk.new("A", "a1")
    (reject,) = desk.cancel("A", "a2", "a1", **fields)
    assert said(reject, 102, 39, 434, 37) == ("9", reason, status, "1", order or ack.get(37).decode())
    assert len(desk.venue.engine) == 1


def test_nobody_cancels_anothers_order():
    desk = Counter()
    desk.new("A", "a1")
    assert said(desk.cancel("B", "b1", "a1")[0], 102, 37) == ("9", "1", "NONE")


def test_a_cancel_that_comes_behind_the_fill_is_too_late():
    desk = Counter()
    desk.new("A", "a1")
    desk.new("B", "b1", "2")
    assert said(desk.cancel("A", "a2", "a1")[0], 39, 102) == ("9", "2", "0")


def test_the_chain_of_clordids():
    desk = Counter()
    (ack,) = desk.new("A", "a1", quantity=100)
    (replaced,) = desk.replace("A", "a2", "a1", 150, "50.01")
    assert said(replaced, 150, 39, 11, 41, 38, 44, 151) == ("8", "5", "0", "a2", "a1", "150", "50.01", "150")
    assert replaced.get(37) == ack.get(37)
    (stale,) = desk.replace("A", "a3", "a1", 100, "50.02")
    assert said(stale, 102, 434) == ("9", "1", "2") and "a2" in stale.get(58).decode()
    (bad,) = desk.replace("A", "a4", "a2", 100, "50.005")
    assert said(bad, 102, 434, 39) == ("9", "2", "2", "0")
    (done,) = desk.cancel("A", "a5", "a2")              # the chain goes on from the last that was accepted
    assert said(done, 39, 41) == ("8", "4", "a2")


def test_a_replacement_that_trades_at_once():
    desk = Counter()
    desk.new("B", "b1", "2", 60, "50.10")
    desk.new("A", "a1")
    replaced, fill = desk.replace("A", "a2", "a1", 100, "50.10")
    assert said(replaced, 150, 39, 11, 151) == ("8", "5", "0", "a2", "100")
    assert said(fill, 150, 39, 11, 151, 14) == ("8", "F", "1", "a2", "40", "60")


@pytest.mark.parametrize("quantity", [40, 30])
def test_a_replacement_by_no_more_than_was_filled_leaves_it_filled(quantity):
    desk = Counter()
    desk.new("A", "a1")
    desk.new("B", "b1", "2", 40)
    (replaced,) = desk.replace("A", "a2", "a1", quantity, "50.00")
    assert said(replaced, 150, 39, 151, 14, 38) == ("8", "5", "2", "0", "40", "40")


@pytest.mark.parametrize("fields, text", [({"OrdType": "1"}, "type"), ({"TimeInForce": "3"}, "time in force"),
                                          ({"Account": "X"}, "account"), ({"OrderQty": "1.5"}, "whole")])
def test_what_a_replacement_may_not_change(fields, text):
    desk = Counter()
    desk.new("A", "a1")
    (reject,) = desk.replace("A", "a2", "a1", 100, "50.01", **fields)
    assert said(reject, 434, 102, 39) == ("9", "2", "2", "0") and text in reject.get(58).decode()


def test_status():
    desk = Counter()
    desk.new("A", "a1")
    desk.new("B", "b1", "2", 40)
    ask = {"Symbol": "AAPL", "Side": "1"}
    (report,) = desk.ask("A", "H", ClOrdID="a1", OrdStatusReqID="q1", **ask)
    assert said(report, 150, 39, 151, 14, 790, 32) == ("8", "I", "1", "60", "40", "q1", "")
    (unknown,) = desk.ask("A", "H", ClOrdID="zz", **ask)
    assert said(unknown, 150, 39, 103, 37) == ("8", "I", "8", "5", "NONE")


def test_mass_status():
    desk = Counter()
    for n in range(3):
        desk.new("A", f"a{n}")
    desk.replace("A", "a9", "a2", 200, "49.00")
    desk.cancel("A", "a8", "a0")
    reports = desk.ask("A", "AF", MassStatusReqID="m1", MassStatusReqType="7")
    assert [said(one, 11, 150, 584, 911, 912) for one in reports] == [
        ("8", "a1", "I", "m1", "2", "N"), ("8", "a9", "I", "m1", "2", "Y")]
    (none,) = desk.ask("A", "AF", MassStatusReqID="m2", MassStatusReqType="1", Symbol="MSFT")
    assert said(none, 39, 911, 912) == ("8", "8", "0", "Y")
    assert said(desk.ask("A", "AF", MassStatusReqID="m3", MassStatusReqType="8")[0], 380) == ("j", "0")


def test_mass_cancel():
    desk = Counter()
    for n in range(3):
        desk.new("A", f"a{n}")
    desk.new("A", "s1", "2", 10, "51")
    desk.new("B", "b1")
    mass = {"TransactTime": "20261120-14:30:00"}
    *done, report = desk.ask("A", "q", ClOrdID="m1", MassCancelRequestType="1", Symbol="AAPL", Side="1", **mass)
    assert [said(one, 150, 11) for one in done] == [("8", "4", f"a{n}") for n in range(3)]
    assert said(report, 530, 531, 533, 11) == ("r", "1", "1", "3", "m1")
    *done, report = desk.ask("A", "q", ClOrdID="m2", MassCancelRequestType="7", **mass)
    assert len(done) == 1 and said(report, 531, 533) == ("r", "7", "1") and len(desk.venue.engine) == 1
    for fields, reason in (({"MassCancelRequestType": "5"}, "0"),
                           ({"MassCancelRequestType": "1", "Symbol": "NONE"}, "1"),
                           ({"MassCancelRequestType": "7", "Side": "8"}, "99")):
        (refused,) = desk.ask("A", "q", ClOrdID="m3", **fields, **mass)
        assert said(refused, 531, 532, 533) == ("r", "0", reason, "0")


def test_what_is_not_taken():
    desk = Counter()
    (reject,) = desk.ask("A", "Q", OrderID="1", ExecID="1", DKReason="Z", Symbol="AAPL", Side="1", OrderQty="1")
    assert said(reject, 372, 380) == ("j", "Q", "3")


def test_pending_reports_come_first_where_they_are_wanted():
    desk = Counter(client("A", pending=True))
    assert [said(one, 150, 39, 11, 41) for one in desk.new("A", "a1")] == [("8", "A", "A", "a1", ""),
                                                                          ("8", "0", "0", "a1", "")]
    assert [said(one, 150, 39, 11, 41) for one in desk.replace("A", "a2", "a1", 50, "50")] == [
        ("8", "E", "E", "a2", "a1"), ("8", "5", "0", "a2", "a1")]
    assert [said(one, 150, 39, 11, 41) for one in desk.cancel("A", "a3", "a2")] == [
        ("8", "6", "6", "a3", "a2"), ("8", "4", "4", "a3", "a2")]


def test_self_match_prevention():
    desk = Counter(client("A", self_match=SelfMatch.CANCEL_OLDEST))
    desk.new("A", "a1", Account="X")
    ack, gone, *_ = desk.new("A", "a2", "2", Account="X")
    assert said(gone, 150, 11, 151) == ("8", "4", "a1", "0") and "own account" in gone.get(58).decode()


def test_bust_and_correct():
    desk = Counter()
    desk.new("A", "a1", quantity=300)
    _, fill = desk.new("B", "b1", "2", 100)
    match = int(fill.get(527))
    desk.sent.clear()
    desk.venue.apply(Correct(match, 60, 499_000), desk.now)
    (told,) = desk.to("B")
    assert said(told, 150, 39, 32, 31, 14, 151, 6, 19) == ("8", "G", "4", "60", "49.90", "60", "0", "49.90",
                                                           fill.get(17).decode())
    (other,) = desk.to("A")
    assert said(other, 150, 39, 14, 151) == ("8", "G", "1", "60", "200")
    desk.sent.clear()
    desk.venue.apply(Bust(int(told.get(527))), desk.now)
    (bust,) = desk.to("B")
    assert said(bust, 150, 39, 32, 14, 151, 6, 19) == ("8", "H", "4", "60", "0", "0", "0.00", told.get(17).decode())
    assert said(desk.to("A")[0], 150, 39, 14, 151) == ("8", "H", "0", "0", "200")
    (replaced,) = desk.replace("A", "a2", "a1", 250, "50")          # what was broken may be asked for again
    assert said(replaced, 150, 38, 151, 14) == ("8", "5", "250", "250", "0")


def test_a_bust_behind_the_cancel_leaves_it_canceled():
    desk = Counter()
    desk.new("A", "a1")
    _, fill = desk.new("B", "b1", "2", 40)
    desk.cancel("A", "a2", "a1")
    desk.sent.clear()
    desk.venue.apply(Bust(int(fill.get(527))), desk.now)
    assert said(desk.to("A")[0], 150, 39, 14) == ("8", "H", "4", "0")


def test_fix_42_says_the_same_in_its_own_way():
    desk = Counter(client("A", begin_string=b"FIX.4.2"), client("B", begin_string=b"FIX.4.2"))
    tags = (20, 150, 39, 32, 19)
    assert said(desk.new("A", "a1", quantity=100)[0], *tags) == ("8", "0", "0", "0", "", "")
    assert said(desk.replace("A", "a2", "a1", 150, "50.00")[0], *tags) == ("8", "0", "5", "5", "", "")
    *_, fill = desk.new("B", "b1", "2", 100)
    assert said(fill, *tags) == ("8", "0", "2", "2", "100", "")
    assert said(desk.to("A")[0], *tags) == ("8", "0", "1", "1", "100", "")
    assert said(desk.ask("A", "H", ClOrdID="a2", Symbol="AAPL", Side="1")[0], *tags) == ("8", "3", "1", "1", "", "")
    match = itch50.unpack(desk.venue.feed.messages[-1])["match"]
    desk.sent.clear()
    desk.venue.apply(Correct(match, 80, 500_000), desk.now)
    assert said(desk.to("B")[0], *tags) == ("8", "2", "4", "4", "80", fill.get(17).decode())
    assert said(desk.to("A")[0], 20, 150) == ("8", "2", "1")
    desk.sent.clear()
    desk.venue.apply(Bust(match + 1), desk.now)
    assert said(desk.to("A")[0], 20, 150, 39) == ("8", "1", "5", "5")
    assert said(desk.cancel("A", "a2", "a2")[0], 102) == ("9", "2")


def test_drop_copies():
    desk = Counter(client("A"), client("B", begin_string=b"FIX.4.2"), client("ALL", copies=frozenset()),
                   client("OLD", copies=frozenset({b"A"}), begin_string=b"FIX.4.2"))
    desk.new("A", "a1")
    (copy,), (old,) = desk.to("ALL"), desk.to("OLD")
    assert said(copy, 115, 797, 150, 11, 17) == ("8", "A", "Y", "0", "a1", desk.to("A")[0].get(17).decode())
    assert said(old, 115, 20, 150) == ("8", "A", "0", "0")
    desk.new("B", "b1", "2")
    assert [said(one, 115, 150) for one in desk.to("ALL")] == [("8", "B", "0"), ("8", "A", "F"), ("8", "B", "F")]
    assert [said(one, 115, 150) for one in desk.to("OLD")] == [("8", "A", "2")]
    desk.ask("A", "H", ClOrdID="a1", Symbol="AAPL", Side="1")
    assert not desk.to("ALL")
    # Each copy is one of its own session's version, whatever the order's is.
    desk.new("A", "a2", quantity=0)
    assert said(desk.to("OLD")[0], 150, 103) == ("8", "8", "3") and said(desk.to("ALL")[0], 103) == ("8", "13")
    desk.new("B", "b2", price="49.00")
    desk.replace("B", "b3", "b2", 50, "48.00")
    assert said(desk.to("B")[0], 39) == ("8", "5") and said(desk.to("ALL")[0], 150, 39) == ("8", "5", "0")
    assert said(desk.new("ALL", "x1")[0], 372, 380) == ("j", "D", "4")


def test_orders_of_one_who_is_gone():
    desk = Counter(client("A", cancel_on_disconnect=True), client("B"))
    desk.new("A", "a1")
    desk.new("B", "b1")
    desk.sent.clear()
    desk.desk.logged_out("A", desk.now)
    desk.desk.logged_out("B", desk.now)
    assert [said(one, 150, 11) for one in desk.to("A")] == [("8", "4", "a1")] and len(desk.venue.engine) == 1


def test_halts_crosses_and_the_end_of_the_day():
    desk = Counter(trading=False)
    (waits,) = desk.new("A", "a1", "1", 100, "50.00", TimeInForce="2")
    assert said(waits, 150) == ("8", "0")
    desk.new("B", "b1", "2", 60, "50.00")
    desk.sent.clear()
    desk.venue.apply(OpenCross(1), desk.now)
    fill, rest = desk.to("A")
    assert said(fill, 150, 151, 851) == ("8", "F", "40", "") and said(rest, 150, 39, 151) == ("8", "C", "C", "0")
    desk.new("A", "a2")
    desk.venue.apply(Halt(1), desk.now)
    assert said(desk.new("A", "a3", TimeInForce="3")[0], 39, 103) == ("8", "8", "2")
    desk.sent.clear()
    desk.venue.end(desk.now)
    assert said(desk.to("A")[0], 150, 39, 11, 151) == ("8", "C", "C", "a2", "0")
    assert said(desk.new("A", "a4")[0], 39, 103) == ("8", "8", "2")
