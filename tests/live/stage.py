"""A device, an exchange and a host, each as a process of its own, as `docs/live.md` has them."""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from host.device.connect import open_device
from host.device.driver import Device
from host.oms.settings import Settings
from host.run.ledger import Ledger, replay
from sim.device.transport import SimulatedTransport
from tests.live.witness import Witness

__all__ = ["Program", "Stage", "stage"]

ROOT = Path(__file__).resolve().parents[2]
#: Seconds for what must happen, on a machine with much else to do.
PATIENCE = 180
SYMBOLS = {"AAPL": "50", "MSFT": "40"}
KEY = "271828"
_LIMITS = """
[global]
heartbeat = "20s"
duplicate = "0s"
[account.DESK]
index = 0
gross = "9_000_000"
net = "9_000_000"
open_orders = 8
rate = { orders = 1000000, per = "1s", burst = 1000 }
"""
_LIMITS_OF_SYMBOL = """
[symbol.NAME]
index = INDEX
tick = "0.01"
band = ["1", "500"]
collar = { buy_bps = 500, buy_ticks = 100, sell_bps = 500, sell_ticks = 100 }
rate = { orders = 1000000, per = "1s", burst = 1000 }
[pair.DESK.NAME]
max_shares = 1000
max_notional = "1_000_000"
long = 100_000
short = 100_000
open_orders = 4
locate = 100_000
fills = 1000
window = "1s"
"""
_EXCHANGE = """
[day]
start = "09:30:00"
open = "09:30:00"
close = "23:00:00"
end = "23:05:00"
[feed]
a = "LINE_A"
b = "LINE_B"
rewind = "127.0.0.1:0"
faults = "a:loss=0.02;seed=SEED"
[fix]
address = "127.0.0.1:0"
defaults = { sender = "EXCHANGE", begin_string = "FIX.4.4" }
[[fix.session]]
target = "TICKGATE"
accounts = ["DESK"]
[[fix.session]]
target = "DROP"
copies = []
[[crowd]]
rate = 60
orders = 8
seed = SEED
"""
_HOST = """
device = "DEVICE"
[feed]
a = "LINE_A"
b = "LINE_B"
rewind = "REWIND"
session = "TICKGATE01"
[gate]
limits = "limits.toml"
open = true
[journal]
path = "host/journal.tgh"
sync = "never"
[fix]
host = "127.0.0.1"
port = FIX_PORT
sender = "TICKGATE"
target = "EXCHANGE"
store = { path = "host/fix.log", sync = "never" }
reconnect = { first_ms = 20, most_ms = 200 }
[[strategy]]
name = "imbalance"
threshold = 1000
limit = 100_000
shares = 10
pause = 1_000_000
[[strategy]]
name = "market_maker"
limit = 100_000
shares = 10
pause = 1_000_000
[symbols]
"""


class Program:
    """`tickgate` with ``arguments``. lines: all that it has said so far."""

    def __init__(self, *arguments: str) -> None:
        self.name = " ".join(arguments[:2])
        self.lines: list[str] = []
        self._said: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "host.cli", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | {"TICKGATE_RISK_KEY": KEY, "PYTHONUNBUFFERED": "1"})
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def until(self, text: str, seconds: float = PATIENCE) -> str:
        """Wait until it says a line with ``text``, and return what is behind that."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self._said.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                raise AssertionError(f"{self.name} does not say {text!r}: {self.lines[-20:]}") from None
            assert line is not None, f"{self.name} ended without {text!r}: {self.lines[-20:]}"
            if text in line:
                return line.partition(text)[2].strip()

    def says(self, text: str, seconds: float) -> bool:
        """Wait so long, or until it says a line with ``text``, or ends; return whether it said one."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                line = self._said.get(timeout=left)
            except queue.Empty:
                return False
            if line is None:
                return False
            if text in line:
                return True
        return False

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal, and return its status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"{self.name} does not end: {self.lines[-20:]}") from None
        self._reader.join(PATIENCE)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._said.put(line.rstrip())
        self._said.put(None)


class Stage:
    """The folder, and what runs besides the host. witness: hears the drop copies of all orders.

    late: whether the device follows the feed only when the first host has begun, and must be given what it missed.
    """

    def __init__(self, folder: Path, stack: ExitStack, seed: int, *, late: bool) -> None:
        self.folder, self._stack = folder, stack
        self.address = f"unix:{folder}/device"
        self.device = self._run("device", "serve", "--profile", "tiny", "--socket", f"{folder}/device", "--feed",
                                "127.0.0.1:0", "--feed", "127.0.0.1:0")
        facts = {"DEVICE": self.address, "LINE_A": self.device.until("feed "), "LINE_B": self.device.until("feed "),
                 "SEED": str(seed)}
        self._write("limits.toml", _LIMITS + "".join(
            _LIMITS_OF_SYMBOL.replace("NAME", name).replace("INDEX", str(index)) for index, name in enumerate(SYMBOLS)),
            {})
        host = _HOST + "".join(f'{name} = "{price}"\n' for name, price in SYMBOLS.items())
        if not late:
            self._set_up(host, facts)
        symbols = "".join(f'[[symbol]]\nname = "{name}"\nreference = "{price}"\n' for name, price in SYMBOLS.items())
        self._write("exchange.toml", symbols + _EXCHANGE, facts)
        self.exchange = self._run("exchange", "run", f"{folder}/exchange.toml", "--quiet")
        facts["REWIND"] = self.exchange.until("rewind: ").replace(" port ", ":")
        facts["FIX_PORT"] = self.exchange.until("fix TICKGATE: ").rpartition(" ")[2]
        self.exchange.until("ready")
        self._write("live.toml", host, facts)
        self.witness = Witness(int(facts["FIX_PORT"]), list(SYMBOLS))
        stack.callback(self.witness.close)

    def host(self) -> Program:
        """Start a host, which goes on where the one before has ended."""
        return self._run("run", f"{self.folder}/live.toml")

    def open_device(self) -> Device:
        """Look at the device beside the host."""
        return open_device(self.address)

    def ledger(self) -> Ledger:
        """Return what the host's journal makes; to be called when no host runs."""
        return replay(self.folder / "host" / "journal.tgh", Settings(open_orders=8))

    def _set_up(self, host: str, facts: dict[str, str]) -> None:
        """Let a host that finds no exchange set the device up, and die."""
        self._write("first.toml", host.replace("host/", "first/"), facts | {
            "REWIND": "127.0.0.1:1", "FIX_PORT": "1"})
        first = self._run("run", f"{self.folder}/first.toml")
        first.until("ready")
        first.end(signal.SIGKILL)

    def _run(self, *arguments: str) -> Program:
        program = Program(*arguments)
        self._stack.callback(program.end, signal.SIGKILL)
        return program

    def _write(self, name: str, text: str, facts: dict[str, str]) -> None:
        for fact, value in facts.items():
            text = text.replace(fact, value)
        (self.folder / name).write_text(text)


@cache
def _built() -> None:
    """Build the simulator, which nobody's patience counts."""
    SimulatedTransport("tiny").close()


@contextmanager
def stage(seed: int, *, late: bool = False) -> Iterator[Stage]:
    """Set a stage until the block is left."""
    _built()
    with tempfile.TemporaryDirectory(prefix="tg-") as name, ExitStack() as stack:
        yield Stage(Path(name), stack, seed, late=late)
