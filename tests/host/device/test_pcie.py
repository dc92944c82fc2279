"""The transport for PCIe, over files that stand for a device's BARs."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from host.device.connect import open_device
from host.device.driver import Device, DeviceError
from host.device.pcie import PcieTransport
from host.device.transport import Transport
from host.risk.gate import Gate
from tests.host.fake import FakeTransport
from wire.pages import SLOT_BYTES, Page
from wire.records import record_dtype
from wire.registers import ADDRESS_BITS, REGISTERS, by_name
from wire.risk import REQUEST_DTYPE, VERDICT_DTYPE, Kind

#: Bytes of the ring memories: half of them 128 records of 256 bytes, and a bit; the other half verdicts.
RINGS = 2 * (128 * 256 + 4096)


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A folder as sysfs has it, whose registers are those of a device that has just begun."""
    words = np.zeros(len(Page) << ADDRESS_BITS >> 2, "<u4")
    for register in REGISTERS:
        value = FakeTransport("sim").values[register.name]
        words[register.offset >> 2] = value & 0xFFFF_FFFF
        if register.size == 8:
            words[(register.offset >> 2) + 1] = value >> 32
    (tmp_path / "resource0").write_bytes(words.tobytes())
    (tmp_path / "resource2").write_bytes(bytes(RINGS))
    (tmp_path / "config").write_bytes(bytes([0x34, 0x12, 0x78, 0x56, 6, 0, 0, 0]))
    return tmp_path


def registers(card: Path) -> np.ndarray:
    return np.fromfile(card / "resource0", "<u4")


def test_it_is_a_transport_and_the_driver_opens_it_by_its_address(card: Path) -> None:
    before = registers(card)
    with open_device(f"pci:{card}") as device:
        assert isinstance(device.transport, Transport) and device.transport.rx is None
        assert device.capabilities == Device(FakeTransport("sim")).capabilities
        assert (registers(card) == before).all()
        device.write("SEQ_SET", 0x1_0000_0002)
        device.write("GAP_PACKETS", 17)
        assert device.read("SEQ_SET") == 0x1_0000_0002
        device.transport.settle()
        with device.transport.exclusive():
            pass
    changed = {4 * int(place): int(registers(card)[place]) for place in np.flatnonzero(registers(card) != before)}
    seq = by_name("SEQ_SET").offset
    assert changed == {seq: 2, seq + 4: 1, by_name("GAP_PACKETS").offset: 17}


def test_records_that_the_device_writes_are_read_where_they_lie(card: Path) -> None:
    with open_device(f"pci:{card}") as device:
        reader = device.reader(first=1)
        assert len(device.transport.ring) == 128 and device.read("RING_ENTRIES") == 7
        memory = np.memmap(card / "resource2", record_dtype(8), "r+", shape=128)
        memory["symbol"][:3], memory["seq"][:3] = (5, 6, 7), (1, 2, 3)
        assert reader.poll()["symbol"].tolist() == [5, 6, 7]
        with pytest.raises(ValueError, match="read-only"):
            device.transport.ring["seq"][0] = 9


def test_slots_go_to_their_window_and_verdicts_come_in_the_other_half(card: Path) -> None:
    with open_device(f"pci:{card}") as device:
        gate = Gate(device)
        reader = gate.reader(first=1)
        slots = np.zeros(2, REQUEST_DTYPE)
        slots["kind"], slots["client"] = Kind.NEW, (11, 12)
        assert gate.submit(slots) == 2
        first = (Page.ORDERS << ADDRESS_BITS) // 4
        assert registers(card)[first:first + 2 * SLOT_BYTES // 4].tobytes() == slots.tobytes()
        entries = len(device.transport.verdicts)
        assert entries == 1 << (RINGS // 2 // VERDICT_DTYPE.itemsize).bit_length() - 1
        memory = np.memmap(card / "resource2", VERDICT_DTYPE, "r+", RINGS // 2, entries)
        memory["client"][0], memory["seq"][0] = 11, 1
        assert reader.poll()["client"].tolist() == [11]


def test_a_port_takes_all_words_and_an_index_is_written_before_each_read(card: Path) -> None:
    transport = PcieTransport(card)
    transport.write_port(by_name("INJECT_SEQ").offset, np.array([1, 2, 3], "<u4"))
    assert transport.read(by_name("INJECT_SEQ").offset) == 3
    index = by_name("RISK_WORD").offset
    assert transport.read_indexed(index, index, 5).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match=r"a register takes 0 to 2\*\*32 - 1, not -1"):
        transport.write(0, -1)
    transport.close()
    with pytest.raises(DeviceError, match="the device was closed"):
        transport.read(0)


def test_time_is_the_devices(card: Path) -> None:
    transport = PcieTransport(card)
    cycles = np.memmap(card / "resource0", "<u8", "r+", by_name("CYCLES").offset, 1)
    done = threading.Event()

    def count() -> None:
        while not done.is_set():
            cycles[0] += 1000
    thread = threading.Thread(target=count)
    thread.start()
    transport.run(50_000)
    done.set()
    thread.join()
    assert cycles[0] >= 50_000
    transport.close()


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize("break_it, text", [
    (lambda card: (card / "resource0").unlink(), "resource0: No such file or directory"),
    (lambda card: (card / "resource2").unlink(), "resource2: No such file or directory"),
    (lambda card: (card / "config").unlink(), "config: No such file or directory"),
    (lambda card: cut(card / "config", 3), "config: is cut short"),
    (lambda card: cut(card / "resource0", 4096), "resource0 has 4096 bytes, the device needs 16384"),
    (lambda card: (card / "resource0").write_bytes(b"\xFF" * 16384),
     "no tickgate device: MAGIC reads 0xffffffff, not 0x544b4754"),
    (lambda card: (card / "config").write_bytes(bytes(8)), "its memory space is off")])
def test_what_is_wrong_with_a_card_is_told(card: Path, break_it: Callable[[Path], None], text: str) -> None:
    break_it(card)
    with pytest.raises(DeviceError, match=text) as raised:
        open_device(f"pci:{card}")
    assert str(card) in str(raised.value)
