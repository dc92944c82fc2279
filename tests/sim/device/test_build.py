"""The build cache: one build for one content, whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.device import build
from sim.device.build import BuildError, build_library, cache_dir, silent
from sim.device.model import FrameBatch, SimulatedDevice

LIBRARY = "device.so"
QUICK = "module tickgate_sim(input clk, input [3:0] a, output reg [3:0] q); always @(posedge clk) q <= a; endmodule\n"


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TICKGATE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def translations(monkeypatch) -> list[str]:
    """Stand in for Verilator and the compiler; note each build."""
    seen: list[str] = []

    def compile_quickly(verilog, recipe, work, progress):
        seen.append(verilog)
        (work / build.SOURCE).write_text(verilog)
        (work / recipe.product).write_bytes(b"library of " + verilog.encode())

    monkeypatch.setattr(build, "_compile", compile_quickly)
    return seen


def test_the_cache_is_where_the_variable_says_else_at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("TICKGATE_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path
    monkeypatch.delenv("TICKGATE_CACHE")
    monkeypatch.setenv("HOME", "/home/someone")
    assert cache_dir() == Path("/home/someone/.cache/tickgate")


def test_the_same_content_is_built_once(cache, translations):
    first = build_library("one", progress=silent)
    assert build_library("one", progress=silent) == first
    assert first.read_bytes() == b"library of one"
    other, traced = build_library("two", progress=silent), build_library("one", trace=True, progress=silent)
    assert len({first, other, traced}) == 3
    assert translations == ["one", "two", "one"]


@pytest.mark.parametrize("damage", [
    lambda entry: (entry / LIBRARY).write_bytes(b"half"),
    lambda entry: (entry / LIBRARY).unlink(),
    lambda entry: (entry / build.MANIFEST).write_text("{"),
    lambda entry: (entry / build.MANIFEST).write_text("[]"),
    lambda entry: (entry / build.MANIFEST).unlink(),
], ids=["cut", "library gone", "manifest broken", "manifest of another kind", "manifest gone"])
def test_a_broken_entry_is_built_anew(cache, translations, damage):
    library = build_library("one", progress=silent)
    damage(library.parent)
    assert build_library("one", progress=silent).read_bytes() == b"library of one"
    assert translations == ["one", "one"]


def test_a_failed_build_leaves_nothing_but_the_lock(cache):
    with pytest.raises(BuildError, match=r"(?s)verilator_bin failed.*syntax error"):
        build_library("module tickgate_sim(;", progress=silent)
    assert {path.suffix for path in (cache / "device").iterdir()} == {".lock"}


def test_what_a_killed_build_left_is_swept_away(cache, translations):
    library = build_library("one", progress=silent)
    left = library.parent.with_name(f"{library.parent.name}.abc.work")
    left.mkdir()
    (left / "half.o").write_bytes(b"half")
    library.unlink()
    assert build_library("one", progress=silent) == library
    assert {path.name for path in (cache / "device").iterdir()} == {library.parent.name, f"{library.parent.name}.lock"}


def test_files_that_are_not_begun_are_not_compiled_once_one_failed(cache, monkeypatch, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\necho >> {tmp_path}/calls\nsleep 0.2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    monkeypatch.setattr(build, "_runtime_object", lambda *_: tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    with pytest.raises(BuildError, match="cc failed with status 1"):
        build_library(QUICK, progress=silent)
    assert len((tmp_path / "calls").read_text()) <= 2


def test_a_cache_that_cannot_be_made_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TICKGATE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(BuildError, match=r"file/cache/device cannot be made: Not a directory; TICKGATE_CACHE"):
        build_library(QUICK, progress=silent)


def test_a_missing_compiler_is_named_with_what_to_install(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"'g\+\+' is not on PATH.*apt install g\+\+"):
        build_library(QUICK, progress=silent)


def test_a_compiler_error_is_shown(cache, monkeypatch, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'no space left' >&2\nexit 3\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    with pytest.raises(BuildError, match=r"(?s)cc failed with status 3.*no space left"):
        build_library(QUICK, progress=silent)


def test_progress_says_what_happens(cache, monkeypatch, tmp_path):
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\nsleep 0.7\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    seen: list[tuple[str, float]] = []
    with pytest.raises(BuildError):
        build_library(QUICK, progress=lambda what, seconds: seen.append((what, seconds)))
    texts = [what for what, _ in seen]
    assert texts[0] == "Verilator translates the gateware" and any("compiles" in what for what in texts)
    assert texts[-1] == ""
    assert any(seconds >= 0.5 for what, seconds in seen if what)


def test_one_of_several_processes_builds(cache, tmp_path):
    script = tmp_path / "builder.py"
    script.write_text(
        "import sys, time\n"
        "from sim.device import build\n"
        "def slowly(verilog, recipe, work, progress):\n"
        "    print('built', flush=True)\n"
        "    time.sleep(0.5)\n"
        "    (work / build.SOURCE).write_text(verilog)\n"
        "    (work / recipe.product).write_bytes(b'library')\n"
        "build._compile = slowly\n"
        "assert build.build_library('one', progress=build.silent).read_bytes() == b'library'\n")
    paths = {**os.environ, "PYTHONPATH": str(Path(build.__file__).parents[2])}
    builders = [subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env=paths)
                for _ in range(3)]
    outputs = [builder.communicate(timeout=60)[0] for builder in builders]
    assert [builder.returncode for builder in builders] == [0, 0, 0]
    assert sorted(outputs) == ["", "", "built\n"]


def test_a_waveform_holds_the_cycles_asked_for(verilog, tmp_path):
    path = tmp_path / "toy.fst"
    with SimulatedDevice(verilog, trace=path, trace_from=10, trace_to=20) as device:
        device.submit(FrameBatch.of([b"abcdefgh"] * 40))
        device.run_idle(5)
    content = path.read_bytes()
    # FST header block: type 0, length 329, first and last time stamp; two stamps a cycle.
    assert content[0] == 0 and int.from_bytes(content[1:9], "big") == 329
    assert (int.from_bytes(content[9:17], "big"), int.from_bytes(content[17:25], "big")) == (20, 39)
    assert b"rx_p_data" in content


def test_a_waveform_that_cannot_be_written_is_an_error(verilog, tmp_path):
    with pytest.raises(FileNotFoundError):
        SimulatedDevice(verilog, trace=tmp_path / "missing" / "toy.fst")
