"""What the actions of ``tickgate risk`` share: the device, names for its accounts and symbols, the journal."""

import argparse
import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from host.cli.errors import UserError
from host.device import connect
from host.device.driver import Device
from host.journal.disk import Sync
from host.journal.log import LogError
from host.risk.journal import Journal
from host.risk.limits import Limits, LimitsError, load_limits
from host.risk.recorder import device_life

__all__ = ["JOURNAL_VARIABLE", "LIMITS_FILE", "Names", "add_device", "add_journal", "add_limits", "begin_journal",
           "journal_path", "open_gate_device", "read_limits", "who"]

JOURNAL_VARIABLE = "TICKGATE_JOURNAL"
LIMITS_FILE = Path("limits.toml")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    parser.add_argument("--device", metavar="ADDRESS", help="device, unix:PATH (default: $TICKGATE_DEVICE, else where "
                        "`tickgate device serve` serves one)")


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add ``--limits``."""
    parser.add_argument("--limits", type=Path, metavar="FILE",
                        help=f"limits, which name accounts and symbols (default: {LIMITS_FILE}, if there is one)")


def add_journal(parser: argparse.ArgumentParser) -> None:
    """Add ``--journal``."""
    parser.add_argument("--journal", type=Path, metavar="FILE",
                        help=f"audit journal to write to (default: ${JOURNAL_VARIABLE})")


def open_gate_device(args: argparse.Namespace) -> Device:
    """Open the device that is served to all. Raises UserError for an address that is none."""
    address = args.device or connect.default_address()
    if address == "sim":
        raise UserError("--device: a device within this process ends with it; `tickgate device serve` runs one that "
                        "stays")
    try:
        return connect.open_device(address)
    except ValueError as error:
        raise UserError(f"--device: {error}") from None


def read_limits(path: Path | None) -> Limits | None:
    """Return the limits in ``path``; without one those in LIMITS_FILE, None if that does not exist.

    Raises UserError, OSError.
    """
    if path is None and not LIMITS_FILE.exists():
        return None
    try:
        return load_limits(path or LIMITS_FILE)
    except LimitsError as error:
        raise UserError(str(error)) from None


@dataclass(frozen=True)
class Names:
    """Accounts and symbols by name -> index."""

    accounts: dict[str, int] = field(default_factory=dict)
    symbols: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, limits: Limits | None) -> "Names":
        """Return the names in ``limits``."""
        if limits is None:
            return cls()
        return cls({account.name: account.index for account in limits.accounts},
                   {symbol.name: symbol.index for symbol in limits.symbols})

    def index(self, what: str, text: str, count: int) -> int:
        """Return the index, below ``count``, of the account or symbol (``what``) that ``text`` names, or is the index
        of. Raises UserError."""
        known = self.accounts if what == "account" else self.symbols
        index = known.get(text, int(text) if text.isascii() and text.isdecimal() else None)
        if index is None:
            there = f"; there are {', '.join(known)}" if known else "; --limits FILE names them, or give its index"
            raise UserError(f"--{what}: no {what} {text!r}{there}")
        if index >= count:
            raise UserError(f"--{what}: {text} is index {index}, the device has {what}s 0..{count - 1}")
        return index

    def account(self, index: int) -> str:
        """Return the name of account ``index``, "#3" if it has none."""
        return _name(self.accounts, index)

    def symbol(self, index: int) -> str:
        """Return the name of symbol ``index``, likewise."""
        return _name(self.symbols, index)


def _name(known: dict[str, int], index: int) -> str:
    return next((name for name, number in known.items() if number == index), f"#{index}")


def journal_path(args: argparse.Namespace) -> Path | None:
    """Return the journal that --journal, or else the environment, names."""
    named = os.environ.get(JOURNAL_VARIABLE)
    path: Path | None = args.journal or (Path(named) if named else None)
    return path


@contextmanager
def begin_journal(path: Path, device: Device, sync: Sync = Sync.ALWAYS, interval: float = 0.1) -> Iterator[Journal]:
    """Open the journal ``path`` for what is done to ``device``. Raises UserError, OSError."""
    try:
        with Journal(path, sync=sync, interval=interval) as journal:
            journal.begin(lambda: device_life(device))
            yield journal
    except LogError as error:
        raise UserError(str(error)) from None


def who() -> dict[str, object]:
    """Return who runs this command, for the journal."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return {"user": user, "uid": os.getuid(), "host": socket.gethostname(), "pid": os.getpid()}
