"""The parser on anything: it ends, raises nothing, keeps no more than its limit, and loses no byte and no message.

Inputs are random bytes, pieces of FIX in any order, and mutations of valid messages; each is fed whole, byte by byte
or in random pieces. Seeds and counts are printed; a failing input is named by its seed and number.
"""

import random
import re
import time

import pytest

from host.fix.encode import encode
from host.fix.message import Message
from host.fix.parser import Garbled, Parser
from host.fix.validate import Fault, check
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.types import DATA_OF

LIMIT = 500
SEED = 20261121
SHORT, SOAK = 6_000, 10_000_000
#: Valid, and put behind every input: it must be found, unless the input's end claims its bytes.
MARKER = encode(b"FIX.4.4", Message(b"1", [(34, b"77"), (49, b"MARK"), (112, b"found")]), FIX44)

PIECES = [b"8=", b"8=FIX.4.4\x01", b"8=FIX.4.2\x01", b"9=", b"9=5\x01", b"9=61\x01", b"9=500\x01", b"9=99999999\x01",
          b"35=", b"35=D\x01", b"35=0\x01", b"10=", b"10=000\x01", b"10=128\x01", b"\x01", b"=", b"\x0110=", b"95=",
          b"95=5\x01", b"96=", b"96=a\x01b=c\x01", b"34=1\x01", b"49=A\x01", b"x", b"\xff", b"0", b"=\x01",
          b"58=8=FIX.4.4\x01", b"8=FIX.4.4\x019=61\x0135=0\x01", b"8=FIX.4.4\x019=999999\x0135=0\x01"]
HEAD = re.compile(rb"8=[^\x01=]{1,16}\x019=(\d{1,9})\x0135=")


def boundaries(text, at, data):
    """Yield where fields begin in ``text``, data fields by their lengths, as far as it goes."""
    length, claimed = None, 0
    while at < len(text):
        yield at
        tag, equal, value = text[at:].partition(b"\x01")[0].partition(b"=")
        size = len(tag) + len(equal) + len(value)
        if length is not None and tag == b"%d" % data[length]:
            size = len(tag) + 1 + claimed
        length = next((number for number in data if tag == b"%d" % number), None)
        if length is not None and value.isdigit() and len(value) < 10:
            claimed = int(value)
        else:
            length = None
        at += size
        if text[at:at + 1] != b"\x01":
            return
        at += 1


def model(text):
    """Return the messages in ``text`` by the parser's rules, as plainly as they can be written."""
    taken = []
    at = 0
    while at < len(text):
        head = HEAD.match(text, at)
        if head is None:
            at += 1
            continue
        begin, last = head.end() - 3, head.end() - 3 + int(head[1])
        if last + 7 - at > LIMIT:
            at += 1
            continue
        starts = list(boundaries(text[:last + 7], begin, DATA_OF))
        early = [start for start in starts
                 if start < last and text.startswith((b"10=", b"9=", b"8="), start)]
        if early and b"\x0110=" in text[begin - 1:last + 7] and text.index(b"\x0110=", begin - 1) < last - 1:
            at += 1
            continue
        if last + 7 > len(text):
            return taken
        if text[last - 1] != 1 or not re.fullmatch(rb"10=\d{3}\x01", text[last:last + 7]):
            at += 1
            continue
        whole = text[at:last + 7]
        fields = [text[start:end - 1] for start, end in zip(starts, starts[1:], strict=False) if start < last]
        sound = last in starts and all(re.match(rb"(0|[1-9]\d{0,8})=", field) for field in fields)
        if sound and sum(whole[:-7]) % 256 == int(whole[-4:-1]):
            taken.append(whole)
        at = last + 7
    return taken


