"""The parser: items 24 to 28 and 46 of the session's checklist."""

import pytest

from host.fix.checksum import checksum
from host.fix.parser import Garbled, Parser

SOH = "\x01"


def framed(body, begin="FIX.4.4", length=None, sum_=None):
    """Return the message of ``body`` with | for SOH, with another length or checksum if given."""
    body = body.replace("|", SOH)
    text = f"8={begin}{SOH}9={len(body) if length is None else length}{SOH}{body}"
    return f"{text}10={sum(text.encode('latin-1')) % 256 if sum_ is None else sum_:03}{SOH}".encode("latin-1")


ONE = framed("35=0|34=7|49=A|56=B|")
TWO = framed("35=1|34=8|49=A|56=B|112=x|")


def messages(found):
    return [item.raw for item in found if not isinstance(item, Garbled)]


def feed(*pieces, **options):
    """Return all that comes out, and see that every byte came out once or is held."""
    parser = Parser(**options)
    found = [item for piece in pieces for item in parser.feed(piece)]
    assert b"".join(item.raw for item in found) + parser.pending == b"".join(pieces)
    return found


def test_a_message_has_its_fields_in_order_and_what_frames_them_apart():
    message, = feed(framed("35=D|34=7|43=Y|58=a=b|448=x|448=y|10000=z|"))
    assert message.msg_type == b"D" and message.begin_string == b"FIX.4.4"
    assert message.fields == [(34, b"7"), (43, b"Y"), (58, b"a=b"), (448, b"x"), (448, b"y"), (10000, b"z")]
    assert message.get(448) == b"x" and message.get(99) is None


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 513, 515, 516, 517, 100_000])
def test_the_checksum_is_the_sum_of_all_bytes(size):
    for data in (b"\xff" * size, b"\x7f" * size, bytes(range(256)) * (size // 256) + bytes(range(size % 256))):
        assert checksum(data) == sum(data) % 256


def test_a_wrong_checksum_leaves_out_that_message_only():
    """Item 24."""
    right = int(ONE[-4:-1])
    bad = ONE[:-4] + b"%03d\x01" % ((right + 1) % 256)
    first, second = feed(bad + TWO)
    assert first == Garbled(f"CheckSum {(right + 1) % 256:03}, not {right:03}", bad) and second.raw == TWO


@pytest.mark.parametrize("trailer", [b"10=12\x01", b"10=1234\x01", b"10=abc\x01", b"10=-12\x01", b"10=\x01",
                                     b"11=123\x01"])
def test_a_checksum_that_is_not_three_digits(trailer):
    """Items 24 and 28."""
    assert messages(feed(ONE[:-7] + trailer + TWO + ONE)) == [TWO, ONE]


@pytest.mark.parametrize("off", [-21, -20, -7, -3, -2, -1, 1, 2, 3, 6, 7, 8, 25, len(TWO), 5000])
def test_a_wrong_body_length_does_not_swallow_the_next_message(off):
    """Item 25: short, long, as long as the next message too, or longer than all that comes."""
    bad = framed("35=0|34=7|49=A|56=B|", length=20 + off)
    assert messages(feed(bad + TWO + ONE)) == [TWO, ONE]
    for cut in range(1, len(bad + TWO)):
        assert messages(feed((bad + TWO)[:cut], (bad + TWO)[cut:] + ONE)) == [TWO, ONE], cut


def test_a_body_length_up_to_the_end_of_the_next_message_with_a_checksum_that_fits():
    """Item 25: even then the next message is found, for a CheckSum field ends a message."""
    following = ONE[:-7].decode().replace(SOH, "|")
    for number in range(256):
        text = "".join(chr(40 + min(max(number - 85 * place, 0), 85)) for place in range(3))
        both = framed(f"35=0|34=6|58={text}|10=000|{following}")
        if both.endswith(ONE):
            break
    assert both.endswith(ONE) and messages(feed(both + TWO)) == [ONE, TWO]


def test_a_body_length_that_is_too_great_holds_up_nothing():
    """Item 25: the message is known to be garbled as soon as its CheckSum field has come."""
    parser = Parser()
    bad = framed("35=0|34=7|49=A|56=B|", length=9999)
    assert parser.feed(bad[:-4]) != [] or parser.feed(bad[-4:]) != []
    assert [message.raw for message in parser.feed(TWO) if not isinstance(message, Garbled)] == [TWO]


def test_a_body_length_that_is_too_great_holds_up_nothing_after_a_long_message_in_pieces():
    """Item 25: what was searched of one message says nothing of the next."""
    parser = Parser()
    long = framed(f"35=0|34=6|58={'x' * 500}|")
    assert parser.feed(long[:400]) == [] and messages(parser.feed(long[400:])) == [long]
    found = parser.feed(framed("35=0|34=7|", length=5000))
    assert [type(item) for item in found] == [Garbled]


def test_the_search_goes_on_at_the_next_head():
    """Item 25: what comes before is left out, whatever it is."""
    for rubbish in (b"x", b"8", b"8=", b"8=FIX.4.4\x01", b"8=FIX.4.4\x019=", b"8=FIX.4.4\x019=5\x01", b"\x01\x01",
                    b"=" * 50, b"10=123\x01", b"58=FIX\x01", bytes(range(256)), b"8=8=8=8=", b"8=FIX.4.48=",
                    ONE[5:], TWO[:-1], TWO[:30]):
        assert messages(feed(rubbish + ONE + TWO)) == [ONE, TWO], rubbish
        assert messages(feed(rubbish, ONE, TWO)) == [ONE, TWO], rubbish


@pytest.mark.parametrize("text", [
    "9=20|8=FIX.4.4|35=0|34=7|49=A|56=B|10={}|", "8=FIX.4.4|35=0|9=15|34=7|49=A|56=B|10={}|",
    "8=FIX.4.4|9=20|34=7|35=0|49=A|56=B|10={}|", "35=0|8=FIX.4.4|9=15|34=7|49=A|56=B|10={}|"])
def test_first_three_fields_out_of_order_are_ignored(text):
    """Item 26."""
    text = text.replace("|", SOH).encode()
    raw = text.replace(b"{}", b"%03d" % (sum(text[:text.index(b"10=")]) % 256))
    assert messages(feed(raw + ONE)) == [ONE] and messages(feed(raw, ONE)) == [ONE]


@pytest.mark.parametrize("field", ["58", "=", "=x", "x=1", "-1=x", "+34=1", " 34=1", "034=1", "3_4=1", "3.4=1", "||",
                                   "00=1", "9999999999=x", "²=1"])
def test_a_field_that_is_not_tag_equals_value_garbles_its_message_only(field):
    """Item 27: the whole message is left out, and what follows it is taken."""
    bad = framed(f"35=0|34=7|{field}|56=B|")
    found, = feed(bad)
    assert isinstance(found, Garbled) and "tag=value" in found.reason and found.raw == bad
    assert messages(feed(bad + ONE)) == [ONE]


def test_an_empty_value_and_tag_zero_are_for_the_validation():
    """Item 27: they are fields all the same."""
    message, = feed(framed("35=0|34=|0=x|100000000=y|58=|"))
    assert message.fields == [(34, b""), (0, b"x"), (100_000_000, b"y"), (58, b"")]


@pytest.mark.parametrize("length", ["", "abc", "-5", "+20", " 20", "2O", "20 ", "0x14", "1e1", "99999999999999999999"])
def test_a_body_length_that_is_no_number_is_garbled(length):
    """Item 28."""
    bad = ONE.replace(b"9=20", b"9=" + length.encode())
    assert messages(feed(bad + TWO)) == [TWO]


@pytest.mark.parametrize("body, number", [("35=0|49=A|", None), ("35=0|34=abc|49=A|", b"abc"), ("35=0|34=-1|", b"-1")])
def test_a_message_with_a_bad_sequence_number_or_none_is_a_message(body, number):
    """Item 28: the session decides."""
    message, = feed(framed(body))
    assert message.get(34) == number


def test_a_huge_body_length_is_garbled_at_once_and_nothing_is_kept():
    """Item 28."""
    parser = Parser(limit=1000)
    found = parser.feed(b"8=FIX.4.4\x019=999999999\x0135=0\x0134=1\x01" + b"x" * 5000)
    assert isinstance(found[0], Garbled) and "1000" in found[0].reason and not parser.pending
    assert messages(parser.feed(ONE)) == [ONE]


def test_never_more_than_the_limit_is_kept():
    """Item 28."""
    for limit in (100, 5000):
        for start in (b"", b"8=", b"8=FIX.4.4\x019=%d\x0135=0\x01" % (limit - 40), b"8=" + b"x" * 100):
            parser = Parser(limit=limit)
            parser.feed(start)
            for _ in range(200):
                parser.feed(b"y" * 99)
                assert len(parser.pending) <= limit


def test_a_message_of_just_the_limit_is_taken():
    long = framed(f"35=0|34=1|58={'x' * 1000}|")
    assert messages(feed(long, limit=len(long))) == [long]
    assert messages(feed(long + ONE, limit=len(long) - 1)) == [ONE]


def test_a_data_field_may_contain_anything():
    """SOH, "10=", and a whole message: it goes by its length."""
    for data in ("a|b", "|10=123|", "|||", ONE.decode(), "8=FIX.4.4|9=5|35=0|10=000|", "=", "x=y|", "\xff\0"):
        for length, tag in ((95, 96), (354, 355), (348, 349), (90, 91), (93, 89), (212, 213), (350, 351)):
            raw = framed(f"35=B|34=7|{length}={len(data)}|{tag}={data}|58=z|")
            value = data.replace("|", SOH).encode("latin-1")
            message, = feed(raw)
            assert message.fields == [(34, b"7"), (length, b"%d" % len(data)), (tag, value), (58, b"z")]
            for cut in range(1, len(raw)):
                assert messages(feed(raw[:cut], raw[cut:] + ONE)) == [raw, ONE], cut


@pytest.mark.parametrize("size", ["2", "4", "999", "99999999"])
def test_a_data_field_of_another_length_garbles_its_message_only(size):
    bad = framed(f"35=B|34=7|95={size}|96=a|b|")
    assert messages(feed(bad + ONE)) == [ONE]


@pytest.mark.parametrize("text", ["95=x|96=a|", "95=|96=a|", "95=3|58=a|", "96=a|95=1|", f"95={'9' * 5000}|96=a|"])
def test_a_length_that_is_none_or_stands_elsewhere_is_a_field_like_others(text):
    message, = feed(framed(f"35=B|34=7|{text}"))
    assert len(message.fields) == 3


def test_data_fields_of_a_venue():
    raw = framed("35=U1|34=7|9000=3|9001=a|b|")
    assert isinstance(feed(raw)[0], Garbled)
    message, = feed(raw, data={9000: 9001})
    assert message.fields[-1] == (9001, b"a\x01b")


def test_a_message_may_be_cut_anywhere_and_many_may_come_at_once():
    """Item 46."""
    stream = (ONE + TWO + framed("35=B|34=7|95=5|96=|10=1|")) * 20
    whole = messages(feed(stream))
    assert len(whole) == 60 and b"".join(whole) == stream
    for size in (1, 2, 3, 7, 20, len(ONE), 64, 1000):
        pieces = [stream[at:at + size] for at in range(0, len(stream), size)]
        assert messages(feed(*pieces)) == whole


def test_every_cut_into_three():
    """Item 46."""
    stream = ONE + TWO
    for first in range(len(stream)):
        for second in range(first, len(stream)):
            assert messages(feed(stream[:first], stream[first:second], stream[second:])) == [ONE, TWO]


def test_an_empty_read_changes_nothing():
    parser = Parser()
    assert parser.feed(b"") == [] and parser.feed(ONE[:9]) == [] and parser.feed(b"") == []
    assert parser.pending == ONE[:9] and messages(parser.feed(ONE[9:])) == [ONE]
