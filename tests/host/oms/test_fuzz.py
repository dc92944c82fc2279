"""Whatever comes, in whatever order: nothing raises, nothing illegal passes in silence, sums stay sums."""

import random

import pytest

from host.oms.book import Phase
from host.oms.inputs import (
    Accept,
    CancelRejected,
    ExecKind,
    Execution,
    GateRead,
    GateShut,
    Intend,
    IntentKind,
    Kill,
    Linked,
    NewDay,
    PositionTold,
    Refused,
    ReportDone,
    Resume,
    Sent,
    Started,
    TimeInForce,
    Timer,
    Unlinked,
    Verdict,
    Written,
)
from host.oms.oms import Oms
from host.oms.outputs import Alarm, AlarmKind, Report, ToGate
from host.oms.settings import Settings
from host.oms.states import State
from host.positions.booked import Booked, BookedKind
from tests.host.oms.world import Gate
from wire.risk import Kind, OrderType, Side, Status

SECOND = 1_000_000_000


class Chaos:
    """Inputs that are sometimes sensible."""

    def __init__(self, rng):
        self.rng, self.time, self.epoch, self.names, self.slots, self.reports = rng, SECOND, 0, [b""], [], []

    def name(self):
        return self.rng.choice(self.names[-12:])

    def number(self, most=120):
        return self.rng.choice([0, 1, 50, 100, self.rng.randint(0, most)])

    def make(self):
        self.time += self.rng.choice([1_000, 1_000_000, 3 * SECOND])
        kinds = [self.execution] * 10 + [self.intend] * 8 + [self.verdict] * 8 + [
            self.cancel_rejected, self.cancel_rejected, self.report_done, self.report_done, self.small, self.small]
        return self.rng.choice(kinds)()

    def execution(self):
        rng = self.rng
        return Execution(
            1, rng.choice([0, 0, 1]), rng.choice(list(ExecKind)), rng.choice(list(State)), self.name(), self.name(),
            rng.choice([b"", b"NONE", b"O1", b"O2", b"O3"]), b"E%d" % rng.randint(1, 200),
            b"E%d" % rng.randint(1, 200), rng.choice([0, 0, 1, -1]), rng.choice([0, 0, 0, -1]),
            rng.choice([Side.BUY, Side.BUY, Side.SELL]), OrderType.LIMIT, rng.choice(list(TimeInForce)), self.number(),
            self.number(), self.number(), self.number(), self.number(), self.number(), self.number(), 0, 0,
            rng.choice([b"", b"", b"", self.name()]), self.number(3), rng.random() < 0.5, "", rng.random() < 0.5,
            self.time, self.time)

    def intend(self):
        rng = self.rng
        order = int(self.name() or b"0", 16) if rng.random() < 0.9 else rng.randint(0, 9)
        return Intend(rng.choice(list(IntentKind)), 1, 1, order, rng.randint(0, 1), 0, rng.choice(list(Side)),
                      OrderType.LIMIT, rng.choice(list(TimeInForce)), self.number(), self.number(), self.time)

    def verdict(self):
        if not self.slots or self.rng.random() < 0.05:
            return Verdict(self.rng.randint(0, 99), self.rng.choice([Kind.NEW, Kind.CANCEL]), self.rng.randint(0, 99),
                           self.rng.random() < 0.5, 0, 0, 0, self.time)
        slot = self.slots.pop(self.rng.randrange(len(self.slots)))
        return Verdict(slot.client, slot.kind, slot.token, self.rng.random() < 0.8, 0, self.rng.choice([0, 0, 64]), 0,
                       self.time)

    def report_done(self):
        if not self.reports:
            return ReportDone(1, 1, True, 0, self.time)
        report = self.reports.pop(self.rng.randrange(len(self.reports)))
        return ReportDone(report.token, report.number, self.rng.random() < 0.9, self.rng.choice([64, 256]), self.time)

    def cancel_rejected(self):
        return CancelRejected(1, self.name(), self.name(), self.rng.choice([b"O1", b"NONE", b""]),
                              self.rng.choice(list(State)), self.rng.choice([IntentKind.CANCEL, IntentKind.REPLACE]),
                              self.rng.randint(0, 3), "", self.time)

    def small(self):
        rng, time = self.rng, self.time
        self.epoch += 1
        return rng.choice([
            lambda: Started(self.epoch + 1, 0, time), lambda: Linked(time), lambda: Linked(time), lambda: Linked(time),
            lambda: Unlinked(time), lambda: GateRead(time), lambda: GateRead(time), lambda: Timer(time),
            lambda: Timer(time), lambda: PositionTold(0, 0, self.number(), 1, 1, time),
            lambda: Kill(rng.choice([-1, 0]), -1, "", "", time), lambda: Resume(-1, -1, "", "", time),
            lambda: Resume(0, -1, "", "", time), lambda: GateShut(rng.choice([-1, 0]), -1, time),
            lambda: Accept("", "", time), lambda: Accept("", "", time), lambda: NewDay(1, time),
            lambda: Refused(1, self.name(), rng.randint(0, 5), 0, "", time),
            lambda: Written(int(self.name() or b"0", 16), time),
            lambda: Sent(int(self.name() or b"0", 16), rng.randint(1, 9), time)])()

    def heard(self, oms, out):
        names = [name for name in oms.book.chains if len(name) == 16]
        self.names = [b"", *names]
        self.slots += [each for each in out if isinstance(each, ToGate)]
        self.reports += [each for each in out if isinstance(each, Report)]


