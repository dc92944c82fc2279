"""The host's one thread: what comes in is journaled, folded, and then what follows from it is done.

    ring records -> views, strategies -> intents -> order manager -> gate -> verdicts -> order manager -> venue
    venue -> executions -> order manager -> gate (reports), positions, strategies

The loop knows the device by its drivers, the venue and the clock by ports: it is the same whether they are simulated in
one process, or real.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from host.device.reader import EventReader
from host.oms.fix import FixError, FixOrders
from host.oms.fixpositions import FixPositions
from host.oms.inputs import (
    GateRead,
    GateShut,
    Input,
    Linked,
    Refused,
    ReportDone,
    Sent,
    Started,
    Timer,
    Unlinked,
    Verdict,
    Written,
)
from host.oms.order import Stage
from host.oms.outputs import (
    Alarm,
    AlarmKind,
    AskPositions,
    DontKnow,
    Killed,
    Output,
    Report,
    ShutGate,
    Tell,
    ToGate,
    ToVenue,
)
from host.oms.templates import OrderTemplates
from host.positions.booked import Booked
from host.positions.positions import BookingAlarm
from host.run.gateway import Gateway
from host.run.ledger import Ledger
from host.run.shortcut import Shortcut
from host.run.venue import Link, Venue, VenueEvent
from host.strategy.dispatch import Dispatch
from host.strategy.interface import ContextError, RequestError
from host.strategy.working import Working

__all__ = ["Loop", "Pace"]

_MS = 1_000_000
_LINKS: dict[Link, type[Linked] | type[Unlinked]] = {Link.UP: Linked, Link.DOWN: Unlinked}


@dataclass(frozen=True, kw_only=True)
class Pace:
    """ns between heartbeats to the gate, and between timers of strategies and order manager."""

    heartbeat: int = 10 * _MS
    timer: int = 10 * _MS


class Loop:
    """One turn is a ``step``. Nothing leaves the process before the journal holds what it follows from.

    counts: what was done, by name; verdicts by ``accepted`` and ``refused``. alarms: everything that somebody should
    look at goes to ``on_alarm`` and is kept. records: the reader of what strategies are shown.
    """

    def __init__(self, *, ledger: Ledger, dispatch: Dispatch, records: EventReader, gateway: Gateway, venue: Venue,
                 orders: FixOrders, shut: Callable[[ShutGate], None], clock: Callable[[], int],
                 pace: Pace | None = None, shortcut: bool = True,
                 on_alarm: Callable[[Alarm | BookingAlarm], object] = lambda alarm: None) -> None:
        """records: of the device's event ring. orders: the venue's FIX. shut: sets the gate's kill. clock: ns since
        1970, never less than before. shortcut: whether orders may leave before they are folded (host.run.shortcut);
        what is journaled and sent is the same."""
        self.ledger, self.dispatch, self.gateway, self.venue = ledger, dispatch, gateway, venue
        self.counts: Counter[str] = Counter()
        self.alarms: list[Alarm | BookingAlarm] = []
        self.records, self._orders, self._shut, self._clock = records, orders, shut, clock
        dispatch.views.check(records.ring)
        self._templates = OrderTemplates(orders, venue.settings)
        self._pace, self._on_alarm = pace or Pace(), on_alarm
        self._shortcut, self._folded = Shortcut(ledger, gateway), False
        self._fault: RequestError | None = None
        if shortcut:
            for context in dispatch.contexts:
                context.ahead = self._shortcut.order
        ledger.on_alarm = self.alarm
        self._lost = records.lost
        # Asked in every turn, before anything that is there is taken.
        self._decided, self._fresh, self._wanted = gateway.decided, records.waiting, dispatch.intents
        self._contexts = {context.strategy: context for context in dispatch.contexts}
        self._due: deque[Output] = deque()
        self._positions = FixPositions(orders.names)
        self._beat_at = self._timer_at = 0
        self._inside: dict[type, Callable[..., None]] = {
            Tell: self._tell, Alarm: self.alarm, Booked: self._booked, Killed: self._killed}
        self._outside: dict[type, Callable[..., None]] = {
            ToGate: gateway.requests.append, Report: gateway.reports.append, ToVenue: self._send, DontKnow: self._send,
            ShutGate: self._shut_gate, AskPositions: self._ask_positions}

    def start(self, epoch: int, day: int, *, positions: bool = False) -> None:
        """Begin a life of the process, before the first step. epoch: greater than those before; day: number of the
        trading day. positions: whether the venue is asked for them, and trading waits until they agree. Of the verdicts
        that the ring still has, those that an earlier life did not hear are taken."""
        book, now = self.ledger.oms.book, self._clock()
        self._adopt()
        self._fold(Started(epoch, day, now, positions))
        for decision in self.gateway.decisions(now):
            if isinstance(decision, Verdict):
                request = book.requests.get(decision.request)
                awaited = request is not None and request.stage is Stage.GATE
            else:
                report = book.reports.get(decision.token % book.places.count, {}).get(decision.number)
                awaited = report is not None and report.token == decision.token
            if awaited:
                self._decide(decision)
        self._fold(GateRead(now))
        self._flush()

    def step(self) -> bool:
        """Do what there is to do; return whether there was anything. Raises RequestError, when that is done, if a
        strategy asked for nonsense: it hears of nothing any more, and the loop may go on."""
        done = self._decided() and self._verdicts()
        done |= self._venue()
        if self._wanted:
            done |= self._intents()
        if self._fresh():
            done |= self._market()
        done |= self._time() | self._flush() | self._submit()
        if self._folded:
            self._folded = False
            self.ledger.commit()
            if self._due:
                self._shortcut.close()
            else:
                self._shortcut.prepare()
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        return done

    @property
    def shortcuts(self) -> int:
        """Orders that left before they were folded."""
        return self._shortcut.taken

    def take(self, input_: Input) -> None:
        """Take what a person or program wants (Kill, Resume, Accept, NewDay, ClockError), and do what follows."""
        self._fold(input_)
        self._flush()

    def alarm(self, alarm: Alarm | BookingAlarm) -> None:
        """Call somebody."""
        self.alarms.append(alarm)
        self._on_alarm(alarm)

    def _adopt(self) -> None:
        """Give strategies back what they had in an earlier life."""
        for order in self.ledger.oms.book.orders.values():
            context = self._contexts.get(order.strategy)
            if context is not None and order.symbol >= 0:
                context.positions[order.symbol] += order.sign * order.cum
                if order.open:
                    context.adopt(Working(order.ref, order.symbol, order.side, order.shares, order.price, order.id,
                                          order.cum, order.leaves, order.state))

    # What comes in.

    def _verdicts(self) -> bool:
        decisions = list(self.gateway.decisions(self._clock()))
        for decision in decisions:
            self._decide(decision)
        if decisions:
            self._flush()
        return bool(decisions)

    def _decide(self, decision: Verdict | ReportDone) -> None:
        if isinstance(decision, Verdict):
            self.counts["accepted" if decision.accepted else "refused"] += 1
        else:
            self.counts["reports applied" if decision.applied else "reports unmatched"] += 1
        self._fold(decision)

    def _venue(self) -> bool:
        events = self.venue.poll()
        if not events:
            return False
        for event in events:
            self._heard(event)
        self._flush()
        self.ledger.commit()
        self.venue.took()
        return True

    def _heard(self, event: VenueEvent) -> None:
        now = self._clock()
        if isinstance(event, Link):
            self._fold(_LINKS[event](now))
            return
        self.counts["messages heard"] += 1
        try:
            input_ = self._orders.input(event, day=self.ledger.oms.book.day, time=now)
            told = self._positions.take(event, now) if input_ is None or isinstance(input_, Refused) else None
        except FixError as error:
            self.alarm(Alarm(AlarmKind.BAD_EXECUTION, 0, f"{error}: {event}", now))
            return
        for each in told if told is not None else (input_,):
            if each is not None:
                self._fold(each)

    def _market(self) -> bool:
        """Show records to the strategies; what they want leaves before the next record is shown."""
        records, shown = self.records, 0
        slot, count = records.span()
        while count:
            end = slot + count
            while slot < end:
                try:
                    slot += self.dispatch.apply(records.memory, slot, end - slot, self._clock())
                except RequestError as error:
                    # How far the records were shown is not known.
                    self._retire(error)
                    self._lapse()
                    slot = end
                if self._wanted:
                    self._intents()
                    self._flush()
            shown += count
            self._look_for_lost()
            slot, count = records.span()
        self._look_for_lost()
        self.counts["records"] += shown
        return bool(shown)

    def _look_for_lost(self) -> None:
        if self.records.lost != self._lost:
            self.counts["records lost"] += self.records.lost - self._lost
            self._lost = self.records.lost
            self._lapse()

    def _lapse(self) -> None:
        """No symbol is traded on before its next record."""
        self._shortcut.close()
        self._call(self.dispatch.lapsed, self._clock())

    def _call(self, tell: Callable[..., object], *about: object) -> None:
        """Tell strategies something; one that asks for nonsense is told nothing any more."""
        try:
            tell(*about)
        except RequestError as error:
            self._retire(error)

    def _retire(self, error: RequestError) -> None:
        self.dispatch.retire(error.strategy)
        self._fault = self._fault or error

    def _intents(self) -> bool:
        """Take what strategies want now; what they want because of the answers is taken later."""
        intents = self.dispatch.take()
        for intent in intents:
            self._fold(intent)
        self.counts["intents"] += len(intents)
        return bool(intents)

    def _time(self) -> bool:
        now = self._clock()
        if now >= self._beat_at:
            self._beat_at = now + self._pace.heartbeat
            self.gateway.gate.beat()
        if now < self._timer_at:
            return False
        self._timer_at = now + self._pace.timer
        self._fold(Timer(now))
        self._call(self.dispatch.timer, now)
        return self.dispatch.wanting

    # What follows.

    def _fold(self, input_: Input) -> None:
        """Journal and fold; do what stays inside the process, and note what does not."""
        self._folded = True
        for output in self.ledger.take(input_):
            inside = self._inside.get(type(output))
            if inside is not None:
                inside(output)
            else:
                self._due.append(output)

    def _flush(self) -> bool:
        """Commit, and do what was noted and what follows from that; return whether there was anything."""
        done = False
        while self._due:
            done = True
            self.ledger.commit()
            for _ in range(len(self._due)):
                output = self._due.popleft()
                self._outside[type(output)](output)
            self._submit()
        return done

    def _submit(self) -> bool:
        """Give the gate what it has room for; return whether there was anything to give."""
        if not self.gateway.waiting:
            return False
        requests = self.gateway.submit()
        if requests:
            now = self._clock()
            for request in requests:
                self._fold(Written(request.client, now))
        return True

    def _send(self, output: ToVenue | DontKnow) -> None:
        now = self._clock()
        make = self._templates.maker(output) if isinstance(output, ToVenue) else None
        if make is None:
            seq = self.venue.send(self._orders.message(output, now), now)
        else:
            seq = self.venue.send_made(make, now)
        self.counts["messages sent"] += 1
        if isinstance(output, ToVenue):
            self._fold(Sent(output.request, seq, now))

    def _ask_positions(self, _: AskPositions) -> None:
        now = self._clock()
        for message in self._positions.ask(now):
            self._positions.sent(self.venue.send(message, now))
            self.counts["messages sent"] += 1

    def _shut_gate(self, output: ShutGate) -> None:
        self._shut(output)
        self._fold(GateShut(output.account, output.symbol, self._clock()))

    def _tell(self, tell: Tell) -> None:
        if tell.strategy not in self._contexts:
            self.counts["tells for nobody"] += 1
            return
        try:
            self._call(self.dispatch.tell, tell, self._clock())
        except ContextError as error:
            self.alarm(Alarm(AlarmKind.UNKNOWN_ORDER, tell.order, str(error), tell.time))

    def _booked(self, booked: Booked) -> None:
        self.counts[f"{booked.kind.name.lower()}s"] += 1

    def _killed(self, killed: Killed) -> None:
        text = f"done; {len(killed.left)} orders could not be cancelled" if killed.left else "done; nothing rests"
        self.alarm(Alarm(AlarmKind.KILL, 0, text, killed.time))
