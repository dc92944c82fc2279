"""The command on a device in memory: files in, csv, json, check and exit status out."""

import json
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from host.cli.main import main
from host.cli.session import Session
from tests.host.conftest import Stream
from tests.host.fake import FakeTransport

Use = Callable[..., list[FakeTransport]]

GOLDEN = """\
msg_index,type,symbol,state,ts_ns,bp1,bq1,bn1,bp2,bq2,bn2,bp3,bq3,bn3,bp4,bq4,bn4,bp5,bq5,bn5,\
ap1,aq1,an1,ap2,aq2,an2,ap3,aq3,an3,ap4,aq4,an4,ap5,aq5,an5
3,A,ALFA,17156,34200000003000,1000000,300,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0
4,A,ALFA,17156,34200000004000,1000000,300,1,0,0,0,0,0,0,0,0,0,0,0,0,1000500,200,1,0,0,0,0,0,0,0,0,0,0,0,0
5,A,ALFA,17156,34200000005000,1000000,350,2,0,0,0,0,0,0,0,0,0,0,0,0,1000500,200,1,0,0,0,0,0,0,0,0,0,0,0,0
6,E,ALFA,17156,34200000006000,1000000,350,2,0,0,0,0,0,0,0,0,0,0,0,0,1000500,80,1,0,0,0,0,0,0,0,0,0,0,0,0
7,U,ALFA,17156,34200000007000,1000000,300,1,999900,75,1,0,0,0,0,0,0,0,0,0,1000500,80,1,0,0,0,0,0,0,0,0,0,0,0,0
8,A,BETA,768,34200000008000,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,250000,10,1,0,0,0,0,0,0,0,0,0,0,0,0
9,X,ALFA,17156,34200000009000,1000000,200,1,999900,75,1,0,0,0,0,0,0,0,0,0,1000500,80,1,0,0,0,0,0,0,0,0,0,0,0,0
10,D,ALFA,17156,34200000010000,1000000,200,1,0,0,0,0,0,0,0,0,0,0,0,0,1000500,80,1,0,0,0,0,0,0,0,0,0,0,0,0
"""


@pytest.fixture
def itch(stream: Stream, tmp_path: Path) -> Path:
    return stream.write(tmp_path / "day.itch")


def result(path: Path) -> dict:
    return json.loads(path.read_text("ascii"))


def test_books_row_by_row(itch: Path, tmp_path: Path, transports: Use) -> None:
    transports()
    assert main(["replay", str(itch), "--books", str(tmp_path / "books.csv")]) == 0
    assert (tmp_path / "books.csv").read_text("ascii") == GOLDEN


def test_books_without_a_book_message(itch: Path, tmp_path: Path, transports: Use) -> None:
    transports()
    assert main(["replay", str(itch), "--limit", "2", "--symbols", "ALFA", "--books", str(tmp_path / "books.csv")]) == 0
    assert (tmp_path / "books.csv").read_text("ascii").splitlines() == GOLDEN.splitlines()[:1]


def test_books_of_one_symbol(itch: Path, tmp_path: Path, transports: Use) -> None:
    transports()
    assert main(["replay", str(itch), "--symbols", "BETA", "--books", str(tmp_path / "books.csv")]) == 0
    head, row = (tmp_path / "books.csv").read_text("ascii").splitlines()
    assert row == GOLDEN.splitlines()[6]


def test_books_of_a_device_with_fewer_levels(itch: Path, tmp_path: Path, transports: Use) -> None:
    transports()
    assert main(["replay", str(itch), "--profile", "tiny", "--books", str(tmp_path / "books.csv")]) == 0
    assert (tmp_path / "books.csv").read_text("ascii") == GOLDEN


