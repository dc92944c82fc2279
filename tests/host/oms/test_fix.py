"""FIX messages of orders, both ways and in both versions; every message is one that the dictionary allows."""

import pytest

from host.fix.message import Message
from host.fix.timestamp import stamp
from host.fix.validate import check
from host.oms.fix import FixError, FixOrders, Names
from host.oms.inputs import CancelRejected, ExecKind, Execution, IntentKind, Refused, TimeInForce
from host.oms.outputs import DKReason, DontKnow, ToVenue, VenueKind
from host.oms.states import State
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag
from wire.risk import OrderType, Side

NAMES = Names((b"MAIN", b"OTHER"), (b"AAPL", b"MSFT"))
VERSIONS = {b"FIX.4.2": FIX42, b"FIX.4.4": FIX44}
NOW = 1_792_000_000_123_456_789
REPORT = {Tag.OrderID: b"O1", Tag.ClOrdID: b"C1", Tag.ExecID: b"E1", Tag.ExecType: b"0", Tag.OrdStatus: b"0",
          Tag.Symbol: b"MSFT", Tag.Side: b"2", Tag.LeavesQty: b"100", Tag.CumQty: b"0", Tag.AvgPx: b"0"}


def orders(version=b"FIX.4.4"):
    return FixOrders(names=NAMES, begin_string=version)


def read(version=b"FIX.4.4", msg_type=b"8", base=REPORT, **fields):
    values = {**base, **{Tag[name]: value for name, value in fields.items()}}
    if version == b"FIX.4.2" and msg_type == b"8":
        values.setdefault(Tag.ExecTransType, b"0")
    message = Message(msg_type, [(tag, value) for tag, value in values.items() if value is not None])
    return orders(version).input(message, day=3, time=NOW)


def request(kind, **changes):
    values = dict(kind=kind, request=5, cl_ord_id=b"C2", orig_cl_ord_id=b"", order_id=b"", account=0, symbol=1,
                  side=Side.BUY, type=OrderType.LIMIT, time_in_force=TimeInForce.DAY, shares=300, price=100_0500)
    return ToVenue(**values | changes)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("asked, msg_type", [
    (request(VenueKind.NEW), b"D"), (request(VenueKind.NEW, type=OrderType.MARKET, price=0), b"D"),
    (request(VenueKind.NEW, side=Side.SELL_SHORT), b"D"),
    (request(VenueKind.REPLACE, orig_cl_ord_id=b"C1", order_id=b"O1"), b"G"),
    (request(VenueKind.CANCEL, orig_cl_ord_id=b"C1"), b"F"), (request(VenueKind.STATUS), b"H"),
    (DontKnow(DKReason.WRONG_SIDE, b"O1", b"E1", 0, Side.BUY, 100, 10, 1_0000), b"Q")])
def test_every_message_is_one_that_the_dictionary_allows(version, asked, msg_type):
    message = orders(version).message(asked, NOW)
    header = [(34, b"1"), (49, b"X"), (56, b"Y"), (52, stamp(NOW))]
    assert message.msg_type == msg_type
    assert check(Message(msg_type, header + message.fields), VERSIONS[version]) is None


def test_a_new_order_says_what_it_is():
    fields = dict(orders().message(request(VenueKind.NEW, side=Side.SELL_SHORT), NOW).fields)
    assert {fields[tag] for tag in (Tag.ClOrdID, Tag.Account, Tag.Symbol, Tag.Side, Tag.OrderQty, Tag.Price)} == {
        b"C2", b"MAIN", b"MSFT", b"5", b"300", b"100.05"}
    assert fields[Tag.TransactTime] == stamp(NOW) and fields[Tag.LocateReqd] == b"N"


def test_a_replace_and_a_cancel_name_the_last_accepted_order():
    for kind in VenueKind.REPLACE, VenueKind.CANCEL:
        message = orders().message(request(kind, orig_cl_ord_id=b"C1", order_id=b"O1"), NOW)
        assert [message.get(tag) for tag in (Tag.ClOrdID, Tag.OrigClOrdID, Tag.OrderID)] == [b"C2", b"C1", b"O1"]


def test_the_status_of_all_is_asked_for_in_4_4_alone():
    message = orders().message(request(VenueKind.MASS_STATUS), NOW)
    assert message.msg_type == b"AF" and message.get(Tag.MassStatusReqID) == b"C2"
    with pytest.raises(FixError, match="4.2"):
        orders(b"FIX.4.2").message(request(VenueKind.MASS_STATUS), NOW)


