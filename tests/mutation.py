"""Seeded bugs: a change of one line in a copy of the tree, after which a test must fail."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Mutant", "seeded", "misfit"]

ROOT = Path(__file__).parents[1]
_ROOMS = ("wire", "rules", "gateware", "sim", "host", "tests", "pyproject.toml")
_SECONDS = 600


@dataclass(frozen=True)
class Mutant:
    """``old`` in ``file``, where it stands once, becomes ``new``; then ``test`` must fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


def seeded(mutant, folder, *options):
    """Run the test of ``mutant`` on a copy of the tree in ``folder`` that has its bug, with ``options`` for pytest.

    Return (whether the test failed, what it said).
    """
    for room in _ROOMS:
        source = ROOT / room
        if source.is_dir():
            shutil.copytree(source, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / room)
    path = folder / mutant.file
    text = path.read_text()
    assert text.count(mutant.old) == 1, f"{mutant.old!r} must stand once in {mutant.file}"
    path.write_text(text.replace(mutant.old, mutant.new))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options, mutant.test],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, timeout=_SECONDS,
        check=False)
    return result.returncode == 1, result.stdout + result.stderr


def misfit(mutant):
    """Return what keeps ``mutant`` from being applied to the tree as it is, "" if nothing does."""
    count = (ROOT / mutant.file).read_text().count(mutant.old)
    if count != 1:
        return f"{mutant.name}: {mutant.old!r} stands {count} times in {mutant.file}"
    file, _, name = mutant.test.partition("::")
    if name.split("[")[0] not in (ROOT / file).read_text():
        return f"{mutant.name}: no test {mutant.test}"
    return ""