def test_json(itch: Path, tmp_path: Path, transports: Use) -> None:
    transports()
    assert main(["replay", str(itch), "--check", "--json", str(tmp_path / "out.json")]) == 0
    out = result(tmp_path / "out.json")
    expected = {
        "messages": 11, "book_messages": 8, "compared": 8, "mismatches": 0, "not_live_messages": 0,
        "without_record": 0, "cut_records": 0, "stray_records": 0, "lost_records": 0, "injected": 0, "resyncs": 0,
        "feed_events": {}, "adds_up": True, "symbols_left_out": 0,
        "options": {"pace": "settle", "integrity": "cut-through", "faults": None}}
    assert {key: out[key] for key in expected} == expected
    assert {name: n for name, n in out["frames"].items() if n} == {"frames": 11, "frames_ok": 11}
    assert out["latency"]["best_price"] == {
        "messages": 8, "cycles": {"min": 14, "p50": 14, "p99": 15, "max": 15},
        "ns": {"min": 89.6, "p50": 89.6, "p99": 96.0, "max": 96.0}, "histogram": {"14": 7, "15": 1}}
    assert out["latency"]["decode"]["cycles"] == {"min": 3, "p50": 3, "p99": 3, "max": 3}
    assert set(out["latency"]) == {"decode", "best_price", "all_levels"}
    assert out["device"]["profile"] == "sim" and out["device"]["clock_hz"] == 156_250_000
    assert out["device"]["symbols"] == 64 and out["device"]["build"] == "0123456789abcdef"
    assert out["wall_s"] > 0 and out["messages_per_s"] > 0 and out["cycles"] > 0 and out["cycles_per_s"] > 0
    assert [(one["name"], one["locate"], one["base"]) for one in out["symbols"]] == [
        ("ALFA", 1, 180_800), ("BETA", 2, 0)]


