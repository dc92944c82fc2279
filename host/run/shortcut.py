"""The short way of a new order: it leaves first, and is folded behind.

What the order manager will make of a plain new order is known beforehand, as long as nothing happens in between: its
id, its place in the gate, and that nothing speaks against it. That is prepared behind each turn, for the state that the
journal's last record has led to. When a strategy asks for an order and that record is still the last, the order's
record goes into the journal and its slot to the gate at once. Then the same order takes the way of all inputs; there it
must come to the same record and the same slot, or the loop ends (Ledger, Gateway). So journal, state and slots are
those of the long way, and nothing leaves that is not in the journal.

What is not plain takes the long way: when trading is not open, a kill or the circuit breaker is in force, requests or
reports wait, the gate has no room, or the disk must have each record before its order leaves.
"""

from dataclasses import fields

from host.journal.journal import Journal
from host.oms.book import Phase
from host.oms.breaker import BreakerState
from host.oms.ids import IdError
from host.oms.inputs import Intend, IntentKind, TimeInForce
from host.run.gateway import Gateway
from host.run.ledger import INPUTS, Ledger
from wire.risk import OrderType, Side

__all__ = ["Shortcut"]

_WORD = 1 << 32
_NEW = int(IntentKind.NEW)


class Shortcut:
    """Of one loop. taken: orders that went this way."""

    def __init__(self, ledger: Ledger, gateway: Gateway) -> None:
        self.taken = 0
        self._ledger, self._gateway = ledger, gateway
        self._pack = INPUTS.packer(Intend)
        self._size = len(self._pack(*(0,) * len(fields(Intend))))
        # While there is a journal, and ``_behind`` is the number of its last record, ``_id`` and ``_token`` are right.
        self._journal: Journal | None = None
        self._behind = self._id = self._token = 0

    def close(self) -> None:
        """Let no order pass before the next ``prepare``."""
        self._journal = None

    def prepare(self) -> None:
        """Prepare the next order, if it may go this way; nothing may be left to be done. Raises as Journal.commit."""
        self._journal = None
        journal, book = self._ledger.journal, self._ledger.oms.book
        if (journal is None or book.phase is not Phase.OPEN or not book.linked or book.kills
                or book.breaker.state is not BreakerState.CLOSED or len(book.queue)
                or book.at_gate >= book.settings.gate_window or self._gateway.waiting or not self._gateway.gate.free()):
            return
        token = book.places.next(book.reports)
        if token is None or not journal.ready(self._size):
            return
        try:
            self._id = book.ids.next()
        except IdError:
            return
        self._journal, self._behind, self._token = journal, journal.number, token

    def order(self, ref: int, strategy: int, account: int, symbol: int, side: Side, type_: OrderType,
              time_in_force: TimeInForce, shares: int, price: int, time: int) -> None:
        """See host.strategy.interface.Ahead: let the order leave, if it may go this way."""
        journal, gateway = self._journal, self._gateway
        if journal is None or journal.number != self._behind or not 0 < shares < _WORD or not 0 <= price < _WORD:
            return
        gateway.compose(self._id, self._token, shares, price, account, symbol, side, type_)
        self._ledger.put(
            self._pack(_NEW, ref, strategy, 0, account, symbol, side, type_, time_in_force, shares, price, time))
        gateway.publish()
        self.taken += 1
