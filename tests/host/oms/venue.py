"""A little venue of its own mind: orders, fills, and what it says of them. It shares no code with the order manager."""

from dataclasses import dataclass, field

from host.oms.inputs import CancelRejected, ExecKind, Execution, IntentKind
from host.oms.outputs import VenueKind
from host.oms.states import State

__all__ = ["Venue"]


@dataclass
class Resting:
    order_id: bytes
    name: bytes
    terms: object
    shares: int
    price: int
    executed: int = 0
    leaves: int = 0
    over: State | None = None
    replaced: bool = False
    fills: dict = field(default_factory=dict)

    @property
    def cum(self):
        return sum(shares for shares, _ in self.fills.values())

    @property
    def paid(self):
        return sum(shares * price for shares, price in self.fills.values())

    @property
    def status(self):
        if self.over:
            return self.over
        if not self.leaves:
            return State.FILLED if self.executed == self.cum else State.CANCELLED
        return State.PARTIALLY_FILLED if self.cum else State.REPLACED if self.replaced else State.NEW


class Venue:
    """``out`` has its messages, first to last, ``lost`` the ExecIDs that nobody will hear of. Orders by every name."""

    def __init__(self, rng):
        self.rng, self.names, self.orders, self.out, self.lost, self.count, self.time = rng, {}, [], [], set(), 0, 0

    def say(self, order, kind, *, name=None, orig=b"", **fields):
        self.count += 1
        terms = order.terms
        values = dict(
            session=1, day=0, kind=kind, status=order.status, cl_ord_id=name or order.name, orig_cl_ord_id=orig,
            order_id=order.order_id, exec_id=b"X%d" % self.count, exec_ref_id=b"", account=terms.account,
            symbol=terms.symbol, side=terms.side, type=terms.type, time_in_force=terms.time_in_force,
            shares=order.shares, price=order.price, last_shares=0, last_price=0, cum_shares=order.cum,
            leaves=order.leaves, average=order.paid // order.cum if order.cum else 0, fee=0, reason=0, mass_id=b"",
            mass_total=0, mass_last=False, text="", possible_duplicate=False, venue_time=self.time, time=0)
        self.out.append(Execution(**values | fields))
        return self.out[-1]

    # What comes in.

    def take(self, message):
        {VenueKind.NEW: self.new, VenueKind.REPLACE: self.replace, VenueKind.CANCEL: self.cancel,
         VenueKind.STATUS: self.status, VenueKind.MASS_STATUS: self.mass_status}[message.kind](message)

    def new(self, message):
        assert message.cl_ord_id not in self.names, "a ClOrdID was used twice"
        order = Resting(b"O%d" % (len(self.orders) + 1), message.cl_ord_id, message, message.shares, message.price,
                        leaves=message.shares)
        self.names[message.cl_ord_id] = order
        self.orders.append(order)
        if self.rng.random() < 0.15:
            order.leaves, order.over = 0, State.REJECTED
            self.say(order, ExecKind.REJECTED, reason=99)
        elif self.rng.random() < 0.9:
            if self.rng.random() < 0.3:
                self.say(order, ExecKind.PENDING_NEW, status=State.PENDING_NEW)
            self.say(order, ExecKind.NEW)
        else:
            self.fill(order)

    def meant(self, message, response):
        order = self.names.get(message.orig_cl_ord_id)
        assert message.cl_ord_id not in self.names, "a ClOrdID was used twice"
        if order is None or order.over is State.REJECTED:
            self.refuse(message, b"NONE", State.REJECTED, response, 1)
        elif order.name != message.orig_cl_ord_id:
            self.refuse(message, order.order_id, order.status, response, 1)
        elif not order.leaves:
            self.refuse(message, order.order_id, order.status, response, 0)
        elif self.rng.random() < 0.2:
            self.refuse(message, order.order_id, order.status, response, 2)
        else:
            return order
        return None

    def refuse(self, message, order_id, status, response, reason):
        self.out.append(CancelRejected(1, message.cl_ord_id, message.orig_cl_ord_id, order_id, status, response, reason,
                                       "", 0))

    def replace(self, message):
        order = self.meant(message, IntentKind.REPLACE)
        if order is None:
            return
        if self.rng.random() < 0.3:
            self.say(order, ExecKind.PENDING_REPLACE, status=State.PENDING_REPLACE, name=message.cl_ord_id,
                     orig=order.name)
            if self.rng.random() < 0.5:
                self.fill(order)
        if not order.leaves:
            self.refuse(message, order.order_id, order.status, IntentKind.REPLACE, 0)
            return
        orig, order.name, order.price, order.replaced = order.name, message.cl_ord_id, message.price, True
        self.names[order.name] = order
        order.leaves = max(0, message.shares - order.cum)
        order.shares = message.shares
        if not order.leaves:
            order.over = State.FILLED
        self.say(order, ExecKind.REPLACED, orig=orig)

    def cancel(self, message):
        order = self.meant(message, IntentKind.CANCEL)
        if order is None:
            return
        orig, order.name = order.name, message.cl_ord_id
        self.names[order.name] = order
        order.leaves, order.over = 0, State.CANCELLED
        self.say(order, ExecKind.CANCELLED, orig=orig)

    def status(self, message):
        order = self.names.get(message.cl_ord_id)
        if order is None:
            order = Resting(b"NONE", message.cl_ord_id, message, 0, 0, over=State.REJECTED)
        self.say(order, ExecKind.STATUS, name=message.cl_ord_id if order.order_id == b"NONE" else None)

    def mass_status(self, message):
        found = [order for order in self.orders if order.leaves]
        if not found:
            nobody = Resting(b"NONE", b"NONE", message, 0, 0, over=State.REJECTED)
            self.say(nobody, ExecKind.STATUS, mass_id=message.cl_ord_id, mass_last=True)
        for number, order in enumerate(found, 1):
            self.say(order, ExecKind.STATUS, mass_id=message.cl_ord_id, mass_total=len(found),
                     mass_last=number == len(found))

    # What it does by itself.

    def act(self):
        resting = [order for order in self.orders if order.leaves]
        filled = [order for order in self.orders if order.fills]
        if resting and self.rng.random() < 0.8:
            order = self.rng.choice(resting)
            self.rng.choices([self.fill, self.withdraw, self.restate], [8, 1, 1])[0](order)
        elif filled and self.rng.random() < 0.5:
            self.amend(self.rng.choice(filled))

    def fill(self, order):
        shares = order.leaves if self.rng.random() < 0.2 else self.rng.randint(1, order.leaves)
        price = max(1, order.price + self.rng.randint(-3, 3))
        order.leaves -= shares
        order.executed += shares
        order.fills[b"X%d" % (self.count + 1)] = shares, price
        self.say(order, ExecKind.TRADE, last_shares=shares, last_price=price)

    def withdraw(self, order):
        order.leaves = 0
        order.over = self.rng.choice([State.CANCELLED, State.EXPIRED])
        self.say(order, ExecKind[order.over.name])

    def restate(self, order):
        if order.leaves > 1:
            less = self.rng.randint(1, order.leaves - 1)
            order.leaves -= less
            order.shares -= less
            self.say(order, ExecKind.RESTATED, reason=5)

    def amend(self, order):
        ref = self.rng.choice(list(order.fills))
        if ref in self.lost:
            return
        shares, price = order.fills.pop(ref)
        if self.rng.random() < 0.5:
            self.say(order, ExecKind.BUST, exec_ref_id=ref)
            return
        shares, price = self.rng.randint(1, shares), max(1, price + self.rng.randint(-3, 3))
        order.fills[b"X%d" % (self.count + 1)] = shares, price
        self.say(order, ExecKind.CORRECT, exec_ref_id=ref, last_shares=shares, last_price=price)

    @property
    def positions(self):
        positions = {}
        for order in self.orders:
            pair = order.terms.account, order.terms.symbol
            sign = 1 if order.terms.side == 1 else -1
            positions[pair] = positions.get(pair, 0) + sign * order.cum
        return positions