@pytest.mark.parametrize("seed", range(25))
def test_nothing_raises_and_nothing_illegal_passes_in_silence(seed):
    print(f"seed {seed}")
    settings = Settings(open_orders=4, mass_status=False, rejects=50, disconnects=50, queries=1)
    chaos, oms, log, given = Chaos(random.Random(seed)), Oms(settings), [], []
    booked, fills = {}, {}
    for input_ in [Started(1, 0, 1), GateRead(2), Linked(3)]:
        log.append(input_)
        given.append(oms.take(input_))
    for _ in range(600):
        input_ = chaos.make()
        before = len(oms.book.illegal)
        out = oms.take(input_)
        log.append(input_)
        given.append(out)
        chaos.heard(oms, out)
        alarms = [each for each in out if isinstance(each, Alarm) and each.kind is AlarmKind.ILLEGAL]
        assert len(oms.book.illegal) - before == len(alarms)
        for each in out:
            if isinstance(each, Booked):
                book_one(each, booked, fills)
        for order in oms.book.orders.values():
            assert order.leaves >= 0 and order.cum == sum(fill.shares for fill in order.fills.values()), order
            assert order.notional == sum(fill.shares * fill.price for fill in order.fills.values())
    assert {pair: shares for pair, shares in booked.items() if shares} == {
        pair: shares for pair, shares in oms.book.positions.items() if shares}
    again = Oms(settings)
    assert [again.take(input_) for input_ in log] == given and again.snapshot() == oms.snapshot()


def book_one(one, booked, fills):
    """An independent ledger of what is booked: names are never used twice, references are known."""
    pair, sign = (one.account, one.symbol), 1 if one.side == Side.BUY else -1
    assert one.exec_id not in fills, one
    if one.kind is BookedKind.FILL:
        fills[one.exec_id] = one.shares
        booked[pair] = booked.get(pair, 0) + sign * one.shares
        return
    shares = fills[one.exec_ref_id]
    new = one.shares if one.kind is BookedKind.CORRECT else 0
    fills[one.exec_ref_id], fills[one.exec_id] = new, 0
    booked[pair] = booked.get(pair, 0) + sign * (new - shares)


def test_reports_to_a_gate_that_keeps_up_are_all_applied_even_by_a_venue_that_makes_no_sense():
    for seed in range(15):
        print(f"seed {seed}")
        chaos, gate = Chaos(random.Random(seed)), Gate(open_orders=8)
        oms = Oms(Settings(open_orders=8, mass_status=False, rejects=10_000, slow=10_000))
        waiting = [Started(1, 0, 1), GateRead(2), Linked(3)]
        for _ in range(500):
            while waiting:
                input_ = waiting.pop(0)
                for each in oms.take(input_):
                    chaos.heard(oms, ())
                    match each:
                        case ToGate():
                            verdict = gate.request(each.kind, each.client, each.token, each.shares, each.price,
                                                   each.account, each.symbol, each.side, each.type)
                            waiting.append(Verdict(each.client, each.kind, each.token,
                                                   int(verdict["status"]) == Status.ACCEPTED, int(verdict["mask"]),
                                                   int(verdict["fault"]), 0, chaos.time))
                        case Report():
                            verdict = gate.report(each.kind, each.number, each.token, each.shares, each.price,
                                                  each.old_price)
                            assert int(verdict["status"]) == Status.APPLIED, each
                            waiting.append(ReportDone(each.token, each.number, True, 0, chaos.time))
            waiting.append(chaos.rng.choice([chaos.execution, chaos.execution, chaos.intend, chaos.cancel_rejected])())
            if oms.book.phase is not Phase.OPEN:
                waiting.append(Accept("", "", chaos.time))
        for pair, state in gate.model.pairs.items():
            assert state.position + oms.book.gaps.get(pair, 0) == oms.book.positions.get(pair, 0)
        gate.model.verify()
