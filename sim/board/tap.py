# Ref: Linux Documentation/networking/tuntap.rst; netdevice(7)
"""The simulated board on Linux network interfaces, so that the kernel's own IP stack talks to it."""

import errno
import fcntl
import os
import select
import socket
import struct
from collections import Counter
from collections.abc import Sequence
from typing import Self

from sim.board.model import Carriers, SimulatedBoard
from sim.board.traffic import START, on_wire, with_fcs
from wire.ethernet import FCS_BYTES, MIN_WITH_FCS
from wire.ipv4 import ip_text

__all__ = ["TapError", "Tap", "Bridge"]

_DEVICE = "/dev/net/tun"
#: Requests and flags of <linux/if_tun.h> and <linux/sockios.h>.
_SET_INTERFACE, _TAP, _NO_INFORMATION = 0x400454CA, 0x0002, 0x1000
_GET_FLAGS, _SET_FLAGS, _SET_ADDRESS, _SET_NETMASK, _UP = 0x8913, 0x8914, 0x8916, 0x891C, 0x1
_NAME_BYTES = 15
_MOST_BYTES = 1518
#: Frames that may wait for a port's line; more stay with the kernel.
_WAITING = 64
#: A stretch of the board's time, and how long it is thought busy behind a frame, in femtoseconds.
_SLICE, _BUSY = 10_000_000_000, 200_000_000_000
#: Seconds between two stretches when nothing happens: an idle board shall not take a whole core.
_REST = 0.005


class TapError(Exception):
    """An interface cannot be had; the text names it and says why."""


class Tap:
    """A TAP interface ``name``, which is made if there is none and goes away with the last who holds it.

    Needs the right to administer the network, or an interface that was made for this user
    (``ip tuntap add mode tap user NAME``). Raises TapError.
    """

    def __init__(self, name: str):
        if not name.isascii() or not 0 < len(name) <= _NAME_BYTES or "/" in name or name.strip() != name:
            raise TapError(f"an interface's name must have 1..{_NAME_BYTES} characters, not {name!r}")
        self.name = name
        try:
            self._file = os.open(_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise TapError(f"{_DEVICE}: {error.strerror}") from error
        try:
            fcntl.ioctl(self._file, _SET_INTERFACE, struct.pack("16sH22x", name.encode(), _TAP | _NO_INFORMATION))
        except OSError as error:
            os.close(self._file)
            why = {errno.EPERM: "needs the right to administer the network, or `ip tuntap add mode tap`",
                   errno.EBUSY: "another process holds it", errno.EINVAL: "is no TAP interface"}
            raise TapError(f"{name}: {why.get(error.errno or 0, error.strerror)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the interface back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def fileno(self) -> int:
        """Return the file to wait for."""
        return self._file

    def up(self, ip: int | None = None, bits: int = 24) -> None:
        """Put the interface up, with this address in a network of ``bits`` if there is one. Raises TapError."""
        if not 0 < bits < 32:
            raise TapError(f"{self.name}: a network must have 1..31 bits, not {bits}")
        mask = (1 << 32) - (1 << 32 - bits)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            try:
                for request, value in () if ip is None else ((_SET_ADDRESS, ip), (_SET_NETMASK, mask)):
                    fcntl.ioctl(control, request, struct.pack(
                        "16sHH4s16x", self.name.encode(), socket.AF_INET, 0, value.to_bytes(4, "big")))
                answer = fcntl.ioctl(control, _GET_FLAGS, struct.pack("16sH22x", self.name.encode(), 0))
                flags = struct.unpack("16sH22x", answer)[1]
                fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sH22x", self.name.encode(), flags | _UP))
            except OSError as error:
                at = "" if ip is None else f" at {ip_text(ip)}/{bits}"
                raise TapError(f"{self.name} cannot be put up{at}: {error.strerror}") from error

    def read(self) -> bytes | None:
        """Return the next frame from the kernel, without FCS; None when there is none."""
        try:
            return os.read(self._file, _MOST_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno == errno.EIO:  # the interface is down
                return None
            raise TapError(f"{self.name}: {error.strerror}") from error

    def write(self, frame: bytes) -> bool:
        """Give ``frame``, without FCS, to the kernel; return False when the interface is down."""
        try:
            os.write(self._file, frame)
        except OSError as error:
            if error.errno != errno.EIO:
                raise TapError(f"{self.name}: {error.strerror}") from error
            return False
        return True


class Bridge:
    """Carries frames between the ports of ``board`` and ``taps``, the first at port 0; the board's time goes on.

    A second of the board takes many of the machine's. A frame waits in the kernel while 64 wait for a line. What the
    board says is given to the kernel if a station would take it: preamble, size and FCS must be right. ``counts``:
    frames ``in``, ``out``, those with an error of any sort (``bad``), and those that nobody took (``down``).
    """

    def __init__(self, board: SimulatedBoard, taps: Sequence[Tap]):
        if len(taps) > board.ports:
            raise TapError(f"the board has {board.ports} ports, not {len(taps)}")
        self.board, self.taps = board, tuple(taps)
        self.counts: Counter[str] = Counter()
        self._busy_until, self._stopped = 0, False

    def stop(self) -> None:
        """Let ``serve`` return soon; may be called from a signal handler or another thread."""
        self._stopped = True

    def serve(self) -> None:
        """Carry frames until stopped. Raises TapError, BoardFailure."""
        self.board.keep(False)
        while not self._stopped:
            self.turn()

    def turn(self) -> None:
        """Take what the kernel has, let the board run for a stretch, and give back what it says."""
        idle = self.board.now >= self._busy_until
        ready, _, _ = select.select(self.taps, (), (), _REST if idle else 0)
        for port, tap in enumerate(self.taps):
            if tap in ready:
                self._take(port, tap)
        self.board.run(_SLICE)
        for port, tap in enumerate(self.taps):
            for carrier, error in self.board.take(port).carriers:
                self._give(tap, carrier, error)
            if self.board.waiting(port):
                self._wake()

    def _wake(self) -> None:
        self._busy_until = self.board.now + _BUSY

    def _take(self, port: int, tap: Tap) -> None:
        carriers = Carriers()
        for _ in range(_WAITING - self.board.waiting(port)):
            frame = tap.read()
            if frame is None:
                break
            carriers.add(on_wire(frame))
            self.counts["in"] += 1
            self._wake()
        self.board.send(port, carriers)

    def _give(self, tap: Tap, carrier: bytes, error: bool) -> None:
        self._wake()
        frame = carrier[len(START):]
        whole = carrier.startswith(START) and len(frame) >= MIN_WITH_FCS and with_fcs(frame[:-FCS_BYTES]) == frame
        if error or not whole:
            self.counts["bad"] += 1
            return
        self.counts["out" if tap.write(frame[:-FCS_BYTES]) else "down"] += 1
