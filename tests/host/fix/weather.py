"""Two sessions, joined by a line that fails in every way a line can, run by processes that die at any point."""

from random import Random

from host.fix.outputs import Deliver, Drop, Transmit
from host.fix.session import Session
from host.fix.settings import Settings
from host.fix.states import State
from host.fix.store import MemoryStore
from tests.host.fix.line import DICTIONARIES, SECOND, START, order, read

__all__ = ["Weather"]

ADMIN = b"0 1 2 4 5 A".split()


class Death(Exception):
    """The process dies here."""


class MortalStore(MemoryStore):
    """A store that outlives its process, which may die at any write to it: before, or behind. It sees to it that no
    number is used for two messages."""

    def __init__(self):
        super().__init__()
        self.writes_to_live = None
        #: Of each time between two resets: what was stored with each number, and what the other saw of it.
        self.eras = [({}, {})]

    def _maybe_die(self):
        if self.writes_to_live is not None:
            self.writes_to_live -= 1
            if self.writes_to_live < 0:
                self.writes_to_live = None
                raise Death

    def sent(self, seq, raw):
        self._maybe_die()
        assert seq not in self.history, f"number {seq} is used again"
        super().sent(seq, raw)
        self.history[seq] = raw
        self._maybe_die()

    def taken(self, next_in):
        self._maybe_die()
        super().taken(next_in)
        self._maybe_die()

    def reset(self, now, *, owed=False):
        self._maybe_die()
        super().reset(now, owed=owed)
        self.eras.append(({}, {}))
        # What is kept follows in the same group: it is written with the reset or not at all.
        self.writes_to_live = None

    def granted(self):
        self._maybe_die()
        super().granted()
        self._maybe_die()

    @property
    def history(self):
        return self.eras[-1][0]


class Side:
    """One process: a session, its store, its application, its clock."""

    def __init__(self, name, settings):
        self.name, self.settings = name, settings
        self.store = MortalStore()
        self.session = Session(settings, self.store)
        self.offset = 0
        #: What its application gave to the session, and what it took from it.
        self.given, self.taken = [], []
        #: What it was told that the other's session rejected.
        self.told = set()
        #: Bytes on their way to the other.
        self.wire = b""
        self.transmitted = 0


