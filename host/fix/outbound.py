"""Numbers of what goes out: every message gets one and is in the store before it may be transmitted.

A message that may not go out yet (before the logon is complete, during a replay, after a Logout) has its number and
is stored all the same. It goes out when its turn comes, or with the next connection: the counterparty, whose numbers
show that it is missing, asks for it.
"""

from collections import deque
from collections.abc import Callable

from host.fix import admin
from host.fix.datafields import data_fields
from host.fix.encode import encode
from host.fix.message import Message
from host.fix.outputs import Notice, NoticeKind, Output, Transmit
from host.fix.parser import Parser
from host.fix.resend import Replay
from host.fix.settings import OWN_FIELDS, Settings
from host.fix.shown import quoted, shown
from host.fix.store import Store
from host.fix.timers import SECOND
from host.fix.timestamp import parse, stamp
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag
from wire.fix.types import ADMIN, MsgType

__all__ = ["Outbound"]

#: Replays that may wait for each other; nobody who waits for one needs more.
_MOST_REPLAYS = 16
#: Messages of a former process among which the last of the application's is looked for.
_LOOK_BACK = 100


class Outbound:
    """The outbound half of a session: numbers, headers, order on the wire.

    open: application messages may be transmitted. outputs: where transmissions go. wire: the next number that the
    counterparty has not seen on this connection.
    """

    def __init__(self, settings: Settings, store: Store, outputs: list[Output], processed: Callable[[], int]) -> None:
        """processed: gives what goes into 369, where the settings have it."""
        self.open = False
        self._processed = processed
        self.wire = self._fresh = store.next_out
        #: The last number that a former process used, until a logon shows what of it arrived.
        self._former = store.next_out - 1
        self._settings, self._store, self._outputs = settings, store, outputs
        self._replays: deque[Replay] = deque()

    def begin(self) -> None:
        """Begin anew: a connection."""
        self.close()
        self.wire = self._store.next_out

    def close(self) -> None:
        """Let nothing of the application's out any more, and give up the replay."""
        self.open = False
        self._replays.clear()

    @property
    def replaying(self) -> bool:
        """Whether a replay is under way."""
        return bool(self._replays)

    def application(self, message: Message, now: int) -> None:
        """Number and store an application message; transmit it if it may go out."""
        seq, raw = self._number(message, now)
        if self.open and not self._replays:
            self._transmit(seq, raw)

    def made(self, make: Callable[[int, int], bytes], now: int) -> None:
        """The same, with a message that ``make(seq, now)`` encodes."""
        seq = self._store.next_out
        raw = make(seq, now)
        self._store.sent(seq, raw)
        if self.open and not self._replays:
            self._transmit(seq, raw)

    def session(self, message: Message, now: int) -> None:
        """Number, store and transmit a message of the session's own; behind the replay, if one is under way."""
        seq, raw = self._number(message, now)
        if not self._replays:
            self._transmit(seq, raw)

    def replay(self, begin: int, end: int) -> bool:
        """Have the numbers ``begin`` to ``end``, inclusive, sent again. Return False when the same is still to come,
        or too much else."""
        same = any((each.begin, each.end) == (begin, end) for each in self._replays)
        if same or len(self._replays) >= _MOST_REPLAYS:
            return False
        self._replays.append(Replay(begin, end))
        return True

    def pump(self, now: int, *, all_of_it: bool = False) -> None:
        """Transmit the next slice of the replay, or all; behind its end, what waited for it."""
        while self._replays:
            first = self._replays[0]
            for raw in first.slice(self._store, self._settings.slice, lambda raw: self._again(raw, now),
                                   lambda seq, new: self._fill(seq, new, now)):
                self._outputs.append(Transmit(raw, repeat=True))
            # Who asks for a number has all before it.
            self._fresh = max(self._fresh, first.read)
            if first.done:
                self._replays.popleft()
            elif not all_of_it:
                return
        if self.open:
            self.catch_up(now)

    def catch_up(self, now: int) -> None:
        """Transmit, for the first time, what is stored and waited. What waited for long says so (43=Y), lest its
        SendingTime be refused."""
        late = now - self._settings.max_latency * SECOND // 2 if self._settings.max_latency else 0
        for seq, raw in self._store.stored(self.wire, self._store.next_out - 1):
            message = unpack(raw, self._settings.dictionary)
            written = parse(message.get(Tag.SendingTime) or b"")
            if written < late:
                raw = self._again(raw, now) or self._fill(seq, seq + 1, now)
            self._transmit(seq, raw)
        self._fresh, self._former = self.wire, 0

    def reset(self, now: int, *, owed: bool = False) -> list[Message]:
        """Set the store's numbers to 1; return the application messages that were never transmitted, in order. What is
        given up is told. owed: see Store."""
        kept = []
        self._tell_former()
        for seq, raw in self._store.stored(self._fresh, self._store.next_out - 1):
            message = unpack(raw, self._settings.dictionary)
            if message.msg_type in ADMIN:
                continue
            if self._settings.may_resend(message, _written(message)):
                kept.append(Message(message.msg_type, [pair for pair in message.fields if pair[0] not in OWN_FIELDS]))
            else:
                self._give_up(f"{seq}: {_named(message)} never went out, and may not be sent late")
        self._store.reset(now, owed=owed)
        self._replays.clear()
        self.wire = self._fresh = self._store.next_out
        return kept

    def _tell_former(self) -> None:
        """Tell what a former process may not have transmitted, if no logon has shown yet whether it did."""
        for seq, raw in reversed(list(self._store.stored(self._former - _LOOK_BACK, self._former))):
            message = unpack(raw, self._settings.dictionary)
            if message.msg_type not in ADMIN:
                self._give_up(f"{seq}: {_named(message)} is the last that a former process left; nobody knows whether "
                              "it went out")
                break
        self._former = 0

    def _give_up(self, text: str) -> None:
        self._outputs.append(Notice(NoticeKind.GIVEN_UP, text))

    def _number(self, message: Message, now: int) -> tuple[int, bytes]:
        seq = self._store.next_out
        raw = self._encode(message, seq, [(Tag.SendingTime, stamp(now, self._settings.digits))])
        self._store.sent(seq, raw)
        return seq, raw

    def _transmit(self, seq: int, raw: bytes) -> None:
        self._outputs.append(Transmit(raw))
        self.wire = seq + 1
        if self.open:
            self._fresh = self.wire

    def _again(self, raw: bytes, now: int) -> bytes | None:
        """Return the stored message ``raw`` as a possible duplicate; None for what is not to be sent again."""
        message = unpack(raw, self._settings.dictionary)
        written = _written(message)
        if message.msg_type in ADMIN:
            if message.msg_type != MsgType.Reject:
                return None
        elif not self._settings.may_resend(message, written):
            return None
        rest = [pair for pair in message.fields if pair[0] not in OWN_FIELDS]
        return self._encode(Message(message.msg_type, rest), admin.number(message, Tag.MsgSeqNum) or 0,
                            self._duplicate(now, written))

    def _fill(self, seq: int, new: int, now: int) -> bytes:
        return self._encode(admin.gap_fill(new), seq, self._duplicate(now, now))

    def _duplicate(self, now: int, written: int) -> list[tuple[int, bytes]]:
        """Return the header fields of a possible duplicate. Its time of writing is never behind its SendingTime, even
        if the clock was set back between them."""
        digits = self._settings.digits
        return [(Tag.PossDupFlag, b"Y"), (Tag.SendingTime, stamp(now, digits)),
                (Tag.OrigSendingTime, stamp(min(written, now), digits))]

    def _encode(self, message: Message, seq: int, times: list[tuple[int, bytes]]) -> bytes:
        settings = self._settings
        header = [(int(Tag.MsgSeqNum), b"%d" % seq), (Tag.SenderCompID, settings.sender),
                  (Tag.TargetCompID, settings.target), *times]
        if settings.last_processed:
            header.append((Tag.LastMsgSeqNumProcessed, b"%d" % self._processed()))
        given = {tag for tag, _ in message.fields}
        header += [pair for pair in settings.header if pair[0] not in given]
        return encode(settings.begin_string, Message(message.msg_type, header + message.fields), settings.dictionary)


def unpack(raw: bytes, dictionary: Dictionary) -> Message:
    """Return the message that a store holds as ``raw``. Raises ValueError when it is none."""
    found = Parser(len(raw), data_fields(dictionary)).feed(raw)
    if len(found) != 1 or not isinstance(found[0], Message):
        raise ValueError(f"the store holds no message, but {quoted(raw)}")
    return found[0]


def _named(message: Message) -> str:
    """Return what ``message`` is, for people."""
    name = message.get(Tag.ClOrdID)
    return f"35={shown(message.msg_type)}" + (f" {shown(name)}" if name else "")


def _written(message: Message) -> int:
    return parse(message.get(Tag.SendingTime) or b"")
