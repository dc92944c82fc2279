"""Orders by OUCH at the exchange's desk: what is answered to what."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange.commands import Bust, CloseCross, Correct, Halt, Resume, SelfMatch
from tests.sim.exchange.ouchdesk.counter import Counter, values
from tests.sim.exchange.trading import MIDNIGHT, engine_levels
from wire import ouch50
from wire.itch50 import Side


def test_an_order_is_accepted():
    desk = Counter()
    (told,) = desk.enter("A", 7, "T", 100, 501_000, options={"firm": "FRM"})
    assert told == {"type": "A", "timestamp": desk.now - MIDNIGHT, "user_ref": 7, "side": "T", "quantity": 100,
                    "symbol": "AAPL", "price": 501_000, "time_in_force": "0", "display": "Y",
                    "order_reference": 1, "capacity": "A", "iso": "N", "cross_type": "N", "order_state": "L",
                    "clordid": "C7", "appendage_length": 6, "options": {"firm": "FRM"}}
    assert desk.flushed == [desk.users[0]]


def test_a_trade_is_told_to_both_sides():
    desk = Counter()
    desk.enter("A", 1, quantity=300)
    _, fill = desk.enter("B", 1, "S", 100, ouch50.MARKET_PRICE, tif="3")
    assert values(fill, "user_ref", "quantity", "price", "liquidity") == ("E", 1, 100, 500_000, "R")
    passive = ouch50.unpack_outbound(desk.users[0].stream.messages[-1])
    assert values(passive, "user_ref", "quantity", "price", "liquidity", "match") == (
        "E", 1, 100, 500_000, "A", fill["match"])


@pytest.mark.parametrize("fields, reason", [
    ({"symbol": "NONE"}, "INVALID_SYMBOL"), ({"quantity": 0}, "INVALID_QUANTITY"), ({"price": 0}, "INVALID_PRICE"),
    ({"price": 500_001}, "INVALID_PRICE"), ({"price": 1 << 60}, "INVALID_PRICE"), ({"display": "N"}, "INVALID_DISPLAY"),
    ({"time_in_force": "E"}, "INVALID_CROSS_ORDER"), ({"cross_type": "H"}, "INVALID_CROSS_ORDER"),
    ({"options": {"min_quantity": 5}}, "INVALID_MIN_QUANTITY"), ({"options": {"max_floor": 5}}, "INVALID_MAX_FLOOR"),
    ({"options": {"price_type": "P"}}, "PEGGING_NOT_ALLOWED"),
])
def test_orders_are_rejected(fields, reason):
    desk = Counter()
    (told,) = desk.enter("A", 1, **fields)
    assert values(told, "user_ref", "reason", "clordid") == ("J", 1, ouch50.RejectReason[reason], "C1")
    assert not len(desk.venue.engine)


def test_numbers_must_rise_and_one_that_is_sent_again_does_nothing():
    desk = Counter()
    desk.enter("A", 5)
    assert desk.enter("A", 5) == desk.enter("A", 4) == [] and desk.users[0].dropped == 2
    assert len(desk.enter("B", 5)) == 1 and len(desk.venue.engine) == 2
    assert desk.replace("A", 5, 5, 50, 500_000) == []


def test_ioc_halts_and_post_only():
    desk = Counter()
    _, gone = desk.enter("A", 1, tif="3")
    assert values(gone, "quantity", "reason") == ("C", 100, "I")
    desk.enter("A", 2)
    (told,) = desk.enter("B", 1, "S", options={"post_only": "P"})
    assert values(told, "reason") == ("J", ouch50.RejectReason.CROSSED_MARKET)
    desk.venue.apply(Halt(1), desk.now)
    assert desk.enter("A", 3)[0]["reason"] == ouch50.RejectReason.HALTED


def test_replace():
    desk = Counter()
    desk.enter("A", 1)
    (told,) = desk.replace("A", 1, 2, 150, 499_000)
    assert values(told, "original_user_ref", "user_ref", "quantity", "price", "clordid", "symbol", "side") == (
        "U", 1, 2, 150, 499_000, "C2", "AAPL", "B")
    assert engine_levels(desk.venue.engine, 1, Side.BUY) == [(499_000, 150, 1)]


def test_a_replacement_of_an_order_that_is_over_has_no_answer_and_its_number_is_still_free():
    desk = Counter()
    desk.enter("A", 1)
    desk.replace("A", 1, 2, 150, 499_000)
    assert desk.replace("A", 1, 3, 150, 498_000) == []
    assert values(desk.enter("A", 3)[0], "user_ref") == ("A", 3)


@pytest.mark.parametrize("quantity, price", [(150, 498_001), (150, 0), (0, 498_000)])
def test_a_replacement_by_what_no_order_may_be_cancels_the_order(quantity, price):
    desk = Counter()
    desk.enter("A", 1)
    (gone,) = desk.replace("A", 1, 2, quantity, price)
    assert values(gone, "user_ref", "quantity", "reason") == ("C", 1, 100, "U") and not len(desk.venue.engine)
    assert values(desk.enter("A", 2)[0], "user_ref") == ("A", 2)


@pytest.mark.parametrize("more, reason", [
    ({"tif": "3"}, "REPLACE_NOT_ALLOWED"), ({"tif": "6"}, "INVALID_CROSS_ORDER"), ({"display": "N"}, "INVALID_DISPLAY"),
    ({"display": "A"}, "INVALID_DISPLAY"), ({"options": {"min_quantity": 5}}, "INVALID_MIN_QUANTITY")])
def test_a_replacement_that_would_change_more_is_rejected_and_the_order_stays(more, reason):
    desk = Counter()
    desk.enter("A", 1)
    (told,) = desk.replace("A", 1, 2, 150, 499_000, **more)
    assert values(told, "user_ref", "reason", "clordid") == ("J", 2, ouch50.RejectReason[reason], "C2")
    desk.venue.apply(Halt(1), desk.now)
    (told,) = desk.replace("A", 1, 3, 150, 499_000)
    assert values(told, "user_ref", "reason") == ("J", 3, ouch50.RejectReason.HALTED)
    assert engine_levels(desk.venue.engine, 1, Side.BUY) == [(500_000, 100, 1)]


def test_the_quantity_of_a_replacement_holds_what_was_executed():
    desk = Counter()
    desk.enter("A", 1)
    desk.enter("B", 1, "S", 40)
    (told,) = desk.replace("A", 1, 2, 70, 500_000)
    assert values(told, "quantity") == ("U", 30)


def test_cancel_and_reduce():
    desk = Counter()
    desk.enter("A", 1)
    desk.enter("B", 1, "S", 40)
    (less,) = desk.ask("A", "X", user_ref=1, quantity=50)
    assert values(less, "quantity", "reason") == ("C", 50, "U")
    assert desk.ask("A", "X", user_ref=1, quantity=50) == []
    (gone,) = desk.ask("A", "X", user_ref=1, quantity=0)
    assert values(gone, "user_ref", "quantity") == ("C", 1, 10)
    assert desk.ask("A", "X", user_ref=1, quantity=0) == desk.ask("A", "X", user_ref=9, quantity=0) == []


def test_modify():
    desk = Counter()
    desk.enter("A", 1, "S")
    told = desk.ask("A", "M", user_ref=1, side="T", quantity=60)
    assert values(told[0], "side", "quantity") == ("M", "T", 60) and values(told[1], "quantity") == ("C", 40)
    assert desk.ask("A", "M", user_ref=1, side="S", quantity=61) == []
    (no,) = desk.ask("A", "M", user_ref=1, side="B", quantity=60)
    assert values(no, "user_ref") == ("I", 1)


def test_self_match_bust_and_correct():
    desk = Counter(self_match=SelfMatch.CANCEL_NEWEST)
    desk.enter("A", 1, options={"firm": "F"})
    _, gone = desk.enter("A", 2, "S", options={"firm": "F"})
    assert values(gone, "user_ref", "reason") == ("C", 2, "Q")
    *_, fill = desk.enter("B", 1, "S", options={"firm": "G"})
    desk.news()
    desk.venue.apply(Correct(fill["match"], 90, 499_000), desk.now)
    told = desk.news()
    assert values(told["A"][0], "quantity", "price", "liquidity", "clordid") == ("F", 90, 499_000, "A", "C1")
    desk.venue.apply(Bust(told["B"][0]["match"]), desk.now)
    assert values(desk.news()["B"][0], "match", "reason") == ("B", told["B"][0]["match"], "S")


def test_an_execution_says_which_cross_it_was_of():
    desk = Counter()
    desk.enter("A", 1, cross_type="C")
    desk.enter("B", 1, "S", cross_type="C")
    for command in (CloseCross(1), Halt(1), Resume(1)):
        desk.venue.apply(command, desk.now)
    told = [desk.news()["A"][-1]]
    desk.enter("A", 2)
    desk.enter("B", 2, "S")
    desk.venue.apply(Resume(1), desk.now)
    told.append(desk.news()["A"][-1])
    assert [values(one, "user_ref", "quantity", "liquidity") for one in told] == [("E", 1, 100, "C"),
                                                                                ("E", 2, 100, "H")]


def test_the_day():
    desk = Counter(cancel_on_disconnect=True)
    desk.desk.begin(desk.now)
    assert values(desk.news()["A"][0], "event") == ("S", "S")
    desk.enter("A", 1)
    desk.enter("B", 1)
    desk.desk.logged_out("A", desk.now)
    assert values(desk.news()["A"][-1], "reason") == ("C", "U") and len(desk.venue.engine) == 1
    desk.venue.end(desk.now)
    desk.desk.end(desk.now)
    told = desk.news()
    assert [one["type"] for one in told["B"]][-2:] == ["C", "S"] and told["B"][-2]["reason"] == "E"
    assert all(user.stream.ended for user in desk.users)


@given(payload=st.one_of(st.binary(max_size=80),
                         st.binary(min_size=44, max_size=44).map(lambda data: b"O" + data + bytes(2))))
def test_any_payload(payload):
    COMMON.desk.take("A", payload, COMMON.now)
    for raw in COMMON.users[0].stream.messages:
        ouch50.unpack_outbound(raw)


@pytest.mark.parametrize("position, value", [(28, b"\xff"), (30, b"x"), (27, b"z")])
def test_values_that_ouch_does_not_have_are_refused(position, value):
    desk = Counter()
    raw = bytearray(ouch50.pack_inbound("O", user_ref=1, side="B", quantity=1, symbol="AAPL", price=500_000,
                                        time_in_force="0", clordid="C1"))
    raw[position:position + 1] = value
    desk.desk.take("A", bytes(raw), desk.now)
    (told,) = desk.news()["A"]
    assert values(told, "user_ref", "reason") == ("J", 1, ouch50.RejectReason.OTHER)
    raw[35:36] = b"\xe9"
    desk.desk.take("A", bytes(raw), desk.now)
    assert desk.users[0].dropped == 1 and desk.news()["A"] == []
    raw[35:36] = b" "
    desk.desk.take("A", bytes(raw), desk.now)
    assert desk.users[0].dropped == 2 and desk.news()["A"] == []


COMMON = Counter()


@pytest.mark.parametrize("seed", range(3))
def test_what_users_are_told_adds_up_to_the_book(seed):
    """Whoever follows his own messages alone knows his open orders; all of them together are the book."""
    rng, desk = random.Random(seed), Counter()
    last = {"A": 0, "B": 0}
    for _ in range(400):
        name = rng.choice("AB")
        last[name] += 1
        kind, number = rng.random(), rng.randint(1, last[name])
        price = 500_000 + 100 * rng.randint(-5, 5)
        if kind < 0.6:
            desk.enter(name, last[name], rng.choice("BS"), rng.randint(1, 300), price, tif=rng.choice("003"))
        elif kind < 0.8:
            desk.replace(name, number, last[name], rng.randint(1, 300), price)
        else:
            desk.ask(name, "X", user_ref=number, quantity=rng.choice((0, 20, 100)))
    found = {}
    for user in desk.users:
        orders = {}
        for message in map(ouch50.unpack_outbound, user.stream.messages):
            if message["type"] in "AU":
                orders.pop(message.get("original_user_ref"), None)
                orders[message["user_ref"]] = [message["side"], message["price"], message["quantity"]]
            elif message["type"] in "EC":
                orders[message["user_ref"]][2] -= message["quantity"]
        for side, price, quantity in orders.values():
            if quantity:
                level = found.setdefault((side, price), [0, 0])
                level[0] += quantity
                level[1] += 1
    for side, code in ((Side.BUY, "B"), (Side.SELL, "S")):
        told = {(code, price): [shares, orders]
                for price, shares, orders in engine_levels(desk.venue.engine, 1, side)}
        assert told == {key: level for key, level in found.items() if key[0] == code}
