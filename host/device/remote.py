"""A device that another process serves on this machine (host/device/protocol.py), as a transport."""

import json
import mmap
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host.device.driver import DeviceError
from host.device.protocol import FRAMES_HEAD, HEAD, PROTOCOL, SCHEME, Answer, Ask
from host.device.transport import cycle_count, register_value
from wire.records import record_dtype
from wire.registers import CONTRACT_VERSION
from wire.risk import VERDICT_DTYPE

__all__ = ["RemoteRx", "RemoteTransport"]

#: Seconds without any answer after which the server is taken for dead; it tells sooner that it is still at work.
_SILENCE = 15.0
_WORD = struct.Struct("<I")
_CYCLES = struct.Struct("<Q")
_INDEXED = struct.Struct("<III")


class RemoteRx:
    """The receive port of a served device (host/device/transport.py: Rx)."""

    def __init__(self, transport: "RemoteTransport") -> None:
        self._transport = transport

    def submit(self, schedule: Any) -> None:
        """Queue the frames of a ``sim.market.schedule.Schedule`` or ``FrameBatch``.

        If the first one's cycle is past, all are put off by as much: the device's time may run while nobody asks.
        """
        offset = np.ascontiguousarray(schedule.offset, "<i8")
        length = np.ascontiguousarray(schedule.length, "<i4")
        if not len(offset):
            return
        first, end = int(offset.min()), int((offset + length).max())
        data = np.ascontiguousarray(schedule.data[first:end], np.uint8)
        self._transport.ask(
            Ask.FRAMES, FRAMES_HEAD.pack(len(offset), len(data)), (offset - first).tobytes(), length.tobytes(),
            np.ascontiguousarray(schedule.cycle, "<i8").tobytes(),
            np.ascontiguousarray(schedule.error, np.uint8).tobytes(), data.tobytes())


class RemoteTransport:
    """A served device (host/device/transport.py: Transport). Not to be used by two threads at once.

    Every call raises DeviceError when the server is gone, or its device failed. A call that was interrupted leaves a
    transport that can only be closed.
    """

    def __init__(self, path: Path) -> None:
        """Connect to the server at the socket ``path``.

        Raises DeviceError when there is none, it speaks another protocol, or its device has another contract version.
        """
        self._where = f"{SCHEME}{path}"
        self._held = 0
        self._socket: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SILENCE)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self.close()
            raise DeviceError(f"{self._where}: {_no_server(path, error)}") from None
        try:
            self._hello = json.loads(self.ask(Ask.HELLO, _WORD.pack(PROTOCOL)))
            self._check()
            with Path(self._hello["records"]).open("rb") as file:
                memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:
            self.close()
            raise DeviceError(f"{self._where}: ring memory {error.filename}: {error.strerror}") from None
        except DeviceError:
            self.close()
            raise
        self._ring = self._records(memory, "events", record_dtype(self._hello["levels"]))
        self._verdicts = self._records(memory, "verdicts", VERDICT_DTYPE)
        self._rx = RemoteRx(self)

    @property
    def profile(self) -> str:
        """Name of the device's profile."""
        return str(self._hello["profile"])

    @property
    def ring(self) -> npt.NDArray[Any]:
        """The event ring's memory, shared with the server; not to be written."""
        return self._ring

    @property
    def verdicts(self) -> npt.NDArray[Any]:
        """The verdict ring's memory, likewise."""
        return self._verdicts

    @property
    def rx(self) -> RemoteRx:
        """The receive port."""
        return self._rx

    def read(self, addr: int) -> int:
        """Return the 32-bit register at byte address ``addr``."""
        value: int = _WORD.unpack(self.ask(Ask.READ, _WORD.pack(addr)))[0]
        return value

    def write(self, addr: int, value: int) -> None:
        """Write the 32-bit register at byte address ``addr``."""
        self.ask(Ask.WRITE, _WORD.pack(addr), _WORD.pack(register_value(value)))

    def write_words(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write consecutive words from byte address ``addr`` on, in this order, with nobody's between them."""
        if len(words):
            self.ask(Ask.WRITE, _WORD.pack(addr), np.ascontiguousarray(words, "<u4").tobytes())

    def write_port(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write words, one after the other, to the register at byte address ``addr``, with nobody's between them."""
        if len(words):
            self.ask(Ask.PORT, _WORD.pack(addr), np.ascontiguousarray(words, "<u4").tobytes())

    def read_indexed(self, index: int, data: int, count: int) -> npt.NDArray[np.uint32]:
        """Return the register at byte address ``data`` after each write of 0 to ``count`` - 1 to that at ``index``."""
        return np.frombuffer(self.ask(Ask.INDEXED, _INDEXED.pack(index, data, count)), "<u4")

    def run(self, cycles: int) -> None:
        """Return when ``cycles`` cycles have passed; where time runs by itself, as soon after as can be."""
        self.ask(Ask.RUN, _CYCLES.pack(cycle_count(cycles)))

    def settle(self) -> None:
        """Return when every submitted frame is in and no record of it is still to come."""
        self.ask(Ask.SETTLE)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep what other clients ask from coming between what is asked in the block, which must be short."""
        if not self._held:
            self.ask(Ask.HOLD)
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held and self._socket is not None:
                self.ask(Ask.RELEASE)

    def close(self) -> None:
        """End the connection; the device goes on."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, code: Ask, *parts: bytes) -> bytes:
        """Send a request with ``parts`` as its body, and return the body of the answer."""
        if self._socket is None:
            raise DeviceError(f"{self._where}: the connection was closed")
        whole = False
        try:
            self._socket.sendall(b"".join((HEAD.pack(code, sum(map(len, parts))), *parts)))
            answer = Answer.WAIT
            while answer == Answer.WAIT:
                answer, size = HEAD.unpack(self._take(HEAD.size))
                body = self._take(size)
            whole = answer != Answer.FAILED
        except TimeoutError:
            raise DeviceError(f"{self._where}: the device's server does not answer") from None
        except OSError as error:
            raise DeviceError(f"{self._where}: the device's server is gone ({error.strerror or error})") from None
        finally:
            if not whole:
                self.close()
        if answer != Answer.DONE:
            raise DeviceError(f"{self._where}: {body.decode()}")
        return body

    def _take(self, size: int) -> bytes:
        assert self._socket is not None
        parts = []
        while size:
            part = self._socket.recv(min(size, 1 << 20))
            if not part:
                raise ConnectionResetError("it closed the connection")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _check(self) -> None:
        for name, ours in (("protocol", PROTOCOL), ("contract", CONTRACT_VERSION)):
            if self._hello[name] != ours:
                raise DeviceError(f"{self._where}: the server has {name} version {self._hello[name]}, "
                                  f"this command knows only {ours}")

    def _records(self, memory: mmap.mmap, name: str, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        offset, size = self._hello[name]
        return np.frombuffer(memory, dtype, size // dtype.itemsize, offset)


def _no_server(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"no device is served there; `tickgate device serve --socket {path}` does"
    if isinstance(error, ConnectionRefusedError):
        return "the device's server is gone, only its socket is left" if path.is_socket() else "this is no socket"
    return error.strerror or str(error)
