# Ref: Nasdaq MoldUDP64 1.00
"""What the feed handler owes for a sequence of datagrams and injected messages."""

from collections import Counter, defaultdict

from wire.itch50 import SIZES

HEADER = 20
SHORTEST = 12
LONGEST = 50
#: A block too short to be walked over is judged so many cycles later than others.
SHORT_LATE = 2
#: Cycles until the gap is compared with a number: after a message's last word, and after a verdict.
MESSAGE_COUNTS, VERDICT_COUNTS = 5, 9
#: Cycles in which nothing is behind until a gap is closed; until progress starts a gap's window anew, counted from the
#: comparison; in which it may still do so for packets counted.
CLOSES, RESTARTS, EXPIRES = 2, 1, 2


class Gap:
    """The gap, cycle by cycle. ``counters`` gets ``gaps``, ``gaps_filled`` and, by packets, ``gaps_stale``."""

    def __init__(self, counters, gap_packets):
        self._counters, self._limit = counters, gap_packets
        self._taken, self._heard = {}, {}
        self._progress = defaultdict(bool)
        self.expected = self.highest = 1
        self.open = self.stale = False
        self._now = self._packets = self._level_for = 0
        self._due = None

    def take(self, cycle, expected):
        """A message makes ``expected`` the next number; ``cycle`` is that of its last word."""
        self._taken[cycle + MESSAGE_COUNTS] = expected
        self._progress[cycle + MESSAGE_COUNTS + RESTARTS] = True

    def hear(self, cycle, number, ahead):
        """The good verdict on a packet that spoke of ``number`` as the next came in ``cycle``."""
        self._heard[cycle + VERDICT_COUNTS] = number, ahead

    def resync(self, seq):
        """Play what came before, then forget it."""
        self.play()
        self.expected = self.highest = seq
        self.open = self.stale = False
        self._due = None

    def play(self):
        """Play all cycles up to the last event."""
        for cycle in range(self._now, max([*self._taken, *self._heard, self._now]) + 10):
            self._step(cycle)
            self._now = cycle + 1
        self._taken.clear()
        self._heard.clear()

    def _step(self, cycle):
        self.expected = self._taken.get(cycle, self.expected)
        number, ahead = self._heard.get(cycle, (self.highest, False))
        self.highest = max(self.highest, number)
        behind = self.expected < self.highest
        self._level_for = 0 if behind else self._level_for + 1
        closes = self.open and self._level_for >= CLOSES
        if closes or self._progress[cycle] or not self.open:
            self._packets = 0
            self._due = None
        if cycle == self._due:
            self.stale = True
            self._counters["gaps_stale"] += 1
        if closes:
            self.open = self.stale = False
            self._counters["gaps_filled"] += 1
        elif cycle in self._heard and behind and not self.open:
            self.open = True
            self._counters["gaps"] += 1
        if ahead and behind:
            self._packets += 1
            if self._packets >= self._limit > 0 and not self.stale and self._due is None:
                self._due = cycle + EXPIRES


class Reference:
    """The feed handler as a list of rules. ``messages`` holds (seq, message, origin), the origin of one from a
    datagram being (tag, offset of its last byte). ``counters`` and levels are named as in the gateware.

    The tag of a datagram is (cycles of its words, lane, cycle of its verdict), that of an injected message the cycle of
    ``ready``.
    """

    def __init__(self, gap_packets=0):
        self.counters = Counter()
        self.watch = Gap(self.counters, gap_packets)
        self.messages = []
        self.expected = 1
        self.session = None
        self.suspect = self.feed_error = self.ended = False

    def resync(self, seq):
        self.watch.resync(seq)
        self.expected = seq
        self.session = None
        self.ended = False

    def clear(self):
        self.suspect = self.feed_error = False

    def _take(self, message, origin, cycle):
        short = len(message) < SHORTEST
        fits = SIZES.get(chr(message[0])) if message else None
        self.counters["msgs_decoded"] += not short and fits == len(message)
        if short or fits not in (None, len(message)):
            self.counters["msgs_bad_length"] += 1
            self.feed_error = True
        elif fits is None:
            self.counters["msgs_unknown_type"] += 1
        else:
            self.messages.append((self.expected, message, origin))
        self.expected = (self.expected + 1) % (1 << 64)
        self.watch.take(cycle, self.expected)

    def inject(self, seq, message, length=None, *, tag):
        length = len(message) if length is None else length
        if seq != self.expected or not 1 <= length <= LONGEST:
            self.counters["inject_refused"] += 1
            return
        self.counters["msgs_injected"] += 1
        self._take(message[:length].ljust(length), tag, tag)

    def datagram(self, payload, line=0, bad=False, seen=None, *, tag):
        """One datagram; of a bad one only the first ``seen`` bytes came before the verdict (None: all)."""
        whole = seen is None
        part = payload if whole else payload[:seen]
        if len(part) < HEADER:
            self.counters["packets_short"] += not bad
            return
        session, seq, count = part[:10], int.from_bytes(part[10:18], "big"), int.from_bytes(part[18:20], "big")
        blocks = 0 if count in (0, 0xffff) else count
        own = self.session in (None, session)
        leads = own and seq > self.expected
        before = self.expected
        at, number, good = HEADER, seq, True
        for _ in range(blocks):
            if len(part) - at < 2:
                good = False
                break
            length = int.from_bytes(part[at:at + 2], "big")
            if length >= SHORTEST and at + 2 + length > len(part):
                good = False
                break
            if own:
                if leads:
                    self.counters["msgs_ahead"] += 1
                elif number < self.expected:
                    self.counters["msgs_old"] += 1
                else:
                    self.counters["msgs_a" if line == 0 else "msgs_b"] += 1
                    words, lane, _ = tag
                    last = at + 1 + (length if length >= SHORTEST else 0)
                    self._take(part[at + 2:at + 2 + length][:length], (tag, last),
                               words[(lane + last) // 8] + (SHORT_LATE if length < SHORTEST else 0))
            number += 1
            at += 2 + length
            if length < SHORTEST:
                good = False
                break
        good = good and at == len(part)
        if bad:
            if self.expected != before:
                self.suspect = True
                self.counters["packets_suspect"] += 1
            return
        self.counters["packets_a" if line == 0 else "packets_b"] += 1
        if not own:
            self.counters["packets_session"] += 1
            return
        self.session = session
        self.counters["heartbeats"] += count == 0
        self.counters["end_of_session"] += count == 0xffff
        self.ended = self.ended or count == 0xffff
        self.counters["packets_malformed"] += not good
        self.counters["packets_gap"] += leads and blocks > 0
        self.watch.hear(tag[2], (seq + blocks) % (1 << 64), leads and blocks > 0)
