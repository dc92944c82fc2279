"""The server of a simulated device, over a device that the test makes fail."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from host.device.driver import DeviceError
from host.device.remote import RemoteTransport
from sim.device.model import GatewareError
from sim.device.server import Server
from sim.device.shared import SharedMemory, listen
from tests.host.served import short_folder
from wire.records import record_dtype
from wire.risk import VERDICT_DTYPE


class Broken:
    """A transport whose device keeps its word until a register is read."""

    def __init__(self, memory: SharedMemory) -> None:
        self.ring = memory.words(record_dtype(4).itemsize // 4).view(record_dtype(4))
        self.verdicts = memory.words(VERDICT_DTYPE.itemsize // 4).view(VERDICT_DTYPE)
        self.device = SimpleNamespace(cycle=0, pending=False, run=lambda cycles: None)
        self.closed = False

    def read(self, _: int) -> int:
        raise GatewareError(77, "assertion failed in gate")

    def close(self) -> None:
        self.closed = True


def test_a_device_that_fails_is_told_to_all_and_ends_the_server() -> None:
    with short_folder() as folder:
        path: Path = folder / "s"
        memory = SharedMemory(folder / "records")
        transport = Broken(memory)
        server = Server(transport, memory, listen(path), profile="tiny")
        raised: list[Exception] = []

        def serve() -> None:
            try:
                server.serve()
            except GatewareError as error:
                raised.append(error)
        thread = threading.Thread(target=serve)
        thread.start()
        one, other = RemoteTransport(path), RemoteTransport(path)
        assert (one.profile, len(one.ring), len(one.verdicts)) == ("tiny", 2, 2)
        with pytest.raises(DeviceError, match="the device failed: cycle 77: assertion failed in gate"):
            one.read(0)
        with pytest.raises(DeviceError, match="the device failed: cycle 77|the device's server is gone"):
            other.write(0, 1)
        thread.join(10)
        assert [error.cycle for error in raised] == [77]
        server.close()
        assert transport.closed and list(folder.iterdir()) == []
