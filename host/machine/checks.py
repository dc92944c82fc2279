"""What a machine lacks for trading, and what makes it slower than it could be."""

import os
import platform
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from host.machine.clock import clock_state
from host.machine.tuning import isolated_cpus

__all__ = ["Check", "Finding", "addresses", "check_disk", "check_machine", "check_ports"]

#: The most that RTS 25 leaves to a clock, ns.
_CLOCK_ERROR = 100_000
#: fdatasync of a good disk, ns.
_SYNC = 1_000_000
_SYNCS = 20
_ADDRESS = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]*):([0-9]{1,5})")
_GROUP = re.compile(r"2(2[4-9]|3[0-9])\.")
#: Vendors of FPGAs, as PCIe knows them.
_VENDORS = {"0x10ee": "AMD (Xilinx)", "0x1204": "Lattice", "0x1172": "Intel (Altera)", "0x1df2": "Efinix"}


class Finding(Enum):
    """What is found; the value is for people."""

    GOOD = "good"
    SLOW = "works, but could be better"
    LACKING = "lacking"


@dataclass(frozen=True, kw_only=True)
class Check:
    """what: was looked at; found: there; advice: what to do, empty where nothing needs to be done."""

    what: str
    finding: Finding
    found: str
    advice: str = ""


def check_machine(root: Path = Path("/")) -> Iterator[Check]:
    """Yield what there is to say of the machine. root: of the files that the kernel shows."""
    for check in _CHECKS:
        yield check(root)
    yield from (_tool(name, why) for name, why in _TOOLS.items())


def check_disk(folder: Path) -> Check:
    """Measure what it costs to bring a record to the disk that ``folder`` is on. Raises OSError."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(_SYNCS):
            file.write(bytes(4096))
            file.flush()
            begin = time.perf_counter_ns()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter_ns() - begin)
    middle, most = sorted(times)[_SYNCS // 2], max(times)
    return _graded("disk", middle <= _SYNC,
                   f"fdatasync in {folder}: {middle / 1e6:.2f} ms, at most {most / 1e6:.2f} ms",
                   "a journal that is synced always waits so long for each commit: take a disk with a capacitor, or "
                   "sync = interval")


def check_ports(named: Mapping[str, tuple[str, int]]) -> Iterator[Check]:
    """Yield for each address, by the name of its setting, whether this machine could listen there now."""
    for name, (host, port) in named.items():
        what, where = f"port of {name}", f"{host}:{port}"
        try:
            with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
                tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tcp.bind((host, port))
                udp.bind((host, port))
        except OSError as error:
            yield Check(what=what, finding=Finding.LACKING, found=f"{where}: {error.strerror or error}",
                        advice="`ss -lntup` tells who has it")
        else:
            yield Check(what=what, finding=Finding.GOOD, found=f"{where} is free")


def addresses(content: object, name: str = "") -> dict[str, tuple[str, int]]:
    """Return every "host:port" in a configuration that was read, by the name of its key; port 0 and groups of multicast
    are left out."""
    if isinstance(content, Mapping):
        pairs = [(f"{name}.{key}" if name else str(key), value) for key, value in content.items()]
    elif isinstance(content, Sequence) and not isinstance(content, str):
        pairs = [(f"{name}[{number}]", value) for number, value in enumerate(content)]
    else:
        match = _ADDRESS.fullmatch(content) if isinstance(content, str) else None
        if match is None or not 0 < int(match[2]) < 1 << 16 or match[1].isdecimal() or _GROUP.match(match[1]):
            return {}
        return {name: (match[1], int(match[2]))}
    return {key: where for path, value in pairs for key, where in addresses(value, path).items()}


def _graded(what: str, good: bool, found: str, advice: str, worse: Finding = Finding.SLOW) -> Check:
    return Check(what=what, finding=Finding.GOOD if good else worse, found=found, advice="" if good else advice)


def _text(path: Path) -> str:
    """Return what a file of the kernel says, nothing where there is none."""
    return path.read_text().strip() if path.exists() else ""


def _python(root: Path) -> Check:
    return _graded("Python", sys.version_info >= (3, 11), platform.python_version(), "install Python 3.11 or later",
                   Finding.LACKING)


_TOOLS = {"g++": "builds the simulated device", "make": "runs the targets of the Makefile"}


def _tool(name: str, why: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(what=name, finding=Finding.LACKING, found="not there", advice=f"install it: it {why}")
    told = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    return Check(what=name, finding=Finding.GOOD, found=(told.splitlines() or [path])[0])


def _clock_source(root: Path) -> Check:
    found = _text(root / "sys/devices/system/clocksource/clocksource0/current_clocksource")
    return _graded("clock source", found in ("tsc", "arch_sys_counter"), found or "not known",
                   "every look at another clock than the CPU's own is a call of the kernel, or of the hypervisor")


def _clock(root: Path) -> Check:
    try:
        state = clock_state()
    except OSError as error:
        return Check(what="clock error", finding=Finding.SLOW, found=f"not known: {error.strerror}")
    found = f"{'' if state.synchronised else 'not '}synchronised; error at most {state.error / 1e6:.3f} ms"
    return _graded("clock error", state.synchronised and state.error <= _CLOCK_ERROR, found,
                   "let chrony or ptp4l keep the clock: RTS 25 leaves 100 us")


def _governor(root: Path) -> Check:
    found = {path.read_text().strip()
             for path in root.glob("sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor")}
    return _graded("frequency governor", found <= {"performance"}, ", ".join(sorted(found)) or "none: not scaled here",
                   "cpupower frequency-set -g performance")


def _cpus(root: Path) -> Check:
    isolated = isolated_cpus(_text(root / "sys/devices/system/cpu/isolated"))
    found = f"{os.cpu_count()}, isolated: {', '.join(map(str, isolated)) or 'none'}"
    return _graded("CPUs", bool(isolated), found, "isolcpus= and nohz_full= on the kernel's command line keep one free "
                   "of others")


def _limit(what: str, which: int, least: int, advice: str) -> Check:
    soft, _ = resource.getrlimit(which)
    unlimited = soft == resource.RLIM_INFINITY
    return _graded(what, unlimited or soft >= least, "unlimited" if unlimited else f"{soft:,}", advice)


def _locked(root: Path) -> Check:
    return _limit("locked memory", resource.RLIMIT_MEMLOCK, 4 << 30, "memlock unlimited in /etc/security/limits.conf")


def _priority(root: Path) -> Check:
    return _limit("real-time priority", resource.RLIMIT_RTPRIO, 50, "rtprio 99 in /etc/security/limits.conf")


def _huge(root: Path) -> Check:
    mode = _text(root / "sys/kernel/mm/transparent_hugepage/enabled")
    pages = next((line.split()[1] for line in _text(root / "proc/meminfo").splitlines()
                  if line.startswith("HugePages_Free")), "0")
    return _graded("huge pages", "[always]" in mode or "[madvise]" in mode,
                   f"transparent: {mode or 'not there'}; reserved and free: {pages}",
                   "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")


def _cards(root: Path) -> Check:
    found = [f"{path.name} {_VENDORS[vendor]} {_text(path / 'device')}"
             for path in sorted(root.glob("sys/bus/pci/devices/*")) if (vendor := _text(path / "vendor")) in _VENDORS]
    return Check(what="PCIe cards", finding=Finding.GOOD, found="; ".join(found) or "no FPGA; it can be simulated")


_CHECKS: tuple[Callable[[Path], Check], ...] = (
    _python, _clock_source, _clock, _governor, _cpus, _locked, _priority, _huge, _cards)
