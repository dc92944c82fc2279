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


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 513, 100_000])
def test_the_checksum_is_the_sum_of_all_bytes(size):
    for data in (b"\xff" * size, bytes(range(256)) * (size // 256) + bytes(range(size % 256))):
        assert checksum(data) == sum(data) % 256


def test_a_wrong_checksum_leaves_out_that_message_only():
    """Item 24."""
    right = int(ONE[-4:-1])
    bad = ONE[:-4] + b"%03d\x01" % ((right + 1) % 256)
    first, second = feed(bad + TWO)
    assert first == Garbled(f"CheckSum {(right + 1) % 256:03}, not {right:03}", bad) and second.raw == TWO
