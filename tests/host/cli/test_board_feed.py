"""``tickgate board feed``: a recording's messages arrive as datagrams, on both lines, at the rate asked for."""

import socket
from contextlib import ExitStack, closing
from itertools import pairwise

import pytest

from host.cli.board_feed import send
from host.cli.main import main
from host.cli.recording import parse_channel
from wire import moldudp64


@pytest.fixture
def lines():
    """Two sockets that listen, and their addresses."""
    with ExitStack() as stack:
        found = [stack.enter_context(closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))) for _ in range(2)]
        for line in found:
            line.bind(("127.0.0.1", 0))
            line.settimeout(20)
        yield found, [f"127.0.0.1:{line.getsockname()[1]}" for line in found]


def test_a_file_arrives_on_both_lines(stream, tmp_path, lines, capsys):
    sockets, addresses = lines
    path = stream.write(tmp_path / "day")
    assert main(["board", "feed", str(path), "--to", addresses[0], "--to", f"{addresses[1]}:B", "--rate", "1e6"]) == 0
    count = int(capsys.readouterr().out.split(" messages in ")[1].split()[0])
    for line in sockets:
        packets = [moldudp64.unpack(line.recv(2048)) for _ in range(count)]
        assert [message for packet in packets for message in packet.messages] == stream.messages
        assert packets[0].sequence == 1


def test_datagrams_keep_the_rate(lines):
    _, addresses = lines
    clock, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        clock[0] += seconds

    sent = send(iter([b"x"] * 5), [parse_channel(addresses[0])], rate=100.0, now=lambda: clock[0], sleep=sleep)
    assert sent == 5 and slept == pytest.approx([0.01] * 4)
    assert all(a == pytest.approx(b) for a, b in pairwise(slept))


@pytest.mark.parametrize("words, message", [
    (["--to", "1.2.3.4:5", "--rate", "0"], "--rate must be above 0, not 0"),
    (["--to", "1.2.3.4:5", "--limit", "0"], "--limit must be at least 1, not 0"),
    (["--to", "1.2.3.4"], "the port must be 1..65535"),
    (["--to", "127.0.0.1:9", "--interface", "eth0"], "--interface must be an IPv4 address, not 'eth0'")])
def test_mistakes_are_told(stream, tmp_path, capsys, words, message):
    assert main(["board", "feed", str(stream.write(tmp_path / "day")), *words]) == 2
    assert message in capsys.readouterr().err
