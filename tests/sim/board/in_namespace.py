"""A program for a network namespace of its own: a board on a TAP interface, and what the kernel's stack says of it.

    python -m tests.sim.board.in_namespace VERILOG CLOCK_HZ

VERILOG is a file, CLOCK_HZ of its oscillator; on standard output is one object of JSON.
"""

import json
import select
import socket
import struct
import sys
import threading
from pathlib import Path

from sim.board.model import SimulatedBoard
from sim.board.tap import Bridge, Tap
from sim.device.build import silent
from tests.gateware.net.ip.packets import OUR_IP, PEER_IP, internet_sum

NAME, SECONDS = "tickgate0", 60.0
#: Frames of every protocol, those that go out too.
ALL = 0x0003
BOARD = ".".join(map(str, OUR_IP))


def ping(opened: socket.socket, sequence: int, data: bytes) -> bool:
    """Ping the board once by the kernel; return whether the answer is right."""
    message = struct.pack(">BBHHH", 8, 0, 0, 0x7A7A, sequence) + data
    message = message[:2] + struct.pack(">H", internet_sum(message)) + message[4:]
    opened.sendto(message, (BOARD, 0))
    wanted = b"\0\0" + struct.pack(">HH", 0x7A7A, sequence) + data
    while select.select([opened], (), (), SECONDS)[0]:
        packet = opened.recv(65536)
        answer = packet[4 * (packet[0] & 15):]
        if answer[:2] + answer[4:] == wanted and internet_sum(answer) == 0:
            return True
    return False


def neighbours() -> dict[str, str]:
    """Return {address: MAC} that the kernel learned."""
    rows = Path("/proc/net/arp").read_text(encoding="ascii").splitlines()[1:]
    return {row.split()[0]: row.split()[3] for row in rows}


def main(verilog: Path, clock_hz: int) -> None:
    with SimulatedBoard(verilog.read_text(), clock_hz=clock_hz, progress=silent) as board, Tap(NAME) as tap:
        board.power_up()
        tap.up(int.from_bytes(PEER_IP, "big"), 24)
        bridge = Bridge(board, [tap])
        thread = threading.Thread(target=bridge.serve)
        with (socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL)) as watched,
              socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as opened,
              socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams):
            watched.bind((NAME, ALL))
            watched.setblocking(False)
            thread.start()
            try:
                pings = [ping(opened, n, bytes(range(256))[:size] * times) for n, (size, times) in enumerate(
                    ((0, 1), (1, 1), (56, 1), (256, 5), (184, 8), *[(32, 1)] * 20))]
                # Nobody listens there; it must not disturb what comes behind.
                datagrams.sendto(b"nobody", (BOARD, 9))
                pings.append(ping(opened, 999, b"last"))
            finally:
                bridge.stop()
                thread.join()
            seen = 0
            while select.select([watched], (), (), 0)[0]:
                frame = watched.recv(2048)
                seen += frame[12:14] == b"\x08\x00" and frame[23] == socket.IPPROTO_ICMP
        print(json.dumps({"pings": pings, "neighbours": neighbours(), "counts": bridge.counts, "seen": seen}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
