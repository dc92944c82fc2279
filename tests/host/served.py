"""A device of profile tiny in a process of its own, for tests of what speaks to it over its socket."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from host.device.connect import open_device
from host.device.driver import Device

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """A process that serves a device at the socket ``path``."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-m", "host.cli", "device", "serve", "--profile", "tiny", "--socket", str(path), *options],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.told = self.process.stdout.readline()

    @property
    def address(self) -> str:
        return f"unix:{self.path}"

    def open(self) -> Device:
        return open_device(self.address)

    def signal(self, number: int) -> tuple[int, str]:
        """End the process by a signal; return its status and what it wrote to standard error."""
        os.kill(self.process.pid, number)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors

    def end(self) -> None:
        if self.process.poll() is None:
            self.signal(signal.SIGKILL)
        self.process.communicate()


@contextmanager
def short_folder() -> Iterator[Path]:
    """Make a folder whose name is short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="tg-") as name:
        yield Path(name)


@contextmanager
def serve(*options: str) -> Iterator[Served]:
    """Serve a device until the block is left."""
    with short_folder() as folder:
        served = Served(folder / "device", *options)
        try:
            yield served
        finally:
            served.end()
