"""A broker for tests by hand: it takes all, and says what it is told to."""

from host.oms.inputs import IntentKind
from host.oms.outputs import Reason, Tell, TellKind
from host.oms.states import State
from host.strategy.dispatch import Dispatch
from host.strategy.interface import Context
from tests.host.strategy.desk import records, views
from wire.risk import Side

__all__ = ["Broker"]


class Broker:
    """``asked`` has all intents; requests are acknowledged at once unless ``slow``."""

    def __init__(self, strategy, *, slow=False):
        self.views, self.slow, self.asked, self.orders, self.now = views(), slow, [], {}, 0
        self.context = Context(self.views)
        self.dispatch = Dispatch(self.views, [(strategy, self.context)])

    def see(self, *rows, now=1):
        """Hand over records; return the new intents as (kind name, side, shares, price)."""
        self.now += now
        return self.new(lambda: self.dispatch.latest(records(*rows), self.now))

    def wait(self, now):
        self.now += now
        return self.new(lambda: self.dispatch.timer(self.now))

    def new(self, act):
        first = len(self.asked)
        act()
        for intent in self.context.take():
            self.asked.append(intent)
            self.answer(intent)
        assert not self.context.intents
        return [(each.kind.name, Side(each.side).name, each.shares, each.price) for each in self.asked[first:]]

    def answer(self, intent):
        if intent.kind is IntentKind.NEW:
            self.orders[intent.ref] = Tell(TellKind.TAKEN, 1, intent.ref, intent.ref + 1_000, IntentKind.NEW,
                                           State.PENDING_NEW, intent.shares, intent.price, 0, intent.shares,
                                           Reason.NONE, 0, 0, "", 0)
            self.say(intent.ref)
            if not self.slow:
                self.say(intent.ref, kind=TellKind.ORDER, state=State.NEW)
            return
        ref = intent.order - 1_000
        self.say(ref, kind=TellKind.TAKEN, request=intent.kind, of=intent.ref)
        pending = State.PENDING_REPLACE if intent.kind is IntentKind.REPLACE else State.PENDING_CANCEL
        self.say(ref, kind=TellKind.ORDER, request=intent.kind, of=intent.ref, state=pending)
        if not self.slow:
            self.grant(intent)

    def grant(self, intent):
        """Let a replace or cancel be done."""
        order = self.orders[intent.order - 1_000]
        if intent.kind is IntentKind.REPLACE:
            self.say(order.ref, kind=TellKind.ORDER, request=intent.kind, of=intent.ref, state=State.REPLACED,
                     shares=intent.shares, price=intent.price, leaves=intent.shares - order.cum_shares)
        else:
            self.say(order.ref, kind=TellKind.ORDER, state=State.CANCELLED, leaves=0, reason=Reason.ASKED)

    def fill(self, ref, shares):
        """Let shares of an order be filled."""
        order = self.orders[ref]
        left = order.leaves - shares
        self.orders[ref] = order._replace(cum_shares=order.cum_shares + shares, leaves=left,
                                         state=State.PARTIALLY_FILLED if left else State.FILLED)
        self.dispatch.tell(self.orders[ref]._replace(kind=TellKind.FILL, shares=shares), self.now)

    def say(self, ref, *, of=None, kind=TellKind.TAKEN, request=IntentKind.NEW, **fields):
        self.orders[ref] = self.orders[ref]._replace(**fields)
        self.dispatch.tell(self.orders[ref]._replace(kind=kind, request=request, ref=ref if of is None else of),
                           self.now)
