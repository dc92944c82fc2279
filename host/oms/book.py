"""The state of the order manager, and the few ways in which it speaks and changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from host.oms.breaker import Breaker
from host.oms.gateside import Needed
from host.oms.ids import Ids, Places
from host.oms.inputs import Clock, IntentKind
from host.oms.order import Flag, Order, Request, Stage, Stamp
from host.oms.outputs import Alarm, AlarmKind, Output, Reason, Report, Tell, TellKind
from host.oms.queue import RequestQueue
from host.oms.settings import Settings
from host.oms.states import CLOSED, Event, Pending, State, Step, follow, follow_request
from wire.risk import Kind

__all__ = ["Book", "Held", "Illegal", "KillState", "Phase", "Recovery"]

Pair = tuple[int, int]


class Phase(Enum):
    """Whether orders may go out at all; the value is for people."""

    SHUT = "shut"
    RECOVERING = "recovering"
    OPEN = "open"


class Held(Enum):
    """What is known of the venue's positions."""

    UNASKED = "not asked for"
    ASKED = "asked for"
    TOLD = "told"
    REFUSED = "refused"


@dataclass(slots=True)
class Recovery:
    """What is awaited before trading opens. asked: number of the mass status request, which names it; turn: of the last
    request that went to the venue before it (Book.turns); mass: its answer is whole; answered: orders it spoke of,
    heard: of how many; waiting: orders asked about one by one, and the turn when they first were; gate: the gate's
    verdicts are all read. tells: the venue tells positions; held: whether they are asked for, or known; positions: as
    it tells them; differences: {pair: (there, ours)}, as they were when all were told; lacking: why they are not known.
    breaks: what does not agree; accepted: those that a person took upon himself."""

    asked: int = 0
    turn: int = 0
    since: int = 0
    mass: bool = False
    answered: dict[int, None] = field(default_factory=dict)
    heard: int = 0
    waiting: dict[int, int] = field(default_factory=dict)
    gate: bool = False
    tells: bool = False
    held: Held = Held.UNASKED
    positions: dict[Pair, int] = field(default_factory=dict)
    differences: dict[Pair, tuple[int, int]] = field(default_factory=dict)
    lacking: str = ""
    breaks: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


@dataclass(slots=True)
class KillState:
    """A kill in force. gate: the gate is shut, or would not say so in time; reported: what is left was told."""

    reason: str
    by: str
    since: int
    gate: bool = False
    reported: bool = False


@dataclass(frozen=True, slots=True)
class Illegal:
    """A transition that was asked for and is in no table."""

    order: int
    state: State
    event: str
    time: int


