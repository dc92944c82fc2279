"""ExecutionReports: what the decoder takes and gives is what the parser does, whether it knows the shape or not."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix.encode import encode
from host.fix.message import Message
from host.fix.parser import Garbled, Parser
from host.fix.report import _TAGS, ExecutionReport, ReportDecoder, ReportError
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag

FIELDS = [(34, b"1234"), (49, b"EXCHANGE"), (52, b"20261121-14:30:00.123"), (56, b"TICKGATE"), (6, b"185.25"),
          (11, b"C0000001234"), (14, b"100"), (17, b"E0000012345"), (31, b"185.25"), (32, b"100"), (37, b"O000009876"),
          (38, b"300"), (39, b"1"), (40, b"2"), (44, b"185.30"), (54, b"1"), (55, b"AAPL"), (150, b"F"), (151, b"200")]
VALUE = st.binary(max_size=8).filter(lambda value: b"\x01" not in value)
TAG = st.sampled_from([*_TAGS, 453, 448, 447, 9001, 49, 56, 12345])


def framed(fields, code=b"8", begin=b"FIX.4.4"):
    body = b"35=%b\x01" % code + b"".join(b"%d=%b\x01" % pair for pair in fields)
    whole = b"8=%b\x019=%d\x01%b" % (begin, len(body), body)
    return whole + b"10=%03d\x01" % (sum(whole) % 256)


def by_parser(raw):
    """Return the report by the parser, None if that takes no single ExecutionReport."""
    found = Parser().feed(raw)
    if len(found) != 1 or isinstance(found[0], Garbled) or found[0].msg_type != b"8":
        return None
    return ExecutionReport.of(found[0])


def by_decoder(decoder, raw):
    try:
        return decoder.decode(raw)
    except ReportError:
        return None


def test_the_fields_are_named_as_in_the_specification():
    names = ["".join(word.capitalize() for word in name.split("_")) for name in ExecutionReport._fields]
    assert [Tag[name.replace("Id", "ID")] for name in names] == list(_TAGS)


def test_a_report():
    decoder = ReportDecoder()
    raw = encode(b"FIX.4.4", Message(b"8", FIELDS), FIX44)
    for _ in range(3):
        report = decoder.decode(raw)
        assert (report.cl_ord_id, report.order_id, report.exec_id) == (b"C0000001234", b"O000009876", b"E0000012345")
        assert (report.exec_type, report.ord_status, report.last_qty, report.last_px) == (b"F", b"1", b"100", b"185.25")
        assert (report.cum_qty, report.leaves_qty, report.text, report.orig_cl_ord_id) == (b"100", b"200", None, None)


@given(st.lists(st.tuples(TAG, VALUE), max_size=25), st.lists(VALUE, min_size=25, max_size=25),
       st.sampled_from([b"FIX.4.2", b"FIX.4.4"]))
def test_any_fields_in_any_order_and_again_with_other_values(fields, others, begin):
    decoder = ReportDecoder()
    again = [(tag, value) for (tag, _), value in zip(fields, others, strict=False)]
    for raw in (framed(fields, begin=begin), framed(again, begin=begin), framed(fields, begin=begin)):
        assert decoder.decode(raw) == by_parser(raw)


@pytest.mark.parametrize("known", [True, False], ids=["of a known shape", "of an unknown shape"])
def test_every_change_of_one_byte_is_taken_or_refused_as_the_parser_does(known):
    raw = encode(b"FIX.4.2", Message(b"8", FIELDS), FIX42)
    decoder = ReportDecoder()
    taken = 0
    for at in range(len(raw)):
        for byte in b"\x01=0189A":
            bad = raw[:at] + bytes((byte,)) + raw[at + 1:]
            bad = bad[:-7] + b"10=%03d\x01" % (sum(bad[:-7]) % 256) if (at + byte) % 2 else bad
            if not known:
                decoder = ReportDecoder()
            decoder.decode(raw)
            expected = by_parser(bad)
            assert by_decoder(decoder, bad) == expected, bad
            taken += expected is not None
    assert taken > 100


def test_cut_off_run_together_and_other_messages_are_refused():
    decoder = ReportDecoder()
    raw = framed(FIELDS)
    decoder.decode(raw)
    for bad in (raw[:-1], raw[1:], raw + raw, b"", b"x" + raw, raw + b"x", raw[:50], b"8=FIX.4.4\x01" * 5):
        with pytest.raises(ReportError):
            decoder.decode(bad)
    with pytest.raises(ReportError, match="MsgType b'9', not an ExecutionReport"):
        decoder.decode(framed(FIELDS, b"9"))
    with pytest.raises(ReportError, match="CheckSum"):
        decoder.decode(raw[:-4] + b"999\x01")


def test_a_report_over_the_limit_is_refused_also_if_its_shape_is_known():
    small, great = framed([(58, b"x")]), framed([(58, b"x" * 500)])
    decoder = ReportDecoder(limit=200)
    assert decoder.decode(small).text == b"x"
    with pytest.raises(ReportError, match="limit of 200"):
        decoder.decode(great)


def test_data_fields_go_by_their_lengths():
    decoder = ReportDecoder()
    for data in (b"ab\x0111=", b"\x0110=123\x01", b"plain"):
        report = decoder.decode(framed([(11, b"own"), (354, b"%d" % len(data)), (355, data), (37, b"theirs")]))
        assert (report.cl_ord_id, report.order_id) == (b"own", b"theirs")


def test_more_shapes_than_are_learnt():
    rng = random.Random(20261121)
    decoder = ReportDecoder()
    reports = [framed(rng.sample(FIELDS, rng.randrange(len(FIELDS)))) for _ in range(300)]
    for raw in reports + reports:
        assert decoder.decode(raw) == by_parser(raw)
    assert sum(map(len, decoder._shapes.values())) == 64


def test_a_report_of_a_message():
    message = Message(b"8", [(58, b"first"), (58, b"second"), (11, b"own")])
    assert ExecutionReport.of(message).text == b"first" and ExecutionReport.of(message).cl_ord_id == b"own"
