"""A FIX session without sockets or clocks: bytes and times in, outputs out. Initiator and acceptor, FIX 4.2 and 4.4.

Ref: FIX 4.4 volume 2; FIX session-level test cases. States are in host.fix.states; docs/fix.md tells what is chosen
where the specification leaves a choice.
"""

from collections.abc import Callable

from host.fix import admin
from host.fix.core import Core
from host.fix.datafields import data_fields
from host.fix.greeting import Greeting
from host.fix.message import Message
from host.fix.outputs import Deliver, NoticeKind, Output
from host.fix.parser import Garbled, Parser
from host.fix.reception import Reception
from host.fix.settings import OWN_FIELDS, Settings
from host.fix.shown import quoted
from host.fix.states import BEFORE_LOGON, LOGGED_ON, Event, State
from host.fix.store import Store
from host.fix.validate import forms
from host.fix.watch import Due, dues
from wire.fix.types import ADMIN, MsgType

__all__ = ["Session", "SessionError"]


class SessionError(Exception):
    """The application asked for what a session cannot do; the text says what."""


class Session:
    """One FIX session over any number of connections.

    Every input takes ``now``, ns since 1970, and returns outputs, which must be done in order. What an input raises
    (the store's errors, most of all) ends the connection: close it, and say ``disconnected``. Before ``connect``, what
    was delivered on the connection before must have been taken, or it comes again.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self._core = core = Core(settings, store)
        self._greeting = Greeting(core)
        self._reception = Reception(core)
        self._parser = self._new_parser()
        self._acts: dict[Due, Callable[[], None]] = {
            Due.REPLAY: lambda: core.outbound.pump(core.now),
            Due.LOGON: lambda: core.drop(f"no Logon in {settings.logon_timeout} s"),
            Due.LOGOUT: lambda: core.drop(f"no answer to Logout in {settings.logout_timeout} s"),
            Due.HEARTBEAT: lambda: core.say(admin.heartbeat()), Due.TEST: self._test,
            Due.SILENT: lambda: core.drop("no answer to TestRequest"), Due.RESEND: self._ask_again}

    @property
    def state(self) -> State:
        """Where the session is."""
        return self._core.state

    @property
    def heartbeat(self) -> int:
        """HeartBtInt in force, in seconds."""
        return self._core.heartbeat

    @property
    def reset_owed(self) -> bool:
        """Whether a reset was asked for and nothing shows yet that it was granted: the next logon asks again, also that
        of another process."""
        return self._core.reset_owed

    def connect(self, now: int) -> list[Output]:
        """The transport is up. Raises StateError if it is already."""
        core, settings = self._core, self.settings
        core.begin(now)
        core.enter(Event.INITIATE if settings.initiator else Event.ACCEPT)
        self._parser = self._new_parser()
        core.timers.connected()
        core.reset_sent = settings.initiator and (settings.reset_on_logon or core.reset_owed)
        kept = core.outbound.reset(now, owed=core.reset_owed) if core.reset_sent else []
        core.inbound.begin()
        core.outbound.begin()
        if settings.initiator:
            core.say(admin.logon(settings, settings.heartbeat, reset=core.reset_sent,
                                 next_expected=core.inbound.expected))
        for message in kept:
            core.outbound.application(message, now)
        return core.end()

    def receive(self, data: bytes, now: int) -> list[Output]:
        """``data`` came. Without a connection, or after Drop, it is ignored."""
        core = self._core
        core.begin(now)
        if core.state not in (State.DISCONNECTED, State.DROPPED):
            for item in self._parser.feed(data):
                if isinstance(item, Garbled):
                    core.notice(NoticeKind.GARBLED, f"{item.reason}: {quoted(item.raw)}")
                elif core.state in BEFORE_LOGON:
                    self._greeting.take(item)
                    self._reception.go_on()
                elif core.state in LOGGED_ON:
                    core.timers.heard, core.timers.tested = core.timers.time, None
                    self._reception.take(item)
        return core.end()

    def tick(self, now: int) -> list[Output]:
        """Time has passed. It should be called at ``deadline``, and may be at any time."""
        core = self._core
        core.begin(now)
        state = core.state
        for when, due in list(self._dues()):
            if when <= core.timers.time and core.state == state:
                self._acts[due]()
        return core.end()

    def deadline(self) -> int | None:
        """Return when ``tick`` wants to be called, ns since 1970 (it may be past); None: not before another input."""
        first = min((when for when, _ in self._dues()), default=None)
        return None if first is None else self._core.timers.wall(first)

    def send(self, message: Message, now: int) -> list[Output]:
        """Send an application message: its body, and header fields that are not the session's own; in any state.

        When this returns, the message has its number and is in the store. While it cannot go out, it waits; after a
        reconnection it goes out as a possible duplicate. Raises SessionError, EncodeError, and what the store does.
        """
        if message.msg_type in ADMIN:
            raise SessionError(f"a message of type {message.msg_type.decode()} is for the session to send")
        own = [tag for tag, _ in message.fields if tag in OWN_FIELDS]
        if own:
            raise SessionError(f"field {own[0]} is for the session to write")
        self._core.begin(now)
        self._core.outbound.application(message, now)
        return self._core.end()

    def send_made(self, make: Callable[[int, int], bytes], now: int) -> list[Output]:
        """Send an application message that the caller encodes, with a template for instance; otherwise as ``send``.

        make(seq, now): returns the whole message with that MsgSeqNum and SendingTime, and with this session's
        BeginString and CompIDs. Nobody looks whether it does.
        """
        self._core.begin(now)
        self._core.outbound.made(make, now)
        return self._core.end()

    def logout(self, text: str, now: int) -> list[Output]:
        """End the connection in good order; ``text``, if any, tells the counterparty why."""
        core = self._core
        core.begin(now)
        if core.state in BEFORE_LOGON:
            core.drop(text or "logout before logon")
        elif core.state in (State.ACTIVE, State.RESET_SENT):
            core.say_logout(text, Event.LOGOUT)
        return core.end()

    def reset(self, now: int) -> list[Output]:
        """Begin both numbers anew. While disconnected, nobody is told; while active, the counterparty is (141=Y).

        Application messages that this process numbered behind the last one that went out are kept, with new numbers;
        what the counterparty misses before that is not. Raises StateError in other states.
        """
        core = self._core
        core.begin(now)
        if core.state == State.DISCONNECTED:
            kept = core.outbound.reset(now)
            core.inbound.begin()
        else:
            core.enter(Event.ASK_RESET)
            kept = core.outbound.reset(now, owed=True)
            core.outbound.open = False
            core.inbound.detached = True
            core.say(admin.logon(self.settings, core.heartbeat, reset=True, next_expected=1))
        for message in kept:
            core.outbound.application(message, now)
        return core.end()

    def disconnected(self, now: int) -> list[Output]:
        """The transport is gone."""
        core = self._core
        core.begin(now)
        if core.state != State.DISCONNECTED:
            core.logged_out("the connection is gone")
            core.enter(Event.GONE)
            core.outbound.close()
        return core.end()

    def took(self, delivery: Deliver) -> None:
        """The application took ``delivery``: it will not be delivered again, even by another process."""
        self._core.inbound.took(delivery)

    def refuse(self, delivery: Deliver, reason: int, text: str, now: int) -> list[Output]:
        """The application cannot take ``delivery`` and never will: answer with a BusinessMessageReject.

        reason: field 380. Raises SessionError for a Reject, which nobody may reject.
        """
        if delivery.message.msg_type == MsgType.Reject:
            raise SessionError("a Reject cannot be refused")
        core = self._core
        core.begin(now)
        core.notice(NoticeKind.REJECTED, f"{delivery.seq}: {text}")
        core.outbound.application(admin.business_reject(reason, text, delivery.message, delivery.seq), now)
        core.inbound.took(delivery)
        return core.end()

    def _new_parser(self) -> Parser:
        settings = self.settings
        asked = None if settings.checks is None else forms(settings.dictionary, settings.checks)
        return Parser(settings.longest, data_fields(settings.dictionary), asked)

    def _dues(self) -> list[tuple[int, Due]]:
        core = self._core
        return list(dues(core.state, core.timers, self.settings, core.heartbeat, core.outbound.replaying))

    def _test(self) -> None:
        core = self._core
        core.notice(NoticeKind.SILENT, f"nothing came for {core.heartbeat} s and more")
        core.timers.tested = core.timers.time
        core.say(admin.test_request(b"%d" % core.store.next_out))

    def _ask_again(self) -> None:
        core, hole = self._core, self._core.inbound.hole()
        if hole is None or core.inbound.tries >= self.settings.resend_tries:
            core.leave("the ResendRequest is not answered")
        else:
            core.inbound.tries += 1
            core.ask(*hole)