@dataclass(slots=True)
class Book:
    """All state; ``out`` is what the input that is being handled has brought forth so far.

    turns: how many requests went to the venue. requests: those unanswered, by id. chains: ClOrdID to order; names:
    OrderID to order; holders: place in the gate to the order that had it last. reports: place to those that the gate
    has not confirmed, by number. seen: (session, day) to ExecIDs whose executions were applied; copies: (OrderID,
    ExecID) of drop copies to shares and price. positions: shares by (account, symbol); gaps: those that the gate was
    not, and cannot be, told of; excused: those that the venue has more than we, which a person has accepted.
    """

    settings: Settings
    places: Places
    queue: RequestQueue
    ids: Ids = field(default_factory=Ids)
    breaker: Breaker = field(default_factory=Breaker)
    recovery: Recovery = field(default_factory=Recovery)
    phase: Phase = Phase.SHUT
    linked: bool = False
    day: int = 0
    at_gate: int = 0
    turns: int = 0
    orders: dict[int, Order] = field(default_factory=dict)
    requests: dict[int, Request] = field(default_factory=dict)
    chains: dict[bytes, int] = field(default_factory=dict)
    names: dict[bytes, int] = field(default_factory=dict)
    holders: dict[int, int] = field(default_factory=dict)
    reports: dict[int, dict[int, Report]] = field(default_factory=dict)
    seen: dict[tuple[int, int], dict[bytes, None]] = field(default_factory=dict)
    copies: dict[tuple[bytes, bytes], tuple[int, int]] = field(default_factory=dict)
    positions: dict[Pair, int] = field(default_factory=dict)
    gaps: dict[Pair, int] = field(default_factory=dict)
    excused: dict[Pair, int] = field(default_factory=dict)
    kills: dict[Pair, KillState] = field(default_factory=dict)
    errors: dict[Clock, int] = field(default_factory=lambda: dict.fromkeys(Clock, 0))
    illegal: list[Illegal] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    out: list[Output] = field(default_factory=list, repr=False)

    def alarm(self, kind: AlarmKind, order: int, text: str, time: int) -> None:
        """Call somebody."""
        self.out.append(Alarm(kind, order, text, time))

    def tell(self, kind: TellKind, order: Order, time: int, *, request: IntentKind = IntentKind.NEW,
             ref: int | None = None, shares: int | None = None, price: int | None = None,
             reason: Reason | None = None, mask: int = 0, code: int | None = None, text: str | None = None) -> None:
        """Tell the order's strategy how it stands; what is not given is the order's own."""
        self.out.append(Tell(
            kind, order.strategy, order.ref if ref is None else ref, order.id, request, order.state,
            order.shares if shares is None else shares, order.price if price is None else price, order.cum,
            order.leaves, order.reason if reason is None else reason, mask, order.code if code is None else code,
            order.text if text is None else text, time))

    def stamp(self, clock: Clock, time: int) -> Stamp:
        """Return ``time`` of ``clock`` with what is known of its error."""
        return Stamp(time, clock, self.errors[clock])

    def report(self, order: Order, needed: Iterable[Needed]) -> None:
        """Report to the gate."""
        entry = order.gate
        for kind, shares, price, old_price in needed:
            assert entry is not None
            entry.number += 1
            self.send_report(Report(kind, entry.number, entry.token, shares, price, old_price))

    def send_report(self, report: Report) -> None:
        """Let a report go, once, and remember it until the gate confirms it. After a start none goes before the gate's
        verdicts are read, for they tell which of the last life's are still to go."""
        self.reports.setdefault(report.token % self.places.count, {})[report.number] = report
        if self.recovery.gate:
            self.out.append(report)

    def lacks(self, order: Order, shares: int, why: str, time: int) -> None:
        """The gate's position is wrong by ``shares``, of the order's side: fewer than the gate should have."""
        pair = order.account, order.symbol
        self.gaps[pair] = self.gaps.get(pair, 0) + order.sign * shares
        self.alarm(AlarmKind.GATE_SHORT, order.id, f"{why}: {shares} shares", time)

    def move(self, order: Order, event: Event, time: int) -> bool:
        """Let ``event`` act on the working state, by the order's shares as they are now. What is in no table is
        recorded and alarmed, and changes nothing: False."""
        then = follow(order.working, event, order.case)
        if then is None:
            self.illegal.append(Illegal(order.id, order.working, event.value, time))
            self.alarm(AlarmKind.ILLEGAL, order.id,
                       f"{event.value} while {order.working.value}, {order.case.value}", time)
            return False
        order.working = then
        ended = then in CLOSED or then in (State.FILLED, State.DONE_FOR_DAY)
        order.times.final = (order.times.final or self.stamp(Clock.HOST, time)) if ended else None
        return True

    def step(self, order: Order, step: Step, time: int) -> None:
        """Let ``step`` act on what is pending; what is in no table is recorded and alarmed."""
        then = follow_request(order.pending, step)
        if then is None:
            self.illegal.append(Illegal(order.id, order.state, step.value, time))
            self.alarm(AlarmKind.ILLEGAL, order.id, f"{step.value} while {order.pending.value}", time)
        else:
            order.pending = then

    def blocked(self, account: int, symbol: int) -> bool:
        """Return whether a kill is in force for the pair."""
        return bool(self.kills) and any(
            pair[0] in (-1, account) and pair[1] in (-1, symbol) for pair in self.kills)

    def count(self, name: str) -> None:
        """Count what needs no alarm."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def end_request(self, order: Order, request: Request, time: int) -> None:
        """``request``, a replace or cancel, is answered, or never left."""
        if request.stage is Stage.VENUE and order.pending is not Pending.NONE:
            self.step(order, Step.END_REPLACE if request.kind == IntentKind.REPLACE else Step.END_CANCEL, time)
        if request.stage is Stage.QUEUED:
            self.queue.remove(request.kind, request.id)
        if order.replace == request.id:
            order.replace = 0
        if order.cancel == request.id:
            order.cancel = 0
        del self.requests[request.id]

    def end_requests(self, order: Order, time: int) -> None:
        """The order is over: nothing is awaited any more but verdicts."""
        order.flags &= ~Flag.CANCEL_WANTED
        for number in (order.replace, order.cancel, order.entry):
            request = self.requests.get(number)
            if request is not None and request.stage is not Stage.GATE:
                if request.kind == IntentKind.NEW:
                    if request.stage is Stage.QUEUED:
                        self.queue.remove(request.kind, request.id)
                    del self.requests[number]
                else:
                    self.end_request(order, request, time)
        order.replace = order.cancel = order.entry = 0
        self.release(order)

    def release(self, order: Order) -> None:
        """Give the order's place back, once the gate has closed its entry and nothing is under way to it. An entry that
        holds shares of an order with none left, for the venue took some away unasked, is closed."""
        entry = order.gate
        if entry is None:
            return
        if entry.live and not order.leaves and not order.replace and not order.carried:
            self.report(order, entry.end(Kind.CANCELLED))
        if entry.live:
            return
        place = entry.token % self.places.count
        if (self.places.live.get(place) == entry.token and not self.reports.get(place)
                and not any(request.order == order.id and request.stage is not Stage.VENUE
                            for request in self.requests.values())):
            self.places.give(entry.token)

    def snapshot(self) -> bytes:
        """Return the whole state as text; that of equal states is equal, byte for byte."""
        return repr(self).encode()
