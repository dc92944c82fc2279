"""The simulated device as its own process: host/device/protocol.py spoken over a socket, rings in shared memory."""

import json
import os
import selectors
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from host.device.protocol import (
    FRAMES_HEAD,
    HEAD,
    HOLD_SECONDS,
    MOST_BYTES,
    MOST_INDEXED,
    PROTOCOL,
    WAIT_SECONDS,
    Answer,
    Ask,
)
from sim.device.build import Progress, terminal
from sim.device.feed import FeedSocket, open_feed
from sim.device.model import FrameBatch, GatewareError
from sim.device.shared import SharedMemory, clear, listen
from sim.device.transport import SETTLE_CYCLES, SimulatedTransport
from wire.profiles import PROFILES
from wire.registers import CONTRACT_VERSION, REGISTERS

__all__ = ["Server", "open_server"]

#: Seconds of simulation between two looks at the clients, about; and bounds of the cycles that this is.
_SLICE_SECONDS, _SLICE_CYCLES = 0.001, (16, 4096)
#: Seconds that time stands still for the next request behind one, and for how long at most it does.
_LINGER, _STANDSTILL = 0.0005, 0.02
#: Slices without request or frame after which nothing is on its way any more; from then on, seconds between slices: the
#: processor is for others, until somebody asks.
_CALM, _REST = 4, 0.005
#: Requests of one client that are answered before the next client's turn.
_TURN = 64
#: Cycles after the last frame at which a device is settled whatever else goes on, such as orders of other clients.
_SETTLE_LIMIT = 16 * SETTLE_CYCLES
#: Seconds between two looks at whether to stop, while nothing goes on.
_IDLE = 0.1
_WORD = struct.Struct("<I")
#: Lower halves of 64-bit registers.
_LOWER = frozenset(register.offset for register in REGISTERS if register.size == 8)


class _Refused(Exception):
    """The request cannot be."""


@dataclass(eq=False)
class _Client:
    """A connection. greeted: HELLO was said. goal: cycle that it waits for; settling: it waits for quiet.

    upper: address and value of the upper half that it may read next. told: when the last answer was sent.
    """

    socket: socket.socket
    inbox: bytearray = field(default_factory=bytearray)
    outbox: bytearray = field(default_factory=bytearray)
    greeted: bool = False
    goal: int | None = None
    settling: bool = False
    upper: tuple[int, int] | None = None
    told: float = 0.0

    @property
    def waits(self) -> bool:
        return self.goal is not None or self.settling


