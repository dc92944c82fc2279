"""A simulated board in this process: carriers in and out at its ports, clocks that come and go."""

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from gateware.net.mac.mac import EVENTS
from sim.board.top import FS, TOP, TopError, clocks, ports_of, simulation_top
from sim.device.build import HEARD, MESSAGES, BuildError, Progress, Recipe, build, terminal
from wire.ethernet import GAP_BYTES

__all__ = ["GIGABIT_HALF", "SENT_DTYPE", "HEARD_DTYPE", "FRAME_DTYPE", "BoardFailure", "BuildError", "TopError",
           "Carriers", "Said", "SimulatedBoard"]

#: Half a period of a PHY's clock at 1000 Mbit/s, in femtoseconds.
GIGABIT_HALF = 4_000_000
#: Locking of the PLL, and the time after it in which the core begins and receivers learn their clocks' pace.
_LOCK, _MEASURE = 1_000_000_000, 2_300_000_000
#: Longest time for which anything is waited for, ten seconds.
_LIMIT = 10 * FS
#: Carriers to send; the columns are those of ``Carriers``. Times in femtoseconds, places and sizes in bytes.
SENT_DTYPE = np.dtype([(name, "<i8") for name in ("begin", "length", "gap", "error_at", "stop_at", "stop_time")])
#: Carriers heard: ``gap`` bytes before each; ``time`` and ``end`` of its first byte and behind its last; ``error``:
#: whether the board marked a byte of it.
HEARD_DTYPE = np.dtype([(name, "<i8") for name in ("begin", "length", "gap", "time", "end", "error")])
#: Frames that a MAC gave to the core: ``time`` of its last word; ``error``: -1 when a last word never came.
FRAME_DTYPE = np.dtype([(name, "<i8") for name in ("begin", "length", "time", "error")])


class BoardFailure(RuntimeError):
    """The gateware broke one of its invariants; the simulation is of no further use."""


