"""What a process can ask of the machine so that it is not held up: each is done, or refused with the reason.

All of it is this process's alone, and of the threads and processes that it begins afterwards, but for locked memory and
the garbage collector, which end with a new program.
"""

import ctypes
import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Outcome", "Tuning", "TuningError", "isolated_cpus", "tune"]

_LOCK_NOW_AND_LATER = 1 | 2
_HUGE = 14
_HUGE_BYTES = 2 << 20
_MODE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
_ISOLATED = Path("/sys/devices/system/cpu/isolated")
#: Objects made, and not yet gone, after which the garbage collector looks at the young ones.
_YOUNG = 100_000


class TuningError(ValueError):
    """A setting that no machine has; the text names it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a setting. detail: what is in force now, or why it was refused."""

    setting: str
    applied: bool
    detail: str


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """cpu: that the process keeps to; None for an isolated one, else the last that it may use. priority: of SCHED_FIFO,
    1 to 99, above all ordinary processes; 0 leaves the scheduler alone. memory: lock it. huge: ask for huge pages.
    collector: ``keep`` as it is; ``frozen``: what is there now is never looked at again, and new objects seldom;
    ``off``: not at all, so that objects that refer to each other in a circle stay for ever."""

    cpu: int | None = None
    priority: int = 50
    memory: bool = True
    huge: bool = True
    collector: str = "frozen"

    def __post_init__(self) -> None:
        if not 0 <= self.priority <= 99:
            raise TuningError(f"priority must be 0..99, not {self.priority}")
        if self.collector not in _COLLECTORS:
            raise TuningError(f"collector must be one of {', '.join(_COLLECTORS)}, not {self.collector!r}")


def tune(tuning: Tuning) -> list[Outcome]:
    """Apply what ``tuning`` asks for, in this process; return what became of each."""
    asked: list[tuple[str, Callable[[], str]]] = [("CPU affinity", lambda: _keep_to(tuning.cpu))]
    if tuning.priority:
        asked.append(("scheduler", lambda: _schedule(tuning.priority)))
    if tuning.memory:
        asked.append(("locked memory", _lock_memory))
    if tuning.huge:
        asked.append(("huge pages", _use_huge_pages))
    if tuning.collector != "keep":
        asked.append(("garbage collector", _COLLECTORS[tuning.collector]))
    return [_outcome(setting, apply) for setting, apply in asked]


def isolated_cpus(text: str) -> list[int]:
    """Return the CPUs of a list as the kernel writes it, like "2-3,5"."""
    cpus: list[int] = []
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        cpus += range(int(first), int(last or first) + 1)
    return cpus


def _outcome(setting: str, apply: Callable[[], str]) -> Outcome:
    try:
        return Outcome(setting=setting, applied=True, detail=apply())
    except OSError as error:
        return Outcome(setting=setting, applied=False, detail=error.strerror or str(error))


def _keep_to(cpu: int | None) -> str:
    allowed = os.sched_getaffinity(0)
    isolated = allowed.intersection(isolated_cpus(_ISOLATED.read_text())) if _ISOLATED.exists() else set()
    if cpu is None:
        if len(allowed) == 1:
            raise OSError(0, f"only CPU {min(allowed)} may be used")
        cpu = max(isolated or allowed)
    elif cpu not in allowed:
        raise OSError(0, f"CPU {cpu} may not be used, only {_listed(sorted(allowed))}")
    os.sched_setaffinity(0, {cpu})
    return f"CPU {cpu}, which is {'isolated' if cpu in isolated else 'not isolated: others may run there, too'}"


def _schedule(priority: int) -> str:
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except PermissionError:
        raise OSError(0, "not permitted: CAP_SYS_NICE, or rtprio of /etc/security/limits.conf, is lacking") from None
    return f"SCHED_FIFO, priority {priority}"


def _lock_memory() -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(_LOCK_NOW_AND_LATER):
        code = ctypes.get_errno()
        raise OSError(code, f"{os.strerror(code)}: CAP_IPC_LOCK, or memlock of /etc/security/limits.conf, is lacking")
    return "all memory, now and later"


def _use_huge_pages() -> str:
    """Ask for huge pages under all anonymous memory that is large enough for one."""
    if not _MODE.exists() or "[never]" in _MODE.read_text():
        raise OSError(0, "the kernel gives none: transparent_hugepage/enabled is never")
    libc = ctypes.CDLL(None, use_errno=True)
    given = 0
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, access, _, _, inode, *name = line.split(None, 5)
        begin, end = (int(address, 16) for address in addresses.split("-"))
        if inode == "0" and access.startswith("rw") and end - begin >= _HUGE_BYTES and name in ([], ["[heap]"]):
            if not libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _HUGE):
                given += end - begin
    if not given:
        raise OSError(0, "no memory of the process is large enough for one")
    return f"asked for under {given >> 20} MiB"


def _freeze() -> str:
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)
    return f"{gc.get_freeze_count():,} objects frozen; looks at new ones after {_YOUNG:,}"


def _collect_never() -> str:
    gc.collect()
    gc.disable()
    return "off"


def _listed(cpus: Sequence[int]) -> str:
    return ", ".join(map(str, cpus))


_COLLECTORS: dict[str, Callable[[], str]] = {"keep": str, "frozen": _freeze, "off": _collect_never}
