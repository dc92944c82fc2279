# Ref: Nasdaq MoldUDP64 1.00, request packets
"""What both lines of the feed lost, or the device came too late for: asked for at a re-request server, and given to the
device, as frames where the host can put such in, else message by message."""

import socket
from collections.abc import Callable

from host.device.driver import Device
from host.device.frames import Frames
from wire import moldudp64
from wire.fields import WireError
from wire.frame import build_frame
from wire.ipv4 import ip_address

__all__ = ["Rewind"]

_MS = 1_000_000
#: ns between two looks at whether a gap is open.
_LOOK = 5 * _MS
#: ns that the other line has to fill a gap before it is asked for, and without progress before it is asked for again.
_PATIENCE, _RETRY = 20 * _MS, 200 * _MS
#: Messages of a request: as many as fit a packet of 1472 bytes when all have the 50 of ITCH's longest; and requests
#: without an answer at most.
_COUNT, _WINDOW = 27, 16
#: Messages that one ``poll`` gives the device one by one: the host's loop waits for it.
_TURN = 16
_LONGEST = 1 << 16
#: Destination of frames; the device looks at addresses of IP alone.
_MAC = 0x02_00_00_00_00_02


class Rewind:
    """Some requests at a time, for what the device expects next; what comes late, twice or too far ahead does no harm.

    asked, given: requests sent, and messages that the device was given. log: gets a line when the server cannot be
    reached, and when it can again.
    """

    def __init__(self, device: Device, address: tuple[str, int], session: str, log: Callable[[str], object], *,
                 line: tuple[str, int]) -> None:
        """address: of the server. session: of the feed, as the server knows it. line: of the feed, on which frames are
        given. Raises OSError."""
        self.asked = self.given = 0
        self._device, self._session, self._log, self._line = device, session, log, line
        self._where = f"{address[0]} port {address[1]}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(address)
        self._look_at = self._moved_at = self._expected = self._asked_to = self._given_to = 0
        self._answers: dict[int, tuple[bytes, tuple[bytes, ...]]] = {}
        self._going, self._reachable = False, True

    def poll(self, now: int) -> None:
        """Do what is due. now: ns of a clock that does not step. Raises DeviceError."""
        if not self._hear() and not self._answers and now < self._look_at:
            return
        self._look_at = now + _LOOK
        if not self._device.status()["gap"]:
            self._begin(0)
            self._expected = 0
            return
        expected = self._device.read("SEQ_EXPECTED")
        if expected != self._expected:
            self._expected, self._moved_at = expected, now
        if now - self._moved_at >= (_RETRY if self._going else _PATIENCE):
            self._begin(expected)
            self._going, self._moved_at = True, now
        elif not self._going:
            return
        self._given_to = max(self._given_to, expected)
        self._give()
        self._ask_on(expected)

    def close(self) -> None:
        """Ask no more."""
        self._socket.close()

    def _begin(self, expected: int) -> None:
        """Forget what was asked for. _asked_to, _given_to: the first message that was not asked for, and not given;
        _answers: packets and their messages, by the first."""
        self._asked_to = self._given_to = expected
        self._answers.clear()
        self._going = False

    def _ask_on(self, expected: int) -> None:
        """Ask for what comes next, as far as the window goes."""
        self._asked_to = max(self._asked_to, expected)
        end = min(self._device.read("SEQ_HIGHEST"), expected + _WINDOW * _COUNT)
        while self._asked_to < end:
            count = min(_COUNT, end - self._asked_to)
            self._ask(self._asked_to, count)
            self._asked_to += count

    def _ask(self, first: int, count: int) -> None:
        try:
            self._socket.send(moldudp64.HEADER.pack({"session": self._session, "sequence": first, "count": count}))
            self.asked += 1
        except OSError as error:
            self._unreachable(error)

    def _hear(self) -> bool:
        """Take the answers that have come; return whether there were any."""
        heard = False
        while True:
            try:
                packet = self._socket.recv(_LONGEST)
                answer = moldudp64.unpack(packet)
            except BlockingIOError:
                return heard
            except OSError as error:
                self._unreachable(error)
                return heard
            except WireError as error:
                self._log(f"rewind: {self._where} answers what is no packet: {error}")
                continue
            if not self._reachable:
                self._reachable = True
                self._log(f"rewind: {self._where} answers again")
            if answer.session == self._session and self._given_to <= answer.sequence < self._asked_to:
                heard = True
                self._answers[answer.sequence] = packet, tuple(answer.messages)

    def _give(self) -> None:
        """Give the device what follows what it was given; what it kept behind the gap goes in by itself."""
        rx, frames = self._device.transport.rx, []
        ip, port = ip_address(self._line[0]), self._line[1]
        for first in sorted(self._answers):
            packet, messages = self._answers[first]
            if first > self._given_to:
                break
            behind = messages[self._given_to - first:]
            if rx is not None:
                frames.append(build_frame(packet, dst_ip=ip, dst_port=port, dst_mac=_MAC))
            else:
                behind = behind[:_TURN]
                for number, message in enumerate(behind, self._given_to):
                    # It is refused, and no harm done, if another line brought it meanwhile.
                    self._device.inject(number, message)
            self.given += len(behind)
            self._given_to += len(behind)
            if self._given_to < first + len(messages):
                break
            del self._answers[first]
        if rx is not None and frames:
            rx.submit(Frames.of(frames))

    def _unreachable(self, error: OSError) -> None:
        if self._reachable:
            self._reachable = False
            self._log(f"rewind: {self._where} cannot be reached: {error.strerror or error}")
