"""What a deterministic run is made of: an exchange, limits of the gate, a device."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.risk.limits import AccountLimits, GlobalLimits, Limits, PairLimits, Rate, SymbolLimits
from sim.exchange.config import Config, parse
from sim.exchange.symbols import CENT, Symbol

__all__ = ["ACCOUNT", "PARTICIPANT", "Scenario", "Setup", "fix_table", "free_limits", "time_text"]

ACCOUNT, PARTICIPANT = "DESK", "TICKGATE"

_SECOND = 1_000_000_000
_OPEN = 9 * 3600 + 30 * 60
_FREELY = Rate(orders=1_000_000, per=_SECOND, burst=1_000)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A run. exchange: has a FIX session of PARTICIPANT. limits: of ACCOUNT, the gate's index 0, in the exchange's
    symbols, which have the gate's indices in their order. profile: of the device. latency: ns that a FIX message takes,
    either way. timer: ns between the host's heartbeats, and its timers."""

    exchange: Config
    limits: Limits
    profile: str
    latency: int
    timer: int = 10_000_000


def fix_table() -> dict[str, Any]:
    """Return the part of an exchange's description that lets PARTICIPANT trade for ACCOUNT."""
    return {"address": "127.0.0.1:0", "defaults": {"sender": "EXCHANGE"},
            "session": [{"target": PARTICIPANT, "accounts": [ACCOUNT]}]}


def free_limits(symbols: Sequence[Symbol], *, position: int, open_orders: int) -> Limits:
    """Return limits that leave ordinary trading alone. position: most shares held, long or short, in a symbol;
    open_orders: most open orders of a symbol."""
    return Limits(
        common=GlobalLimits(heartbeat=10 * _SECOND, duplicate=0),
        accounts=(AccountLimits(name=ACCOUNT, index=0, gross=10**14, net=10**14, open_orders=1_000, rate=_FREELY),),
        symbols=tuple(SymbolLimits(name=symbol.name, index=index, tick=CENT, band=(CENT, 10 * symbol.reference),
                                   buy_bps=500, buy_ticks=100, sell_bps=500, sell_ticks=100, rate=_FREELY,
                                   restricted=False)
                      for index, symbol in enumerate(symbols)),
        pairs=tuple(PairLimits(account=ACCOUNT, symbol=symbol.name, max_shares=position, max_notional=10**12,
                               long=position, short=position, open_orders=open_orders, locate=position, fills=1_000,
                               window=_SECOND)
                    for symbol in symbols))


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A made day: the exchange opens a second after the start, and trades for ``seconds`` with a crowd.

    profile: of the device. symbols: names and reference prices, 1/10,000, in the order of the gate's indices. rate:
    acts of the crowd a second; orders: how many it keeps open in a symbol. latency: ns of a FIX message, either way.
    faults: of the feed's lines, as sim.market.faults reads them. position: most shares held, long or short, in a
    symbol, by the gate. open_orders: likewise, of a symbol. gather: us for which messages of the feed wait for others
    to share a packet. plan: what the exchange's operators do, ns after the opening.
    """

    seed: int = 1
    seconds: int = 5
    profile: str = "tiny"
    symbols: tuple[tuple[str, int], ...] = (("AAPL", 50_0000), ("MSFT", 40_0000))
    rate: int = 60
    orders: int = 10
    latency: int = 50_000
    faults: str = ""
    position: int = 10_000
    open_orders: int = 4
    gather: int = 0
    plan: tuple[tuple[int, str], ...] = ()

    def setup(self) -> Setup:
        """Return the run. Raises ConfigError for values that an exchange cannot have."""
        crowd = {"seed": self.seed, "rate": self.rate, "orders": self.orders}
        exchange = parse({
            "symbol": [{"name": name, "reference": f"{price // 10_000}.{price % 10_000:04d}"}
                       for name, price in self.symbols],
            "day": {"start": time_text(_OPEN - 1), "open": time_text(_OPEN), "close": time_text(_OPEN + self.seconds),
                    "end": time_text(_OPEN + self.seconds + 1)},
            "feed": {"a": "239.255.77.1:26477", "b": "239.255.77.2:26477", "faults": self.faults,
                     "gather": self.gather},
            "plan": [{"at": time_text(_OPEN, after), "do": text} for after, text in self.plan],
            "fix": fix_table(), "crowd": [crowd]}, "scenario", Path())
        limits = free_limits(exchange.symbols, position=self.position, open_orders=self.open_orders)
        return Setup(exchange=exchange, limits=limits, profile=self.profile, latency=self.latency)


def time_text(seconds: int, ns: int = 0) -> str:
    """Return a time of the day, ``ns`` behind ``seconds`` since midnight, as a description of an exchange has it: to
    the microsecond."""
    seconds, us = seconds + ns // _SECOND, ns % _SECOND // 1_000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}" + (f".{us:06d}" if us else "")
