"""Captures: channels that are learned or given, holes, damaged frames."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from host.cli.main import main
from host.cli.recording import Channel, load, parse_channel
from sim.market.pcap import Capture, write_capture
from tests.host.conftest import Stream
from tests.host.fake import FakeTransport
from wire import moldudp64
from wire.frame import FEED_IP, FEED_PORT, build_frame

Use = Callable[..., list[FakeTransport]]

A = Channel(ip=FEED_IP, port=FEED_PORT, line="A")
OTHER_IP = 0xE9000001


def capture(path: Path, frames: list[bytes]) -> Path:
    length = np.array([len(frame) for frame in frames], np.int32)
    offset = np.cumsum(length, dtype=np.int64) - length
    time = 1_580_394_600_000_000_000 + 1_000_000 * np.arange(len(frames), dtype=np.int64)
    write_capture(path, Capture(time, np.frombuffer(b"".join(frames), np.uint8), offset, length, length))
    return path


def frame(sequence: int, messages: list[bytes], **options: int) -> bytes:
    return build_frame(moldudp64.pack("SESSION001", sequence, messages), **options)


def test_messages_in_order_of_sequence(stream: Stream, tmp_path: Path) -> None:
    m = stream.messages
    path = capture(tmp_path / "x.pcap", [frame(501, m[:3]), frame(507, m[6:]), frame(504, m[3:6]), frame(504, m[3:6])])
    recording = load(path)
    assert [recording.flow.message(n) for n in range(len(recording.flow))] == m
    assert recording.flow.seq.tolist() == list(range(501, 501 + len(m)))
    assert recording.first_seq == 501 and recording.missing == 0 and recording.frames == 4
    assert recording.channels == (A,)


def test_the_second_line_is_that_with_the_same_numbers(stream: Stream, tmp_path: Path) -> None:
    m = stream.messages
    path = capture(tmp_path / "x.pcap", [
        frame(1, m[:1]), frame(1, m[:1], dst_ip=OTHER_IP), frame(2, m[1:2]), frame(9000, m[:1], dst_port=5),
        frame(9001, m[:1], dst_port=5), frame(3, m[2:3])])
    assert load(path).channels == (A, Channel(ip=OTHER_IP, port=FEED_PORT, line="B"))


def test_given_channels(stream: Stream, tmp_path: Path) -> None:
    path = capture(tmp_path / "x.pcap", [frame(1, stream.messages[:4]), frame(7, stream.messages[:2], dst_port=5)])
    given = parse_channel("233.54.12.111:5")
    assert given == Channel(ip=FEED_IP, port=5, line="A")
    assert load(path, [given]).flow.seq.tolist() == [7, 8]


def test_a_capture_is_replayed_and_checked(stream: Stream, tmp_path: Path, transports: Use) -> None:
    opened = transports()
    m = stream.messages
    frames = [frame(100 + n, [message], vlan=7) for n, message in enumerate(m)]
    broken = bytearray(frames[4])
    broken[-1] ^= 1
    path = capture(tmp_path / "x.pcap", [*frames[:4], bytes(broken), *frames[4:]])
    out = tmp_path / "out.json"
    assert main(["replay", str(path), "--check", "--json", str(out)]) == 0
    told = json.loads(out.read_text())
    assert told["messages"] == told["frames"]["frames_ok"] == 11
    assert told["compared"] == 8 and told["mismatches"] == 0 and told["frames"]["frames"] == 12
    assert opened[0].values["SEQ_SET"] == 100


def test_the_host_goes_on_behind_a_hole(stream: Stream, tmp_path: Path, transports: Use,
                                        capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    m = stream.messages
    frames = [frame(100 + n, [message]) for n, message in enumerate(m)]
    del frames[7]    # a Replace: what follows is of an order that nobody knows
    assert main(["replay", str(capture(tmp_path / "x.pcap", frames)), "--check"]) == 0
    out = capsys.readouterr().out
    assert "the capture lacks 1 messages" in out and "1 time the device was told to go on behind" in out
    assert "1 not live" in out


def test_a_capture_without_datagrams(tmp_path: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["replay", str(capture(tmp_path / "x.pcap", [bytes(60)]))]) == 2
    assert "holds no IPv4 UDP frame" in capsys.readouterr().err


def test_faults_need_messages(stream: Stream, tmp_path: Path, transports: Use,
                              capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    path = capture(tmp_path / "x.pcap", [frame(1, stream.messages)])
    assert main(["replay", str(path), "--faults", "a:loss=0.1"]) == 2
    assert "--faults needs a file of messages" in capsys.readouterr().err


def test_what_nobody_listens_to_is_named(stream: Stream, tmp_path: Path, transports: Use,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    path = capture(tmp_path / "x.pcap", [frame(1, stream.messages[:4])])
    assert main(["replay", str(path), "--channel", "1.2.3.4:5", "--check"]) == 0
    out = capsys.readouterr().out
    assert "not listened to: 233.54.12.111:26477; --channel names what to listen to" in out
    assert "latency no book message, nothing to measure" in out
    assert load(path).unheard == ()
