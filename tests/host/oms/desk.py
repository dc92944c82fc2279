"""Drives an order manager by hand: short ways to say what device and venue say."""

from host.oms.inputs import (
    CancelRejected,
    ExecKind,
    Execution,
    GateRead,
    Intend,
    IntentKind,
    Linked,
    PositionTold,
    Refused,
    Started,
    TimeInForce,
    Verdict,
)
from host.oms.oms import Oms
from host.oms.outputs import Alarm, Report, Tell, ToGate, ToVenue, VenueKind
from host.oms.settings import Settings
from host.oms.states import State
from host.positions.booked import Booked
from wire.risk import Kind, OrderType, Side

LIMIT, MARKET, BUY, SELL = OrderType.LIMIT, OrderType.MARKET, Side.BUY, Side.SELL
SECOND = 1_000_000_000
PRICE = 100_0000

_STATUS = {ExecKind.NEW: State.NEW, ExecKind.CANCELLED: State.CANCELLED, ExecKind.REJECTED: State.REJECTED,
           ExecKind.EXPIRED: State.EXPIRED, ExecKind.DONE_FOR_DAY: State.DONE_FOR_DAY, ExecKind.STOPPED: State.STOPPED,
           ExecKind.SUSPENDED: State.SUSPENDED, ExecKind.CALCULATED: State.CALCULATED,
           ExecKind.PENDING_NEW: State.PENDING_NEW, ExecKind.PENDING_CANCEL: State.PENDING_CANCEL,
           ExecKind.PENDING_REPLACE: State.PENDING_REPLACE}


