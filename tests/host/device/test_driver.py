"""The driver over a device in memory."""

import pytest

from host.device.driver import Device, DeviceError, SymbolSetting
from host.device.transport import Rx, Transport
from tests.host.fake import FakeTransport
from wire.records import TradingState
from wire.registers import CONTRACT_VERSION, COUNTERS, MAGIC, REGISTERS, by_name


def writes(transport: FakeTransport) -> list[tuple[str, int]]:
    """Return what was written, by the names of the registers (``/4`` for an upper half)."""
    names = {register.offset: register.name for register in REGISTERS}
    names |= {register.offset + 4: f"{register.name}/4" for register in REGISTERS if register.size == 8}
    return [(names[addr], value) for addr, value in transport.log]


def test_the_fake_is_a_transport() -> None:
    assert isinstance(FakeTransport(), Transport) and isinstance(FakeTransport().rx, Rx)


def test_opening_changes_nothing() -> None:
    transport = FakeTransport()
    Device(transport)
    assert transport.log == []


@pytest.mark.parametrize("magic", [0, 0xFFFF_FFFF, MAGIC + 1])
def test_what_is_no_device_is_refused(magic: int) -> None:
    with pytest.raises(DeviceError, match=f"MAGIC reads {magic:#010x}"):
        Device(FakeTransport(magic=magic))


@pytest.mark.parametrize("version", [0, 1, 77])
def test_an_unknown_contract_is_refused(version: int) -> None:
    with pytest.raises(DeviceError, match=f"contract version {version}, the driver knows only {CONTRACT_VERSION}"):
        Device(FakeTransport(version=version))


def test_a_record_size_that_contradicts_the_levels_is_refused() -> None:
    transport = FakeTransport()
    transport.values["CAP_LINK"] += 64
    with pytest.raises(DeviceError, match="records of 8 levels have 256 bytes, the device says 320"):
        Device(transport)


def test_capabilities() -> None:
    caps = Device(FakeTransport("sim")).capabilities
    assert (caps.symbols, caps.levels, caps.window, caps.tick) == (64, 8, 16_384, 100)
    assert (caps.order_slots, caps.far_levels, caps.channels, caps.record_bytes) == (131_072, 64, 4, 256)
    assert (caps.ref_bits, caps.share_bits, caps.level_share_bits, caps.level_order_bits) == (48, 32, 32, 16)
    assert caps.build == 0x0123_4567_89AB_CDEF
    assert caps.ns(10) == 64.0


def test_a_64_bit_register_is_read_low_then_high_and_so_latched() -> None:
    transport = FakeTransport()
    transport.values["CYCLES"] = 0x1_FFFF_FFFF
    reads: list[int] = []
    plain = transport.read

    def read(addr: int) -> int:
        reads.append(addr)
        value = plain(addr)
        transport.values["CYCLES"] += 1   # the counter runs on between the two
        return value

    transport.read = read   # type: ignore[method-assign]
    device = Device(transport)
    reads.clear()
    transport.values["CYCLES"] = 0x1_FFFF_FFFF
    assert device.read("CYCLES") == 0x1_FFFF_FFFF
    assert reads == [by_name("CYCLES").offset, by_name("CYCLES").offset + 4]


def test_a_64_bit_register_is_written_low_then_high() -> None:
    transport = FakeTransport()
    Device(transport).write("SEQ_SET", 0x1_0000_0002)
    assert writes(transport) == [("SEQ_SET", 2), ("SEQ_SET/4", 1)]


def test_wrong_accesses_are_refused() -> None:
    device = Device(FakeTransport())
    with pytest.raises(KeyError, match="NONSENSE"):
        device.read("NONSENSE")
    with pytest.raises(ValueError, match="MAGIC is read-only"):
        device.write("MAGIC", 1)
    with pytest.raises(ValueError, match="0x100000000 does not fit the 32 bits of register GAP_CYCLES"):
        device.write("GAP_CYCLES", 1 << 32)
    with pytest.raises(ValueError, match="does not fit"):
        device.write("GAP_CYCLES", -1)


def test_a_channel_is_disabled_while_it_changes() -> None:
    transport = FakeTransport()
    Device(transport).set_channel(1, "233.54.12.111", 26_477, "B")
    assert writes(transport) == [("CHANNEL1_PORT", 0), ("CHANNEL1_IP", 0xE9360C6F),
                                 ("CHANNEL1_PORT", 26_477 | 1 << 16 | 1 << 31)]


@pytest.mark.parametrize(("arguments", "message"), [
    ((4, "233.54.12.111", 1, "A"), r"channel must be 0\.\.3, not 4"),
    ((0, "233.54.12", 1, "A"), "'233.54.12' is no IPv4 address"),
    ((0, "233.54.12.111", 65_536, "A"), r"port must be 0\.\.65535, not 65536"),
    ((0, "233.54.12.111", 1, "C"), "line must be 'A' or 'B', not 'C'"),
])
def test_wrong_channels_are_refused(arguments: tuple[int, str, int, str], message: str) -> None:
    transport = FakeTransport()
    with pytest.raises(ValueError, match=message):
        Device(transport).set_channel(*arguments)
    assert transport.log == []


