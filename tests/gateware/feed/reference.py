# Ref: Nasdaq MoldUDP64 1.00
"""What the feed handler owes for a sequence of datagrams and injected messages, without any time."""

from collections import Counter

from wire.itch50 import SIZES

HEADER = 20
SHORTEST = 12
LONGEST = 50


class Reference:
    """The feed handler as a list of rules. ``messages`` holds (seq, message, origin), the origin of one from a
    datagram being (tag, offset of its last byte). ``counters`` and levels are named as in the gateware."""

    def __init__(self):
        self.counters = Counter()
        self.messages = []
        self.expected = 1
        self.highest = 1
        self.session = None
        self.suspect = self.feed_error = self.ended = self.gap = False

    def resync(self, seq):
        self.expected = self.highest = seq
        self.session = None
        self.gap = self.ended = False

    def clear(self):
        self.suspect = self.feed_error = False

    def _take(self, message, origin, short=False):
        fits = SIZES.get(chr(message[0])) if message else None
        self.counters["msgs_decoded"] += not short and fits == len(message)
        if short or fits not in (None, len(message)):
            self.counters["msgs_bad_length"] += 1
            self.feed_error = True
        elif fits is None:
            self.counters["msgs_unknown_type"] += 1
        else:
            self.messages.append((self.expected, message, origin))
        self.expected += 1
        if self.gap and self.expected >= self.highest:
            self.gap = False
            self.counters["gaps_filled"] += 1

    def inject(self, seq, message, length=None, tag=None):
        length = len(message) if length is None else length
        if seq != self.expected or not 1 <= length <= LONGEST:
            self.counters["inject_refused"] += 1
            return
        self.counters["msgs_injected"] += 1
        self._take(message[:length].ljust(length), tag)

    def datagram(self, payload, line=0, bad=False, seen=None, tag=None):
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
                    self._take(part[at + 2:at + 2 + length], (tag, at + 1 + length), length < SHORTEST)
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
        self.highest = max(self.highest, seq + blocks)
        if not self.gap and self.expected < self.highest:
            self.gap = True
            self.counters["gaps"] += 1
