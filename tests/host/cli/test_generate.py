import gzip

import pytest

from host.cli.main import main
from sim.market.binaryfile import read_binaryfile
from sim.market.frames import LINE_A, LINE_B
from sim.market.generator import Session, generate
from sim.market.pcap import read_capture
from sim.market.schedule import schedule_capture
from wire import moldudp64
from wire.frame import parse_frame

EXPECTED = Session(messages=2500, symbols=3, seed=9)
OPTIONS = ["--messages", "2500", "--symbols", "3", "--seed", "9"]


@pytest.mark.parametrize("name, option, packed", [
    ("x.itch", [], False), ("x", [], False), ("x.itch.gz", [], True), ("x.bin", ["--format", "itch.gz"], True),
    ("x.gz", ["--format", "itch"], False)])
def test_a_file_of_messages_holds_the_session(tmp_path, capsys, name, option, packed):
    assert main(["generate", str(tmp_path / name), *OPTIONS, *option]) == 0
    assert list(read_binaryfile(tmp_path / name)) == list(generate(EXPECTED))
    content = (tmp_path / name).read_bytes()
    assert content.startswith(b"\x1f\x8b") == packed
    if packed:
        assert gzip.decompress(content).endswith(b"\0\0")
    out, err = capsys.readouterr()
    assert "AddOrder" in out and "2,500" in out and f"{len(content):,} bytes" in out and "seed 9" in out
    assert not err.strip() and list(tmp_path.iterdir()) == [tmp_path / name]


@pytest.mark.parametrize("option, most", [([], 38), (["--pack", "one"], 1), (["--pack", "full"], 69)])
def test_a_capture_holds_the_session_in_packets(tmp_path, option, most):
    path = tmp_path / "x.pcap"
    assert main(["generate", str(path), *OPTIONS, *option]) == 0
    capture = read_capture(path)
    packets = [moldudp64.unpack(parse_frame(capture[n]).payload) for n in range(len(capture))]
    assert [message for packet in packets for message in packet.messages] == list(generate(EXPECTED))
    assert packets[-1].count == moldudp64.END_OF_SESSION
    assert max(len(packet.messages) for packet in packets) <= most
    assert (len(packets) == 2501) == (most == 1)


def test_a_capture_of_two_lines_holds_every_packet_twice(tmp_path):
    path = tmp_path / "x.pcap.gz"
    assert main(["generate", str(path), *OPTIONS, "--lines", "ab"]) == 0
    frames = schedule_capture(read_capture(path))
    a, b = (frames.select(frames.line == line.number) for line in (LINE_A, LINE_B))
    assert a.sequence.tolist() == b.sequence.tolist() and a.length.tolist() == b.length.tolist()
    assert a.cycle[0] < b.cycle[0]


def test_the_same_options_make_the_same_file(tmp_path):
    for name in ("x.gz", "y.gz"):
        assert main(["generate", str(tmp_path / name), *OPTIONS]) == 0
    assert (tmp_path / "x.gz").read_bytes() == (tmp_path / "y.gz").read_bytes()


@pytest.mark.parametrize("options, told", [
    (["x", "--messages", "9"], "messages must be at least 55 with 8 symbols and 1 stubs, not 9"),
    (["x", "--symbols", "0"], "symbols must be 1..8192, not 0"), (["x", "--seed", "-4"], "seed must be 0.., not -4"),
    (["x", "--pack", "full"], "--pack full has a meaning only with --format pcap"),
    (["x.gz", "--lines", "ab"], "--lines ab has a meaning only with --format pcap"),
    (["."], "is a folder"), (["none/x"], "none is no folder")])
def test_a_mistake_is_one_line_and_status_2(tmp_path, monkeypatch, capsys, options, told):
    monkeypatch.chdir(tmp_path)
    assert main(["generate", *options]) == 2
    out, err = capsys.readouterr()
    assert told in err and err.count("\n") == 1 and not out
    assert not list(tmp_path.iterdir())


def test_a_path_that_cannot_be_written_is_named(capsys):
    assert main(["generate", "/proc/nothing/x"]) == 2 and main(["generate", "/proc/x"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("tickgate: /proc/x: ")


@pytest.mark.parametrize("options", [["x", "--messages", "many"], ["x", "--format", "csv"], []])
def test_options_that_mean_nothing_are_refused(options, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["generate", *options])
    assert caught.value.code == 2
