"""A host at the pins of a simulated board: a transport for our driver, without a network between."""

import numpy as np

from host.device.udp_rings import RingFill, parse
from sim.board.model import Carriers
from sim.board.traffic import on_wire
from tests.gateware.hostlink.client import datagram, reads, values, writes
from tests.gateware.net.ip.packets import OUR_IP, OURS, PEER, PEER_IP, udp
from wire.etherbone import PORT
from wire.hostlink import address
from wire.records import record_dtype
from wire.registers import by_name

__all__ = ["PinHost"]

HOST_PORT = 40_000
_HEADERS, _FCS, _START = 42, 4, 8


class PinHost:
    """The host of ``board`` at port 0 (host/device/transport.py: Transport, as far as the driver needs it)."""

    def __init__(self, board, *, levels: int):
        self.board = board
        self.ring = np.zeros(1 << 12, record_dtype(levels))
        self._fill = RingFill(self.ring)
        self._ask(writes(address("STREAM"), 1), reads(by_name("MAGIC").offset))

    def say(self, *carriers: tuple[bytes, dict[str, int]]) -> list[bytes]:
        """Say carriers, each with its options; return the payloads that came to the host, but for records, which go
        into the ring."""
        made = Carriers()
        for carrier, options in carriers:
            made.add(carrier, **options)
        self.board.send(0, made)
        assert self.board.settle(idle=10_000_000_000)
        payloads = []
        for carrier, error in self.board.take(0).carriers:
            assert not error
            frame = carrier[_START:-_FCS]
            payload = frame[_HEADERS:_HEADERS - 8 + int.from_bytes(frame[38:40], "big")]
            records = parse(payload)
            if records is None:
                payloads.append(payload)
            else:
                self._fill.take(records)
        return payloads

    def _ask(self, *records: bytes) -> list[int]:
        frame = udp(datagram(*records), to=OURS, sender=PEER, source=PEER_IP, destination=OUR_IP,
                    source_port=HOST_PORT, destination_port=PORT)
        [answer] = self.say((on_wire(frame), {"gap": 250}))
        [(_, found)] = values(answer)
        return found

    def read(self, addr: int) -> int:
        return self._ask(reads(addr))[0]

    def write(self, addr: int, value: int) -> None:
        self._ask(writes(addr, value), reads(by_name("MAGIC").offset))

    def close(self) -> None:
        """Nothing is to be given back."""
