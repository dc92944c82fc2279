"""``tickgate board``: what it prints, writes and refuses. The tools are stand-ins."""

import json
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from boards import build as builds
from host.cli.main import main
from tests.boards import fakes
from tests.boards.fakes import report

NAME = "colorlight_5a75b"


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Return what puts the stand-ins in place and makes the folder for builds current."""
    monkeypatch.setattr(builds, "design", fakes.design)
    monkeypatch.chdir(tmp_path)

    def installed(**options):
        return fakes.install(tmp_path, monkeypatch, **options)

    return installed


@pytest.fixture
def built(tools, capsys):
    """A board that was built."""
    others = (("clk", 25.0), ("tx", 125.0), ("rx0", 125.0), ("rx1", 125.0))
    tools(reports={1: report(70.0, core_goal=62.5, others=others), 2: report(90.0, core_goal=62.5, others=others)})
    assert main(["board", "build", NAME, "--seeds", "1,2", "--ip", "10.0.0.7", "--jobs", "1"]) == 0
    return capsys.readouterr()


def test_a_build_shows_what_it_made(built, tmp_path):
    said = built.out.splitlines()
    assert said[0].startswith("Colorlight 5A-75B, build 000000000000b0b0, address 10.0.0.7")
    assert "profile ecp5_25: 2 symbols, 4 levels, 4,096 order slots" in said[1]
    assert any(line.split() == ["core", "90.0", "62.5", "4.89"] for line in said)
    assert any(line.startswith("2 ") and "90.0" in line and line.endswith("kept") for line in said)
    assert any(line.split() == ["device.book", "1", "1", "1", "0"] for line in said)
    assert said[-1] == f"written: build/boards/{NAME}/top.bit"
    assert "seed 2: routed" in built.err and (tmp_path / f"build/boards/{NAME}/top.bit").exists()


def test_a_report_needs_no_tools(built, monkeypatch, capsys):
    for module in [name for name in sys.modules if name.split(".")[0] in ("boards", "amaranth")]:
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["board", "report", NAME, "--json", "--svg", "b.svg", "--png", "b.png"]) == 0
    assert json.loads(capsys.readouterr().out)["best"] == 2
    with open("b.svg", "rb") as svg, open("b.png", "rb") as png:
        assert b"<svg" in svg.read(600) and png.read(4) == b"\x89PNG"
    assert main(["board", "build", NAME]) == 2
    assert "boards need tickgate's extra 'fpga'" in capsys.readouterr().err


def test_the_list_says_what_is_built(built, capsys):
    assert main(["board", "list"]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert rows[NAME].endswith("000000000000b0b0") and rows["ecpix5"].rstrip().endswith("-")


def test_a_clock_that_is_not_met_fails_the_build(tools, capsys):
    tools(reports={1: report(60.0, core_goal=62.5, others=(("a", 1.0), ("b", 1.0), ("c", 1.0)))})
    assert main(["board", "build", NAME]) == 1
    assert "colorlight_5a75b: seed 1: clock core reaches 60.0 MHz, not 62.5" in capsys.readouterr().err


def test_another_profile_may_be_built(tools, capsys):
    tools(reports={1: report()})
    assert main(["board", "build", "ecpix5", "--profile", "ecp5_85_gate"]) == 0
    assert "profile ecp5_85_gate: 8 symbols" in capsys.readouterr().out


def test_flash_prints_its_commands_and_says_what_is_missing(built, tools, capsys):
    assert main(["board", "flash", NAME, "--cable", "ft232", "--spi", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "openFPGALoader --cable ft232 --detect",
        f"openFPGALoader --cable ft232 --unprotect-flash --write-flash build/boards/{NAME}/top.bit"]
    assert main(["board", "flash", NAME]) == 2
    assert "--cable ft232 for example" in capsys.readouterr().err
    calls = tools()
    assert main(["board", "flash", NAME, "--cable", "ft232"]) == 0
    assert [call[-1] for call in calls()[-2:]] == ["--detect", f"build/boards/{NAME}/top.bit"]


def test_ping_asks_the_address_that_was_built(built, tmp_path, monkeypatch, capsys):
    assert main(["board", "ping", NAME, "--dry-run"]) == 0
    assert capsys.readouterr().out == "ping -c 3 -W 1 10.0.0.7\n"
    for status in (0, 1):
        (ping := tmp_path / "ping").write_text(f"#!/bin/sh\nexit {status}\n")
        ping.chmod(0o755)
        assert main(["board", "ping", NAME, "--ip", "10.0.0.8"]) == status
    assert "10.0.0.8 does not answer" in capsys.readouterr().err
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["board", "ping", NAME]) == 2


def test_ping_tells_which_device_is_on_the_board(built, tmp_path, monkeypatch, capsys):
    (ping := tmp_path / "ping").write_text("#!/bin/sh\n")
    ping.chmod(0o755)
    asked = []
    for build, status in ((0xB0B0, 0), (0xBAD, 1)):
        found = SimpleNamespace(build=build, symbols=2, levels=4, order_slots=4096, clock_hz=62_500_000)

        def opened(address, found=found):
            asked.append(address)
            return nullcontext(SimpleNamespace(capabilities=found))

        monkeypatch.setattr("host.device.connect.open_device", opened)
        assert main(["board", "ping", NAME]) == status
    said = capsys.readouterr()
    assert asked == ["udp:10.0.0.7"] * 2 and "build 000000000000b0b0, 2 symbols, 4 levels" in said.out
    assert "the board holds another build than 000000000000b0b0: tickgate board flash colorlight_5a75b" in said.err


@pytest.mark.parametrize("words, message", [
    (["build", "icebreaker"], "board must be one of ecpix5, "),
    (["build", NAME, "--ip", "1.2.3"], "IPv4 address must be four numbers 0..255, not '1.2.3'"),
    (["build", NAME, "--seeds", "1,x"], "--seeds must be numbers with commas between, not '1,x'"),
    (["build", NAME, "--jobs", "0"], "--jobs must be at least 1, not 0"),
    (["report", NAME], "nothing was built: tickgate board build colorlight_5a75b"),
    (["flash", NAME, "--cable", "x"], "top.bit is not there: tickgate board build colorlight_5a75b")])
def test_mistakes_are_told(tools, capsys, words, message):
    tools()
    assert main(["board", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_is_no_record_is_told(tools, tmp_path, capsys):
    (folder := tmp_path / f"build/boards/{NAME}").mkdir(parents=True)
    for text in ("{", "[]", "{}"):
        (folder / "build.json").write_text(text)
        assert main(["board", "report", NAME]) == 2
        assert "build.json: " in capsys.readouterr().err
