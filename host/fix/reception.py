"""What a message does that comes in the course of a session: every message but the first of a connection."""

from collections.abc import Callable

from host.fix import admin
from host.fix.core import Core
from host.fix.logon import find_fault, is_ours, is_stale, judge
from host.fix.message import Message
from host.fix.outputs import NoticeKind
from host.fix.states import LOGGED_ON, Event, State
from host.fix.timestamp import parse
from host.fix.validate import Fault
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["Reception"]

#: Reasons of rejection, field 373.
_REQUIRED, _VALUE, _COMP_ID, _SENDING_TIME = 1, 5, 9, 10
#: Reason of a business rejection, field 380.
_UNSUPPORTED = 3


class Reception:
    """The part of a session that takes messages."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._handlers: dict[bytes, Callable[[Message, int], None]] = {
            MsgType.Heartbeat: self._on_heartbeat, MsgType.TestRequest: self._on_test_request,
            MsgType.ResendRequest: self._on_resend_request, MsgType.Reject: self._deliver,
            MsgType.SequenceReset: self._on_gap_fill, MsgType.Logout: self._on_logout, MsgType.Logon: self._on_logon}

    def take(self, message: Message) -> None:
        """Take ``message``, as soon as nothing before it is missing, and what it lets go on."""
        core, seq = self._core, admin.number(message, Tag.MsgSeqNum)
        stranger = self._stranger(message)
        if message.begin_string != core.settings.begin_string:
            core.leave(f"BeginString is {_text(message.begin_string)}, not {_text(core.settings.begin_string)}")
        elif seq is None or seq < 1:
            core.leave("MsgSeqNum is missing or no number")
        elif stranger is not None:
            core.reject(stranger, message, seq)
            core.inbound.advance(seq + 1 if seq == core.inbound.expected else 0)
            core.leave(stranger.text)
        elif admin.is_reset(message) and find_fault(message, core.settings) is None:
            self._on_reset(message, seq)
        elif message.msg_type == MsgType.Logon and admin.flag(message, Tag.ResetSeqNumFlag):
            self._on_reset_logon(message)
        elif seq > core.inbound.expected:
            self._ahead(message, seq)
        elif seq < core.inbound.expected:
            self._behind(message, seq)
        else:
            self._in_turn(message, seq)
        self.go_on()

    def go_on(self) -> None:
        """Take what waited and waits no longer; ask for what is missing; let the store know."""
        inbound = self._core.inbound
        while self._core.state in LOGGED_ON and (entry := inbound.ready()):
            seq, message = entry
            if message is None:
                inbound.advance(seq + 1)
            else:
                self._in_turn(message, seq)
        self._core.mind_gap()
        inbound.settle()

    def _stranger(self, message: Message) -> Fault | None:
        """Return what shows that ``message`` is not of this session, or not of now."""
        core = self._core
        if not is_ours(message, core.settings):
            return Fault(_COMP_ID, None, "CompID problem")
        if is_stale(message, core.settings, core.now):
            return Fault(_SENDING_TIME, Tag.SendingTime, "SendingTime accuracy problem")
        return None

    def _ahead(self, message: Message, seq: int) -> None:
        """A ResendRequest is served at once, lest both sides wait for each other; all else waits."""
        if message.msg_type == MsgType.ResendRequest and find_fault(message, self._core.settings) is None:
            self._on_resend_request(message, seq)
            waits = None
        else:
            waits = message
        if not self._core.inbound.wait(seq, waits):
            self._core.notice(NoticeKind.IGNORED, f"{seq}: too many messages wait behind the gap")

    def _behind(self, message: Message, seq: int) -> None:
        """All below the expected number was taken: only a possible duplicate may come again."""
        core = self._core
        if not admin.flag(message, Tag.PossDupFlag):
            core.leave(f"MsgSeqNum too low, expecting {core.inbound.expected} but received {seq}")
        elif (fault := self._bad_duplicate(message)) is not None:
            self._refuse(fault, message, seq)
        else:
            core.notice(NoticeKind.IGNORED, f"{seq}: a duplicate")

    def _in_turn(self, message: Message, seq: int) -> None:
        core = self._core
        fault = self._bad_duplicate(message) or find_fault(message, core.settings) or self._unsupported(message)
        core.inbound.advance(seq + 1)
        if not core.inbound.detached:
            core.granted()
        if fault is not None:
            self._refuse(fault, message, seq)
        else:
            self._handlers.get(message.msg_type, self._deliver)(message, seq)

    def _bad_duplicate(self, message: Message) -> Fault | None:
        """Return what is wrong with OrigSendingTime of a possible duplicate. A gap fill needs none."""
        if not admin.flag(message, Tag.PossDupFlag) or message.msg_type == MsgType.SequenceReset:
            return None
        original, sent = message.get(Tag.OrigSendingTime), message.get(Tag.SendingTime)
        if original is None:
            return Fault(_REQUIRED, Tag.OrigSendingTime, "OrigSendingTime is missing")
        try:
            late = sent is not None and parse(original) > parse(sent)
        except ValueError:
            return None
        return Fault(_SENDING_TIME, Tag.OrigSendingTime, "OrigSendingTime is after SendingTime") if late else None

    def _refuse(self, fault: Fault, message: Message, seq: int) -> None:
        self._core.reject(fault, message, seq)
        if fault.reason == _SENDING_TIME and not fault.business:
            self._core.leave(fault.text)

    def _unsupported(self, message: Message) -> Fault | None:
        supported = self._core.settings.supported
        if supported is None or message.msg_type in self._handlers or message.msg_type in supported:
            return None
        return Fault(_UNSUPPORTED, None, f"messages of type {_text(message.msg_type)} are not taken", business=True)

    def _deliver(self, message: Message, seq: int) -> None:
        core = self._core
        if message.msg_type == MsgType.Reject:
            refused = admin.number(message, Tag.RefSeqNum)
            core.notice(NoticeKind.REJECT_HEARD, f"{refused}: {_text(message.get(Tag.Text) or b'')}")
            if refused == core.request and core.inbound.hole() is not None:
                core.leave("the ResendRequest was rejected", retry=False)
        core.outputs.append(core.inbound.give(message, seq, admin.flag(message, Tag.PossDupFlag)))

    def _on_heartbeat(self, message: Message, seq: int) -> None:
        """It came: that is all it says."""

    def _on_test_request(self, message: Message, seq: int) -> None:
        self._core.say(admin.heartbeat(message.get(Tag.TestReqID) or None))

    def _on_resend_request(self, message: Message, seq: int) -> None:
        core, outbound = self._core, self._core.outbound
        if core.inbound.detached:
            core.notice(NoticeKind.IGNORED, f"{seq}: a ResendRequest for numbers of before the reset")
            return
        begin, end = admin.number(message, Tag.BeginSeqNo) or 0, admin.number(message, Tag.EndSeqNo) or 0
        last = outbound.wire - 1
        wrong = Tag.BeginSeqNo if not 1 <= begin <= last else Tag.EndSeqNo if end and end < begin else None
        if wrong is not None:
            fault = Fault(_VALUE, wrong, f"{begin} to {end} cannot be sent again, the last is {last}")
            self._refuse(fault, message, seq)
            return
        busy, end = outbound.replaying, min(end, last) if end else last
        if outbound.replay(begin, end):
            core.notice(NoticeKind.RESEND, f"{begin} to {end}")
            if not busy:
                outbound.pump(core.now, all_of_it=core.state != State.ACTIVE)
        else:
            core.notice(NoticeKind.IGNORED, f"{seq}: a ResendRequest for what is still being sent again")

    def _on_gap_fill(self, message: Message, seq: int) -> None:
        new = admin.number(message, Tag.NewSeqNo) or 0
        if new <= seq:
            self._refuse(Fault(_VALUE, Tag.NewSeqNo, f"NewSeqNo {new} is not above MsgSeqNum {seq}"), message, seq)
        else:
            self._core.inbound.advance(new)

    def _on_reset(self, message: Message, seq: int) -> None:
        """SequenceReset-Reset: MsgSeqNum means nothing and is not used up."""
        inbound, new = self._core.inbound, admin.number(message, Tag.NewSeqNo) or 0
        if new < inbound.expected:
            self._refuse(Fault(_VALUE, Tag.NewSeqNo, f"NewSeqNo {new} is below {inbound.expected}, which is expected"),
                         message, seq)
        else:
            self._core.notice(NoticeKind.RESET, f"SequenceReset from {inbound.expected} to {new}")
            inbound.jump(new)

    def _on_logout(self, message: Message, seq: int) -> None:
        core, text = self._core, _text(message.get(Tag.Text) or b"")
        if core.state == State.LOGOUT_SENT:
            core.logged_out(f"as was asked for: {text}" if text else "as was asked for")
            core.drop(f"logged out: {text}" if text else "logged out", event=Event.LOGOUT_HEARD)
        elif core.state != State.LOGOUT_ANSWERED:
            core.logged_out(f"by the counterparty: {text}")
            core.say_logout("", Event.LOGOUT_HEARD)

    def _on_logon(self, message: Message, seq: int) -> None:
        self._core.leave("Logon while logged on")

    def _on_reset_logon(self, message: Message) -> None:
        """Logon with 141=Y in the course of the session: a reset, or the answer to ours."""
        core, refusal = self._core, judge(message, self._core.settings, self._core.now)
        if admin.flag(message, Tag.PossDupFlag):
            core.notice(NoticeKind.IGNORED, "a Logon that may be a duplicate")
        elif refusal is not None:
            core.leave(refusal.text)
        elif core.state == State.RESET_SENT:
            self._begin_anew()
            core.enter(Event.LOGON)
            core.outbound.open = True
            core.outbound.catch_up(core.now)
        elif core.state == State.ACTIVE:
            kept = core.outbound.reset(core.now)
            self._begin_anew()
            core.enter(Event.LOGON)
            core.say(admin.logon(core.settings, core.heartbeat, reset=True, next_expected=core.inbound.expected))
            for each in kept:
                core.outbound.application(each, core.now)
        else:
            core.leave("Logon after Logout")

    def _begin_anew(self) -> None:
        core = self._core
        core.granted()
        core.inbound.begin()
        core.inbound.advance(2)
        core.notice(NoticeKind.RESET, "both numbers are 1")


def _text(value: bytes) -> str:
    return value.decode("ascii", "replace")
