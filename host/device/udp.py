"""A device on Ethernet (docs/net.md, Host link), as a transport."""

import socket
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from ipaddress import AddressValueError, IPv4Address
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from host.device.driver import DeviceError
from host.device.etherbone import MAX_BYTES, Access, EtherboneError, decode, encode, size
from wire.etherbone import HEADER, MOST_WORDS, PORT
from wire.hostlink import address as link_address
from wire.records import record_dtype
from wire.registers import MAGIC, by_name
from wire.risk import VERDICT_DTYPE

__all__ = ["UDP_SCHEME", "UdpTransport"]

#: How the address of such a device begins; its IP address follows, and its port, unless that is LiteX's.
UDP_SCHEME = "udp:"
#: Parts of the patience for which each attempt waits for its answer.
_WAITS = (1 / 32, 1 / 32, 1 / 32, 1 / 32, 1 / 16, 1 / 16, 1 / 4, 1 / 2)
#: Seconds after which the receiver looks whether it is to end, or has to ask for something again.
_TICK = 0.02
_DATAGRAM = 2048
_TICKET = link_address("TICKET")
_WORD = 0xFFFF_FFFF


def _parse(text: str) -> tuple[str, int]:
    """Return address and port of ``text``. Raises ValueError that names it."""
    ip, colon, port = text.partition(":")
    try:
        number = int(port) if colon else PORT
        if not 0 < number <= 0xFFFF:
            raise ValueError
        return str(IPv4Address(ip)), number
    except (AddressValueError, ValueError):
        raise ValueError(f"{UDP_SCHEME}{text}: no IPv4 address and port, such as 192.168.1.50:{PORT}") from None


