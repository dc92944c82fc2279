"""Templates: byte for byte what the encoder writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix.decimals import price_text
from host.fix.encode import EncodeError, encode
from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.template import CancelTemplate, OrderTemplate, ReplaceTemplate, Template
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
    "quantity": st.integers(0, 10**9), "price": st.integers(-10**9, 2 * 10**9), "priced": st.booleans()}


def expected(code, dictionary, header, body, changing):
    fields = [*header.items(), *body.items(), *changing.items()]
    return encode(dictionary.begin_string, Message(code, fields), dictionary)


@given(**CASES)
def test_a_new_order_is_what_the_encoder_writes(header, body, dictionary, digits, seq, now, own, side, quantity, price,
                                                priced):
    template = OrderTemplate(dictionary.begin_string, [*header.items()], [*body.items()], dictionary, digits=digits,
                             priced=priced)
    time = stamp(now, digits)
    changing = {34: b"%d" % seq, 52: time, 11: own, 54: side, 38: b"%d" % quantity, 60: time}
    changing |= {44: price_text(price)} if priced else {}
    whole = expected(b"D", dictionary, header, body, changing)
    assert template.encode(seq, now, own, side, quantity, price) == whole
    assert template.encode(seq, now, own, side, quantity, price) == whole


@given(orig=TEXT, **CASES)
def test_cancel_and_replace_are_what_the_encoder_writes(header, body, dictionary, digits, seq, now, own, side, quantity,
                                                        price, priced, orig):
    begin, given_fields = dictionary.begin_string, ([*header.items()], [*body.items()], dictionary)
    time = stamp(now, digits)
    changing = {34: b"%d" % seq, 52: time, 11: own, 41: orig, 54: side, 38: b"%d" % quantity, 60: time}
    cancel = CancelTemplate(begin, *given_fields, digits=digits)
    assert cancel.encode(seq, now, own, orig, side, quantity) == expected(b"F", dictionary, header, body, changing)
    replace = ReplaceTemplate(begin, *given_fields, digits=digits, priced=priced)
    changing |= {44: price_text(price)} if priced else {}
    whole = expected(b"G", dictionary, header, body, changing)
    assert replace.encode(seq, now, own, orig, side, quantity, price) == whole


ORDER = OrderTemplate(b"FIX.4.4", [(49, b"A"), (56, b"B")], [(55, b"MSFT"), (40, b"2")], FIX44)


def test_an_order_passes_the_validation():
    message, = Parser().feed(ORDER.encode(7, 1_792_000_000_000_000_000, b"c", b"1", 100, 1_852_500))
    assert check(message, FIX44) is None
    assert message.get(44) == b"185.25" and message.get(60) == b"20261014-17:46:40.000"


@pytest.mark.parametrize("own", [b"", b"a\x01b", b"a\x0158=injected"])
def test_a_value_that_cannot_go_on_the_wire_is_refused(own):
    with pytest.raises(EncodeError, match="no value, or SOH in it"):
        ORDER.encode(7, 0, own, b"1", 100, 1)
    assert b"11=a=\x01" in ORDER.encode(7, 0, b"a=", b"1", 100, 1)


def test_changing_fields_are_named_in_the_order_of_the_wire():
    with pytest.raises(EncodeError, match=r"on the wire they are \[34, 11\]"):
        Template(b"FIX.4.4", b"D", [(49, b"A")], (11, 34), FIX44)


def test_a_fixed_value_that_looks_like_a_place_is_refused():
    with pytest.raises(EncodeError, match="field 11"):
        Template(b"FIX.4.4", b"D", [(49, b"\x0011\x00")], (11,), FIX44)
