"""Whatever whole messages a counterparty makes up, the session answers or leaves; it never raises."""

from random import Random

import pytest

from host.fix.states import State
from tests.host.fix.line import Line, clock, frame, order_fields
from wire.fix.types import ADMIN

TYPES = [*sorted(ADMIN), b"D", b"8", b"j", b"V", b"ZZ", b"", b"U1", b"\xff"]
TAGS = [1, 7, 11, 16, 36, 34, 35, 43, 45, 49, 52, 56, 58, 90, 91, 95, 96, 97, 98, 108, 112, 115, 116, 122, 123, 128,
        129, 141, 144, 145, 354, 355, 369, 371, 372, 373, 380, 453, 448, 447, 452, 553, 789, 5000, 9999, 0]
VALUES = [b"", b"0", b"1", b"2", b"3", b"9", b"-1", b"Y", b"N", b"x", b"999999999", b"9" * 17, b"9" * 30, b"\xff\x00",
          b"US", b"THEM", b"20260302-14:30:00", b"99999999-99:99:99", b" ", b"%", b"="]


def message(random, line):
    """Return a message that has a right frame, and little else that is sure to be right."""
    def maybe(right):
        return right if random.random() < 0.97 else random.choice(VALUES)

    seq = line.store.next_in + random.choice([0] * 8 + [-1, 1, 5])
    fields = [(35, random.choice(TYPES)), (34, maybe(b"%d" % seq)), (49, maybe(b"THEM")),
              (52, maybe(clock(line.now))), (56, maybe(b"US"))]
    if random.random() < 0.2:
        fields += [(43, b"Y"), (122, maybe(clock(line.now)))]
    fields += random.choice([[], [], [(98, b"0"), (108, b"30")], order_fields(1), [(7, b"1"), (16, b"0")],
                             [(123, b"Y"), (36, b"%d" % (seq + 1))]])
    fields += [(random.choice(TAGS), random.choice(VALUES)) for _ in range(random.choice([0, 0, 1, 3]))]
    return frame(*fields, begin=line.begin)


@pytest.mark.parametrize("validated", [True, False])
def test_a_session_never_raises_whatever_it_is_told(validated):
    """Items 27, 28 and 38."""
    for seed in range(40):
        random = Random(seed)
        more = {} if validated else {"checks": None}
        line = Line(initiator=seed % 2 == 0, begin=random.choice([b"FIX.4.2", b"FIX.4.4"]), queue=10,
                    next_expected=False, last_processed=seed % 3 == 0, **more)
        for _ in range(60):
            if line.session.state in (State.DISCONNECTED, State.DROPPED):
                line.disconnect()
                line.connect()
                line.seq = line.store.next_in
                line.logon(*[(141, b"Y")] if random.random() < 0.1 else [])
            try:
                line.give(message(random, line), *[message(random, line)] if random.random() < 0.3 else [])
            except Exception:
                print(f"seed {seed}")
                raise
            line.send()
            line.wait(random.choice([0, 0, 1, 31, 200]))