class Desk:
    """An order manager that trades, and what it gave for the last input in ``out``; ``said`` has all outputs."""

    def __init__(self, *, trading=True, tells=False, **settings):
        self.settings = Settings(**{"open_orders": 8} | settings)
        self.oms, self.tells = Oms(self.settings), tells
        self.time, self.inputs, self.out, self.said = 1_000 * SECOND, [], [], []
        self.exec_id = self.ref = 0
        if trading:
            self.start()

    @property
    def book(self):
        return self.oms.book

    @property
    def orders(self):
        return list(self.book.orders.values())

    def take(self, input_):
        self.inputs.append(input_)
        self.out = self.oms.take(input_)
        self.said += self.out
        return self.out

    def start(self, epoch=1):
        self.take(Started(epoch, 0, self.now(), self.tells))
        self.take(GateRead(self.now()))
        self.link()

    def link(self, *answers):
        """Log on, and have the mass status request answered: nothing, unless ``answers`` says how."""
        self.take(Linked(self.now()))
        asked = self.only(ToVenue)
        assert asked.kind is VenueKind.MASS_STATUS
        if not answers:
            self.take(self.report(None, ExecKind.STATUS, order_id=b"NONE", cl_ord_id=b"NONE", status=State.REJECTED,
                                  mass_id=asked.cl_ord_id, mass_last=True))
        for number, answer in enumerate(answers, 1):
            order = answer.pop("order", None)
            self.take(self.report(order, ExecKind.STATUS, mass_id=asked.cl_ord_id, mass_total=len(answers),
                                  mass_last=number == len(answers), **answer))

    def now(self):
        self.time += 1_000
        return self.time

    def got(self, kind):
        """Return the outputs of a type of the last input."""
        return [each for each in self.out if isinstance(each, kind)]

    def only(self, kind):
        found = self.got(kind)
        assert len(found) == 1, self.out
        return found[0]

    def reports(self):
        """Return (kind, shares, price) of what the gate was told last."""
        return [(each.kind, each.shares, each.price) for each in self.got(Report)]

    def alarms(self):
        return [each.kind for each in self.got(Alarm)]

    def booked(self):
        return [(each.kind, each.shares, each.price) for each in self.got(Booked)]

    # What the strategy wants.

    def intend(self, kind=IntentKind.NEW, order=None, *, shares=100, price=PRICE, side=BUY, type=LIMIT, account=0,
               symbol=0, time_in_force=TimeInForce.DAY):
        self.ref += 1
        self.take(Intend(kind, self.ref, 7, order.id if order else 0, account, symbol, side, type, time_in_force,
                         shares, price, self.now()))
        return next((each for each in self.got(Tell) if each.ref == self.ref), None)

    def decide(self, *, accepted=True, mask=0, fault=0):
        """Have the gate decide on what it was given last."""
        for slot in self.got(ToGate):
            self.take(Verdict(slot.client, slot.kind, slot.token, accepted, mask, fault, 5, self.now()))

    def placed(self, **terms):
        """Return a new order that is at the venue, not acknowledged."""
        self.intend(**terms)
        assert self.got(ToGate), self.out
        self.decide()
        return self.orders[-1]

    def working(self, **terms):
        """Return one that is."""
        order = self.placed(**terms)
        self.execute(order, ExecKind.NEW)
        return order

    def replace(self, order, shares, price=PRICE):
        """Ask for a replace, up to the venue; return its ClOrdID."""
        self.intend(IntentKind.REPLACE, order, shares=shares, price=price)
        self.decide()
        return self.only(ToVenue).cl_ord_id

    def cancel(self, order):
        self.intend(IntentKind.CANCEL, order)
        self.decide()
        return self.only(ToVenue).cl_ord_id

    # What the venue says.

    def report(self, order, kind, **fields):
        self.exec_id += 1
        cum, leaves = (order.cum, order.leaves) if order else (0, 0)
        last = fields.get("last_shares", 0)
        if kind is ExecKind.TRADE:
            cum, leaves = cum + last, max(0, leaves - last)
        if kind in (ExecKind.CANCELLED, ExecKind.REJECTED, ExecKind.EXPIRED, ExecKind.DONE_FOR_DAY):
            leaves = 0
        status = State.FILLED if not leaves else State.PARTIALLY_FILLED if cum else State.NEW
        values = dict(
            session=1, day=0, kind=kind, status=_STATUS.get(kind, status),
            cl_ord_id=order.cl_ord_id if order else b"", orig_cl_ord_id=b"",
            order_id=(order.order_id or b"V%d" % order.id) if order else b"", exec_id=b"E%d" % self.exec_id,
            exec_ref_id=b"", account=order.account if order else 0, symbol=order.symbol if order else 0,
            side=order.side if order else BUY, type=order.type if order else LIMIT,
            time_in_force=TimeInForce.DAY, shares=order.shares if order else 0, price=order.price if order else 0,
            last_shares=last, last_price=0, cum_shares=cum, leaves=leaves, average=0, fee=0, reason=0, mass_id=b"",
            mass_total=0, mass_last=False, text="", possible_duplicate=False, venue_time=self.time, time=self.now())
        return Execution(**values | fields)

    def execute(self, order, kind, **fields):
        report = self.report(order, kind, **fields)
        self.take(report)
        return report

    def fill(self, order, shares, price=PRICE, **fields):
        return self.execute(order, ExecKind.TRADE, last_shares=shares, last_price=price, **fields)

    def replaced(self, order, name, shares, price=PRICE, **fields):
        leaves = max(0, shares - order.cum)
        return self.execute(order, ExecKind.REPLACED, **dict(
            cl_ord_id=name, orig_cl_ord_id=order.cl_ord_id, shares=shares, price=price, leaves=leaves,
            status=State.FILLED if not leaves else State.PARTIALLY_FILLED if order.cum else State.NEW) | fields)

    def reject_cancel(self, order, name, status, *, response=IntentKind.CANCEL, reason=0, order_id=None):
        self.take(CancelRejected(1, name, order.cl_ord_id, order.order_id if order_id is None else order_id, status,
                                 response, reason, "", self.now()))

    def refuse(self, *, name=b"", seq=0):
        self.take(Refused(1, name, seq, 5, "no", self.now()))

    def positions(self, *positions):
        for number, (account, symbol, shares) in enumerate(positions, 1):
            self.take(PositionTold(account, symbol, shares, number, len(positions), self.now()))
        if not positions:
            self.take(PositionTold(0, 0, 0, 0, 0, self.now()))


__all__ = ["BUY", "Desk", "Kind", "LIMIT", "MARKET", "PRICE", "SECOND", "SELL"]