def some_messages(rng, count):
    """Return valid messages of many kinds, some with groups and data fields."""
    made = []
    for _ in range(count):
        dictionary = rng.choice((FIX42, FIX44))
        fields = [(34, b"%d" % rng.randrange(1, 10**rng.randrange(1, 8))), (49, b"A"), (56, b"B"),
                  (52, b"20261121-14:30:00.000")]
        fields += [(tag, bytes(rng.choices(range(32, 127), k=rng.randrange(1, 12)))) for tag in rng.sample(
            (11, 37, 38, 44, 54, 55, 58, 60, 150, 39), rng.randrange(10))]
        if rng.random() < 0.4:
            length = rng.choice([tag for tag in DATA_OF if tag < 500])
            data = b"".join(rng.choices(PIECES, k=rng.randrange(1, 5)))
            fields += [(length, b"%d" % len(data)), (DATA_OF[length], data)]
        if rng.random() < 0.3 and dictionary is FIX44:
            fields += [(453, b"2"), (448, b"x"), (452, b"1"), (448, b"y")]
        made.append(encode(dictionary.begin_string, Message(rng.choice((b"D", b"8", b"0", b"j")), fields), dictionary))
    return made


def mutate(rng, text):
    """Return ``text`` with one small change."""
    at, end = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    match rng.randrange(7):
        case 0:
            return text[:at] + bytes((rng.randrange(256),)) + text[at + 1:]
        case 1:
            return text[:at] + text[at + 1:]
        case 2:
            return text[:at] + rng.choice(PIECES) + text[at:]
        case 3:
            return text[:at]
        case 4:
            return text[:at] + text[end:]
        case 5:
            return text[:end] + text[at:]
        case _:
            return text[:at] + bytes((rng.choice(b"0123456789\x01=8"),)) + text[at + 1:]


def refit(text):
    """Return ``text`` with the BodyLength and CheckSum that its body should have, so that the fields are looked at."""
    head, mark, body = text.partition(b"\x0135=")
    body = b"35=" + body[:max(body.rfind(b"10="), 0)]
    text = b"%b\x019=%d\x01%b" % (head[:head.find(b"\x019=")], len(body), body)
    return text + b"10=%03d\x01" % (sum(text) % 256)


def an_input(rng, valid):
    """Return one input."""
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.3:
        return b"".join(rng.choices(PIECES, k=rng.randrange(1, 20)))
    text = rng.choice(valid)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        text = mutate(rng, text)
    if kind < 0.6:
        text = refit(text)
    if kind > 0.8 or kind < 0.4:
        text += rng.choice(valid)
    return text


