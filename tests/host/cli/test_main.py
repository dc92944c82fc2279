"""The command itself: help, version, registers, exit statuses."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from host.cli import replay
from host.cli.main import main
from tests.host.fake import FakeTransport

Use = Callable[..., list[FakeTransport]]
ROOT = Path(__file__).resolve().parents[3]


def test_help_names_every_sub_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["--help"])
    assert exit.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("replay", "generate", "regs", "device", "demo"))


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(["--version"])
    assert exit.value.code == 0 and capsys.readouterr().out.startswith("tickgate ")


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["replay"], ["regs"], ["replay", "x", "--pace", "slow"],
                                       ["replay", "x", "--profile", "huge"]])
def test_wrong_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2 and "Traceback" not in capsys.readouterr().err


def test_an_interrupt_is_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> int:
        raise KeyboardInterrupt
    monkeypatch.setattr(replay, "replay", interrupted)
    assert main(["replay", "x"]) == 130
    assert capsys.readouterr().err == "tickgate: interrupted\n"


def test_a_closed_pipe_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run([sys.executable, "-c", "import sys; from host.cli.main import main; sys.exit(main())",
                              "regs", "doc"], stdout=write, stderr=subprocess.PIPE, cwd=ROOT, check=False)
    os.close(write)
    assert (process.returncode, process.stderr) == (0, b"")


def test_regs_dump(transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["regs", "dump"]) == 0
    lines = {line.split()[1]: line.split() for line in capsys.readouterr().out.splitlines()}
    assert lines["MAGIC"][:3] == ["0x000", "MAGIC", "0x544b4754"]
    assert lines["BUILD"][2] == "0x0123456789abcdef"
    assert "symbols=64" in lines["CAP_BOOK"]
    assert "COMMAND" not in lines    # write-only


def test_regs_read_and_write(transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    opened = transports()
    assert main(["regs", "read", "clock_hz"]) == 0
    assert capsys.readouterr().out == "CLOCK_HZ = 0x09502f90 (156250000)\n"
    assert main(["regs", "write", "SEQ_SET", "0x100000001"]) == 0
    assert capsys.readouterr().out == "SEQ_SET = 0x0000000100000001 (4294967297)\n"
    assert main(["regs", "write", "CONTROL", "2"]) == 0
    assert capsys.readouterr().out == "CONTROL = 0x00000002 (2)  hold=0  enable=1  reorder=0\n"
    assert main(["regs", "write", "COMMAND", "1"]) == 0
    assert capsys.readouterr().out == ""
    assert all(transport.closed for transport in opened) and len(opened) == 4


@pytest.mark.parametrize(("arguments", "message"), [
    (["read", "CLOCK"], "no register 'CLOCK'; did you mean CLOCK_HZ?"),
    (["read", "nothing"], "no register 'nothing'"),
    (["read", "COMMAND"], "register COMMAND is write-only"),
    (["write", "MAGIC", "1"], "register MAGIC is read-only"),
    (["write", "GAP_PACKETS", "many"], "'many' is no number"),
    (["write", "GAP_PACKETS", "0x100000000"], "0x100000000 does not fit the 32 bits of register GAP_PACKETS"),
    (["write", "GAP_PACKETS", "-1"], "-1 does not fit the 32 bits of register GAP_PACKETS"),
])
def test_wrong_registers(arguments: list[str], message: str, transports: Use,
                         capsys: pytest.CaptureFixture[str]) -> None:
    opened = transports()
    if arguments[-1] == "-1":
        arguments = [*arguments[:-1], "--", "-1"]
    assert main(["regs", *arguments]) == 2
    assert capsys.readouterr().err == f"tickgate: {message}\n"
    assert opened == []


def test_regs_doc_needs_no_device(transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    opened = transports(magic=0)
    assert main(["regs", "doc"]) == 0
    out = capsys.readouterr().out
    assert "start-of-day clear" in out and "FRAMES_MAC_ERROR" in out and "log2_window" in out and opened == []


def test_device_info(transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["device", "info", "--profile", "tiny"]) == 0
    told = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert told["build"] == "0123456789abcdef" and told["symbols"] == "4" and told["status.clearing"] == "0"


def test_demo(transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["demo", "--books", "--messages", "1500"]) == 0
    out = capsys.readouterr().out
    assert "0 mismatches" in out and "generated session of 8 symbols" in out and "HOTEL  live" in out


def test_a_demo_too_small(transports: Use, capsys: pytest.CaptureFixture[str]) -> None:
    transports()
    assert main(["demo", "--books", "--messages", "3"]) == 2
    assert "messages must be at least" in capsys.readouterr().err