def test_a_symbol_by_name_and_by_locate() -> None:
    transport = FakeTransport()
    device = Device(transport)
    device.follow(3, SymbolSetting(name="AAPL", base=2_000_000))
    assert writes(transport) == [
        ("SYMBOL_SELECT", 3), ("SYMBOL_NAME_LO", int.from_bytes(b"AAPL", "little")), ("SYMBOL_NAME_HI", 0x2020_2020),
        ("SYMBOL_BASE", 20_000), ("SYMBOL_CONFIG", 1 << 31 | 1 << 17)]
    transport.log.clear()
    device.follow(0, SymbolSetting(name="#13", base=0, locate=13, learn=False))
    assert writes(transport)[-1] == ("SYMBOL_CONFIG", 1 << 31 | 1 << 16 | 13)
    device.unfollow(0)
    assert writes(transport)[-2:] == [("SYMBOL_SELECT", 0), ("SYMBOL_CONFIG", 0)]


@pytest.mark.parametrize(("index", "setting", "message"), [
    (64, SymbolSetting(name="AAPL", base=0), r"symbol must be 0\.\.63, not 64"),
    (0, SymbolSetting(name="TOOLONGNAME", base=0), "up to 8 characters, not 'TOOLONGNAME'"),
    (0, SymbolSetting(name="AAPL", base=150), "window base of AAPL must be a multiple of 100 below"),
    (0, SymbolSetting(name="AAPL", base=-100), "not -100"),
    (0, SymbolSetting(name="AAPL", base=0, locate=65_536), "not 65536"),
])
def test_wrong_symbols_are_refused(index: int, setting: SymbolSetting, message: str) -> None:
    transport = FakeTransport()
    with pytest.raises(ValueError, match=message):
        Device(transport).follow(index, setting)
    assert transport.log == []


def test_locate_and_state_of_a_symbol() -> None:
    transport = FakeTransport()
    device = Device(transport)
    assert device.locate(0) is None
    transport.values["SYMBOL_LOCATE"] = 1 << 16 | 13
    assert device.locate(0) == 13
    transport.values["SYMBOL_STATE"] = 1 << 14 | TradingState.TRADING
    assert device.state(0) == 0x4004


def test_gap_silence_modes_and_commands() -> None:
    transport = FakeTransport()
    device = Device(transport)
    device.set_gap(packets=8, cycles=1000)
    device.set_silence(77)
    device.set_mode(hold=True)
    device.set_mode(enable=False)
    device.set_mode(hold=True, reorder=True)
    device.resync(12)
    device.clear()
    assert writes(transport) == [
        ("GAP_PACKETS", 8), ("GAP_CYCLES", 1000), ("SILENCE_CYCLES", 77), ("CONTROL", 3), ("CONTROL", 0),
        ("CONTROL", 7), ("SEQ_SET", 12), ("SEQ_SET/4", 0), ("COMMAND", 2), ("COMMAND", 1)]


def test_clear_waits_until_it_is_done() -> None:
    transport = FakeTransport()
    device = Device(transport)
    transport.values["STATUS"] |= 1
    passed: list[int] = []

    def run(cycles: int) -> None:
        passed.append(cycles)
        if len(passed) == 3:
            transport.values["STATUS"] &= ~1

    transport.run = run   # type: ignore[method-assign]
    device.clear()
    assert len(passed) == 3


def test_a_clear_that_never_ends_is_an_error() -> None:
    transport = FakeTransport()
    device = Device(transport)
    transport.values["STATUS"] |= 1
    with pytest.raises(DeviceError, match=r"STATUS\.clearing did not fall"):
        device.clear()


def test_inject_writes_the_message_in_words() -> None:
    transport = FakeTransport()
    device = Device(transport)
    taken: list[bytes] = []
    transport.apply = lambda message, cycle: taken.append(message)   # type: ignore[method-assign]
    device.inject(1, b"ABCDEFGHI")
    assert writes(transport) == [
        ("INJECT_DATA", 0x44434241), ("INJECT_DATA", 0x48474645), ("INJECT_DATA", 0x49), ("INJECT_SEQ", 1),
        ("INJECT_SEQ/4", 0), ("INJECT_GO", 9)]
    assert taken == [b"ABCDEFGHI"]
    for message in (b"", bytes(51)):
        with pytest.raises(ValueError, match=rf"1\.\.50 bytes, not {len(message)}"):
            device.inject(2, message)


def test_status_and_counters() -> None:
    transport = FakeTransport()
    device = Device(transport)
    transport.values["STATUS"] = 0b101
    assert {name for name, value in device.status().items() if value} == {"clearing", "stale"}
    transport.values["MSGS_OLD"] = 5 << 40
    counters = device.counters()
    assert list(counters) == [name for name, _ in COUNTERS]
    assert counters["msgs_old"] == 5 << 40 and sum(counters.values()) == 5 << 40


def test_the_reader_sees_the_ring_and_the_device_its_size() -> None:
    transport = FakeTransport(entries=256)
    device = Device(transport)
    transport.memory["seq"][:2] = 1, 2
    transport.values["RECORDS"] = 2
    assert len(device.reader().poll()) == 0
    assert device.reader(first=1).poll()["seq"].tolist() == [1, 2]
    assert writes(transport) == [("RING_ENTRIES", 8)]


def test_closing_gives_the_transport_back() -> None:
    transport = FakeTransport()
    with Device(transport):
        assert not transport.closed
    assert transport.closed
