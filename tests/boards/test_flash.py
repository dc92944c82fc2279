"""Bitstreams into boards: by which commands, and what is said when it cannot be. The program is a stand-in."""

import pytest

from boards.board import BoardError
from boards.flash import commands, flash
from boards.names import board
from tests.boards import fakes


@pytest.fixture
def bitstream(tmp_path):
    (path := tmp_path / "top.bit").write_text("bits")
    return path


def test_the_fpga_is_looked_for_then_loaded(bitstream, tmp_path, monkeypatch):
    calls, said = fakes.install(tmp_path, monkeypatch, found="idcode 0x81113043"), []
    flash(board("ecpix5"), bitstream, said=said.append)
    assert calls() == [["openFPGALoader", "--cable", "ecpix5-debug", "--detect"],
                       ["openFPGALoader", "--cable", "ecpix5-debug", str(bitstream)]]
    assert said == [" ".join(call) for call in calls()]


def test_flash_memory_is_written_when_asked_for(bitstream):
    _, write = commands(board("colorlight_5a75b"), bitstream, cable="ft232", spi=True)
    assert write == ["openFPGALoader", "--cable", "ft232", "--unprotect-flash", "--write-flash", str(bitstream)]


@pytest.mark.parametrize("options, message", [
    ({"found": "JTAG init failed", "status": 1}, "no FPGA at the cable ft2232: .* It says: JTAG init failed"),
    ({"found": "empty"}, "no FPGA at the cable ft2232"),
    ({"found": "idcode 0x1113043"}, "has the code 0x01113043, not 0x81112043 of ECP5-5G Versa")])
def test_what_is_missing_is_told(bitstream, tmp_path, monkeypatch, options, message):
    calls = fakes.install(tmp_path, monkeypatch, **options)
    with pytest.raises(BoardError, match=message):
        flash(board("versa_ecp5_5g"), bitstream)
    assert len(calls()) == 1


def test_what_is_not_there_is_told(bitstream, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BoardError, match="openFPGALoader is not installed: "):
        flash(board("ecpix5"), bitstream)
    with pytest.raises(BoardError, match="none.bit is not there: tickgate board build ecpix5"):
        flash(board("ecpix5"), tmp_path / "none.bit")
    with pytest.raises(BoardError, match="has no JTAG cable of its own: connect one"):
        commands(board("colorlight_5a75b"), bitstream)
