"""A device on Ethernet (docs/net.md, Host link), as a transport."""

import socket
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from ipaddress import AddressValueError, IPv4Address
from queue import Empty, SimpleQueue
from secrets import randbits
from threading import Event, Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from host.device.driver import DeviceError
from host.device.etherbone import MAX_BYTES, Access, decode, encode, size
from host.device.transport import cycle_count, register_value
from host.device.udp_rings import RingFill, parse
from wire.etherbone import HEADER, MOST_WORDS, PORT
from wire.hostlink import Ring
from wire.hostlink import address as link_address
from wire.records import record_dtype
from wire.registers import MAGIC, by_name
from wire.risk import VERDICT_DTYPE

__all__ = ["UDP_SCHEME", "UdpTransport"]

#: How the address of such a device begins; its IP address follows, and its port, unless that is LiteX's.
UDP_SCHEME = "udp:"
#: Parts of the patience for which each attempt waits for its answer.
_WAITS = (1 / 32, 1 / 32, 1 / 32, 1 / 32, 1 / 16, 1 / 16, 1 / 4, 1 / 2)
#: Parts of it until a record is asked for again, and between two questions of the receiver for the last records.
_AGAIN, _LOOK = 1 / 40, 1 / 8
#: Seconds after which the receiver looks whether it is to end, or has to ask for something again.
_TICK = 0.02
_DATAGRAM = 2048
#: Entries of the rings' memories.
_EVENTS, _VERDICTS = 1 << 16, 1 << 14
_TICKET, _BEGIN, _STREAM = (link_address(name) for name in ("TICKET", "BEGIN", "STREAM"))
_LAST = {Ring.EVENTS: link_address("LAST_EVENT"), Ring.VERDICTS: link_address("LAST_VERDICT")}
_LASTS = tuple(first + half for first in _LAST.values() for half in (0, 4))
_RESEND = {Ring.EVENTS: link_address("RESEND_EVENTS"), Ring.VERDICTS: link_address("RESEND_VERDICTS")}
#: What the receiver asks by itself, and from which tag on it does.
_STATE = (*_LASTS, _TICKET)
_OWN_TAGS = 1 << 31
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
    Not to be used by two threads at once.

    A thread of its own takes what comes and puts records into the rings' memories, in order; it asks again for those
    that are missing, also for the last ones, of which it asks the numbers now and then. One that the device has no more
    is lost, as the reader sees by its number. It asks for the ticket too: when somebody else has begun to write, who
    then gets the records, or the device began anew, every call from then on raises DeviceError.

    strange: datagrams that were nothing the device sends.
    """

    def __init__(self, address: str, *, patience: float = 2.0) -> None:
        """Look for the device. Raises ValueError for an address that is none, DeviceError when nobody answers there,
        or something that is no such device."""
        ip, port = _parse(address)
        self._where = f"{UDP_SCHEME}{ip}:{port}"
        self._patience = patience
        self._tag = self._ticket = 0
        self._refused = False
        self._taken_over: str | None = None
        self.strange = 0
        self._verdicts = np.zeros(_VERDICTS, VERDICT_DTYPE)
        self._fills: dict[Ring, RingFill] = {}
        self._lasts = dict.fromkeys(Ring, 0)
        # What the receiver asked last, and the ticket when it did.
        self._asked = _OWN_TAGS, 0
        self._answers: SimpleQueue[tuple[int, npt.NDArray[np.uint32]]] = SimpleQueue()
        self._end = Event()
        self._socket: socket.socket | None = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._receiver = Thread(target=self._receive, args=(self._socket,), name="tickgate-udp", daemon=True)
        try:
            self._socket.connect((ip, port))
            self._socket.settimeout(_TICK)
            self._receiver.start()
            names = ("MAGIC", "CLOCK_HZ", "CAP_BOOK")
            magic, self._clock_hz, book, *lasts = self._read(*(by_name(name).offset for name in names), *_LASTS)
            if magic != MAGIC:
                raise DeviceError(f"{self._where}: no tickgate device: MAGIC reads {magic:#010x}, not {MAGIC:#010x}")
            self._ring = np.zeros(_EVENTS, record_dtype(book >> 16 & 0xFF))
            self._begin(_numbers(lasts))
        except OSError as error:
            self.close()
            raise DeviceError(f"{self._where}: {error.strerror or error}") from None
        except BaseException:
            self.close()
            raise

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
        self._write([Access(addr, (register_value(value),))])

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
        until = self._cycles() + cycle_count(cycles)
        while (left := until - self._cycles()) > 0:
            time.sleep(left / self._clock_hz)

    def settle(self) -> None:
        """Return when the records that the device has written so far are in memory, or are known to be lost.

        Raises DeviceError when they do not come for as long as the patience lasts.
        """
        lasts = _numbers(self._read(*_LASTS))
        self._lasts = lasts
        until = time.monotonic() + self._patience
        while any(fill.expected <= lasts[ring] for ring, fill in self._fills.items()):
            self._check_owner()
            if time.monotonic() > until:
                raise DeviceError(f"{self._where}: ring records do not come")
            time.sleep(_TICK / 10)

    def exclusive(self) -> AbstractContextManager[None]:
        """Return a context that keeps nobody out: the device takes writes of one host, and this is to be its only
        process that writes."""
        return nullcontext()

    def close(self) -> None:
        """Let the device send no more records, and close the socket; the ring memories stay."""
        if self._fills and self._socket is not None and not self._end.is_set():
            self._transmit(encode(self._framed([Access(_STREAM, (0,))], self._ticket), _OWN_TAGS))
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
        if not self._fills or found == self._ticket:
            raise self._shut()
        if found != wanted:
            self._taken_over = _taken_over(found, wanted)
        self._check_owner()
        self._ticket = wanted

    def _check_owner(self) -> None:
        """Raise DeviceError when the device is not this host's any more."""
        if self._taken_over is not None:
            raise DeviceError(f"{self._where}: {self._taken_over}")

    def _shut(self) -> DeviceError:
        return DeviceError(f"{self._where}: the device takes no writes from this host, which is not the one that it "
                           "is set up for")

    def _ask(self, accesses: Sequence[Access]) -> npt.NDArray[np.uint32]:
        """Return what ``accesses`` read, asked as often as it takes."""
        if self._socket is None:
            raise DeviceError(f"{self._where}: the device was closed")
        self._check_owner()
        self._tag = (self._tag + 1) % _OWN_TAGS
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

    def _begin(self, lasts: dict[Ring, int]) -> None:
        """Begin to write, and let records behind ``lasts`` come here. A host from which the device takes no writes
        gets none."""
        self._ticket = randbits(32)
        if int(self._ask([Access(_BEGIN, (self._ticket,), (_TICKET,))])[0]) == self._ticket:
            self._fills = {ring: RingFill(memory, expected=lasts[ring] + 1, again=_AGAIN * self._patience)
                           for ring, memory in zip(Ring, (self._ring, self._verdicts), strict=True)}
            self._write([Access(_STREAM, (1,))])

    def _receive(self, source: socket.socket) -> None:
        """Take datagrams until the end. What the network refuses here, it refuses the next call too, which says so."""
        looked = 0.0
        while not self._end.is_set():
            try:
                self._take(source.recv(_DATAGRAM))
            except TimeoutError:
                pass
            except ConnectionRefusedError:
                self._refused = True
            except OSError:
                self._end.wait(_TICK)
            now = time.monotonic()
            questions = [
                Access(_RESEND[ring], (number & _WORD,)) for ring, fill in self._fills.items()
                if (number := fill.ask(now, last=self._lasts[ring])) is not None]
            if self._fills and now - looked > _LOOK * self._patience:
                looked = now
                self._asked = _OWN_TAGS | self._asked[0] + 1 & _WORD, self._ticket
                questions.append(Access(addresses=_STATE))
            if questions:
                try:
                    self._transmit(encode(questions, self._asked[0]))
                except DeviceError:
                    self._end.wait(_TICK)

    def _judge(self, ticket: int) -> None:
        """Note it when ``ticket``, just read, is none of those from the question on to a write that is under way."""
        begin = self._asked[1]
        if ticket - begin & _WORD > self._ticket + 1 - begin & _WORD:
            self._taken_over = _taken_over(ticket, self._ticket)

    def _take(self, datagram: bytes) -> None:
        """Put records in their places, and answers where they are waited for; what is neither, is somebody else's."""
        records = parse(datagram)
        try:
            if records is not None and records.ring in self._fills:
                self._fills[records.ring].take(records)
            elif records is None:
                tag, values = decode(datagram)
                if tag < _OWN_TAGS:
                    self._answers.put((tag, values))
                elif tag == self._asked[0] and len(values) == len(_STATE):
                    *lasts, ticket = values.tolist()
                    self._lasts = _numbers(lasts)
                    self._judge(ticket)
        except ValueError:
            self.strange += 1


def _taken_over(found: int, wanted: int) -> str:
    return f"somebody else writes, or the device began anew: its ticket is {found}, not {wanted}"


def _numbers(halves: Sequence[int]) -> dict[Ring, int]:
    """Return the numbers of the rings' last records from what _LASTS read."""
    return {ring: lower | upper << 32 for ring, lower, upper in zip(Ring, halves[::2], halves[1::2], strict=True)}
