"""The gate as the loop uses it: slots in, as far as there is room, decisions out; the heartbeat; the kill."""

from collections import deque
from collections.abc import Iterator
from typing import TypeVar

import numpy as np

from host.device.reader import EventReader
from host.oms.inputs import ReportDone, Verdict
from host.oms.outputs import Report, ShutGate, ToGate
from host.risk.admin import Admin
from host.risk.gate import Gate
from host.run.slots import PACK_REQUEST, decisions_of, report_slots, request_slots
from wire.pages import SLOT_BYTES, SLOTS, Command
from wire.risk import Kind

__all__ = ["Gateway", "GatewayError", "all_verdicts", "shut_gate"]

_NEW = int(Kind.NEW)
_Slot = TypeVar("_Slot", ToGate, Report)


class GatewayError(Exception):
    """The gate cannot be used any more: what it decided is not known."""


def shut_gate(admin: Admin, output: ShutGate) -> None:
    """Set the gate's kill that ``output`` asks for. Of a pair it is that of the account, for the gate has none of
    pairs: more is shut than was asked for, never less."""
    if output.account >= 0:
        admin.command(Command.KILL_ACCOUNT, account=output.account)
    elif output.symbol >= 0:
        admin.command(Command.KILL_SYMBOL, symbol=output.symbol)
    else:
        admin.command(Command.KILL_GLOBAL)


def all_verdicts(gate: Gate) -> EventReader:
    """Return a reader of all verdicts that the ring still has: for a process that goes on where another ended."""
    decided, entries = gate.reader().next_seq - 1, len(gate.device.transport.verdicts)
    return gate.reader(first=max(decided - entries, 0) + 1)


class Gateway:
    """Requests and reports wait here until the gate has room for them.

    verdicts: a reader of the gate's verdict ring; by default from the next verdict on. undecided: how many of the
    slots published have no decision yet. decided: tells whether there are decisions to be taken.

    A request may also be published ahead, as ``slot``, before it waits here: then it must be the next that does.
    """

    def __init__(self, gate: Gate, verdicts: EventReader | None = None) -> None:
        self.gate = gate
        self.requests: deque[ToGate] = deque()
        self.reports: deque[Report] = deque()
        self.undecided = 0
        self._verdicts = gate.reader() if verdicts is None else verdicts
        self.decided = self._verdicts.waiting
        self._slot = np.zeros(SLOT_BYTES // 4, "<u4")
        self._bytes = self._slot.view(np.uint8).data
        self._ahead: bytes | None = None
        self._clock_hz = gate.device.capabilities.clock_hz

    @property
    def waiting(self) -> bool:
        """Whether something waits."""
        return bool(self.requests or self.reports or self._ahead)

    def compose(self, client: int, token: int, shares: int, price: int, account: int, symbol: int, side: int,
                type_: int) -> None:
        """Make the slot of a new order that ``publish`` publishes. Raises struct.error for what does not fit."""
        PACK_REQUEST(self._bytes, 0, client, token, shares, price, 0, account, symbol, _NEW, side, type_, 0)

    def publish(self) -> None:
        """Publish what was composed, for which there must be room (Gate.free), and nothing may wait."""
        self.gate.publish(self._slot)
        self._ahead = bytes(self._bytes)

    @property
    def lost(self) -> int:
        """Verdicts that were overwritten before they were read."""
        return self._verdicts.lost

    def submit(self) -> list[ToGate]:
        """Publish what waits, as far as there is room; return the requests that were published. Reports go first: they
        make room in the gate's limits, and never use any up. What was published ahead is returned with them.

        Raises GatewayError when that is not what waits first."""
        done = [self._meet(self._ahead)] if self._ahead is not None else []
        if self.reports:
            count = self.gate.report(report_slots(_first(self.reports)))
            self.undecided += count
            for _ in range(count):
                self.reports.popleft()
        if not self.requests:
            return done
        count = self.gate.submit(request_slots(_first(self.requests)))
        self.undecided += count
        return done + [self.requests.popleft() for _ in range(count)]

    def _meet(self, published: bytes) -> ToGate:
        asked = self.requests.popleft() if self.requests else None
        if asked is None or request_slots([asked]).tobytes() != published:
            raise GatewayError(f"slot {published.hex()} was published, but what waits is {asked}")
        self._ahead = None
        self.undecided += 1
        return asked

    def decisions(self, now: int) -> Iterator[Verdict | ReportDone]:
        """Yield what the gate has decided since. now: ns since 1970. Raises GatewayError when verdicts were lost."""
        lost = self._verdicts.lost
        for verdicts in self._verdicts.drain():
            self.undecided = max(self.undecided - len(verdicts), 0)
            yield from decisions_of(verdicts, self._clock_hz, now)
        if self._verdicts.lost != lost:
            raise GatewayError(f"{self._verdicts.lost - lost} verdicts were overwritten before they were read")


def _first(waiting: deque[_Slot]) -> list[_Slot]:
    return [waiting[place] for place in range(min(len(waiting), SLOTS))]
