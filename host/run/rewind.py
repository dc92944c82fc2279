# Ref: Nasdaq MoldUDP64 1.00, request packets
"""What both lines of the feed lost: asked for at a re-request server, and given to the device message by message."""

import socket
from collections import deque
from collections.abc import Callable

from host.device.driver import Device
from wire import moldudp64
from wire.fields import WireError

__all__ = ["Rewind"]

_MS = 1_000_000
#: ns between two looks at whether a gap is open.
_LOOK = 5 * _MS
#: ns that the other line has to fill a gap before it is asked for, and that an answer has before it is asked for again.
_PATIENCE, _RETRY = 20 * _MS, 200 * _MS
#: Messages that one ``poll`` gives the device: the host's loop waits for it.
_TURN = 16
_LONGEST = 1 << 16


class Rewind:
    """One request at a time, for what the device expects next; what comes late, twice or too far ahead does no harm.

    asked, given: requests sent, and messages that the device was given. log: gets a line when the server cannot be
    reached, and when it can again.
    """

    def __init__(self, device: Device, address: tuple[str, int], session: str, log: Callable[[str], object]) -> None:
        """address: of the server. session: of the feed, as the server knows it. Raises OSError."""
        self.asked = self.given = 0
        self._device, self._session, self._log = device, session, log
        self._where = f"{address[0]} port {address[1]}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(address)
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._look_at = self._asked_at = self._open_since = 0
        self._expected = 0
        self._going = False
        self._reachable = True

    def poll(self, now: int) -> None:
        """Do what is due. now: ns of a clock that does not step. Raises DeviceError."""
        if now < self._look_at and not self._waiting:
            return
        self._look_at = now + _LOOK
        self._hear()
        if self._waiting:
            self._give()
        elif not self._device.status()["gap"]:
            self._expected, self._going = 0, False
        else:
            self._missing(now)

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()

    def _missing(self, now: int) -> None:
        """A gap is open: ask for it, unless it has just opened or moved, or an answer may still come. Behind an answer
        that did not fill it the rest is asked for at once."""
        expected = self._device.read("SEQ_EXPECTED")
        if expected != self._expected:
            self._expected, self._open_since = expected, now
        if not self._going and (now - self._open_since < _PATIENCE or now - self._asked_at < _RETRY):
            return
        self._asked_at, self._going = now, False
        count = min(self._device.read("SEQ_HIGHEST") - expected, moldudp64.END_OF_SESSION - 1)
        if count > 0:
            self._ask(moldudp64.HEADER.pack({"session": self._session, "sequence": expected, "count": count}))

    def _ask(self, request: bytes) -> None:
        try:
            self._socket.send(request)
            self.asked += 1
        except OSError as error:
            self._unreachable(error)

    def _hear(self) -> None:
        """Take the answers that have come."""
        while True:
            try:
                answer = moldudp64.unpack(self._socket.recv(_LONGEST))
            except BlockingIOError:
                return
            except OSError as error:
                self._unreachable(error)
                return
            except WireError as error:
                self._log(f"rewind: {self._where} answers what is no packet: {error}")
                continue
            if not self._reachable:
                self._reachable = True
                self._log(f"rewind: {self._where} answers again")
            if answer.session == self._session:
                self._going = True
                self._waiting.extend(enumerate(answer.messages, answer.sequence))

    def _give(self) -> None:
        """Give the device what it expects; what it kept behind the gap goes in by itself."""
        expected = self._device.read("SEQ_EXPECTED")
        while self._waiting and self._waiting[0][0] < expected:
            self._waiting.popleft()
        for _ in range(_TURN):
            if not self._waiting or self._waiting[0][0] != expected:
                self._waiting.clear()
                return
            # It is refused, and no harm done, if another line brought it meanwhile.
            self._device.inject(*self._waiting.popleft())
            self.given += 1
            expected += 1

    def _unreachable(self, error: OSError) -> None:
        if self._reachable:
            self._reachable = False
            self._log(f"rewind: {self._where} cannot be reached: {error.strerror or error}")
