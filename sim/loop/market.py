"""The simulated device on the exchange's lines: set up, opened, and fed."""

from collections.abc import Sequence

from host.device.driver import Device, SymbolSetting
from host.risk.admin import Admin
from host.risk.gate import Gate
from host.risk.limits import Limits
from host.risk.plan import planned_rows
from sim.device.transport import SimulatedTransport
from sim.exchange.feed import Feed
from sim.exchange.frames import Framer
from sim.exchange.symbols import CENT, Symbol
from sim.market.frames import LINE_A, LINE_B
from wire import moldudp64
from wire.pages import Command

__all__ = ["Market"]

_LINES = (LINE_A, LINE_B)
_KEY = 0x7469_636B_6761_7465
#: Cycles without a word of the ring behind which the books have settled: a message's last byte is 16 cycles before its
#: best price at most, that 40 before the other levels, and those a few before the first word of their record.
_QUIET = 80
#: Cycles that a decision takes at most, from the slot's last word to the verdict in memory.
_DECISION = 32


class Market:
    """A device of ``profile`` that follows ``symbols``, its gate open with ``limits``.

    Its clock stands while nothing is asked of it: what takes its time, takes none of the exchange's.
    """

    def __init__(self, profile: str, symbols: Sequence[Symbol], limits: Limits) -> None:
        """Raises BuildError; LimitsError, DeviceError for more symbols than the device has."""
        self.transport = SimulatedTransport(profile)
        self.device = device = Device(self.transport)
        device.make_empty()
        half = device.capabilities.window // 2 * CENT
        for index, symbol in enumerate(symbols):
            device.follow(index, SymbolSetting(name=symbol.name, locate=symbol.locate,
                                               base=max(symbol.reference - half, 0), learn=False))
        for index, line in enumerate(_LINES):
            device.set_channel(index, line.ip, line.port, line.name)
        device.set_gap(packets=64, cycles=0)
        device.set_silence(0)
        device.resync(1)
        device.set_mode(enable=True, reorder=True)
        self.gate, self.admin = Gate(device), Admin(device, _KEY)
        for row in planned_rows(limits, device, accounts=self.gate.sizes.accounts):
            self.admin.command(row.command, account=row.account, symbol=row.symbol, row=row.values)
        self.gate.beat()
        for command in (Command.RESUME_HEARTBEAT, Command.RESUME_GLOBAL):
            self.admin.command(command)
        self._frames: list[bytes] = []
        self._framers = [Framer(line) for line in _LINES]

    @property
    def heard(self) -> bool:
        """Whether packets wait for ``play``."""
        return bool(self._frames)

    def hear(self, line: int, packet: bytes) -> None:
        """Take a packet of the feed from line 0 (A) or 1 (B); it goes in with ``play``."""
        self._frames.append(self._framers[line].frame(packet))

    def play(self) -> None:
        """Put in what was heard, and let the books settle."""
        if self._frames:
            device = self.transport.device
            for frame in self._frames:
                device.send(frame)
            self._frames.clear()
            device.run_idle(_QUIET)

    def decide(self) -> None:
        """Let the gate decide on what was published."""
        self.transport.run(_DECISION)

    def recover(self, feed: Feed) -> int:
        """Give the device what both lines lost, as the exchange's re-request server tells it; return how many messages
        that were."""
        self.play()
        given = 0
        while (expected := self.device.read("SEQ_EXPECTED")) <= feed.sent:
            request = moldudp64.HEADER.pack(
                {"session": feed.session, "sequence": expected, "count": feed.sent + 1 - expected})
            # What was kept behind the gap goes in by itself, once the first that is missing is there.
            self.device.inject(expected, moldudp64.unpack(feed.answer(request)).messages[0])
            self.transport.device.run_idle(_QUIET)
            given += 1
        return given

    def close(self) -> None:
        """End the simulation."""
        self.device.close()
