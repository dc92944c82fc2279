"""A configured session with its store and its application: does what the session asks for, over whatever connection."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from host.fix.application import Application, LinkKind, LinkNotice, Refused
from host.fix.config import SessionConfig
from host.fix.filestore import FileStore
from host.fix.message import Message
from host.fix.outputs import Deliver, Drop, NoticeKind, Output, Transmit
from host.fix.schedule import Span
from host.fix.session import Session
from host.fix.settings import SessionId
from host.fix.states import State
from host.fix.store import StoreError

__all__ = ["Endpoint", "Link"]

_SECOND = 1_000_000_000


class Link(Protocol):
    """A connection, as an endpoint uses it."""

    @property
    def paused(self) -> bool:
        """Whether the counterparty reads more slowly than is written."""

    def write(self, raw: bytes) -> None:
        """Write ``raw``, now or when there is room."""

    def drop(self, drop: Drop) -> None:
        """Close, after all that was written."""

    def abort(self, reason: str) -> None:
        """Close at once."""


class Endpoint:
    """One session of this process. ``close`` it at the end. error: what ended it for good, if anything did."""

    def __init__(self, config: SessionConfig, application: Application, *, takes: bool = True,
                 clock: Callable[[], int] = time.time_ns) -> None:
        """Open the store; to be called on the event loop. takes: whether a message is taken when ``on_message``
        returns; else when ``took`` is called. clock: the wall clock, ns since 1970.

        Raises StoreError; OSError.
        """
        self._loop = asyncio.get_running_loop()
        self.config, self.application, self.clock = config, application, clock
        self.id: SessionId = config.settings.id
        self.error: Exception | None = None
        self.store = config.store.open(config.settings, clock)
        self._file = self.store if isinstance(self.store, FileStore) else None
        if self._file:
            self._file.grouped = True
        self.session = Session(config.settings, self.store)
        self._takes, self._given = takes, deque[Deliver]()
        self._outputs: deque[Output] = deque()
        self._unwritten: list[bytes] = []
        self._busy = False
        #: Whether something happened by which the session may want its ``tick`` earlier than it said before.
        self._restless = False
        self._link: Link | None = None
        self._span: Span | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0
        self._keeper: asyncio.TimerHandle | None = None
        if self._file and self._file.recovered:
            self.notice(LinkKind.RECOVERED, f"{self._file.path}: {self._file.recovered} bytes of a record that was cut "
                                            "short were removed")
        self._roll(clock())

    # What the owner asks

    def refusal(self) -> str | None:
        """Return why there can be no connection now, or None."""
        if self.error is not None:
            return f"the session has failed: {self.error}"
        self._roll(self.clock())
        return None if self.config.schedule is None or self._span else "outside the session's hours"

    def send(self, message: Message) -> None:
        """Send an application message, or keep it until it can be sent.

        When this returns, it is in the store; within ``on_message``, it is before anything of it leaves the process.
        Raises SessionError, EncodeError; StoreError and OSError, which end the session.
        """
        self._send(lambda now: self.session.send(message, now))

    def send_made(self, make: Callable[[int, int], bytes]) -> None:
        """Send an application message that ``make`` encodes, given MsgSeqNum and SendingTime: see Session.send_made.

        Otherwise as ``send``.
        """
        self._send(lambda now: self.session.send_made(make, now))

    def took(self) -> None:
        """The application took all that it was given: none of it comes again, not even to another process."""
        if self._given:
            self._run(self._take)

    def logout(self, text: str = "") -> None:
        """Ask the counterparty to end the connection."""
        self._restless = True
        self._run(lambda: self.session.logout(text, self.clock()))

    def reset(self) -> None:
        """Begin both numbers anew; while logged on, the counterparty is asked to. Raises StateError while neither
        logged on nor disconnected."""
        self._restless = True
        self._do(self.session.reset(self.clock()))

    def notice(self, kind: LinkKind, text: str) -> None:
        """Tell the application."""
        self.application.on_event(self.id, LinkNotice(kind, text))

    def close(self) -> None:
        """Cut the connection, if there is one, and close the store."""
        for timer in (self._timer, self._keeper):
            if timer:
                timer.cancel()
        self._timer = self._keeper = None
        if self._link:
            self._link.abort("the session was closed")
        self.store.close()

    # What the connection tells

    def opened(self, link: Link) -> None:
        """The connection ``link`` is up."""
        self._link, self._restless = link, True
        self._roll(self.clock())
        self._run(lambda: self.session.connect(self.clock()))

    def received(self, data: bytes) -> None:
        """``data`` came."""
        self._run(lambda: self._heard(data))

    def eased(self) -> None:
        """The counterparty has read what waited for it."""
        self._arm()

    def closed(self) -> None:
        """The connection is gone."""
        self._link = None
        self._unwritten.clear()
        if self.session.state != State.DISCONNECTED:
            self._run(lambda: self.session.disconnected(self.clock()))

    # What the session wants done

    def _send(self, act: Callable[[int], list[Output]]) -> None:
        if self.error is not None:
            raise StoreError(f"{self.id}: the session has failed: {self.error}")
        if self._link is None:
            self._roll(self.clock())
        try:
            self._do(act(self.clock()))
        except (StoreError, OSError) as error:
            self._fail(error)
            raise

    def _heard(self, data: bytes) -> list[Output]:
        if self._file:
            self._file.heard(data)
        return self.session.receive(data, self.clock())

    def _run(self, act: Callable[[], list[Output]]) -> None:
        """Do what ``act`` returns; what it raises ends the session."""
        if self.error is not None:
            return
        try:
            self._do(act())
        except Exception as error:
            self._fail(error)

    def _do(self, outputs: list[Output]) -> None:
        """Do ``outputs`` in order, behind those under way: an application that sends while it takes a message comes
        after what the session has numbered before."""
        self._outputs.extend(outputs)
        if self._busy:
            return
        self._busy = True
        try:
            while self._outputs:
                self._perform(self._outputs.popleft())
        finally:
            self._busy = False
        self._write()
        if self._restless or self._timer is None:
            self._arm()
        self._look_after()

    def _perform(self, output: Output) -> None:
        match output:
            case Transmit(raw, repeat):
                if repeat:
                    self._restless = True
                    if self._file:
                        self._file.repeated(raw)
                self._unwritten.append(raw)
            case Deliver():
                if self._unwritten:
                    self._write()
                self._deliver(output)
            case Drop():
                self._write()
                if self._link:
                    self._link.drop(output)
            case _:
                self._restless = True
                self.application.on_event(self.id, output)
                if output.kind == NoticeKind.LOGGED_ON:
                    self.application.on_logon(self.id)
                elif output.kind == NoticeKind.LOGGED_OUT:
                    self.application.on_logout(self.id)

    def _deliver(self, delivery: Deliver) -> None:
        try:
            self.application.on_message(self.id, delivery.message)
        except Refused as refused:
            self._outputs.extend(self.session.refuse(delivery, refused.reason, refused.text, self.clock()))
        else:
            self._given.append(delivery)
            if self._takes:
                self._take()

    def _take(self) -> list[Output]:
        while self._given:
            self.session.took(self._given.popleft())
        return []

    def _write(self) -> None:
        """Write what is to be transmitted, when the store has all that it follows from."""
        if self._file:
            self._file.commit()
        if self._unwritten and self._link:
            self._link.write(self._unwritten[0] if len(self._unwritten) == 1 else b"".join(self._unwritten))
        self._unwritten.clear()

    def _fail(self, error: Exception) -> None:
        self.error = error
        self._outputs.clear()
        if self._link:
            self._link.abort(f"the session has failed: {error}")
        self.application.on_failure(self.id, error)

    # Time

    def _roll(self, now: int) -> None:
        """Begin the numbers anew when another instance of the session's schedule has begun since they last did."""
        schedule = self.config.schedule
        if schedule and (self._span is None or not self._span.start <= now < self._span.end):
            self._span = schedule.span(now)
            if self._span and not self._span.start <= self.store.created < self._span.end:
                self._do(self.session.reset(now))

    def _arm(self) -> None:
        """See to it that ``_tick`` is called when something is due; it may come early."""
        self._restless = False
        if self._link is None or self._link.paused:
            return
        due = self.session.deadline()
        if self._span and (due is None or self._span.end < due):
            due = self._span.end
        if due is not None and (self._timer is None or due < self._timer_at):
            if self._timer:
                self._timer.cancel()
            delay = max(due - self.clock(), 0) / _SECOND
            self._timer, self._timer_at = self._loop.call_later(delay, self._tick), due

    def _tick(self) -> None:
        self._timer, self._restless = None, True
        now = self.clock()
        if self._span and now >= self._span.end and self._link:
            self._span = None
            self.logout("the session's hours are over")
        else:
            self._run(lambda: self.session.tick(now))

    def _look_after(self) -> None:
        """See to it that ``_keep`` is called soon, if the store has something to be kept."""
        if self._keeper is None and self._file and self._file.behind:
            self._keeper = self._loop.call_later(self._file.interval, self._keep)

    def _keep(self) -> None:
        """Let readers of the log see what was heard, and the disk have what it is to have by now."""
        self._keeper = None
        if self._file:
            self._run(self._show)
        if self._file and self._file.behind:
            self._loop.run_in_executor(None, self._file.flush).add_done_callback(self._kept)

    def _show(self) -> list[Output]:
        if self._file:
            self._file.write_waiting()
        return []

    def _kept(self, done: "asyncio.Future[None]") -> None:
        error = done.exception()
        if isinstance(error, Exception) and self.error is None:
            self._fail(error)
        elif error is None:
            self._look_after()
