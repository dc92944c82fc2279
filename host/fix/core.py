"""What the parts of a session share: state, numbers, times, and the acts that more than one of them does."""

from host.fix import admin
from host.fix.inbound import Inbound
from host.fix.message import Message
from host.fix.outbound import Outbound
from host.fix.outputs import Drop, Notice, NoticeKind, Output, Transmit
from host.fix.settings import Settings
from host.fix.states import LOGGED_ON, Event, State, follow
from host.fix.store import Store
from host.fix.timers import Timers
from host.fix.validate import Fault
from wire.fix.types import MsgType

__all__ = ["Core"]


class Core:
    """A session's memory while it lives.

    now: ns since 1970, of the input that is worked on. heartbeat: HeartBtInt in force. request: number of our last
    ResendRequest. reset_sent: our Logon on this connection has 141=Y.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.state = State.DISCONNECTED
        self.heartbeat = settings.heartbeat
        self.outputs: list[Output] = []
        self.inbound = Inbound(store, settings.queue)
        self.outbound = Outbound(settings, store, self.outputs, lambda: self.inbound.processed)
        self.timers = Timers()
        self.now = self.request = self._minded = 0
        self.reset_sent = self._up = False

    @property
    def reset_owed(self) -> bool:
        """Whether we asked for a reset, and nothing shows yet that it was granted."""
        return self.store.reset_owed

    def granted(self) -> None:
        """Something shows that it was."""
        if self.store.reset_owed:
            self.store.granted()

    def begin(self, now: int) -> None:
        """An input comes."""
        self.outputs.clear()
        self.now = now
        self.timers.observe(now)

    def end(self) -> list[Output]:
        """Return what the input led to."""
        outputs = list(self.outputs)
        self.outputs.clear()
        if any(isinstance(each, Transmit) for each in outputs):
            self.timers.sent = self.timers.time
        return outputs

    def enter(self, event: Event) -> None:
        """Go where ``event`` leads."""
        before, self.state = self.state, follow(self.state, event)
        if self.state != before:
            self.timers.entered = self.timers.time

    def notice(self, kind: NoticeKind, text: str) -> None:
        """Tell whoever watches."""
        self.outputs.append(Notice(kind, text))

    def logged_on(self, text: str) -> None:
        """Tell that the session is up."""
        self._up = True
        self.notice(NoticeKind.LOGGED_ON, text)

    def logged_out(self, text: str) -> None:
        """Tell that the session is over, once."""
        if self._up:
            self._up = False
            self.notice(NoticeKind.LOGGED_OUT, text)

    def say(self, message: Message) -> None:
        """Send a message of the session's own."""
        self.outbound.session(message, self.now)

    def drop(self, reason: str, *, retry: bool = True, event: Event = Event.DROP) -> None:
        """Have the transport closed."""
        self.logged_out(reason)
        self.enter(event)
        self.outbound.close()
        self.outputs.append(Drop(reason, retry))

    def leave(self, text: str, *, retry: bool = True) -> None:
        """Say why in a Logout, unless one was sent, and have the transport closed without waiting for an answer."""
        if self.state not in (State.LOGOUT_SENT, State.LOGOUT_ANSWERED):
            self.outbound.close()
            self.say(admin.logout(text))
        self.drop(text, retry=retry)

    def say_logout(self, text: str, event: Event) -> None:
        """Send Logout, behind all that is to go out before it."""
        self.outbound.pump(self.now, all_of_it=True)
        self.outbound.open = False
        self.say(admin.logout(text))
        self.enter(event)

    def reject(self, fault: Fault, message: Message, seq: int) -> None:
        """Refuse ``message`` by a Reject, or a BusinessMessageReject where ``fault`` is for one. A Reject is never
        rejected."""
        self.notice(NoticeKind.REJECTED, f"{seq}: {fault.text}")
        if message.msg_type == MsgType.Reject:
            return
        if fault.business:
            self.outbound.application(admin.business_reject(fault.reason, fault.text, message, seq), self.now)
        else:
            self.say(admin.reject(fault, message, seq, self.settings.dictionary))

    def mind_gap(self) -> None:
        """Ask for what is missing and was not asked for; note what came of what was."""
        inbound = self.inbound
        hole = inbound.hole()
        if self.state not in LOGGED_ON or inbound.detached:
            return
        if hole is None:
            if self.timers.asked is not None:
                self.notice(NoticeKind.FILLED, f"all below {inbound.expected} is there")
                self.timers.asked = None
        elif hole[0] > inbound.asked:
            self.ask(*hole)
        elif inbound.expected != self._minded:
            self._minded, self.timers.asked = inbound.expected, self.timers.time

    def ask(self, begin: int, end: int) -> None:
        """Ask for ``begin`` to ``end`` again, or as much of it as one request may."""
        chunk = self.settings.chunk
        self.request = self.store.next_out
        self.await_resend(min(end, begin + chunk - 1) if chunk else end)
        self.notice(NoticeKind.GAP, f"{begin} to {end} are missing: {begin} to {self.inbound.asked} asked for")
        self.say(admin.resend_request(begin, self.inbound.asked))

    def await_resend(self, end: int) -> None:
        """Expect all up to ``end`` to be sent again without another request."""
        self.inbound.asked = end
        self._minded, self.timers.asked = self.inbound.expected, self.timers.time
