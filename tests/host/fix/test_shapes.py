"""Shapes: a message is the same whether its shape is known or not, and there are never too many of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix import shapes
from host.fix.parser import Garbled, Parser

VALUE = st.binary(max_size=6).filter(lambda value: b"\x01" not in value)
FIELDS = st.lists(st.tuples(st.integers(1, 99_999), VALUE), max_size=20)


def framed(fields, code=b"8"):
    body = b"35=%b\x01" % code + b"".join(b"%d=%b\x01" % pair for pair in fields)
    whole = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return whole + b"10=%03d\x01" % (sum(whole) % 256)


def known(parser):
    return sum(map(len, parser._shapes.known.values()))


@given(FIELDS, st.lists(VALUE, min_size=20, max_size=20), st.sampled_from([b"0", b"D", b""]))
def test_the_same_tags_again(fields, others, code):
    parser = Parser()
    again = [(tag, value) for (tag, _), value in zip(fields, others, strict=False)]
    for given_fields in (fields, again, fields, again):
        raw = framed(given_fields, code)
        found, fresh = parser.feed(raw), Parser().feed(raw)
        assert found == fresh and [item.raw for item in found] == [item.raw for item in fresh]


def test_a_shape_is_known_at_the_second_time():
    parser = Parser()
    raw = framed([(34, b"1"), (49, b"A")])
    counts = []
    for _ in range(3):
        assert len(parser.feed(raw)) == 1
        counts.append(known(parser))
    assert counts == [0, 1, 1]


@pytest.mark.parametrize("old, new", [(b"34=1", b"34 1"), (b"34=1", b"43=1"), (b"\x0149=A\x01", b"\x0149=A"),
                                      (b"=A", b"=A\x01"), (b"34=1", b"34="), (b"34=1", b"34=1\x0110=5"),
                                      (b"35=8", b"35=8\x0135=9")])
def test_one_that_is_almost_of_a_known_shape(old, new):
    parser = Parser()
    raw = framed([(34, b"1"), (49, b"A"), (58, b"x")])
    for _ in range(3):
        parser.feed(raw)
    head, _, body = raw.partition(b"35=")
    changed = (b"35=" + body).replace(old, new)[:-7]
    whole = b"8=FIX.4.4\x019=%d\x01%b" % (len(changed), changed)
    whole += b"10=%03d\x01" % (sum(whole) % 256)
    assert parser.feed(whole + raw) == Parser().feed(whole + raw)


def test_what_has_a_length_field_has_no_shape():
    parser = Parser()
    for data in (b"ab\x01", b"a", b"\x0110=1"):
        for _ in range(3):
            found, = parser.feed(framed([(95, b"%d" % len(data)), (96, data)]))
            assert found.fields[1] == (96, data)
    assert known(parser) == 0


def test_nobody_can_fill_the_memory_with_shapes(monkeypatch):
    monkeypatch.setattr(shapes, "_MOST", 5)
    monkeypatch.setattr(shapes, "_ONCE", 10)
    parser = Parser()
    for number in range(11, 50):
        for _ in range(2):
            found, = parser.feed(framed([(number, b"x")]))
            assert not isinstance(found, Garbled)
    assert known(parser) == 5 and len(parser._shapes._once) <= 10
    for number in range(11, 50):
        parser = Parser()
        parser.feed(framed([(number, b"x")] * 300) * 3)
        assert known(parser) == 0
