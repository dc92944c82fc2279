"""A whole device behind the simulated link: orders go in as datagrams, verdicts and records come out as such."""

import numpy as np

from host.device.driver import Device
from host.device.reader import EventReader
from host.device.udp import UdpTransport
from host.risk.gate import Gate
from sim.device.transport import SimulatedTransport
from tests.gateware.hostlink.bridge import Bridge
from wire.profiles import PROFILES
from wire.records import FeedEvent, RecordKind
from wire.risk import REQUEST_DTYPE, Kind, Side, Status

PATIENCE = 40.0


class Behind:
    """The Verilated device on the link's bus; what it writes to its rings goes to the link."""

    def __init__(self) -> None:
        self.transport = SimulatedTransport("tiny")
        self.bridge = Bridge(self, PROFILES["tiny"])
        self._records = EventReader(self.transport.ring), self.bridge.events
        self._verdicts = EventReader(self.transport.verdicts), self.bridge.verdicts

    def read(self, addr: int) -> int:
        value = self.transport.read(addr)
        self._pass_on()
        return value

    def write(self, addr: int, value: int) -> None:
        self.transport.write(addr, value)
        self._pass_on()

    def _pass_on(self) -> None:
        for reader, queue in (self._records, self._verdicts):
            for record in reader.collect():
                queue.put(record.tobytes())


def test_orders_go_in_and_verdicts_and_records_come_out() -> None:
    behind = Behind()
    with behind.bridge as bridge, Device(UdpTransport(bridge.address, patience=PATIENCE)) as device:
        gate, records = Gate(device), device.reader(first=1)
        decisions = gate.reader(first=1)
        device.clear()
        requests = np.zeros(3, REQUEST_DTYPE)
        requests["kind"], requests["side"], requests["client"] = Kind.NEW, Side.BUY, (7, 8, 9)
        assert gate.submit(requests) == 3
        clients: list[int] = []
        while len(clients) < 3:
            assert device.read("CYCLES")
            device.transport.settle()
            clients += decisions.collect()["client"].tolist()
        assert clients == [7, 8, 9]
        # Its time moves only in accesses, and a counter is swept now and then.
        assert any(device.read("RISK_REFUSED") == 3 for _ in range(50))
        assert set(device.transport.verdicts["status"][:3].tolist()) == {Status.REFUSED}
        found = records.collect()
        assert found["kind"].tolist() == [RecordKind.FEED] and found["cause"].tolist() == [FeedEvent.CLEARED]
    behind.transport.close()
