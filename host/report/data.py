"""What a run recorded, as tables: of the market by the device's rings, of ours by the journal.

Times are ns since 1970 unless said otherwise, prices and money 1/10,000, symbols and accounts the gate's indices. A
time that has not been is 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["BOOKED", "DECISION", "FILL", "ORDER", "SAMPLE", "TIMES", "TIMING", "Event", "Market", "Names", "Outcome",
           "Passage", "RunData", "Table", "Traded"]

Table = npt.NDArray[Any]

#: The seven times of an order, in the order in which they come; ``gated`` is of the device's clock, ns since its reset.
TIMES = ("decided", "written", "gated", "sent", "acked", "filled", "final")

#: A record of the event ring, as far as a report shows it. time: of the exchange's last message, ns since midnight.
#: The latencies are cycles of the device.
SAMPLE = np.dtype([("time", "<i8"), ("bid", "<u4"), ("bid_shares", "<u4"), ("ask", "<u4"), ("ask_shares", "<u4"),
                   ("last", "<u4"), ("last_shares", "<u4"), ("state", "<u4"), ("best", "<u2"), ("levels", "<u2"),
                   ("decode", "<u2"), ("symbol", "u1"), ("cause", "u1"), ("kind", "u1")])
#: A verdict of the gate. time: of the exchange's last message before it, ns since midnight; client: the request, which
#: for a new order is the order; cycles: from the slot's entry to the decision.
DECISION = np.dtype([("time", "<i8"), ("client", "<u8"), ("mask", "<u4"), ("cycles", "<u4"), ("kind", "u1"),
                     ("status", "u1")])
#: A latency that somebody measured: when, and ns.
TIMING = np.dtype([("time", "<i8"), ("ns", "<i8")])
#: An order. filled: of the first fill. state: place in host.oms.states.State, at the end. refused: by the gate. fills:
#: executions that stand. answered, executed: when the host heard of it from the venue first, and of its first fill;
#: the venue's own times may be of whole milliseconds.
ORDER = np.dtype([("id", "<u8"), ("strategy", "<i4"), ("account", "<i4"), ("symbol", "<i4"), ("side", "u1"),
                  ("state", "u1"), ("refused", "?"), ("fills", "<i4"), ("shares", "<i8"),
                  ("price", "<i8"), ("cum", "<i8"), *((name, "<i8") for name in TIMES), ("answered", "<i8"),
                  ("executed", "<i8")])
#: An execution as it stands, busted ones left out. sign: 1 for a buy, -1 for a sell.
FILL = np.dtype([("time", "<i8"), ("order", "<u8"), ("account", "<i4"), ("symbol", "<i4"), ("sign", "i1"),
                 ("shares", "<i8"), ("price", "<i8")])
#: A position behind a booking, as host.positions.positions.Position has it.
BOOKED = np.dtype([("time", "<i8"), ("account", "<i4"), ("symbol", "<i4"), ("shares", "<i8"), ("cost", "<i8"),
                   ("realised", "<i8"), ("fees", "<i8"), ("price", "<i8")])


class Event(NamedTuple):
    """Something that happened once. kind: its name for people, the same for all that are alike. grave: whether
    somebody should have looked at it."""

    time: int
    kind: str
    text: str
    grave: bool = False


class Passage(NamedTuple):
    """From one state of an order to another, by their names for people; the first one comes from ""."""

    before: str
    after: str


@dataclass(frozen=True)
class Names:
    """Names by index, as far as they are known."""

    accounts: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()

    def account(self, index: int) -> str:
        """Return the name of account ``index``, "#3" if it has none."""
        return self.accounts[index] if 0 <= index < len(self.accounts) else f"#{index}"

    def symbol(self, index: int) -> str:
        """Return the name of symbol ``index``, likewise."""
        return self.symbols[index] if 0 <= index < len(self.symbols) else f"#{index}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was compared at the end: ``breaks`` with the exchange, ``differences`` between gate and host."""

    breaks: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Market:
    """What a Recorder saw of a run.

    clock_hz: of the device. midnight: when the exchange's day began. samples (SAMPLE), decisions (DECISION): in order;
    one in ``thinning`` of the books. lost: records that were overwritten before they were seen. latencies: cycles to
    how often, by the stage's name. timings (TIMING): by the stage's name. Where there is too much of it, one in so many
    is kept of what is no book too.
    events: what the run was told to note. counters: of the device at the end. outcome: None when nothing was compared.
    """

    names: Names
    clock_hz: int
    midnight: int
    samples: Table
    decisions: Table
    thinning: int = 1
    lost: int = 0
    latencies: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    timings: Mapping[str, Table] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class Traded:
    """What a journal tells.

    begin, end: of its first and last input. orders (ORDER), fills (FILL), bookings (BOOKED). paths: how often an order
    passed from one state to the next. inputs: how many, by the name of their type. turned_away: intents that the order
    manager refused, by its reason. accepted, refused: requests, by the gate; rules: how often each was broken, by its
    name, several by one request perhaps. events: alarms, kills, links, lives. torn: bytes at the end that were never
    committed. lives: how often the process began.
    """

    begin: int
    end: int
    orders: Table
    fills: Table
    bookings: Table
    paths: Mapping[Passage, int]
    inputs: Mapping[str, int]
    turned_away: Mapping[str, int]
    accepted: int
    refused: int
    rules: Mapping[str, int]
    events: tuple[Event, ...]
    torn: int = 0
    lives: int = 1


@dataclass(frozen=True, kw_only=True)
class RunData:
    """A run. title: what it is called. market: None when nobody recorded it."""

    title: str
    traded: Traded
    market: Market | None = None
    names: Names = Names()

    @property
    def missing(self) -> tuple[str, ...]:
        """What a report cannot show, and why, for people."""
        traded, market, found = self.traded, self.market, []
        if market is None:
            found.append("The market was not recorded: there are no books, no trades of others, and no latencies of "
                         "the device.")
        else:
            if not len(market.samples):
                found.append("The device published no record of a book.")
            if market.lost:
                found.append(f"{market.lost:,} records of the device were overwritten before they were recorded.")
            if market.thinning > 1:
                found.append(f"One of {market.thinning} books was kept; trades, and all counts, are complete.")
            if market.outcome is None:
                found.append("Positions and orders were not compared with the exchange's.")
        if not len(traded.orders):
            found.append("The journal holds no order.")
        if traded.torn:
            found.append(f"The journal ends in {traded.torn:,} bytes that were never committed.")
        return tuple(found)
