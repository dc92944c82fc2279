"""A program for a network namespace of its own: a whole board on a TAP interface, and our driver as its host.

    python -m tests.sim.board.host_in_namespace VERILOG CLOCK_HZ PROFILE

Feed by the kernel's multicast into port 0, registers and records by UDP; on standard output is one object of JSON.
"""

import json
import socket
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from host.device.driver import Device, DeviceError, SymbolSetting
from host.device.udp import UdpTransport
from sim.board.model import SimulatedBoard
from sim.board.tap import Bridge, Tap
from sim.device.build import silent
from sim.market.frames import LINE_A
from sim.market.messages import Messages
from sim.market.schedule import schedule
from tests.device.rig import Truth
from tests.device.test_property import SYMBOLS, flow
from tests.gateware.net.ip.packets import OUR_IP, PEER_IP
from wire.profiles import PROFILES

NAME, SECONDS = "tickgate0", 200.0
#: Messages on the way at a time.
BURST = 10
#: What a simulated board may take to answer.
PATIENCE = 60.0
HEADERS = 42
BOARD, HOST = (".".join(map(str, ip)) for ip in (OUR_IP, PEER_IP))


def main(verilog: Path, clock_hz: int, profile: str) -> None:
    with SimulatedBoard(verilog.read_text(), clock_hz=clock_hz, progress=silent) as board, Tap(NAME) as tap:
        board.power_up()
        tap.up(int.from_bytes(PEER_IP, "big"), 24)
        bridge = Bridge(board, [tap])
        thread = threading.Thread(target=bridge.serve)
        thread.start()
        try:
            told = talk(profile)
        finally:
            bridge.stop()
            thread.join()
        print(json.dumps({**told, "counts": bridge.counts}))


def talk(profile: str) -> dict[str, object]:
    """Set the device up, feed it, and hold its records against the reference."""
    messages = Messages.of(flow(7, 300, orders=12))
    symbols = SYMBOLS[:PROFILES[profile].symbols]
    frames = schedule(messages, LINE_A)
    with Device(UdpTransport(BOARD, patience=PATIENCE)) as device:
        for index, (locate, base) in enumerate(symbols):
            device.follow(index, SymbolSetting(name=f"S{locate}", locate=locate, base=base, learn=False))
        device.set_channel(0, LINE_A.ip, LINE_A.port, LINE_A.name)
        device.set_gap(packets=64, cycles=0)
        device.set_silence(0)
        device.resync(1)
        device.set_mode(enable=True)
        reader, records, until = device.reader(), [], time.monotonic() + SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as feed:
            feed.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
            group = socket.inet_ntoa(LINE_A.ip.to_bytes(4, "big")), LINE_A.port
            # A few at a time: their records go back over the same line, and are longer.
            for first in range(0, len(frames), BURST):
                last = min(first + BURST, len(frames))
                for n in range(first, last):
                    feed.sendto(bytes(frames[n])[HEADERS:], group)
                while device.read("SEQ_EXPECTED") <= last:
                    if time.monotonic() > until:
                        raise SystemExit(f"message {last} was not taken within {SECONDS:g} s")
        while reader.next_seq <= device.read("RECORDS"):
            records.append(reader.collect().copy())
            if time.monotonic() > until:
                raise SystemExit(f"record {reader.next_seq} has not come within {SECONDS:g} s")
        counters = device.counters()
        truth = Truth(SimpleNamespace(profile=PROFILES[profile]), symbols, lines=[LINE_A])
        truth.frames(frames)
        # The network around the board is not in the model.
        truth.check(np.concatenate(records), counters | truth.net)
        status = device.status()
        return {"expected": device.read("SEQ_EXPECTED"), "messages": len(messages), "records": sum(map(len, records)),
                "compared": truth.compared, "lost": reader.lost, "status": status,
                "frames": counters["frames"]}


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    except DeviceError as error:
        raise SystemExit(str(error)) from error