class Carriers:
    """What a PHY is to say, to be sent at once: carriers, bit for bit as they are, preamble and FCS with them."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int, int, int]] = []
        self.data = bytearray()

    def add(self, carrier: bytes, *, gap: int = GAP_BYTES, error_at: int = -1, stop_at: int = -1,
            stop_time: int = 0) -> None:
        """Add a carrier ``gap`` bytes behind the one before.

        error_at: byte at which the PHY reports an error. stop_at: byte before which its clock stops for ``stop_time``
        femtoseconds. Raises ValueError for an empty one, or a negative gap or time.
        """
        if not carrier or gap < 0 or stop_time < 0:
            raise ValueError(
                f"a carrier must have bytes, a gap and a time of at least 0, not {len(carrier)}, {gap}, {stop_time}")
        self.rows.append((len(self.data), len(carrier), gap, error_at, stop_at, stop_time))
        self.data += carrier


@dataclass(frozen=True)
class Said:
    """What came out at a port since it was last asked.

    heard: HEARD_DTYPE, into ``heard_bytes``. frames: FRAME_DTYPE, into ``frame_bytes``. ends: when the last half byte
    of each carrier sent was on the pins, in femtoseconds.
    """

    heard: NDArray[np.void]
    heard_bytes: bytes
    frames: NDArray[np.void]
    frame_bytes: bytes
    ends: NDArray[np.int64]

    @property
    def carriers(self) -> list[tuple[bytes, bool]]:
        """Carriers heard, each with whether a byte of it was marked as an error."""
        return [(self.heard_bytes[row["begin"]:row["begin"] + row["length"]], bool(row["error"])) for row in self.heard]

    @property
    def taken(self) -> list[tuple[bytes, int]]:
        """Frames that the core got, each with its ``error``."""
        return [(self.frame_bytes[row["begin"]:row["begin"] + row["length"]], int(row["error"])) for row in self.frames]


class SimulatedBoard:
    """A board, its clocks moved by ``run`` and ``settle`` alone.

    Deterministic. Times are femtoseconds since power-up, at which all clocks run and the PLL has no lock. The cells of
    the FPGA have no delays (sim/board/primitives.v); the PHYs are always up. Not to be used by two threads at once.
    """

    def __init__(self, verilog: str, *, clock_hz: int, progress: Progress = terminal):
        """Build the simulator of a board's top, or take it from the cache, and power it up.

        ``verilog`` holds the module ``top``; ``clock_hz`` is of the board's oscillator. Raises TopError, BuildError.
        """
        self.ports, self.clocks = ports_of(verilog), clocks(verilog, clock_hz)
        self._lib = ctypes.CDLL(str(build(simulation_top(verilog), self._recipe(), progress=progress)))
        pointer, number, integer = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
        for name, result, arguments in (
                ("create", pointer, (number, number)), ("destroy", None, (pointer,)),
                ("lock", None, (pointer, integer)), ("keep", None, (pointer, integer)),
                ("clock", None, (pointer, integer, number, number)),
                ("send", None, (pointer, integer, number, pointer, pointer, number)),
                ("run", integer, (pointer, number, number)), ("now", number, (pointer,)),
                ("evaluations", ctypes.c_uint64, (pointer,)), ("said", ctypes.c_char_p, (pointer,)),
                ("leds", ctypes.c_uint32, (pointer,)), ("status", ctypes.c_uint32, (pointer,)),
                ("events", ctypes.POINTER(ctypes.c_uint64), (pointer, integer)),
                ("waiting", number, (pointer, integer)), ("sizes", None, (pointer, integer, pointer)),
                ("take", None, (pointer, integer, pointer, pointer, pointer, pointer, pointer))):
            function = getattr(self._lib, f"board_{name}")
            function.restype, function.argtypes = result, arguments
        self._handle: int | None = self._lib.board_create(self.clocks.tx_half, self.clocks.core_half)

    def _recipe(self) -> Recipe:
        return Recipe(kind="board", product="board.so", top=TOP, prefix="Vboard",
                      sources=(Path(__file__).with_name("harness.cpp"), MESSAGES),
                      compiler=("-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", f"-DPORTS={self.ports}", *HEARD),
                      linker=("-shared", "-Wl,-Bsymbolic"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the simulation."""
        if self._handle is not None:
            self._lib.board_destroy(self._handle)
            self._handle = None

    @property
    def now(self) -> int:
        """Femtoseconds since power-up."""
        return int(self._lib.board_now(self._handle))

    @property
    def evaluations(self) -> int:
        """How often the model was evaluated: once for all clock edges at one time."""
        return int(self._lib.board_evaluations(self._handle))

    @property
    def leds(self) -> int:
        """Levels of the LEDs, the first in bit 0."""
        return int(self._lib.board_leds(self._handle))

    def gigabit(self, port: int) -> bool:
        """Say whether the MAC at ``port`` finds a clock of gigabit's pace."""
        return bool(self._lib.board_status(self._handle) >> 2 * port + 1 & 1)

    def power_up(self) -> None:
        """Let the PLL lock, and wait until the receivers have measured their clocks."""
        self.lock(False)
        self.run(_LOCK)
        self.lock(True)
        self.run(_MEASURE)

    def lock(self, locked: bool) -> None:
        """Say whether the PLL has lock; without it the board is in reset."""
        self._lib.board_lock(self._handle, locked)

    def clock(self, port: int, *, half: int = GIGABIT_HALF, behind: int = GIGABIT_HALF) -> None:
        """Let the PHY's clock run with this half period from ``behind`` now on; half of 0: stop it where it is."""
        if half < 0 or behind <= 0:
            raise ValueError(f"half must be at least 0 and behind above it, not {half} and {behind}")
        self._lib.board_clock(self._handle, self._port(port), half, self.now + behind)

    def keep(self, keep: bool) -> None:
        """Say whether words that MACs give to the core are noted (as they are at first)."""
        self._lib.board_keep(self._handle, keep)

    def send(self, port: int, carriers: Carriers) -> None:
        """Have the PHY at ``port`` say ``carriers`` behind what it has still to say."""
        self.send_arrays(port, np.array(carriers.rows, SENT_DTYPE), np.frombuffer(carriers.data, np.uint8))

    def send_arrays(self, port: int, rows: NDArray[np.void], data: NDArray[np.uint8]) -> None:
        """The same, of SENT_DTYPE and the bytes in which they lie. Raises ValueError for rows beyond them."""
        rows, data = np.ascontiguousarray(rows, SENT_DTYPE), np.ascontiguousarray(data, np.uint8)
        if len(rows) and ((rows["begin"] < 0).any() or (rows["length"] < 1).any()
                          or int((rows["begin"] + rows["length"]).max()) > len(data)):
            raise ValueError(f"carriers must lie within their {len(data)} bytes and have some")
        self._lib.board_send(self._handle, self._port(port), len(rows), rows.ctypes.data, data.ctypes.data, len(data))

    def _port(self, port: int) -> int:
        if not 0 <= port < self.ports:
            raise ValueError(f"port must be 0..{self.ports - 1}, not {port}")
        return port

    def run(self, femtoseconds: int) -> None:
        """Let time pass. Raises BoardFailure."""
        self._run(self.now + femtoseconds, -1)

    def settle(self, *, idle: int = 3_000_000_000, limit: int = _LIMIT) -> bool:
        """Run until all is said, and for ``idle`` nothing more came out; return False when ``limit`` is over first."""
        return self._run(self.now + limit, idle) == 0

    def _run(self, until: int, idle: int) -> int:
        result = self._lib.board_run(self._handle, until, idle)
        if result < 0:
            raise BoardFailure(f"at {self.now / 1e6:,.3f} ns: {self._lib.board_said(self._handle).decode().strip()}")
        return int(result)

    def waiting(self, port: int) -> int:
        """Return how many carriers are not yet said to their end."""
        return int(self._lib.board_waiting(self._handle, self._port(port)))

    def events(self, port: int) -> dict[str, int]:
        """Return how often each event of the MAC at ``port`` strobed, those that did."""
        counts = self._lib.board_events(self._handle, self._port(port))
        return {name: int(counts[n]) for n, name in enumerate(EVENTS.members) if counts[n]}

    def take(self, port: int) -> Said:
        """Return what came out at ``port`` since the last call: whole carriers and frames."""
        sizes = np.zeros(5, np.int64)
        self._lib.board_sizes(self._handle, self._port(port), sizes.ctypes.data)
        heard, frames = np.zeros(sizes[0], HEARD_DTYPE), np.zeros(sizes[1], FRAME_DTYPE)
        ends = np.zeros(sizes[2], np.int64)
        heard_bytes, frame_bytes = np.zeros(sizes[3], np.uint8), np.zeros(sizes[4], np.uint8)
        self._lib.board_take(self._handle, port, *(array.ctypes.data for array in (
            heard, heard_bytes, frames, frame_bytes, ends)))
        return Said(heard, heard_bytes.tobytes(), frames, frame_bytes.tobytes(), ends)