class UdpTransport:
    """The device at ``address``, such as 192.168.1.50:1234 (host/device/transport.py: Transport).

    Reads are asked again until they are answered. Writes say a ticket (wire/hostlink.py), so that they are done once,
    however often they were sent, and are done when the call returns. A device without an answer for ``patience``
    seconds, one that takes no writes from this host, and one whose tickets somebody else has used, raise DeviceError.
    Not to be used by two threads at once. A thread of its own takes what comes.

    strange: datagrams that were nothing the device sends.
    """

    def __init__(self, address: str, *, patience: float = 2.0) -> None:
        """Look for the device. Raises ValueError for an address that is none, DeviceError when nobody answers there,
        or something that is no such device."""
        ip, port = _parse(address)
        self._where = f"{UDP_SCHEME}{ip}:{port}"
        self._patience = patience
        self._tag = 0
        self._refused = False
        self.strange = 0
        self._answers: SimpleQueue[tuple[int, npt.NDArray[np.uint32]]] = SimpleQueue()
        self._end = Event()
        self._socket: socket.socket | None = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._receiver = Thread(target=self._receive, args=(self._socket,), name="tickgate-udp", daemon=True)
        try:
            self._socket.connect((ip, port))
            self._socket.settimeout(_TICK)
            self._receiver.start()
            names = ("MAGIC", "CLOCK_HZ", "CAP_BOOK")
            magic, hz, book, ticket = self._read(*(by_name(name).offset for name in names), _TICKET)
            if magic != MAGIC:
                raise DeviceError(f"{self._where}: no tickgate device: MAGIC reads {magic:#010x}, not {MAGIC:#010x}")
        except OSError as error:
            self.close()
            raise DeviceError(f"{self._where}: {error.strerror or error}") from None
        except BaseException:
            self.close()
            raise
        self._ticket, self._clock_hz = ticket, hz
        self._ring = np.zeros(1 << 16, record_dtype(book >> 16 & 0xFF))
        self._verdicts = np.zeros(1 << 14, VERDICT_DTYPE)

    @property
    def ring(self) -> npt.NDArray[Any]:
        """The event ring's memory, filled as datagrams come; not to be written."""
        return self._ring

    @property
    def verdicts(self) -> npt.NDArray[Any]:
        """The verdict ring's memory, likewise."""
        return self._verdicts

    @property
    def rx(self) -> None:
        """None: frames come by the wire."""
        return None

    def read(self, addr: int) -> int:
        """Return the 32-bit register at byte address ``addr``."""
        return self._read(addr)[0]

    def write(self, addr: int, value: int) -> None:
        """Write the 32-bit register at byte address ``addr``; done once, and when it returns."""
        if not 0 <= value <= _WORD:
            raise ValueError(f"a register takes 0 to 2**32 - 1, not {value}")
        self._write([Access(addr, (value,))])

    def write_words(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write consecutive words from byte address ``addr`` on, in rising order: up to 255 in one datagram."""
        for first in range(0, len(words), MOST_WORDS):
            self._write([Access(addr + 4 * first, tuple(words[first:first + MOST_WORDS].tolist()))])

    def write_port(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write words, one after the other, to the register at byte address ``addr``."""
        accesses = [Access(addr, (word,)) for word in words.tolist()]
        room = MAX_BYTES - HEADER.size - sum(map(size, self._framed([])))
        for first in range(0, len(accesses), step := room // size(Access(addr, (0,)))):
            self._write(accesses[first:first + step])

    def read_indexed(self, index: int, data: int, count: int) -> npt.NDArray[np.uint32]:
        """Return the register at byte address ``data`` after each write of 0 to ``count`` - 1 to that at ``index``.

        These writes may be done twice, as each comes with its read in one datagram; that they are done is seen by
        reading ``index`` too.
        """
        found = np.empty(count, np.uint32)
        step = (MAX_BYTES - HEADER.size) // size(Access(index, (0,), (index, data)))
        for first in range(0, count, step):
            numbers = np.arange(first, min(first + step, count), dtype=np.uint32)
            pairs = self._ask([Access(index, (number,), (index, data)) for number in numbers.tolist()]).reshape(-1, 2)
            if (pairs[:, 0] != numbers).any():
                raise self._shut()
            found[numbers] = pairs[:, 1]
        return found

    def run(self, cycles: int) -> None:
        """Return when ``cycles`` cycles have passed by the device's own count."""
        if cycles < 0:
            raise ValueError(f"cycles must be 0 or more, not {cycles}")
        until = self._cycles() + cycles
        while (left := until - self._cycles()) > 0:
            time.sleep(left / self._clock_hz)

    def settle(self) -> None:
        """Return at once: nothing was submitted, for frames come by the wire."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Return a context that keeps nobody out: the device takes writes of one host, and this is to be its only
        process that writes."""
        return nullcontext()

    def close(self) -> None:
        """End the receiver and close the socket; the ring memories stay."""
        self._end.set()
        if self._receiver.is_alive():
            self._receiver.join()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self, *addresses: int) -> list[int]:
        values: list[int] = self._ask([Access(addresses=addresses)]).tolist()
        return values

    def _cycles(self) -> int:
        low = by_name("CYCLES").offset
        lower, upper = self._read(low, low + 4)
        return lower | upper << 32

    def _framed(self, accesses: list[Access], ticket: int = 0) -> list[Access]:
        return [Access(_TICKET, (ticket,)), *accesses, Access(addresses=(_TICKET,))]

    def _write(self, accesses: list[Access]) -> None:
        """Let the device do ``accesses``, all of them writes, once."""
        wanted = self._ticket + 1 & _WORD
        found = int(self._ask(self._framed(accesses, self._ticket))[-1])
        if found == self._ticket:
            raise self._shut()
        if found != wanted:
            raise DeviceError(f"{self._where}: somebody else wrote, or the device began anew: its ticket is {found}, "
                              f"not {wanted}")
        self._ticket = wanted

    def _shut(self) -> DeviceError:
        return DeviceError(f"{self._where}: the device takes no writes from this host, which is not the one that it "
                           "is set up for")

    def _ask(self, accesses: Sequence[Access]) -> npt.NDArray[np.uint32]:
        """Return what ``accesses`` read, asked as often as it takes."""
        if self._socket is None:
            raise DeviceError(f"{self._where}: the device was closed")
        self._tag = self._tag + 1 & _WORD
        datagram = encode(accesses, self._tag)
        wanted = sum(len(access.addresses) for access in accesses)
        self._refused = False
        for part in _WAITS:
            self._transmit(datagram)
            until = time.monotonic() + part * self._patience
            while (left := until - time.monotonic()) > 0:
                try:
                    tag, values = self._answers.get(timeout=left)
                except Empty:
                    break
                if tag == self._tag and len(values) == wanted:
                    return values
        reason = "nothing listens at that port" if self._refused else "is it on, and in this network?"
        raise DeviceError(f"{self._where}: no answer within {self._patience:g} s: {reason}")

    def _transmit(self, datagram: bytes) -> None:
        assert self._socket is not None
        try:
            self._socket.send(datagram)
        except ConnectionRefusedError:
            self._refused = True
        except OSError as error:
            raise DeviceError(f"{self._where}: {error.strerror or error}") from None

    def _receive(self, source: socket.socket) -> None:
        """Take datagrams until the end; those that are no answers are somebody else's."""
        while not self._end.is_set():
            try:
                datagram = source.recv(_DATAGRAM)
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                self._refused = True
                continue
            try:
                self._answers.put(decode(datagram))
            except EtherboneError:
                self.strange += 1
