"""Templates: byte for byte what the encoder writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix.decimals import price_text
from host.fix.encode import EncodeError, encode
from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.template import OrderTemplate
from host.fix.timestamp import stamp
from host.fix.validate import check
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44

TEXT = st.binary(min_size=1, max_size=20).filter(lambda value: b"\x01" not in value)
SHORT = st.text("0123456789ABCXYZ-=% ", min_size=1, max_size=20).map(str.encode)
SIDE = st.sampled_from([b"1", b"2", b"5"])
HEADER = st.fixed_dictionaries({49: TEXT, 56: TEXT}, optional={50: TEXT, 57: TEXT, 115: TEXT, 128: TEXT})
BODY = st.fixed_dictionaries({55: SHORT, 40: st.just(b"2")}, optional={1: SHORT, 21: st.just(b"1"), 59: st.just(b"0"),
                                                                       58: st.binary(min_size=1, max_size=300).filter(
                                                                           lambda value: b"\x01" not in value),
                                                                       100: SHORT, 9001: SHORT})
CASES = {
    "header": HEADER, "body": BODY, "dictionary": st.sampled_from([FIX42, FIX44]), "digits": st.sampled_from([3, 6, 9]),
    "seq": st.integers(1, 10**9), "now": st.integers(0, 4 * 10**18), "own": TEXT, "side": SIDE,
    "quantity": st.integers(0, 10**9), "price": st.integers(-10**9, 2 * 10**9), "priced": st.booleans(),
    "named": st.booleans(), "transact_digits": st.sampled_from([None, 3, 6, 9])}


@given(code=st.sampled_from([b"D", b"F", b"G"]), orig=TEXT, name=TEXT, **CASES)
def test_orders_are_as_encoded(code, header, body, dictionary, digits, transact_digits, seq, now, own, side, quantity,
                               price, priced, orig, named, name):
    fixed = [*header.items(), *body.items()]
    template = OrderTemplate(dictionary.begin_string, code, fixed, dictionary, digits=digits, priced=priced,
                             named=named, transact_digits=transact_digits)
    for later in (0, 999_999, 10**9, -3 * 10**9):
        time = stamp(now + later, digits)
        changing = {34: b"%d" % seq, 52: time, 11: own, 54: side, 38: b"%d" % quantity,
                    60: stamp(now + later, transact_digits or digits)}
        changing |= {44: price_text(price)} if priced and code != b"F" else {}
        changing |= {41: orig} if code != b"D" else {}
        changing |= {37: name} if named and code != b"D" else {}
        whole = encode(dictionary.begin_string, Message(code, fixed + [*changing.items()]), dictionary)
        assert template.encode(seq, now + later, own, side, quantity, price, orig, name) == whole


FIXED = [(49, b"A"), (56, b"B"), (55, b"MSFT"), (40, b"2")]
ORDER = OrderTemplate(b"FIX.4.4", b"D", FIXED, FIX44)


def test_an_order_passes_the_validation():
    message, = Parser().feed(ORDER.encode(7, 1_792_000_000_000_000_000, b"c", b"1", 100, 1_852_500))
    assert check(message, FIX44) is None
    assert message.get(44) == b"185.25" and message.get(60) == b"20261014-17:46:40.000"


@pytest.mark.parametrize("own", [b"", b"a\x01b", b"a\x0158=injected"])
def test_an_identifier_that_cannot_go_on_the_wire_is_refused(own):
    with pytest.raises(EncodeError, match="ClOrdID .*not to be sent"):
        ORDER.encode(7, 0, own, b"1", 100, 1)
    cancel = OrderTemplate(b"FIX.4.4", b"F", FIXED, FIX44)
    with pytest.raises(EncodeError, match="OrigClOrdID .*not to be sent"):
        cancel.encode(7, 0, b"c", b"1", 100, orig_cl_ord_id=own)
    named = OrderTemplate(b"FIX.4.4", b"F", FIXED, FIX44, named=True)
    with pytest.raises(EncodeError, match="OrderID .*not to be sent"):
        named.encode(7, 0, b"c", b"1", 100, orig_cl_ord_id=b"o", order_id=own)
    assert b"11=a=\x01" in ORDER.encode(7, 0, b"a=", b"1", 100, 1)


def test_a_side_that_there_is_not_is_refused():
    with pytest.raises(EncodeError, match="Side '9[|]'"):
        ORDER.encode(7, 0, b"c", b"9\x01", 100, 1)


def test_what_changes_is_not_fixed_and_other_types_have_no_template():
    with pytest.raises(EncodeError, match="field 11: changes"):
        OrderTemplate(b"FIX.4.4", b"D", [*FIXED, (11, b"x")], FIX44)
    with pytest.raises(EncodeError, match="MsgType '8'"):
        OrderTemplate(b"FIX.4.4", b"8", FIXED, FIX44)
    with pytest.raises(EncodeError, match="field 11: .* in a fixed value too"):
        OrderTemplate(b"FIX.4.4", b"D", [*FIXED, (58, b"\x0011\x00")], FIX44)
