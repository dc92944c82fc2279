"""Requests about all orders of a firm, and about an account: mass cancel, order entry disabled and enabled, query."""

import pytest

from sim.exchange.commands import Halt
from tests.sim.exchange.ouchdesk.counter import Counter, values
from wire import ouch50
from wire.ouch50 import RejectReason

F, G = {"firm": "F"}, {"firm": "G"}


def cancelled(told):
    """Return the numbers of orders that were cancelled, behind an answer."""
    assert all(values(one, "reason") == ("C", "U") for one in told[1:])
    return [one["user_ref"] for one in told[1:]]


def filled(firm=""):
    """Return a desk where A has orders 1 to 6, of two firms, and B one."""
    desk = Counter(firm=firm)
    for number, (side, symbol, options) in enumerate((("B", "AAPL", F), ("S", "MSFT", F), ("B", "MSFT", G),
                                                      ("T", "AAPL", F | {"group": 7}), ("B", "AAPL", {"group": 7}),
                                                      ("S", "AAPL", F | {"group": 8})), 1):
        price = 480_000 if side == "B" else 520_000
        assert desk.enter("A", number, side, symbol=symbol, price=price, options=options)[0]["type"] == "A"
    desk.enter("B", 1, price=480_000, options=F)
    return desk


@pytest.mark.parametrize("fields, numbers", [
    ({"firm": "F", "symbol": ""}, [1, 2, 4, 6]), ({"firm": "G", "symbol": ""}, [3]),
    ({"firm": "F", "symbol": "AAPL"}, [1, 4, 6]), ({"firm": "", "symbol": ""}, [5]), ({"firm": "X", "symbol": ""}, []),
    ({"firm": "F", "symbol": "", "options": {"side": "S"}}, [2, 4, 6]),
    ({"firm": "F", "symbol": "AAPL", "options": {"group": 7}}, [4]),
    ({"firm": "F", "symbol": "", "options": {"group": 7, "side": "B"}}, []),
    ({"firm": "", "symbol": "", "options": {"group": 7}}, [5]),
])
def test_a_mass_cancel_is_answered_and_then_cancels(fields, numbers):
    desk = filled()
    told = desk.ask("A", "C", user_ref=10, **fields)
    assert values(told[0], "user_ref", "firm", "symbol") == ("X", 10, fields["firm"], fields["symbol"])
    assert told[0]["options"] == fields.get("options", {})
    assert cancelled(told) == numbers and len(desk.venue.engine) == 7 - len(numbers)


def test_a_blank_firm_is_the_users_own():
    desk = filled(firm="F")
    assert cancelled(desk.ask("A", "C", user_ref=10, firm="", symbol="")) == [1, 2, 4, 5, 6]


def test_a_mass_cancel_goes_in_a_halt_and_an_order_that_is_over_is_not_cancelled_again():
    desk = filled()
    desk.ask("A", "X", user_ref=1, quantity=0)
    desk.venue.apply(Halt(1), desk.now)
    assert cancelled(desk.ask("A", "C", user_ref=10, firm="F", symbol="AAPL")) == [4, 6]


def test_numbers_of_requests_about_firms_must_rise():
    desk = filled()
    for letter, fields in (("C", {"firm": "F", "symbol": ""}), ("D", {"firm": "F"}), ("E", {"firm": "F"})):
        assert desk.ask("A", letter, user_ref=6, **fields) == []
    assert desk.users[0].dropped == 3 and len(desk.venue.engine) == 7


@pytest.mark.parametrize("fields, reason", [({"symbol": "NONE"}, "INVALID_SYMBOL"),
                                            ({"symbol": "", "options": {"side": "Z"}}, "INVALID_SIDE")])
def test_a_mass_cancel_that_cannot_be(fields, reason):
    desk = filled()
    (told,) = desk.ask("A", "C", user_ref=10, firm="F", **fields)
    assert values(told, "user_ref", "reason", "clordid") == ("J", 10, RejectReason[reason], "")
    assert desk.ask("A", "Q")[0]["next_user_ref"] == 11


def test_order_entry_is_disabled_and_enabled_for_a_firm():
    desk = filled()
    (told,) = desk.ask("A", "D", user_ref=10, firm="F")
    assert values(told, "user_ref", "firm") == ("G", 10, "F")
    (told,) = desk.enter("A", 11, options=F)
    assert values(told, "user_ref", "reason") == ("J", 11, RejectReason.FIRM_NOT_AUTHORISED)
    (told,) = desk.replace("A", 1, 12, 50, 480_000)
    assert values(told, "user_ref", "reason") == ("J", 12, RejectReason.FIRM_NOT_AUTHORISED)
    assert values(desk.enter("A", 13, price=480_000, options=G)[0], "user_ref") == ("A", 13)
    assert values(desk.enter("B", 2, price=480_000, options=F)[0], "user_ref") == ("A", 2)
    assert values(desk.ask("A", "X", user_ref=1, quantity=0)[0], "user_ref") == ("C", 1)
    assert values(desk.ask("A", "E", user_ref=14, firm="F")[0], "user_ref", "firm") == ("K", 14, "F")
    assert values(desk.enter("A", 15, price=480_000, options=F)[0], "user_ref") == ("A", 15)


def test_which_number_is_next():
    desk = Counter()
    assert values(desk.ask("A", "Q")[0], "next_user_ref") == ("Q", 1)
    desk.enter("A", 7)
    desk.enter("A", 9, price=1)
    assert desk.ask("A", "Q")[0]["next_user_ref"] == 10 and desk.ask("B", "Q")[0]["next_user_ref"] == 1


def test_another_series_of_numbers_is_dropped():
    desk = Counter()
    assert desk.enter("A", 1, options={"user_ref_index": 1}) == desk.ask("A", "Q", options={"user_ref_index": 2}) == []
    assert desk.users[0].dropped == 2 and desk.enter("A", 1, options={"user_ref_index": 0})[0]["type"] == "A"
    raw = ouch50.pack_inbound("X", user_ref=1, quantity=0)
    desk.desk.take("A", raw + b"\0\3\2\x1c\1", desk.now)
    assert len(desk.venue.engine) == 1
    desk.desk.take("A", raw + b"\0\3\2\x1c\0", desk.now)
    assert not len(desk.venue.engine)


def test_a_replacement_may_name_another_group():
    desk = filled()
    desk.replace("A", 4, 10, 90, 520_000, options={"group": 9})
    desk.replace("A", 6, 11, 90, 520_000)
    assert cancelled(desk.ask("A", "C", user_ref=12, firm="F", symbol="", options={"group": 9})) == [10]
    assert cancelled(desk.ask("A", "C", user_ref=13, firm="F", symbol="", options={"group": 8})) == [11]