class Server:
    """Serves ``transport``, whose rings lie in ``memory``, to who connects to ``listener``.

    One request after the other, the clients in turn. Where none asks, time goes on by itself, in slices, slower when
    nothing is under way; not so if ``paused``: then it moves only by what is asked, as in a device of the client's own
    process. What comes to ``feed`` goes in at once, as on a wire.
    """

    def __init__(self, transport: SimulatedTransport, memory: SharedMemory, listener: socket.socket, *, profile: str,
                 paused: bool = False, feed: Sequence[FeedSocket] = ()):
        self._transport, self._memory, self._listener, self._paused = transport, memory, listener, paused
        self._clients: list[_Client] = []
        self._holder: _Client | None = None
        self._held = 0.0
        self._stopped = False
        self._last_in = 0
        self._slice = _SLICE_CYCLES[0]
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._feed = feed
        for one in feed:
            self._selector.register(one.socket, selectors.EVENT_READ, one)
        self._hello = json.dumps({
            "protocol": PROTOCOL, "contract": CONTRACT_VERSION, "profile": profile, "paused": paused,
            "levels": PROFILES[profile].levels, "pid": os.getpid(), "records": str(memory.path),
            "events": memory.place(transport.ring), "verdicts": memory.place(transport.verdicts)}).encode()

    @property
    def feed(self) -> list[tuple[str, int]]:
        """Where the feed is listened to, as it was asked for, with the ports that they are."""
        return [one.address for one in self._feed]

    def stop(self) -> None:
        """Let :meth:`serve` return soon; may be called by a signal handler."""
        self._stopped = True

    def serve(self) -> None:
        """Serve until stopped. Raises GatewareError, which the client whose request met it is told of too."""
        asked, calm = True, 0
        since = time.monotonic()
        try:
            while not self._stopped:
                waiting = any(client.waits for client in self._clients)
                moves = waiting or not self._paused
                linger = asked and not waiting and time.monotonic() - since < _STANDSTILL
                self._look(_IDLE if not moves else _LINGER if linger else _REST if calm > _CALM else 0)
                asked = self._turns()
                calm = 0 if asked or waiting or self._transport.device.pending else calm + 1
                if moves and not (asked and linger):
                    self._advance()
                    since = time.monotonic()
                self._watch_holder()
        except GatewareError as error:
            for client in list(self._clients):
                self._answer(client, Answer.FAILED, f"the device failed: {error}".encode())
            raise
        finally:
            for client in list(self._clients):
                self._drop(client)

    def close(self) -> None:
        """End the device, and remove its socket and its memory."""
        self._selector.close()
        for one in self._feed:
            one.close()
        Path(self._listener.getsockname()).unlink(missing_ok=True)
        self._listener.close()
        self._memory.close()
        self._transport.close()

    def _look(self, timeout: float) -> None:
        """Take what has come in, send what can go out; wait for that ``timeout`` seconds at most."""
        for key, events in self._selector.select(timeout):
            client = key.data
            if client is None:
                self._accept()
                continue
            if isinstance(client, FeedSocket):
                self._transport.rx.submit(FrameBatch.of(client.frames()))
                continue
            if events & selectors.EVENT_WRITE:
                self._send(client)
            if events & selectors.EVENT_READ and client in self._clients:
                self._receive(client)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it is gone again, or there are too many: the listener's queue keeps it
            return
        connection.setblocking(False)
        client = _Client(connection)
        self._clients.append(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _receive(self, client: _Client) -> None:
        try:
            data = client.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            client.inbox += data
        else:
            self._drop(client)

    def _send(self, client: _Client) -> None:
        try:
            sent = client.socket.send(client.outbox)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(client)
            return
        del client.outbox[:sent]
        self._selector.modify(client.socket, selectors.EVENT_READ | selectors.EVENT_WRITE * bool(client.outbox), client)

    def _drop(self, client: _Client) -> None:
        self._clients.remove(client)
        self._selector.unregister(client.socket)
        client.socket.close()
        if self._holder is client:
            self._holder = None

    def _watch_holder(self) -> None:
        """Cut off a client that keeps all others out and asks for nothing, or for a long wait."""
        if self._holder is not None and time.monotonic() - self._held > HOLD_SECONDS:
            self._drop(self._holder)

    def _turns(self) -> bool:
        """Answer what was asked, the clients in turn; return whether anything was."""
        answered = False
        for client in list(self._clients):
            for _ in range(_TURN):
                if self._holder not in (None, client) or not self._serve_one(client):
                    break
                answered = True
        return answered

    def _serve_one(self, client: _Client) -> bool:
        """Serve the first request of ``client``; return whether there was a whole one."""
        if client.waits or client not in self._clients or len(client.inbox) < HEAD.size:
            return False
        code, size = HEAD.unpack_from(client.inbox)
        if size > MOST_BYTES:
            self._drop(client)
            return True
        if len(client.inbox) < HEAD.size + size:
            return False
        body = bytes(memoryview(client.inbox)[HEAD.size:HEAD.size + size])
        del client.inbox[:HEAD.size + size]
        if self._holder is client:
            self._held = time.monotonic()
        try:
            result = self._do(client, code, body)
        except GatewareError:
            raise
        except (_Refused, ValueError, struct.error) as error:
            self._answer(client, Answer.REFUSED, str(error).encode())
        else:
            if result is not None:
                self._answer(client, Answer.DONE, result)
        client.told = time.monotonic()
        return True

    def _do(self, client: _Client, code: int, body: bytes) -> bytes | None:
        """Do what is asked; return the result, None when it is still to come."""
        if not client.greeted and code != Ask.HELLO:
            raise _Refused("HELLO comes first")
        match code:
            case Ask.HELLO:
                client.greeted = True
                return self._hello
            case Ask.READ:
                return _WORD.pack(self._read(client, _WORD.unpack(body)[0]))
            case Ask.WRITE:
                address, *words = struct.unpack(f"<{len(body) // 4}I", body)
                self._transport.write_words(address, np.array(words, np.uint32))
            case Ask.PORT:
                address, *words = struct.unpack(f"<{len(body) // 4}I", body)
                self._transport.write_port(address, np.array(words, np.uint32))
            case Ask.INDEXED:
                index, data, count = struct.unpack("<III", body)
                if count > MOST_INDEXED:
                    raise _Refused(f"count must be at most {MOST_INDEXED}, not {count}")
                return self._transport.read_indexed(index, data, count).tobytes()
            case Ask.RUN:
                client.goal = self._transport.device.cycle + struct.unpack("<Q", body)[0]
                return None
            case Ask.SETTLE:
                client.settling = True
                return None
            case Ask.FRAMES:
                self._submit(body)
            case Ask.HOLD:
                self._holder, self._held = client, time.monotonic()
            case Ask.RELEASE:
                self._holder = None
            case _:
                raise _Refused(f"no request has code {code}")
        return b""

    def _read(self, client: _Client, address: int) -> int:
        """Read a register; of a 64-bit one both halves at once, so that no other client's read is between them."""
        if client.upper is not None and client.upper[0] == address:
            return client.upper[1]
        value = self._transport.read(address)
        client.upper = (address + 4, self._transport.read(address + 4)) if address in _LOWER else None
        return value

    def _submit(self, body: bytes) -> None:
        count, size = FRAMES_HEAD.unpack_from(body)
        place, parts = FRAMES_HEAD.size, []
        if len(body) != place + 21 * count + size:
            raise _Refused(f"{count} frames of {size} bytes take {place + 21 * count + size} bytes, not {len(body)}")
        for format, items in (("<i8", count), ("<i4", count), ("<i8", count), ("u1", count), ("u1", size)):
            parts.append(np.frombuffer(body, format, items, place))
            place += parts[-1].nbytes
        offset, length, cycle, error, data = parts
        if count and not self._paused:
            cycle = cycle + max(self._transport.device.cycle - int(cycle[0]), 0)
        self._transport.rx.submit(FrameBatch(data, offset, length, cycle, error))

    def _advance(self) -> None:
        """Let a slice of time pass, or less if somebody waits for less; answer those whose time has come."""
        device = self._transport.device
        begun = time.monotonic()
        limit = min([self._slice, *(client.goal - device.cycle for client in self._clients if client.goal is not None)])
        settled = False
        if any(client.settling for client in self._clients):
            settled = device.run_idle(SETTLE_CYCLES, limit=max(limit, 0))
            if device.pending:
                self._last_in = device.cycle
            settled = settled or device.cycle - self._last_in > _SETTLE_LIMIT
        else:
            device.run(max(limit, 0))
        now = time.monotonic()
        if limit == self._slice:
            self._adapt(now - begun)
        for client in list(self._clients):
            if client.goal is not None and device.cycle >= client.goal or client.settling and settled:
                client.goal, client.settling = None, False
                self._answer(client, Answer.DONE, b"")
            elif client.waits and now - client.told > WAIT_SECONDS:
                self._answer(client, Answer.WAIT, b"")
            else:
                continue
            client.told = now

    def _adapt(self, seconds: float) -> None:
        """Make slices longer or shorter after one that took ``seconds``."""
        least, most = _SLICE_CYCLES
        if seconds < _SLICE_SECONDS / 2:
            self._slice = min(2 * self._slice, most)
        elif seconds > 2 * _SLICE_SECONDS:
            self._slice = max(self._slice // 2, least)

    def _answer(self, client: _Client, answer: Answer, body: bytes) -> None:
        client.outbox += HEAD.pack(answer, len(body)) + body
        self._send(client)


def open_server(path: Path, *, profile: str, records: Path | None = None, paused: bool = False,
                feed: Sequence[tuple[str, int]] = (), interface: str = "127.0.0.1",
                progress: Progress = terminal) -> Server:
    """Build a device of ``profile``, reset it, and return its server, which listens at the socket ``path``.

    records: file of the ring memories, ``path`` with ".records" behind it if None. feed: groups or addresses of this
    machine whose datagrams go into the device; interface: address of the one that groups are joined by.
    Raises InUse when another process serves a device there, OSError, FeedError, BuildError; KeyError for an unknown
    profile.
    """
    memory = SharedMemory(records or path.with_name(path.name + ".records"))
    sockets: list[FeedSocket] = []
    try:
        clear(path)
        sockets = open_feed(feed, interface)
        transport = SimulatedTransport(profile, memory=memory.words, progress=progress)
        return Server(transport, memory, listen(path), profile=profile, paused=paused, feed=sockets)
    except BaseException:
        for one in sockets:
            one.close()
        memory.close()
        raise