def pieces(rng, text):
    """Cut ``text``: whole, byte by byte, or anywhere."""
    way = rng.randrange(8)
    if way == 0:
        return [text[at:at + 1] for at in range(len(text))]
    cuts = sorted(rng.randrange(len(text) + 1) for _ in range(way - 4)) if way > 4 else []
    return [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def parse(cuts, shapes=None):
    """Return all that came out of the parser, which must keep its promises. shapes: those that it knows."""
    parser = Parser(LIMIT)
    if shapes is not None:
        parser._shapes = shapes
    found = []
    for piece in cuts:
        found += parser.feed(piece)
        assert len(parser._held) <= LIMIT
    text = b"".join(cuts)
    assert b"".join([item.raw for item in found]) + parser.pending == text
    return parser, found


def messages(found):
    return [item.raw for item in found if not isinstance(item, Garbled)]


def one(cuts, number, shapes):
    """Try one input; return how many messages were in it."""
    parser, found = parse(cuts, shapes if number % 4 else None)
    taken = messages(found)
    if number % 8 == 0:
        assert model(b"".join(cuts)) == taken
    for item in found:
        if not isinstance(item, Garbled):
            assert item.raw[-7:] == b"10=%03d\x01" % (sum(item.raw[:-7]) & 255)
            if number % 16 == 0:
                fault = check(item, FIX44)
                assert fault is None or isinstance(fault, Fault)
    # What the input has begun may claim so many bytes at the most; behind them every message is found.
    for _ in range(LIMIT // len(MARKER) + 2):
        if messages(parser.feed(MARKER))[-1:] == [MARKER]:
            return len(taken)
    raise AssertionError("a valid message is not found")


def run(inputs, seed, progress=0):
    """Try so many inputs, and tell how far it is after every ``progress`` of them."""
    rng = random.Random(seed)
    valid = some_messages(rng, 200)
    shapes = parse(valid)[0]._shapes
    assert messages(parse(valid, shapes)[1]) == valid
    assert messages(parse(valid, shapes)[1]) == valid and shapes.known
    taken = 0
    begin = time.monotonic()
    for number in range(1, inputs + 1):
        cuts = pieces(rng, an_input(rng, valid))
        try:
            taken += one(cuts, number, shapes)
        except Exception as error:
            raise AssertionError(f"seed {seed}, input {number}: {cuts}: {error!r}") from error
        if progress and number % progress == 0:
            print(f"seed {seed}: {number:,} inputs, {taken:,} messages, {time.monotonic() - begin:.0f} s", flush=True)
    print(f"seed {seed}: {inputs:,} inputs, {taken:,} messages in them")
    assert taken > inputs // 10


def test_anything_at_all():
    run(SHORT, SEED)


def test_valid_messages_cut_at_every_byte():
    rng = random.Random(SEED)
    for text in some_messages(rng, 40):
        for cut in range(len(text) + 1):
            assert messages(parse([text[:cut], text[cut:] + MARKER])[1]) == [text, MARKER]


@pytest.mark.parametrize("attack", [
    b"8=A\x019=%d\x0135=0\x01" % (LIMIT - 60), b"8=", b"8=FIX.4.4\x01", b"95=99999999\x0196=", b"10=000\x01",
    b"\x0110=", b"8=A\x019=5\x0135=0\x0195=9\x0196=\x0110=", b"8" * 50])
def test_the_work_grows_with_the_bytes_not_with_their_square(attack):
    """As many bytes again cost as much again: counted in searches for an early end, not by a clock."""
    counts = []
    for times in (50, 200):
        parser, searches = Parser(65_536), 0
        inner = parser._ends_early

        def counted(*given, inner=inner):
            nonlocal searches
            searches += 1
            return inner(*given)

        parser._ends_early = counted
        for _ in range(times):
            parser.feed(attack)
        counts.append(searches)
    assert counts[1] <= 4 * counts[0] + 8


class Watched(bytes):
    """Counts the bytes that are searched and copied."""

    seen = 0

    def find(self, what, *bounds):
        found = super().find(what, *bounds)
        begin, end = (*bounds, len(self))[:2]
        self.seen += max((end if found < 0 else found) - begin, 0) + 1
        return found

    def __getitem__(self, key):
        got = super().__getitem__(key)
        self.seen += len(got) if isinstance(key, slice) else 1
        return got


@pytest.mark.parametrize("attack, end", [
    (b"8=A\x019=60000\x0135=0\x01", b"\x0110=000\x01"), (b"8=A\x019=60000\x0135=0\x01", b""),
    (b"8=A\x019=60000\x0135=0\x0110=000\x01", b""), (b"8=A\x019=60000\x0135=0\x0195=30\x0196=", b"\x0110=000\x01"),
    (b"8=A\x019=300\x0135=0\x01", b"\x0110=000\x01"), (b"8=A\x019=%d\x0135=0\x01", b"10=000\x01")])
def test_heads_of_what_is_no_message_are_looked_through_once(attack, end):
    """However many heads there seem to be in a buffer, and wherever they say that they end."""
    size = 120_000
    if b"%d" in attack:
        # All of them say that they end in the same place, which has a CheckSum field.
        one = len(attack) - 2 + 5
        data = b"".join(attack % (60_000 - at - len(b"8=A\x019=00000\x01")) for at in range(0, 48_000, one))
        data += b"x" * (59_999 - len(data)) + b"\x01" + end
    else:
        data = attack * (size // len(attack)) + end
    watched = Watched(data)
    Parser(65_536).feed(watched)
    assert watched.seen < 20 * len(data)


@pytest.mark.soak
def test_ten_million_inputs():
    seed = time.time_ns() % 2**32
    run(SOAK, seed, progress=100_000)
