"""The simulated link behind a UDP socket of this machine: who talks to the socket talks to the gateware."""

import random
import select
import socket
import threading
from queue import SimpleQueue

from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from gateware.hostlink.hostlink import HostLink
from gateware.interfaces import FRAME_WORD
from tests.gateware.net.bench import frame_words
from tests.gateware.net.ip.packets import OUR_IP, OURS, PEER, PEER_IP, udp
from wire.profiles import Profile
from wire.registers import ADDRESS_BITS

__all__ = ["Bridge"]

PORT = 1234
#: Cycles that a register takes to answer.
ANSWER = 10
#: Cycles between two looks at an idle socket, and seconds that a look takes.
IDLE_CYCLES, LOOK = 40, 0.002


class Bridge:
    """Serves ``device``, anything with ``read`` and ``write`` of registers, at ``address`` of the loopback interface.

    events, verdicts: records that it writes to its rings, as bytes. muted: datagrams of records, counted from 0, that
    are lost.
    loss: chance of a datagram to be lost, each way; twice: to come twice. host: whether whoever asks is the host.
    reset: to be set for a reset of the link, which clears it.
    """

    def __init__(self, device, profile: Profile, *, loss: float = 0.0, twice: float = 0.0, host: bool = True,
                 seed: int = 0, muted: frozenset[int] = frozenset()):
        self.device, self.loss, self.twice, self.host = device, loss, twice, host
        self.events: SimpleQueue[bytes] = SimpleQueue()
        self.verdicts: SimpleQueue[bytes] = SimpleQueue()
        self._muted, self._records = muted, 0
        self.chance = random.Random(seed)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._stop, self.reset = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self.dut = HostLink(profile=profile)
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Bridge":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._socket.close()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        self._reset = Signal()
        simulator = Simulator(ResetInserter(self._reset)(self.dut))
        simulator.add_clock(8e-9)
        simulator.add_testbench(self._registers, background=True)
        simulator.add_testbench(self._send, background=True)
        simulator.add_testbench(self._write_events, background=True)
        if self.dut.profile.accounts:
            simulator.add_testbench(self._write_verdicts, background=True)
        simulator.add_testbench(self._receive)
        try:
            simulator.run()
        except BaseException as error:
            self.error = error

    def _copies(self) -> int:
        """Return how often a datagram comes through."""
        if self.chance.random() < self.loss:
            return 0
        return 1 + (self.chance.random() < self.twice)

    async def _receive(self, ctx):
        dut = self.dut
        for name, value in (("mac", OURS), ("ip", OUR_IP), ("host", PEER_IP if self.host else OUR_IP)):
            ctx.set(getattr(dut, name), int.from_bytes(value, "big"))
        ctx.set(dut.port, PORT)
        while not self._stop.is_set():
            if self.reset.is_set():
                ctx.set(self._reset, 1)
                await ctx.tick()
                ctx.set(self._reset, 0)
                self.reset.clear()
            if select.select([self._socket], [], [], 0 if self.busy(ctx) else LOOK)[0]:
                payload, (_, port) = self._socket.recvfrom(2048)
                frame = udp(payload, to=OURS, sender=PEER, source=PEER_IP, destination=OUR_IP, source_port=port,
                            destination_port=PORT)
                for _ in range(self._copies()):
                    for word in frame_words(frame):
                        ctx.set(dut.i.valid, 1)
                        ctx.set(dut.i.p, word)
                        await ctx.tick()
                    ctx.set(dut.i.valid, 0)
            await ctx.tick().repeat(IDLE_CYCLES)

    def busy(self, ctx) -> bool:
        """Return whether something goes on in the gateware."""
        return bool(ctx.get(self.dut.o.valid)) or not self.events.empty() or not self.verdicts.empty()

    async def _write_events(self, ctx):
        ring = self.dut.ring
        while True:
            ctx.set(ring.valid, 0)
            await ctx.tick()
            if not self.events.empty():
                record = self.events.get()
                words = [int.from_bytes(record[n:n + 8], "little") for n in range(0, len(record), 8)]
                for index in [*range(1, len(words)), 0]:
                    ctx.set(ring.valid, 1)
                    ctx.set(ring.addr, index)
                    ctx.set(ring.data, words[index])
                    await ctx.tick()

    async def _write_verdicts(self, ctx):
        verdicts = self.dut.verdicts
        while True:
            ctx.set(verdicts.valid, 0)
            for _ in range(20):
                await ctx.tick()
            if not self.verdicts.empty():
                ctx.set(verdicts.valid, 1)
                ctx.set(verdicts.data, int.from_bytes(self.verdicts.get(), "little"))
                await ctx.tick()

    async def _registers(self, ctx):
        bus, due, now = self.dut.bus, {}, 0
        while True:
            value = due.pop(now, None)
            ctx.set(bus.r_valid, value is not None)
            ctx.set(bus.r_data, value or 0)
            if ctx.get(bus.w_en):
                self.device.write(ctx.get(bus.addr), ctx.get(bus.w_data))
            if ctx.get(bus.r_en):
                addr = ctx.get(bus.addr)
                due[now + ANSWER] = self.device.read(addr) if addr < 1 << ADDRESS_BITS else 0
            await ctx.tick()
            now += 1

    async def _send(self, ctx):
        frame = b""
        ctx.set(self.dut.o.ready, 1)
        while True:
            _, _, valid, payload = await ctx.tick().sample(self.dut.o.valid, self.dut.o.payload.as_value())
            if not valid:
                continue
            word = FRAME_WORD.from_bits(payload)
            frame += word.data.to_bytes(8, "little")[:word.count]
            if word.last:
                assert frame[:6] == PEER and frame[30:34] == PEER_IP
                port = int.from_bytes(frame[36:38], "big")
                for _ in range(0 if self._mutes(frame[42:]) else self._copies()):
                    self._socket.sendto(frame[42:], ("127.0.0.1", port))
                frame = b""

    def _mutes(self, payload: bytes) -> bool:
        if payload[:2] != bytes.fromhex("7467"):
            return False
        self._records += 1
        return self._records - 1 in self._muted
