"""The whole exchange on a clock: venue, desks, lines, other participants, the day's plan. Sockets are attached to it.

The same on a virtual clock, where all happens in one process and in no time, and on the wall clock.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial

from host.fix.message import Message
from host.fix.timestamp import stamp
from sim.exchange.clock import Alarm, Clock
from sim.exchange.commands import CloseCross, Indicate, OpenCross
from sim.exchange.config import Config
from sim.exchange.events import Event
from sim.exchange.fixdesk.copies import OuchCopies
from sim.exchange.fixdesk.desk import FixDesk
from sim.exchange.fixdesk.orders import FixOrder
from sim.exchange.flow.participant import Participant as Actor
from sim.exchange.lines import Lines
from sim.exchange.operator import Operator, OperatorError
from sim.exchange.ouchdesk.desk import OuchDesk
from sim.exchange.ouchdesk.orders import OuchOrder, OuchUser
from sim.exchange.statements import statement
from sim.exchange.venue import Venue
from wire.itch50 import CrossType, SystemEvent

__all__ = ["Exchange"]

#: Acts of a participant in a row, before something else gets its turn.
_IN_A_ROW = 100
#: ns between two imbalances.
_SECOND = 1_000_000_000


def _show(actor: Actor, events: Sequence[Event], _: int) -> None:
    """Let a participant see what happened."""
    actor.saw(events)


def _nowhere(*_: object) -> None:
    """Send nothing: no one is attached."""


class Exchange:
    """An exchange as ``config`` describes it; the day begins with ``begin``.

    on_packet: gets line (0 A, 1 B) and packet when it arrives, faults behind it. on_fix: gets what goes to a FIX
    session; on_stream: which user's OUCH stream has grown; on_end: is called when the day is over; on_statements: is to
    write ``statements``, and returns what went wrong.
    on_refused: gets a line of text for what the plan asked for and could not be done; else ``refused`` keeps it.
    Raises OperatorError for a plan that means nothing, OSError and MarketFileError for a record that cannot be read.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        now = clock.now()
        self.config, self.clock = config, clock
        self.midnight = now - config.day.start
        self.venue = Venue(config.symbols, session=config.feed.session, now=now, midnight=self.midnight,
                           most=config.feed.most, gather=config.feed.gather)
        self.lines = Lines(config.feed.faults)
        self.on_packet: Callable[[int, bytes], None] = _nowhere
        self.on_fix: Callable[[Hashable, Message], None] = _nowhere
        self.on_stream: Callable[[OuchUser], None] = _nowhere
        self.on_end: Callable[[], None] = _nowhere
        self.on_statements: Callable[[], list[str]] = lambda: ["statements: there is no place for them"]
        self.over = False
        self.refused: list[str] = []
        self.on_refused: Callable[[str], None] = self.refused.append
        day = stamp(now, 3).translate(None, b":-.").decode()
        self.fix = FixDesk(self.venue, config.participants, lambda session, message: self.on_fix(session, message),
                           day=f"{day}-")
        users = config.users()
        self.copies = OuchCopies(users, self.fix.reporter)
        self.venue.listen(self.copies.listen, OuchOrder)
        self.ouch = OuchDesk(self.venue, users, lambda user: self.on_stream(user))
        self.operator = Operator(self.venue, self.lines, lambda: self.on_statements())
        self._plan = [(when, partial(self._operate, self._parsed(text))) for when, text in config.plan]
        self.actors: Mapping[str, Actor] = config.actors(self.venue.engine, start=now, midnight=self.midnight)
        self._heartbeat = Alarm(clock, self.venue.feed.deadline, self.venue.tick)
        self._arrivals = Alarm(clock, self.lines.deadline, self._deliver)
        self._acts = [Alarm(clock, self._deadline(actor), partial(self._act, actor)) for actor in self.actors.values()]
        self.venue.outlets.append(self._send)
        for actor in self.actors.values():
            self.venue.listen(partial(_show, actor))

    def begin(self) -> None:
        """Begin the day, and do what its plan has for now; the rest comes by the clock."""
        now, day = self.clock.now(), self.config.day
        self.venue.begin(now)
        self.ouch.begin(now)
        plan = [(day.open, self._open), (day.close, self._close), (day.end, self.end), *self._plan]
        for when, act in plan:
            self.clock.call_at(self.midnight + when, partial(self._unless_over, act))
        for cross_type, when in ((CrossType.OPENING, day.open), (CrossType.CLOSING, day.close)):
            self._indicate_at(cross_type, max(when - day.imbalance, day.start), when)
        self._heartbeat.arm()
        for alarm in self._acts:
            alarm.arm()

    def end(self) -> None:
        """End the day, if it has not ended."""
        if self.over:
            return
        self.over = True
        for alarm in self._acts:
            alarm.stop()
        now = self.clock.now()
        self.venue.end(now)
        self.ouch.end(now)
        for user in self.ouch.users.values():
            self.on_stream(user)
        self.on_end()

    def statements(self) -> dict[str, str]:
        """Return the end-of-day file, as things stand, of each counterparty: by CompID, or name of the OUCH user."""
        orders: dict[str, dict[FixOrder, None]] = {}
        for one in self.fix.participants.values():
            if one.copies is None:
                known = self.fix.orders[one.session].values()
                orders.setdefault(one.comp_id.decode("latin-1"), {}).update(dict.fromkeys(known))
        for name in self.ouch.users:
            orders.setdefault(name, {})
        for order in self.copies.orders.values():
            orders[order.participant.comp_id.decode("latin-1")][order] = None
        return {name: statement(known) for name, known in orders.items()}

    def time_of_day(self) -> int:
        """Return the exchange's time, ns since midnight."""
        return self.clock.now() - self.midnight

    def _unless_over(self, act: Callable[[], None]) -> None:
        if not self.over:
            act()

    def _indicate_at(self, cross_type: CrossType, at: int, cross: int) -> None:
        """Plan to publish the imbalance at a time, and every second from then on until the cross."""
        if at < cross:
            indicate = partial(self._indicate, cross_type, at, cross)
            self.clock.call_at(self.midnight + at, partial(self._unless_over, indicate))

    def _indicate(self, cross_type: CrossType, at: int, cross: int) -> None:
        for symbol in self.config.symbols:
            self.venue.apply(Indicate(symbol.locate, cross_type), self.clock.now())
        self._indicate_at(cross_type, at + _SECOND, cross)

    def _open(self) -> None:
        self.venue.enter(SystemEvent.START_OF_MARKET_HOURS, self.clock.now())
        for symbol in self.config.symbols:
            self.venue.apply(OpenCross(symbol.locate), self.clock.now())

    def _close(self) -> None:
        self.venue.enter(SystemEvent.END_OF_MARKET_HOURS, self.clock.now())
        for symbol in self.config.symbols:
            self.venue.apply(CloseCross(symbol.locate), self.clock.now())

    def _parsed(self, text: str) -> Callable[[int], list[str]]:
        try:
            return self.operator.parse(text)
        except OperatorError as error:
            raise OperatorError(f"plan: {text}: {error}") from None

    def _operate(self, act: Callable[[int], list[str]]) -> None:
        for text in act(self.clock.now()):
            self.on_refused(text)

    def _deadline(self, actor: Actor) -> Callable[[], int | None]:
        return lambda: None if self.over else actor.due()

    def _act(self, actor: Actor, now: int) -> None:
        for _ in range(_IN_A_ROW):
            due = actor.due()
            if due is None or due > now:
                break
            command = actor.act()
            if command is not None:
                self.venue.apply(command, now)

    def _send(self, packets: object, now: int) -> None:
        self.lines.send(packets, now)
        self._deliver(now)
        self._arrivals.arm()
        self._heartbeat.arm()

    def _deliver(self, now: int) -> None:
        for line, packet in self.lines.arrived(now):
            self.on_packet(line, packet)
