"""The host on its device and its venue: begins where its last life ended, trades until it is told to stop, and ends in
good order: gate shut, orders cancelled, logged out, journal on the disk."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self

from host.device.connect import open_device
from host.device.driver import DeviceError
from host.fix.socket import SocketError
from host.fix.store import StoreError
from host.journal.journal import Journal
from host.journal.log import LogError
from host.oms.book import Phase
from host.oms.fix import FixOrders, Names
from host.oms.inputs import Kill, Resume
from host.oms.order import Order
from host.oms.outputs import Alarm, ShutGate
from host.oms.settings import Settings
from host.positions.positions import BookingAlarm
from host.report.data import Names as ShownNames
from host.risk.admin import Admin
from host.risk.gate import Gate
from host.risk.limits import LimitsError
from host.risk.plan import planned_rows
from host.run.agree import gate_differences, settled
from host.run.attend import ACTS, Attendant, shut_by
from host.run.control import Asked, Control, ControlError
from host.run.fixvenue import FixVenue, VenueError
from host.run.follow import follow
from host.run.gateway import Gateway, GatewayError, all_verdicts, shut_gate
from host.run.ledger import INPUTS, Ledger, LedgerError
from host.run.liveconfig import FIX42, LiveConfig
from host.run.loop import Loop
from host.run.recording import Recording
from host.run.rewind import Rewind
from host.run.watch import Watch
from host.strategy.dispatch import Dispatch
from host.strategy.interface import Context, RequestError
from host.strategy.views import Views
from host.telemetry.endpoint import EndpointError
from wire.pages import Command

__all__ = ["Live", "LiveError", "live_errors"]

_SECOND = 1_000_000_000
_DAY = 86_400 * _SECOND
#: Who kills at the end of a life, and resumes that kill at the beginning of the next; who does it while the gate is
#: shut already, which stays; who kills when gate and host differ.
_BY, _REASON = "tickgate run", "the host ends"
_BEHIND, _COMPARED = "tickgate run, the gate shut already", "tickgate run, compared with the gate"
_ALL = (-1, -1)
#: Cycles in which the gate decides on all that an earlier life has published.
_DECIDED = 4096


class LiveError(Exception):
    """The host cannot begin; the text says why."""


def live_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions with which a host says that it cannot begin or go on, beside those of devices."""
    return (LiveError, ControlError, EndpointError, GatewayError, VenueError, LedgerError, LogError, StoreError,
            SocketError, LimitsError, RequestError)


