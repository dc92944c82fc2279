"""What the exchange's file says of the day, the feed and OUCH, read and checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.market.faults import Faults

__all__ = ["Address", "Day", "FeedConfig", "OuchConfig"]

Address = tuple[str, int]


@dataclass(frozen=True, kw_only=True)
class Day:
    """The day's plan, ns since midnight. start: the exchange's time when it begins; open, close: the crosses.
    imbalance: ns before each of them from which on the imbalance is published every second.
    statements: the folder of the end-of-day files; None: there are none."""

    start: int
    open: int
    close: int
    end: int
    imbalance: int = 0
    statements: Path | None = None


@dataclass(frozen=True, kw_only=True)
class FeedConfig:
    """lines: where A and B go, groups or hosts. interface: address of the one they leave by. most: messages a packet
    at most. gather: ns that one waits for others, at most. rewind, snapshot: where old messages, and snapshots, are to
    be had; None: nowhere. used: file of the names of sessions that were used, of which none is used again; None: every
    run has ``session``."""

    session: str
    lines: tuple[Address, Address]
    interface: str
    most: int | None
    gather: int
    faults: Faults
    rewind: Address | None
    snapshot: Address | None
    used: Path | None = None


@dataclass(frozen=True, kw_only=True)
class OuchConfig:
    """Where OUCH is listened for, and the users: options of OuchUser."""

    address: Address
    users: tuple[dict[str, Any], ...]
