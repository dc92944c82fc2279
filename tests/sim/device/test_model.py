"""The harness: cycles, frames, registers, ring, assertions."""

import numpy as np
import pytest

from sim.device.model import FrameBatch, GatewareError, SimulatedDevice
from tests.sim.device.toy import FATAL


def rows(device: SimulatedDevice) -> list[tuple[int, int, int]]:
    """Return (cycle, flags, data) of each word; the words must lie two cycles or more apart."""
    ring = device.ring[:device.ring_written].tolist()
    return [(note >> 16, note & 0xFFFF, data) for data, note in zip(ring[::2], ring[1::2], strict=True)]


def test_a_frame_enters_at_its_cycle_with_zeros_behind_its_last_byte(device):
    device.submit(FrameBatch.of([bytes(range(1, 11))], cycle=[100], error=[True]), word_interval=2)
    device.run_idle(4)
    assert rows(device) == [(100, 0x81, 0x0807060504030201), (102, 0x26, 0x0A09)]
    assert device.pending == 0


@pytest.mark.parametrize("length", range(1, 26))
def test_every_length_has_its_count_and_bytes(device, length):
    frame = bytes(range(1, length + 1))
    device.submit(FrameBatch.of([frame], cycle=[8]), word_interval=3)
    device.run_idle(4)
    words = rows(device)
    assert b"".join(data.to_bytes(8, "little") for _, _, data in words)[:length] == frame
    assert [flags >> 4 for _, flags, _ in words] == [8] * ((length - 1) // 8) + [(length - 1) % 8 + 1]
    assert [flags & 1 for _, flags, _ in words] == [1] + [0] * (len(words) - 1)
    assert [flags >> 1 & 1 for _, flags, _ in words] == [0] * (len(words) - 1) + [1]
    assert [cycle for cycle, _, _ in words] == [8 + 3 * n for n in range(len(words))]


def test_frames_whose_time_is_past_abut(device):
    device.run(50)
    device.submit(FrameBatch.of([b"a" * 16, b"b" * 7, b"c" * 24], cycle=[3, 51, 51]))
    begin = device.cycle
    device.run_idle(0)
    assert device.cycle == begin + 6
    device.run_idle(5)
    assert device.read(0) == 6
    assert device.ring[:6].tolist() == [int.from_bytes(text, "little") for text in (
        b"a" * 8, b"a" * 8, b"b" * 7, b"c" * 8, b"c" * 8, b"c" * 8)]
    assert int(device.ring[6]) >> 16 == begin + 5


def test_time_moves_only_when_told(device):
    assert device.cycle == 0
    device.run(7)
    device.run_until(3)
    assert device.cycle == 7
    device.run_until(1000)
    assert device.cycle == 1000
    device.write(4, 0xCAFE)
    assert device.cycle == 1001
    assert device.read(4) == 0xCAFE
    assert device.cycle == 1004
    assert device.read(8) == 1004
    device.run_idle(0)
    assert device.cycle == 1007


def test_frames_go_on_during_register_accesses(device):
    device.submit(FrameBatch.of([bytes(800)]))
    while device.pending:
        device.read(0)
    assert device.cycle == 102
    device.run(3)
    assert device.read(0) == 100


def test_frames_may_be_queued_behind_others(device):
    device.submit(FrameBatch.of([b"a" * 9], cycle=[10]))
    device.run_until(11)
    device.submit(FrameBatch.of([b"b"] * 2, cycle=[30, 20]), word_interval=5)
    device.submit(FrameBatch.of([]))
    device.run_idle(4)
    assert device.ring[:2].tolist() == [0x6161616161616161, 0x61]
    assert device.ring[3:5].tolist() == [0x62, 0x62]
    assert [int(note) >> 16 for note in device.ring[[2, 5]]] == [11, 31]


def test_a_frame_that_is_sent_is_one_of_a_batch_without_a_time(verilog):
    frames, rings = [bytes(range(1, length + 1)) for length in (8, 1, 60, 13)], []
    for queue in (lambda device: device.submit(FrameBatch.of(frames)),
                  lambda device: [device.send(frame) for frame in frames]):
        with SimulatedDevice(verilog) as device:
            device.run(9)
            queue(device)
            assert device.pending == len(frames)
            device.run_idle(9)
            rings.append(device.ring[:device.ring_written].tolist())
    assert rings[0] == rings[1]


@pytest.mark.parametrize("length", [0, 65536])
def test_a_frame_that_cannot_be_sent_is_refused(device, length):
    with pytest.raises(ValueError, match=f"1 to 65535 bytes, not {length}"):
        device.send(bytes(length))


def test_run_words_stops_behind_the_word(device):
    device.submit(FrameBatch.of([bytes(8)] * 3, cycle=[100, 200, 300]))
    assert device.run_words(1, idle=10)
    assert (device.ring_written, device.cycle) == (1, 102)
    assert device.run_words(4, idle=10)
    assert (device.ring_written, device.cycle) == (5, 302)
    assert not device.run_words(4, idle=10)
    assert device.ring_written == 6


def test_reset_drops_frames_and_starts_the_count_anew(device):
    device.submit(FrameBatch.of([bytes(80)] * 2))
    device.run(5)
    device.reset()
    assert (device.cycle, device.pending) == (0, 0)
    device.submit(FrameBatch.of([b"z"], cycle=[2]))
    device.run_idle(4)
    assert device.read(0) == 1
    assert int(device.ring[0]) == ord("z") and int(device.ring[1]) == 2 << 16 | 0x13


def test_the_same_calls_give_the_same_ring(verilog):
    random = np.random.default_rng(7)
    data = random.integers(0, 256, 60_000, np.uint8)
    length = random.integers(1, 100, 300)
    offset = random.integers(0, 59_000, 300)
    batch = FrameBatch(data, offset, length, np.cumsum(random.integers(0, 60, 300)))
    rings = []
    for _ in range(2):
        with SimulatedDevice(verilog, ring_words=1 << 14) as device:
            device.submit(batch)
            device.run_idle(8)
            rings.append((device.cycle, device.ring_written, device.ring.tobytes()))
    assert rings[0] == rings[1]
    assert rings[0][1] > 2000


def test_two_devices_do_not_know_each_other(verilog):
    with SimulatedDevice(verilog) as one, SimulatedDevice(verilog) as other:
        one.submit(FrameBatch.of([b"1"]))
        one.run(10)
        other.write(4, 9)
        assert (one.read(0), other.read(0)) == (1, 0)
        assert (one.read(4), other.read(4)) == (0, 9)
        assert (one.output(), other.output()) == ("", "write 004 00000009\n")


def test_a_failed_assertion_names_cycle_module_and_message(device):
    device.submit(FrameBatch.of([b"fine", FATAL.to_bytes(2, "little")], cycle=[3, 40]))
    with pytest.raises(GatewareError, match=r"cycle 40: assertion failed in .*device.*: word 1 of 2 bytes") as caught:
        device.run_idle(10)
    assert caught.value.cycle == 40
    with pytest.raises(GatewareError):
        device.run(1)


def test_a_write_beyond_the_ring_is_an_error(verilog):
    with SimulatedDevice(verilog, ring_words=2) as device:
        device.submit(FrameBatch.of([bytes(24)]))
        with pytest.raises(GatewareError, match="ring word 2 written, the ring memory has 2"):
            device.run_idle(4)


def test_words_are_written_in_order_and_verdicts_whole(verilog):
    with SimulatedDevice(verilog, verdict_entries=4) as device:
        device.write_words(0x1000, np.arange(7, 11, dtype=np.uint32))
        assert device.cycle == 4
        device.run(2)
        assert device.verdicts.view(np.uint32).reshape(4, 32).tolist() == [[number] * 32 for number in range(7, 11)]
        assert device.output().split()[1::3] == ["1000", "1004", "1008", "100c"]
        with pytest.raises(GatewareError, match="verdict entry 4 written, the verdict ring's memory has 4"):
            device.write_words(0x1010, np.zeros(2, np.uint32))


def test_a_register_that_never_answers_is_an_error(device):
    with pytest.raises(GatewareError, match="no answer to a read of register 0xffc"):
        device.read(0xFFC)
    assert device.cycle == 64


@pytest.mark.parametrize("batch, text", [
    (lambda: FrameBatch.of([b"a", b""]), "frame 1, 0 bytes at 1"),
    (lambda: FrameBatch.of([bytes(65536)]), "frame 0, 65536 bytes"),
    (lambda: FrameBatch(np.zeros(9, np.uint8), np.array([2]), np.array([8])), "within the 9 bytes"),
    (lambda: FrameBatch.of([b"a"], cycle=[1, 2]), "1 offsets, but 2 of cycle"),
])
def test_frames_that_do_not_fit_are_refused(batch, text):
    with pytest.raises(ValueError, match=text):
        batch()


def test_a_closed_device_says_so(verilog):
    device = SimulatedDevice(verilog)
    device.close()
    device.close()
    with pytest.raises(ValueError, match="closed"):
        device.run(1)
    assert device.ring[0] == 0
