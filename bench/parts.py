"""What each part of the host's way from a book event to the slot of its order takes by itself (bench/path.py)."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from bench.memory import MemoryTransport
from host.device.driver import Device
from host.device.reader import EventReader
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.oms.inputs import Intend, IntentKind, TimeInForce
from host.risk.gate import Gate
from host.run.gateway import Gateway
from host.run.ledger import INPUTS
from host.strategy.dispatch import Dispatch
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.interface import Context
from host.strategy.views import Views
from wire.profiles import PROFILES
from wire.records import record_dtype
from wire.risk import OrderType, Side

__all__ = ["PERCENT", "measure_parts"]

PERCENT = (1.0, 50.0)
_ROUNDS = 4_000
_TIME = 1_795_185_200_000_000_000


def _timed(act: Callable[[], object], before: Callable[[], object] = int) -> dict[str, int]:
    """Return ns of ``act`` by percentile, those of the clock taken off; ``before`` is called before each."""
    spent, nothing = [], []
    for _ in range(_ROUNDS):
        before()
        begin = perf_counter_ns()
        act()
        end = perf_counter_ns()
        spent.append(end - begin)
        nothing.append(perf_counter_ns() - end)
    return {f"{percent:g}": max(int(np.percentile(spent, percent) - np.percentile(nothing, percent)), 0)
            for percent in PERCENT}


def measure_parts(records: np.ndarray, folder: Path) -> dict[str, dict[str, int]]:
    """Return ns by part and percentile. records: of books of symbols 0 to 7; folder: for the journal."""
    levels, numbers = PROFILES["sim"].levels, count(1)
    ring = np.zeros(1 << 12, record_dtype(levels))
    transport, reader, seq = MemoryTransport(ring), EventReader(ring), ring["seq"]
    gate = Gate(Device(transport))
    gateway = Gateway(gate)

    def show() -> None:
        number = next(numbers)
        place = (number - 1) % len(ring)
        ring[place] = records[number % len(records)]
        seq[place] = number

    views = Views(8, levels)
    alone, context = Dispatch(views, []), Context(views)
    taker = Dispatch(views, [(Imbalance(ImbalanceParameters(threshold=2_000, pause=1 << 62)), context)])
    slots = count()

    def apply(dispatch: Dispatch) -> Callable[[], object]:
        return lambda: dispatch.apply(reader.memory, next(slots) % _ROUNDS, 1, _TIME)

    found = {"new record found in the ring": _timed(reader.span, show)}
    book = _timed(apply(alone))
    found["views brought up to date"] = book
    # Once it has asked for an order of a symbol, it waits for the pause to be over: all but the order itself.
    decided = _timed(apply(taker), context.intents.clear)
    found["strategy decides"] = {percent: max(decided[percent] - book[percent], 0) for percent in decided}
    terms: tuple[Any, ...] = (1, Side.BUY, OrderType.LIMIT, TimeInForce.IOC, 100, 1_000_000)
    pack, size = INPUTS.packer(Intend), len(INPUTS.packer(Intend)(*(0,) * 12))
    with Journal(folder / "parts", INPUTS, sync=Sync.INTERVAL) as journal:
        found["record stored in the journal"] = _timed(
            lambda: journal.put(pack(IntentKind.NEW, 1, 1, 0, 0, *terms, _TIME)), lambda: journal.ready(size))

    def slot() -> None:
        gateway.compose(1, 257, 100, 1_000_000, 0, 1, Side.BUY, OrderType.LIMIT)
        gateway.publish()

    found["slot stored at the gate"] = _timed(slot, lambda: (transport.decide(), gate.free()))
    return found
