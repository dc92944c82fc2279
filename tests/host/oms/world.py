"""Order manager, the gate's reference, and a venue, joined by channels that may be slow, lose and repeat."""

from dataclasses import replace

from host.oms.book import Phase
from host.oms.inputs import (
    ExecKind,
    Execution,
    GateRead,
    GateShut,
    Intend,
    IntentKind,
    Kill,
    Linked,
    PositionTold,
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
from host.oms.outputs import Alarm, AlarmKind, AskPositions, Report, ShutGate, ToGate, ToVenue, VenueKind
from host.oms.settings import Settings
from sim.models.risk.gate import RiskGate
from tests.host.oms.venue import Venue
from wire.risk import Kind, OrderType, Side, Status

__all__ = ["Gate", "World"]

_MOST = 2**32 - 1
_SUM = 2**63 - 1


class Gate:
    """The reference gate with limits that nothing reaches, but its self-trade rule."""

    def __init__(self, *, open_orders, accounts=2, symbols=2):
        self.model = model = RiskGate(accounts=accounts, symbols=symbols, open_orders=open_orders, duplicates=2)
        for account in range(accounts):
            model.set_account(account, enable=1, gross=_SUM, net=_SUM, open_orders=65535, interval=1,
                              tolerance=2**48 - 1)
        for symbol in range(symbols):
            model.set_symbol(symbol, enable=1, restricted=0, tick=0, band_low=0, band_high=_MOST, collar_buy=65535,
                             collar_sell=65535, units_buy=_MOST, units_sell=_MOST, interval=1, tolerance=2**48 - 1)
            model.set_touch(symbol, bid=99, ask=101, last=100)
            model.set_state(symbol, live=True, trading=True, short_restricted=False)
            for account in range(accounts):
                model.set_pair(account, symbol, max_shares=_MOST, max_notional=_SUM, long=_MOST, short=_MOST,
                               open_orders=65535, locate=_MOST, fills=65535, window=1)
        model.set_global(duplicate=0, heartbeat=_MOST)
        model.resume_global()
        model.beat(cycle=0)
        model.advance(now=2)
        model.resume_heartbeat()
        self.cycle = 10

    def request(self, kind, client, token, shares, price, account, symbol, side, type_):
        self.cycle += 1
        return self.model.decide(dict(client=client, token=token, shares=shares, price=price, account=account,
                                      symbol=symbol, kind=kind, side=side, type=type_), now=self.cycle)

    def report(self, kind, number, token, shares, price, old_price):
        self.cycle += 1
        return self.model.decide(dict(number=number, old_price=old_price, token=token, shares=shares, price=price,
                                      kind=kind), now=self.cycle)


class World:
    """``log`` has the inputs in order; ``given`` the outputs of each."""

    def __init__(self, rng, **settings):
        self.rng, self.settings = rng, Settings(**dict(
            open_orders=8, queue=4, gate_window=3, queries=2, rejects=1_000, disconnects=1_000, slow=1_000) | settings)
        self.oms, self.gate, self.venue = Oms(self.settings), Gate(open_orders=8), Venue(rng)
        self.log, self.given, self.alarms = [], [], []
        self.requests, self.reports, self.verdicts = [], [], []
        self.to_venue, self.delivered, self.sequence = [], 0, 0
        self.unmatched, self.applied = [], []
        self.linked, self.time, self.epoch, self.asked, self.killed = False, 10**15, 0, False, []
        self.crash()

    def take(self, input_):
        self.log.append(input_)
        out = self.oms.take(input_)
        self.given.append(out)
        for each in out:
            match each:
                case ToGate():
                    self.requests.append(each)
                case Report():
                    self.reports.append(each)
                case ToVenue() if self.linked:
                    self.to_venue.append(each)
                case AskPositions():
                    self.asked = True
                case ShutGate():
                    self.killed.append(each)
                case Alarm():
                    self.alarms.append(each)

    def now(self, more=1_000):
        self.time += more
        self.venue.time = self.time
        return self.time

    # The device.

    def gate_request(self):
        if self.requests:
            slot = self.requests.pop(0)
            if self.rng.random() < 0.5:
                self.take(Written(slot.client, self.now()))
            verdict = self.gate.request(slot.kind, slot.client, slot.token, slot.shares, slot.price, slot.account,
                                        slot.symbol, slot.side, slot.type)
            self.verdicts.append(verdict)

    def gate_report(self):
        if self.reports:
            report = self.reports.pop(0)
            self.verdicts.append(self.gate.report(report.kind, report.number, report.token, report.shares,
                                                  report.price, report.old_price))

    def gate_verdict(self):
        if not self.verdicts:
            return
        verdict = self.verdicts.pop(0)
        kind, token = Kind(int(verdict["kind"])), int(verdict["token"])
        if kind < Kind.ACK:
            self.take(Verdict(int(verdict["client"]), kind, token, int(verdict["status"]) == Status.ACCEPTED,
                              int(verdict["mask"]), int(verdict["fault"]), int(verdict["cycles_out"]) * 8, self.now()))
        else:
            number, applied = int(verdict["client"]) & _MOST, int(verdict["status"]) == Status.APPLIED
            (self.applied if applied else self.unmatched).append((token, number, int(verdict["fault"])))
            self.take(ReportDone(token, number, applied, int(verdict["fault"]), self.now()))

    def gate_killed(self):
        if self.killed:
            shut = self.killed.pop(0)
            self.take(GateShut(shut.account, shut.symbol, self.now()))

    # The venue.

    def venue_takes(self):
        if self.to_venue and self.linked:
            message = self.to_venue.pop(0)
            self.sequence += 1
            if message.request:
                self.take(Sent(message.request, self.sequence, self.now()))
            self.venue.take(message)

    def venue_acts(self):
        self.venue.act()

    def venue_says(self, *, again=False):
        if self.delivered < len(self.venue.out) and (self.linked or again):
            message = self.venue.out[self.delivered]
            self.delivered += 1
            self.hear(message, again)

    def venue_repeats(self):
        """A message that was heard comes again."""
        heard = [each for each in self.venue.out[:self.delivered]
                 if isinstance(each, Execution) and each.kind is not ExecKind.STATUS
                 and each.exec_id not in self.venue.lost]
        if heard and self.linked:
            self.hear(self.rng.choice(heard), True)

    def hear(self, message, again=False):
        changes = {"possible_duplicate": True} if again and isinstance(message, Execution) else {}
        self.take(replace(message, time=self.now(), **changes))

    def unlink(self):
        """The session is lost, and so is the end of what was on the way to the venue."""
        if self.linked:
            self.linked = False
            for _ in range(self.rng.randint(0, len(self.to_venue))):
                self.venue.take(self.to_venue.pop(0))
            self.to_venue.clear()
            self.take(Unlinked(self.now()))

    def link(self):
        """What was missed comes first."""
        if not self.linked:
            while self.delivered < len(self.venue.out):
                self.venue_says(again=True)
            self.linked = True
            self.take(Linked(self.now()))

    def lose(self):
        """What was missed is lost for good, as when sequence numbers are reset: the venue's status must do. A bust that
        is lost cannot be made good so, and is left for the resend."""
        missed = self.venue.out[self.delivered:]
        kinds = {each.kind for each in missed if isinstance(each, Execution)}
        if not self.linked and not kinds & {ExecKind.BUST, ExecKind.CORRECT}:
            self.delivered = len(self.venue.out)
            self.venue.lost.update(each.exec_id for each in missed if isinstance(each, Execution))

    def tell_positions(self):
        """The venue's positions, when nothing that would change them is on the way."""
        if self.asked and self.linked and self.delivered == len(self.venue.out):
            self.asked = False
            found = [(*pair, shares) for pair, shares in sorted(self.venue.positions.items())]
            for number, one in enumerate(found, 1):
                self.take(PositionTold(*one, number, len(found), self.now()))
            if not found:
                self.take(PositionTold(0, 0, 0, 0, 0, self.now()))

    # People, time, and the end of the process.

    def intend(self):
        orders = list(self.oms.book.orders.values())
        kind = self.rng.choices(list(IntentKind), [4, 4, 1])[0] if orders else IntentKind.NEW
        some = [order for order in orders if order.open] if self.rng.random() < 0.9 else orders
        order = self.rng.choice(some or orders).id if kind != IntentKind.NEW else 0
        market = self.rng.random() < 0.1 and kind == IntentKind.NEW
        price = 0 if market else self.rng.randint(95, 105)
        self.take(Intend(kind, len(self.log), 1, order, self.rng.randint(0, 1), self.rng.randint(0, 1),
                         self.rng.choice([Side.BUY, Side.SELL]), OrderType.MARKET if market else OrderType.LIMIT,
                         TimeInForce.DAY, self.rng.randint(1, 50), price, self.now()))

    def timer(self):
        self.take(Timer(self.now(self.rng.choice([10**6, 2 * 10**9]))))

    def kill(self):
        if self.rng.random() < 0.3:
            self.take(Kill(-1, self.rng.choice([-1, 0]), "test", "test", self.now()))

    def resume(self):
        for pair in list(self.oms.book.kills):
            self.take(Resume(*pair, "test", "test", self.now()))

    def refold(self):
        """Fold the inputs again: the same state and the same outputs."""
        again = Oms(self.settings)
        assert [again.take(input_) for input_ in self.log] == self.given
        assert again.snapshot() == self.oms.snapshot()
        return again

    def crash(self):
        """The process dies, with what it had not done yet; device and venue live on."""
        self.unlink()
        for window, act in (self.requests, self.gate_done), (self.reports, self.gate_report):
            for _ in range(self.rng.randint(0, len(window))):
                act()
            window.clear()
        if self.log:
            self.oms = self.refold()
        self.killed.clear()
        self.epoch += 1
        self.take(Started(self.epoch, 0, self.now(), True))
        while self.verdicts:
            self.gate_verdict()
        self.take(GateRead(self.now()))

    def gate_done(self):
        slot = self.requests.pop(0)
        self.verdicts.append(self.gate.request(slot.kind, slot.client, slot.token, slot.shares, slot.price,
                                               slot.account, slot.symbol, slot.side, slot.type))

    def settle(self, limit=2_000):
        """Let all that is under way come to its end."""
        for _ in range(limit):
            busy = (self.requests or self.reports or self.verdicts or self.to_venue or self.killed or self.asked
                    or self.delivered < len(self.venue.out) or not self.linked)
            waiting = self.oms.book.requests or self.oms.book.recovery.waiting or self.oms.book.phase is not Phase.OPEN
            if not busy:
                if not waiting:
                    return
                self.timer()
            self.link()
            for act in (self.gate_request, self.gate_report, self.gate_verdict, self.gate_killed, self.venue_takes,
                        self.venue_says, self.tell_positions):
                act()
        raise AssertionError("it never comes to rest")

    STEPS = (("intend", 140), ("gate_request", 140), ("gate_report", 120), ("gate_verdict", 240), ("venue_takes", 140),
             ("venue_acts", 60), ("venue_says", 240), ("venue_repeats", 20), ("unlink", 2), ("link", 60), ("lose", 30),
             ("tell_positions", 200), ("timer", 8), ("kill", 4), ("resume", 15), ("gate_killed", 20), ("crash", 2))

    def run(self, steps):
        names, weights = zip(*self.STEPS, strict=True)
        for name in self.rng.choices(names, weights, k=steps):
            getattr(self, name)()

    def alarmed(self, kind: AlarmKind):
        return [each for each in self.alarms if each.kind is kind]

    def status_asked(self):
        return [each for out in self.given for each in out if isinstance(each, ToVenue)
                and each.kind is VenueKind.STATUS]
