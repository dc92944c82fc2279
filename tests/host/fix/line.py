"""A session on a line, and the one at the other end: messages that are put together and read without the codec."""

from dataclasses import dataclass, field

from host.fix.message import Message
from host.fix.outputs import Deliver, Drop, Notice, Transmit
from host.fix.session import Session
from host.fix.settings import Settings
from host.fix.store import MemoryStore
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44

SECOND = 1_000_000_000
#: 2026-03-02 14:30:00 UTC.
START = 1_772_461_800 * SECOND
SOH = b"\x01"
DICTIONARIES = {b"FIX.4.2": FIX42, b"FIX.4.4": FIX44}
DAY = b"20260302-"


def clock(now):
    """Return ``now`` as a UTCTimestamp of that day, in milliseconds."""
    past = (now - START) // 1_000_000 + (14 * 3600 + 30 * 60) * 1000
    return DAY + b"%02d:%02d:%02d.%03d" % (past // 3_600_000, past // 60_000 % 60, past // 1000 % 60, past % 1000)


def frame(*fields, begin=b"FIX.4.4"):
    """Return the message of ``fields``, with 8, 9 and 10."""
    body = b"".join(b"%d=%b\x01" % pair for pair in fields)
    head = b"8=%b\x019=%d\x01" % (begin, len(body)) + body
    return head + b"10=%03d\x01" % (sum(head) % 256)


def read(raw):
    """Return the fields of ``raw``, the first of each tag."""
    found = {}
    for part in raw.split(SOH)[:-1]:
        tag, _, value = part.partition(b"=")
        found.setdefault(int(tag), value)
    return found


def order(number=1):
    """Return a NewOrderSingle, as an application would send it: ClOrdID C<number>."""
    return Message(b"D", order_fields(number))


def order_fields(number):
    return [(11, b"C%d" % number), (21, b"1"), (38, b"100"), (40, b"2"), (44, b"10.5"), (54, b"1"), (55, b"AAPL"),
            (59, b"0"), (60, clock(START))]


@dataclass
class Outcome:
    """What an input led to, sorted: fields of what was transmitted, what was delivered, why it was dropped."""

    outputs: list
    sent: list = field(init=False)
    delivered: list = field(init=False)
    drops: list = field(init=False)
    notices: list = field(init=False)

    def __post_init__(self):
        self.sent = [read(each.raw) for each in self.outputs if isinstance(each, Transmit)]
        self.delivered = [each for each in self.outputs if isinstance(each, Deliver)]
        self.drops = [each for each in self.outputs if isinstance(each, Drop)]
        self.notices = [each.kind for each in self.outputs if isinstance(each, Notice)]

    @property
    def types(self):
        """Message types of what was transmitted, in order."""
        return b"".join(each[35] for each in self.sent).decode()

    @property
    def orders(self):
        """ClOrdIDs of what was delivered."""
        return [each.message.get(11) for each in self.delivered]

    @property
    def only(self):
        """The one message that was transmitted."""
        assert len(self.sent) == 1, self.sent
        return self.sent[0]


class Line:
    """A session, US, and a counterparty, THEM, whose messages the test makes up. ``seq``: number of its next."""

    def __init__(self, *, initiator=False, begin=b"FIX.4.4", store=None, **settings):
        self.begin = begin
        self.store = MemoryStore() if store is None else store
        self.settings = Settings(begin_string=begin, sender=b"US", target=b"THEM", initiator=initiator,
                                 dictionary=DICTIONARIES[begin], **settings)
        self.session = Session(self.settings, self.store)
        self.now = START
        self.seq = 1

    def restart(self):
        """Lose the process, and all of it but the store."""
        self.session = Session(self.settings, self.store)

    def make(self, kind, *fields, seq=None, begin=None, sender=b"THEM", target=b"US", at=None, header=()):
        """Return a message of the counterparty. seq: taken from the count if not given. at: its SendingTime."""
        if seq is None:
            seq, self.seq = self.seq, self.seq + 1
        return frame((35, kind), (34, b"%d" % seq if isinstance(seq, int) else seq), (49, sender),
                     (52, clock(self.now if at is None else at)), (56, target), *header, *fields,
                     begin=begin or self.begin)

    def again(self, kind, *fields, seq, original=START, **more):
        """Return a possible duplicate."""
        return self.make(kind, *fields, seq=seq, header=((43, b"Y"), (122, clock(original))), **more)

    def order(self, seq=None):
        """Return an order of the counterparty's, whose ClOrdID has its number: C<seq>."""
        number = self.seq if seq is None else seq
        return self.make(b"D", *order_fields(number), seq=seq)

    def order_again(self, seq):
        """Return the same order as a possible duplicate."""
        return self.again(b"D", *order_fields(seq), seq=seq)

    def gap_fill(self, seq, new):
        """Return a gap fill from ``seq`` to ``new``."""
        return self.again(b"4", (123, b"Y"), (36, b"%d" % new), seq=seq)

    def give(self, *raws):
        """Have the session receive ``raws``, at once; the application takes what is delivered."""
        outcome = Outcome(self.session.receive(b"".join(raws), self.now))
        for each in outcome.delivered:
            self.session.took(each)
        return outcome

    def say(self, kind, *fields, **more):
        """Have the session receive a message that ``make`` makes."""
        return self.give(self.make(kind, *fields, **more))

    def connect(self):
        return Outcome(self.session.connect(self.now))

    def disconnect(self):
        return Outcome(self.session.disconnected(self.now))

    def send(self, number=1):
        return Outcome(self.session.send(order(number), self.now))

    def wait(self, seconds):
        """Let ``seconds`` pass, and the session know."""
        self.now += int(seconds * SECOND)
        return Outcome(self.session.tick(self.now))

    def logon(self, *fields, heartbeat=30, **more):
        """Say Logon."""
        return self.say(b"A", (98, b"0"), (108, b"%d" % heartbeat), *fields, **more)

    def up(self, *fields, **more):
        """Connect and log on; return what came of it. The counterparty's next number is 2 if all was new."""
        first = self.connect()
        second = self.logon(*fields, **more)
        return Outcome(first.outputs + second.outputs)