class Live:
    """One life of a host, by ``async with``. All of it is one thread's; between two turns the event loop carries the
    session.

    log: gets a line for what happens. loop, ledger, venue, rewind, device, gate, watch: its parts, once it has begun.
    fault: of a strategy, for which the host ends; "" for none.
    agreed: whether gate and host were found to agree after the recovery, None before.
    """

    def __init__(self, config: LiveConfig, key: int, log: Callable[[str], object]) -> None:
        """key: of the gate's admin page."""
        self.config = config
        self.agreed: bool | None = None
        self._key, self._log = key, log
        self._last = 0
        self._stop = asyncio.Event()
        self._hurry, self.fault = False, ""
        self._stack = AsyncExitStack()

    def stop(self) -> None:
        """Let ``trade`` return; when called again, do not wait for orders to be cancelled."""
        self._hurry = self._stop.is_set()
        self._stop.set()

    def now(self) -> int:
        """Return the wall clock, ns since 1970; where it steps back, it stands."""
        self._last = max(self._last, time.time_ns())
        return self._last

    async def __aenter__(self) -> Self:
        """Begin. Raises one of ``live_errors`` or of host.device.connect.device_errors; OSError."""
        try:
            self._begin()
            await self._control.listen()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:
        async with self._stack:
            if kind is None:
                await self._wind_down()
            else:
                self.watch.why = str(error) or kind.__name__
                # Whatever happened, no order passes any more; a device that fails has told why already.
                with suppress(DeviceError):
                    shut_gate(self._admin, ShutGate(*_ALL, str(error)))

    async def trade(self) -> None:
        """Trade until ``stop`` is called. Raises one of ``live_errors``, or of device_errors; OSError."""
        while not self._stop.is_set():
            await self._turn()

    def open_orders(self) -> list[Order]:
        """Return the orders that are open."""
        return [order for order in self.ledger.oms.book.orders.values() if order.open]

    def _begin(self) -> None:
        config, stack = self.config, self._stack
        try:
            self.device = device = open_device(config.device)
        except ValueError as error:
            raise LiveError(f"device: {error}") from None
        stack.callback(device.close)
        self.gate = gate = Gate(device)
        accounts = tuple(each.name for each in sorted(config.gate.limits.accounts, key=lambda each: each.index))
        symbols = tuple(each.name for each in config.symbols)
        self.recording = Recording(config.journal.path, ShownNames(accounts, symbols), config.market.rows, self.now,
                                   self._log)
        stack.callback(self.recording.close)
        self.ledger = ledger = Ledger(Settings(open_orders=gate.sizes.open_orders,
                                               mass_status=config.fix.settings.begin_string != FIX42))
        config.journal.path.parent.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(config.journal.path, INPUTS, take=ledger.recall, sync=config.journal.sync,
                               interval=config.journal.interval)
        stack.callback(self.journal.close)
        recalled = self.journal.number > 0
        ledger.begin(self.journal)
        self._admin = Admin(device, self._key)
        stack.callback(self._lock)
        self._set_up()
        self.rewind: Rewind | None = None
        if config.feed.rewind is not None:
            self.rewind = Rewind(device, config.feed.rewind, config.feed.session, self._log,
                                 line=config.feed.lines[0])
            stack.callback(self.rewind.close)
        self.venue = FixVenue(config.fix, lambda text: self._log(f"fix: {text}"))
        stack.push_async_callback(self.venue.stop, _REASON)
        device.transport.run(_DECIDED)
        names = Names(tuple(name.encode() for name in accounts), tuple(name.encode() for name in symbols))
        self.loop = self._make_loop(names)
        if config.market.record:
            self.recording.begin(gate, self.loop.records, goes_on=recalled)
        self.loop.start(epoch=max(time.time_ns() // _SECOND, ledger.oms.book.ids.epoch + 1),
                        day=self.venue.began // _DAY, positions=config.ask_positions)
        self.watch = Watch(self.loop, names, config.telemetry, self.now)
        stack.callback(self.watch.close)
        self._open_gate()
        self._control = Control(config.control)
        stack.push_async_callback(self._control.close)
        self._attendant = Attendant(self.loop, gate, names, self.now, self._compare_again)
        self.venue.start()

    def _set_up(self) -> None:
        """Set limits and feed of a device that nobody has set up; its feed last: then all of it was done."""
        config, device = self.config, self.device
        if config.gate.opens and not device.fields("CONTROL")["enable"]:
            for row in planned_rows(config.gate.limits, device, accounts=self.gate.sizes.accounts):
                self._admin.command(row.command, account=row.account, symbol=row.symbol, row=row.values)
            self.gate.beat()
            self._admin.command(Command.RESUME_HEARTBEAT)
            self._admin.command(Command.RESUME_GLOBAL)
        fresh = follow(device, config.symbols, config.feed.lines)
        self._log(f"device {config.device}: {'set up' if fresh else 'goes on as it was set up'}, "
                  f"{len(config.symbols)} symbols")

    def _make_loop(self, names: Names) -> Loop:
        config, capabilities, now = self.config, self.device.capabilities, self.now()
        views = Views(capabilities.symbols, capabilities.levels)
        joined = [(strategy, Context(views, strategy=number, account=account,
                                     first_ref=self.ledger.refs.get(number, 0) + 1, now=now))
                  for number, (strategy, account) in enumerate(config.strategies, 1)]
        settings = config.fix.settings
        return Loop(
            ledger=self.ledger, dispatch=Dispatch(views, joined), records=self.device.reader(),
            gateway=Gateway(self.gate, all_verdicts(self.gate)), venue=self.venue,
            orders=FixOrders(names=names, begin_string=settings.begin_string, digits=settings.digits), clock=self.now,
            pace=config.pace, shut=lambda output: shut_gate(self._admin, output), on_alarm=self._alarm)

    def _open_gate(self) -> None:
        """Undo what the end of the last life shut. Of what was shut for another reason, nothing is opened: that kill is
        the gate's, and the order manager goes by it."""
        book, opens = self.ledger.oms.book, self.config.gate.opens
        kill = book.kills.get(_ALL)
        if opens and kill is not None and kill.by == _BY:
            self._admin.command(Command.RESUME_GLOBAL)
        if kill is not None and (kill.by in (_BY, _BEHIND) or not self.gate.status()["killed"]):
            self.loop.take(Resume(*_ALL, "the host begins", _BY, self.now()))
        if opens and self.gate.status()["lost"]:
            self.gate.beat()
            self._admin.command(Command.RESUME_HEARTBEAT)
        shut = shut_by(self.gate)
        self._log(f"gate: shut by {', '.join(shut)}; `tickgate risk resume` opens it" if shut else "gate: open")

    async def _turn(self) -> None:
        try:
            busy = self.loop.step()
        except RequestError as error:
            busy, self.fault, self.watch.why = True, str(error), str(error)
            self._log(f"{error}; it is told nothing any more, and the host ends")
            self._stop.set()
        if self.rewind is not None:
            self.rewind.poll(time.monotonic_ns())
        if self.agreed is None:
            self._compare()
        while self._control.asked:
            self._attend(self._control.asked.popleft())
        self.watch.turn()
        self.recording.turn(busy=busy)
        await asyncio.sleep(0 if busy else self.config.idle)

    def _attend(self, asked: Asked) -> None:
        """Answer a person. An end that has begun is not turned round."""
        if self._stop.is_set() and asked.question.get("do") in ACTS:
            asked.answer({"error": "the host ends"})
            return
        answer = self._attendant.answer(asked.question, asked.by)
        if asked.question.get("do") in ACTS:
            self._log(f"{asked.by}: {answer.get('done') or answer['error']}")
        asked.answer(answer)

    def _compare_again(self) -> None:
        self.agreed = None

    def _compare(self) -> None:
        """Once trading is open, and at the first moment at which nothing is on its way, compare with the gate; kill
        when they differ: then what is open is not what the limits were held against."""
        if self.ledger.oms.book.phase is not Phase.OPEN or self.loop.gateway.waiting or not settled(self.ledger):
            return
        found = gate_differences(self.ledger, self.gate)
        self.agreed = not found
        for text in found:
            self._log(f"gate: {text}")
        if found:
            self.loop.take(Kill(*_ALL, "gate and host differ", _COMPARED, self.now()))
        else:
            self._log(f"gate: holds what the host does, {len(self.open_orders())} orders are open")

    async def _wind_down(self) -> None:
        """Shut the gate, and cancel what rests; wait until all is answered, as long as the configuration says."""
        resting = len(self.open_orders())
        by = _BEHIND if self.gate.status()["killed"] else _BY
        self.loop.take(Kill(*_ALL, _REASON, by, self.now()))
        until = time.monotonic() + self.config.cancel
        while self._busy() and not self._hurry and time.monotonic() < until:
            await self._turn()
        left = self.open_orders()
        self._log(f"gate shut, {resting - len(left)} orders cancelled or filled, {len(left)} left")

    def _busy(self) -> bool:
        """Return whether an order is open, or something has not been answered, by the venue or the gate."""
        return bool(self.open_orders()) or self.loop.gateway.waiting or not settled(self.ledger)

    def _lock(self) -> None:
        with suppress(DeviceError):
            self._admin.lock()

    def _alarm(self, alarm: Alarm | BookingAlarm) -> None:
        if isinstance(alarm, BookingAlarm):
            self._log(f"booking: {alarm}")
        else:
            order = f" order {alarm.order:016X}:" if alarm.order else ""
            self._log(f"{alarm.kind.value}:{order} {alarm.text}")