def test_an_execution_is_read_field_by_field():
    got = read(ExecType=b"F", OrdStatus=b"1", OrigClOrdID=b"C0", LastQty=b"40", LastPx=b"10.5", CumQty=b"40",
               LeavesQty=b"60", AvgPx=b"10.50005", OrderQty=b"100", Price=b"10.6", OrdType=b"2", TimeInForce=b"1",
               Account=b"OTHER", TransactTime=stamp(NOW, 3), Text=b"hello", PossDupFlag=b"Y", Commission=b"0.3",
               CommType=b"3")
    assert got == Execution(
        session=1, day=3, kind=ExecKind.TRADE, status=State.PARTIALLY_FILLED, cl_ord_id=b"C1", orig_cl_ord_id=b"C0",
        order_id=b"O1", exec_id=b"E1", exec_ref_id=b"", account=1, symbol=1, side=Side.SELL, type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, shares=100, price=10_6000, last_shares=40, last_price=10_5000, cum_shares=40,
        leaves=60, average=10_5001, fee=3000, reason=0, mass_id=b"", mass_total=0, mass_last=False, text="hello",
        possible_duplicate=True, venue_time=NOW // 1_000_000 * 1_000_000, time=NOW)


@pytest.mark.parametrize("version, fields, kind", [
    (b"FIX.4.4", {"ExecType": b"F", "LastQty": b"1"}, ExecKind.TRADE),
    (b"FIX.4.4", {"ExecType": b"H"}, ExecKind.BUST), (b"FIX.4.4", {"ExecType": b"G"}, ExecKind.CORRECT),
    (b"FIX.4.4", {"ExecType": b"I", "LastQty": b"5"}, ExecKind.STATUS),
    (b"FIX.4.2", {"ExecType": b"1", "LastQty": b"1"}, ExecKind.TRADE),
    (b"FIX.4.2", {"ExecType": b"2", "LastQty": b"1"}, ExecKind.TRADE),
    (b"FIX.4.2", {"ExecType": b"6", "LastQty": b"1"}, ExecKind.TRADE),
    (b"FIX.4.2", {"ExecType": b"1", "ExecTransType": b"1", "LastQty": b"1"}, ExecKind.BUST),
    (b"FIX.4.2", {"ExecType": b"1", "ExecTransType": b"2", "LastQty": b"1"}, ExecKind.CORRECT),
    (b"FIX.4.2", {"ExecType": b"0", "ExecTransType": b"3", "LastQty": b"1"}, ExecKind.STATUS),
    (b"FIX.4.2", {"ExecType": b"4", "LastQty": b"0"}, ExecKind.CANCELLED),
    (b"FIX.4.4", {"ExecType": b"D", "ExecRestatementReason": b"5"}, ExecKind.RESTATED),
    (b"FIX.4.4", {"ExecType": b"E"}, ExecKind.PENDING_REPLACE)])
def test_what_an_execution_is_about_in_each_version(version, fields, kind):
    assert read(version, **fields).kind is kind


def test_every_exec_type_and_order_status_of_the_dictionaries_is_read_but_bidding():
    for version, dictionary in VERSIONS.items():
        for code in dictionary.fields[Tag.ExecType].values:
            read(version, ExecType=code)
        for code in dictionary.fields[Tag.OrdStatus].values:
            if code == b"D":
                with pytest.raises(FixError, match="OrdStatus"):
                    read(version, OrdStatus=code)
            else:
                read(version, OrdStatus=code)


def test_names_that_are_none_of_ours_have_no_index():
    got = read(Account=b"THEIRS", Symbol=b"IBM")
    assert (got.account, got.symbol) == (-1, -1) and read().account == 0


@pytest.mark.parametrize("fields, name", [
    ({"ExecID": None}, "ExecID"), ({"Symbol": b""}, "Symbol"), ({"Side": b"Z"}, "Side"), ({"CumQty": b"1.5"}, "CumQty"),
    ({"LeavesQty": b"-1"}, "LeavesQty"), ({"LastPx": b"1.00001"}, "LastPx"), ({"ExecType": b"?"}, "ExecType"),
    ({"TransactTime": b"noon"}, "TransactTime"), ({"CumQty": None}, "CumQty"),
    ({"OrdRejReason": b"x"}, "OrdRejReason")])
def test_what_cannot_be_read_is_named(fields, name):
    with pytest.raises(FixError, match=name):
        read(**fields)


def test_rejects_are_read():
    got = read(msg_type=b"9", base={}, ClOrdID=b"C2", OrigClOrdID=b"C1", OrderID=b"O1", OrdStatus=b"2",
               CxlRejResponseTo=b"2", CxlRejReason=b"0", Text=b"late")
    assert got == CancelRejected(1, b"C2", b"C1", b"O1", State.FILLED, IntentKind.REPLACE, 0, "late", NOW)
    got = read(msg_type=b"j", base={}, RefSeqNum=b"7", BusinessRejectRefID=b"C2", BusinessRejectReason=b"5", Text=b"no")
    assert got == Refused(1, b"C2", 7, 5, "no", NOW)
    got = read(msg_type=b"3", base={}, RefSeqNum=b"7", SessionRejectReason=b"1")
    assert got == Refused(1, b"", 7, 1, "", NOW)


def test_messages_that_are_not_about_orders_are_left():
    assert read(msg_type=b"B", base={}) is None
