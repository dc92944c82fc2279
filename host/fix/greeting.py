"""What the first message of a connection does: it must be the counterparty's Logon."""

from host.fix import admin
from host.fix.core import Core
from host.fix.logon import is_ours, judge
from host.fix.message import Message
from host.fix.outputs import NoticeKind
from host.fix.states import Event, State
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["Greeting"]

#: In the text of a Logout, of all engines that we know: it has seen higher numbers than our store knows of.
_TOO_LOW = "msgseqnum too low"


class Greeting:
    """The part of a session that takes the first message of a connection."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def take(self, message: Message) -> None:
        """Take the first ``message``."""
        core = self._core
        if (core.state == State.LOGON_SENT and message.msg_type == MsgType.Logout
                and is_ours(message, core.settings) and message.begin_string == core.settings.begin_string):
            self._refused(message)
            return
        refusal = judge(message, core.settings, core.now)
        text = core.settings.authenticate(message) if refusal is None and not core.settings.initiator else None
        if refusal is not None and refusal.silent:
            core.drop(refusal.text)
        elif refusal is not None or text is not None:
            core.leave(refusal.text if refusal else text or "refused")
        else:
            self._good(message, admin.number(message, Tag.MsgSeqNum) or 0)

    def _refused(self, message: Message) -> None:
        """Our Logon is answered by Logout."""
        core = self._core
        if admin.number(message, Tag.MsgSeqNum) == core.inbound.expected:
            core.inbound.advance(core.inbound.expected + 1)
        text = (message.get(Tag.Text) or b"").decode("ascii", "replace")
        core.drop(f"Logon refused: {text}", retry=_TOO_LOW not in text.lower(), event=Event.LOGOUT_HEARD)

    def _good(self, message: Message, seq: int) -> None:
        """A Logon that is good in itself: look at its numbers."""
        core, kept = self._core, []
        owed = core.reset_owed and not core.settings.initiator
        reset = owed or admin.flag(message, Tag.ResetSeqNumFlag)
        if owed:
            # Whatever its number is, this Logon is the first message of the new ones.
            seq = 1
        if reset and not core.reset_sent:
            kept = core.outbound.reset(core.now, owed=owed)
            core.inbound.begin()
            core.notice(NoticeKind.RESET, "both numbers are 1")
            if core.settings.initiator:
                # The Logon that we sent is the first of the new numbers.
                core.store.skip(2)
                core.outbound.wire = 2
        known = admin.number(message, Tag.NextExpectedMsgSeqNum) if core.settings.next_expected else None
        if seq < core.inbound.expected:
            self._too_low(message, seq)
        elif known is not None and not owed and known > core.store.next_out:
            core.leave(f"NextExpectedMsgSeqNum too high, expecting {core.store.next_out} but received {known}",
                       retry=False)
        else:
            if not owed:
                core.granted()
            self._log_on(message, seq, None if owed else known, reset)
            for each in kept:
                core.outbound.application(each, core.now)

    def _too_low(self, message: Message, seq: int) -> None:
        core = self._core
        if admin.flag(message, Tag.PossDupFlag):
            core.notice(NoticeKind.IGNORED, f"{seq}: a Logon that may be a duplicate")
        else:
            core.leave(f"MsgSeqNum too low, expecting {core.inbound.expected} but received {seq}", retry=False)

    def _log_on(self, message: Message, seq: int, known: int | None, reset: bool) -> None:
        """Answer, if it is for us to answer, and let all begin. known: what the other expects, if he tells."""
        core, inbound, outbound = self._core, self._core.inbound, self._core.outbound
        expects = core.store.next_out if not core.settings.initiator else outbound.wire
        interval = admin.number(message, Tag.HeartBtInt) or 0
        if seq == inbound.expected:
            inbound.advance(seq + 1)
        else:
            inbound.wait(seq, None)
        if core.settings.initiator:
            if interval != core.heartbeat:
                core.notice(NoticeKind.IGNORED, f"HeartBtInt is {interval} in the answer, {core.heartbeat} was sent")
        else:
            core.heartbeat = interval
            core.say(admin.logon(core.settings, interval, reset=reset,
                                 next_expected=inbound.expected))
        core.enter(Event.LOGON)
        core.timers.heard, core.timers.tested = core.timers.time, None
        core.logged_on(f"HeartBtInt {core.heartbeat}, MsgSeqNum {seq}")
        outbound.open = True
        if known is not None and known < expects and outbound.replay(known, expects - 1):
            core.notice(NoticeKind.RESEND, f"{known} to {expects - 1}")
        outbound.pump(core.now)
        hole = inbound.hole()
        if known is not None and hole is not None:
            core.await_resend(hole[1])