def test_json_alone_on_standard_output(itch: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["replay", str(itch), "--json", "-"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["book_messages"] == 8 and out["compared"] is None and out["options"]["pace"] == "line"


def test_the_device_is_set_up_by_name_and_by_locate(itch: Path, transports: Use) -> None:
    opened = transports()
    assert main(["replay", str(itch)]) == 0
    assert opened[0].symbols == {0: {"name": "ALFA", "locate": None, "learn": True, "base": 1808},
                                 1: {"name": "BETA", "locate": 2, "learn": False, "base": 0}}
    assert opened[0].closed


def test_the_picture(itch: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["replay", str(itch), "--check"]) == 0
    out = capsys.readouterr().out
    for text in ("ALFA  live · trading", "│   1    200 ██████████████ 100.00 100.05 █████▋         80     1   │",
                 "frames in 11 = 11 ok  adds up", "messages taken 11 = 11 decoded  adds up",
                 "messages decoded 11 = 8 book + 3 state  adds up",
                 "check 8 book messages: 8 compared, 0 mismatches, 0 not live, 0 without a record, 0 cut short"):
        assert text in out
    assert "\x1b" not in out


def test_a_mismatch_is_shown_with_its_message_and_both_books(
        itch: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports(wrong_after=3)
    assert main(["replay", str(itch), "--check"]) == 1
    out = capsys.readouterr().out
    assert "message 6\n" in out and "bids level 1: device (1000000, 351, 2), reference (1000000, 350, 2)" in out
    assert re.search(r"reference\n +orders +shares +bid \| ask", out)
    assert "5 mismatches" in out and "FAILED: 5 messages after which device and model differ" in out


def test_only_the_first_mismatches_are_shown(
        stream: Stream, tmp_path: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    for n in range(20):
        stream.add(100 + n, "B", 10, 900_000)
    transports(wrong_after=0)
    assert main(["replay", str(stream.write(tmp_path / "x")), "--check"]) == 1
    out = capsys.readouterr().out
    assert len(re.findall(r"^message \d+$", out, re.M)) == 5 and "... and 23 more" in out and "28 mismatches" in out


def test_a_message_without_a_record_fails_the_check(
        itch: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports(silent_after=4)
    assert main(["replay", str(itch), "--check"]) == 1
    out = capsys.readouterr().out
    assert "message 6\nthe device published no record of this message" in out and "1 without a record" in out


def test_a_row_that_cannot_be_written_fails(itch: Path, tmp_path: Path, transports: Use,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    transports(silent_after=4)
    assert main(["replay", str(itch), "--books", str(tmp_path / "books.csv")]) == 1
    assert "FAILED: 1 book messages without a row" in capsys.readouterr().out


def test_a_failed_check_shows_on_stderr_when_only_json_is_printed(
        itch: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports(wrong_after=6)
    assert main(["replay", str(itch), "--check", "--json", "-"]) == 1
    out = capsys.readouterr()
    assert json.loads(out.out)["mismatches"] == 2
    assert out.err == "tickgate: 2 messages after which device and model differ\n"


def test_more_messages_than_the_ring_holds(stream: Stream, tmp_path: Path, transports: Use) -> None:
    for n in range(1000):
        stream.add(100 + n, "BS"[n & 1], 10, 900_000 + 200_000 * (n & 1) + 100 * (n % 7))
    transports(entries=64)
    out = tmp_path / "out.json"
    assert main(["replay", str(stream.write(tmp_path / "x")), "--check", "--json", str(out)]) == 0
    assert result(out)["compared"] == 1008 and result(out)["lost_records"] == 0


def test_limit(itch: Path, tmp_path: Path, transports: Use) -> None:
    transports()
    assert main(["replay", str(itch), "--limit", "5", "--json", str(tmp_path / "o")]) == 0
    assert result(tmp_path / "o")["messages"] == 5


@pytest.mark.parametrize("faults", [
    "a:loss=0.2,dup=0.1,reorder=0.1;seed=3",
    "a:loss=0.1;b:loss=0.1,delay=300,jitter=50;seed=4",
    "a:silence=0-300;seed=5",
    "a:corrupt=0.1;b:truncate=0.1;seed=6",
    "both:loss=0.05;a:dup=0.1;seed=7",
    "both:silence=500-1010;seed=8",
])
def test_faults_are_covered_or_recovered(faults: str, stream: Stream, tmp_path: Path, transports: Use) -> None:
    for n in range(1000):
        stream.add(100 + n, "BS"[n & 1], 10, 900_000 + 200_000 * (n & 1) + 100 * (n % 7))
    transports()
    out = tmp_path / "out.json"
    assert main(["replay", str(stream.write(tmp_path / "x")), "--check", "--faults", faults, "--json", str(out)]) == 0
    told = result(out)
    assert told["messages"] == 1011 and told["compared"] == 1008 and told["mismatches"] == 0 and told["adds_up"]
    assert told["options"]["integrity"] == ("hold" if "corrupt" in faults else "cut-through")
    assert told["injected"] > 0 or "both" not in faults


def test_recovery_is_told(stream: Stream, tmp_path: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["replay", str(stream.write(tmp_path / "x")), "--check", "--faults", "both:silence=9-9"]) == 0
    assert "recovered 2 messages that neither line brought" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    (["--symbols", "IBM"], "the file has no symbol 'IBM'; it names ALFA, BETA"),
    (["--symbols", ","], "--symbols names no symbol: ','"),
    (["--faults", "c:loss=1"], "section must be a, b or both, not 'c'"),
    (["--channel", "1.2.3.4:5"], "--channel has no meaning for it"),
    (["--channel", "1.2.3:5"], "'1.2.3' is no IPv4 address"),
    (["--channel", "1.2.3.4:0"], r"the port must be 1\.\.65535, not '0'"),
    (["--channel", "1.2.3.4:5:C"], "the line must be A or B, not 'C'"),
    (["--limit", "0"], "--limit must be at least 1, not 0"),
    (["--show", "-1"], "--show must be at least 0, not -1"),
    (["--trace", ""], "--trace names no file"),
    (["--trace", "x.fst:9-5"], "cycles 9-5 are none"),
    (["--faults", " "], "--faults names none"),
    (["--symbols", "77"], "no message of stock locate '77'"),
    (["--books", "/nowhere/books.csv"], "/nowhere/books.csv: No such file or directory"),
    (["--json", "/nowhere/out.json"], "/nowhere/out.json: No such file or directory"),
    (["--json", "/"], "/: Is a directory"),
    (["--trace", "/etc/passwd/x.fst:0-9"], "/etc/passwd/x.fst: Not a directory"),
    (["--json", "/dev/full"], "/dev/full: No space left on device"),
])
def test_mistakes_are_one_line_and_status_2(arguments: list[str], message: str, itch: Path, transports: Use,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["replay", str(itch), *arguments]) == 2
    err = capsys.readouterr().err
    assert re.search(message, err) and err.startswith("tickgate: ") and err.count("\n") == 1


@pytest.mark.parametrize(("content", "message"), [
    (None, "No such file or directory"), (b"", "holds no messages"),
    (b"hello world, this is text\n" * 9, "no BinaryFILE"), (b"hello\n", "no BinaryFILE"),
    (bytes.fromhex("0a0d0d0a"), "byte 0")])
def test_files_that_are_none(content: bytes | None, message: str, tmp_path: Path, transports: Use,
                             capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)
    assert main(["replay", str(path)]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_what_is_written_is_whole_or_not_there(itch: Path, tmp_path: Path, transports: Use,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt
    transports()
    books = tmp_path / "books.csv"
    books.write_text("of an earlier run")
    with monkeypatch.context() as patch:
        patch.setattr(Session, "_take", interrupted)
        assert main(["replay", str(itch), "--books", str(books), "--json", str(tmp_path / "o")]) == 130
    assert {path.name for path in tmp_path.iterdir()} == {"day.itch", "books.csv"}
    assert books.read_text() == "of an earlier run"
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert main(["replay", str(itch), "--books", str(pipe)]) == 0
    assert os.read(reader, 1 << 16).decode() == GOLDEN
    os.close(reader)


@pytest.mark.parametrize(("cycles", "told"), [
    ("", r"x.fst: cycles 0 to \d+; the replay went from \d+ to \d+\n"), (":3-5", "x.fst: cycles 3 to 5; the replay"),
    (":999999999-", "x.fst is empty: the replay ended in cycle"),
])
def test_where_in_a_waveform_the_replay_is(cycles: str, told: str, itch: Path, tmp_path: Path, transports: Use,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["replay", str(itch), "--trace", f"{tmp_path / 'x.fst'}{cycles}"]) == 0
    assert re.search(told, capsys.readouterr().out)


def test_where_nothing_can_be_written_no_device_is_opened(itch: Path, transports: Use) -> None:
    opened = transports()
    for option in ("--books", "--json", "--trace"):
        assert main(["replay", str(itch), option, "/nowhere/out"]) == 2
    assert not opened


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_is_cut(packed: bool, stream: Stream, tmp_path: Path, transports: Use,
                            capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    path = stream.write(tmp_path / "x")
    content = path.read_bytes()
    if packed:
        pack = zlib.compressobj(level=0, wbits=31)
        path.write_bytes(pack.compress(content[:-25]) + pack.flush(zlib.Z_SYNC_FLUSH))
    else:
        path.write_bytes(content[:-25])
    assert main(["replay", str(path)]) == 2
    err = capsys.readouterr().err
    why = "the gzip stream ends early" if packed else "the file ends inside a message of 23 bytes"
    assert why in err and err.endswith("9 messages before it are whole, --limit 9 takes them\n")
    assert main(["replay", str(path), "--limit", "10"]) == 2
    assert main(["replay", str(path), "--limit", "9", "--json", str(tmp_path / "o")]) == 0
    assert result(tmp_path / "o")["messages"] == 9


def test_a_narrow_terminal_shows_all_numbers(itch: Path, transports: Use, monkeypatch: pytest.MonkeyPatch,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["replay", str(itch), "--check", "--symbols", "ALFA"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "│   1    200 █████████ 100.00 100.05 ███▋      80     1   │" in lines
    assert "message decoded       3    3    3    3         7" in [line.rstrip() for line in lines]
    assert not any("…" in line for line in lines)
    beyond = [line for line in lines if len(line.rstrip()) > 60]
    prose = ("/", "device ", "messages ", "speed ", "latency ", "check ")
    assert all(line.startswith(prose) for line in beyond), "\n".join(beyond)


def test_a_device_on_a_wire_cannot_replay(itch: Path, transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports(wire=True)
    assert main(["replay", str(itch)]) == 2
    assert "takes its frames from a wire" in capsys.readouterr().err


def test_a_device_that_the_driver_does_not_know(itch: Path, transports: Use,
                                                capsys: pytest.CaptureFixture[str]) -> None:
    transports(version=9)
    assert main(["replay", str(itch)]) == 1
    assert capsys.readouterr().err == (
        "tickgate: device: the device speaks contract version 9, the driver knows only 2\n")