class Weather:
    """A run. Everything follows from ``seed``. corrupt: bytes change on the way. resets: numbers are reset by both
    sides, at any time; a human resets both when they contradict each other."""

    def __init__(self, seed, *, corrupt=False, resets=False):
        self.random = random = Random(seed)
        self.corrupt, self.resets = corrupt, resets
        begin = random.choice([b"FIX.4.2", b"FIX.4.4"])
        expected = begin == b"FIX.4.4" and random.random() < 0.4
        #: Orders whose number this divides are not to be sent late.
        self.stale = random.choice([0, 0, 3, 5])
        self.sides = [Side(name, Settings(
            begin_string=begin, dictionary=DICTIONARIES[begin], sender=name, target=other, initiator=name == b"A",
            next_expected=expected and random.random() < 0.8, last_processed=random.random() < 0.3,
            chunk=random.choice([0, 0, 10]), slice=random.choice([1, 2, 5, 1000]),
            queue=random.choice([3, 10, 1000]), digits=random.choice([3, 6, 9]), may_resend=self.may_resend,
            reset_on_logon=resets and name == b"A" and random.random() < 0.3))
            for name, other in ((b"A", b"B"), (b"B", b"A"))]
        self.time = START
        self.connected = self.wants_human = False
        self.log = []

    def is_stale(self, client_order_id):
        return self.stale != 0 and int(client_order_id[1:]) % self.stale == 0

    def may_resend(self, message, _):
        return not self.is_stale(message.get(11))

    def now(self, side):
        return self.time + side.offset

    def other(self, side):
        return self.sides[self.sides[0] is side]

    # What a process does.

    def run(self, side, call, *args):
        """Give an input to a session, and do what it asks; the process may die on the way."""
        doomed = self.random.random() < self.deadly
        if doomed:
            side.store.writes_to_live = self.random.randrange(6)
        try:
            outputs = call(*args, self.now(side))
            side.store.writes_to_live = None
            last = self.random.randrange(len(outputs) + 1) if doomed else len(outputs)
            for output in outputs[:last]:
                self.do(side, output)
            if doomed:
                raise Death
        except Death:
            self.log.append(f"{side.name} dies")
            side.session = Session(side.settings, side.store)
            self.hang_up(dead=side)

    def do(self, side, output):
        self.log.append(f"{side.name} {output}")
        assert len(self.log) < 40_000, "a storm"
        match output:
            case Transmit(raw):
                self.show(side, raw)
                if self.connected:
                    side.wire += raw
            case Deliver(message):
                if message.msg_type == b"D":
                    side.taken.append(message.get(11))
                else:
                    side.told.add(read(side.store.history.get(int(message.get(45)), b"")).get(11))
                side.session.took(output)
            case Drop(reason, retry):
                assert retry or self.resets, reason
                self.hang_up()
                self.wants_human = self.wants_human or not retry

    def show(self, side, raw):
        """See that a number always stands for the same. What was transmitted just before a reset is of its era."""
        side.transmitted += 1
        fields = read(raw)
        assert any(self.is_same(fields, *era) for era in side.store.eras[-1:-4:-1]), raw

    def is_same(self, fields, history, shown):
        seq = int(fields[34])
        if fields[35] == b"4":
            kinds = [read(history.get(each, b"")) for each in range(seq, int(fields[36]))]
            return kinds and all(each.get(35) in ADMIN or 11 in each and self.is_stale(each[11]) for each in kinds)
        content = {tag: value for tag, value in fields.items() if tag not in (8, 9, 10, 43, 52, 122, 369)}
        original = {tag: value for tag, value in read(history.get(seq, b"")).items()
                    if tag not in (8, 9, 10, 43, 52, 122, 369)}
        again = fields.get(43) == b"Y"
        return content == original == shown.setdefault(seq, content) and not (
            again and (fields[35] in ADMIN or fields[122] > fields[52]))

    # What befalls them.

    def hang_up(self, dead=None):
        """The connection ends; of what is on its way, only some arrives."""
        if not self.connected:
            return
        self.connected = False
        for side in self.sides:
            if side is not dead and self.random.random() < 0.5:
                data = self.other(side).wire
                self.run_on(side, data[:self.random.randrange(len(data) + 1)])
        for side in self.sides:
            side.wire = b""
            if side.session.state != State.DISCONNECTED:
                self.run_calmly(side, side.session.disconnected)

    def run_on(self, side, data):
        self.run_calmly(side, side.session.receive, data)

    def run_calmly(self, side, call, *args):
        """Give an input to a session whose process does not die of it."""
        for output in call(*args, self.now(side)):
            self.do(side, output)

    def reset_both(self):
        for side in self.sides:
            self.run_calmly(side, side.session.reset)

    def connect(self):
        if self.wants_human:
            self.wants_human = False
            self.reset_both()
        self.connected = True
        for side in self.sides:
            if self.connected:
                self.run(side, side.session.connect)

    def carry(self, side, size):
        """Bring some bytes from ``side`` to the other."""
        data, side.wire = side.wire[:size], side.wire[size:]
        if self.corrupt and data and self.random.random() < 0.02:
            place = self.random.randrange(len(data))
            data = data[:place] + bytes([data[place] ^ 1 << self.random.randrange(7)]) + data[place + 1:]
        other = self.other(side)
        self.run(other, other.session.receive, data)

    def send(self, side):
        number = len(side.given) + 1
        before = side.store.next_out
        self.run(side, side.session.send, order(number))
        if side.store.next_out > before and any(
                read(raw).get(11) == b"C%d" % number for seq, raw in side.store.history.items() if seq >= before):
            side.given.append(b"C%d" % number)

    def pass_time(self, seconds):
        self.time += int(seconds * SECOND)
        for side in self.sides:
            self.run(side, side.session.tick)

    def step(self):
        random = self.random
        side = random.choice(self.sides)
        chance = random.random()
        if chance < 0.30:
            self.send(side)
        elif chance < 0.75 and self.connected:
            self.carry(side, random.choice([1, 20, 100, 500, 100_000]))
        elif chance < 0.80:
            self.pass_time(random.choice([0, 0.001, 1, 10, 31]))
        elif chance < 0.82:
            side.offset = random.randrange(-50, 50) * SECOND
        elif chance < 0.84 and self.connected:
            self.run(side, side.session.logout, "")
        elif chance < 0.87:
            self.hang_up()
        elif not self.connected:
            self.connect()
        elif self.resets and chance < 0.89 and side.session.state == State.ACTIVE:
            self.run(side, side.session.reset)
        elif self.resets and chance < 0.90:
            self.hang_up()
            self.reset_both()

    def storm(self, steps, deadly=0.02):
        """Let anything happen."""
        self.deadly = deadly
        for _ in range(steps):
            self.step()

    def calm(self):
        """Let nothing happen any more but what must; return when all is well. Every message must arrive."""
        self.deadly, self.corrupt = 0, False
        for side in self.sides:
            side.store.writes_to_live = None
        before = sum(side.transmitted for side in self.sides)
        for _ in range(200):
            if not self.connected:
                self.time += 5 * SECOND
                self.connect()
            for _ in range(100):
                for side in self.sides:
                    self.carry(side, 100_000)
                    deadline = side.session.deadline()
                    if deadline is not None and deadline <= self.now(side):
                        self.run(side, side.session.tick)
                if not any(side.wire for side in self.sides):
                    break
            else:
                raise AssertionError("they talk without an end")
            if all(side.session.state == State.ACTIVE and side.store.next_in == self.other(side).store.next_out
                   for side in self.sides):
                break
            self.pass_time(1)
        else:
            raise AssertionError("they wait for each other")
        after = sum(side.transmitted for side in self.sides)
        stored = sum(side.store.next_out for side in self.sides)
        assert after - before <= 3 * stored + 50, "a storm"

    def check(self):
        """See that each application has what the other's gave, each once, in order. With resets, some may be lost:
        what was on its way."""
        for side in self.sides:
            given, told = self.other(side).given, self.other(side).told
            assert len(set(side.taken)) == len(side.taken), "delivered twice"
            missing = [each for each in given if each not in set(side.taken)]
            assert self.resets or all(each in told or self.is_stale(each) for each in missing), missing
            assert side.taken == [each for each in given if each not in missing]
