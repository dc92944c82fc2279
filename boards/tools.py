"""The programs that make a bitstream: where they are, which version, and how they are run."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boards.board import BoardError

__all__ = ["Tool", "find", "run"]

_VERSION = re.compile(r"Version ([^)\s]+)|^Yosys (\S+)", re.MULTILINE)
#: Lines of a failed program's log that are told.
_TOLD = 5


@dataclass(frozen=True)
class Tool:
    """A program: its path and its version, which is part of what names a build."""

    path: str
    version: str


def find(name: str, *, path: str | None = None) -> Tool:
    """Return the program ``name``, on PATH or beside this Python, or the one at ``path``.

    Raises BoardError when it is not installed, or does not tell its version.
    """
    where = shutil.which(path) if path else shutil.which(name) or shutil.which(
        name, path=str(Path(sys.executable).parent))
    if where is None:
        raise BoardError(f"{path or name} is not installed" + ("" if path else ": pip install 'tickgate[fpga]'"))
    said = subprocess.run([where, "--version"], capture_output=True, text=True, check=False)
    text = said.stdout + said.stderr
    found = _VERSION.search(text)
    if found is None:
        raise BoardError(f"{where} answers --version with {text[:200]!r}")
    return Tool(where, found[1] or found[2])


def run(arguments: list[str], *, part: str, product: str, log: Path, folder: Path,
        said: Callable[[str], None] = lambda line: None) -> None:
    """Run a program in ``folder``; what it says goes to ``log``, and to ``said`` line by line.

    It writes the file ``part``, which becomes ``product`` when all went well; what one that was killed has left there
    counts for nothing. Raises BoardError with the last of what it said when it fails, or when it writes nothing.
    """
    (folder / part).unlink(missing_ok=True)
    name = Path(arguments[0]).name
    last: list[str] = []
    with log.open("w", encoding="utf-8") as file, subprocess.Popen(
            arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace") as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                last = [*last, line.rstrip()][-_TOLD:]
                said(line.rstrip())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise BoardError(f"{name} failed with status {process.returncode}: {' | '.join(last)}; its log is {log}")
    if not (folder / part).exists():
        raise BoardError(f"{name} ended without {product}; the last it did is in {log}")
    os.replace(folder / part, folder / product)
