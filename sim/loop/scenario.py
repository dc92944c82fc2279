"""What a deterministic run is made of, and what follows from that for exchange and gate."""

from dataclasses import dataclass
from pathlib import Path

from host.risk.limits import AccountLimits, GlobalLimits, Limits, PairLimits, Rate, SymbolLimits
from sim.exchange.config import Config, parse

__all__ = ["ACCOUNT", "PARTICIPANT", "START", "Scenario"]

#: When every run begins, ns since 1970: 2026-11-20 14:33:20 UTC, which the exchange calls 09:29:59.
START = 1_795_185_200_000_000_000
ACCOUNT, PARTICIPANT = "DESK", "TICKGATE"

_SECOND = 1_000_000_000
_OPEN = 9 * 3600 + 30 * 60
_CENT = 100
_FREELY = Rate(orders=1_000_000, per=_SECOND, burst=1_000)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A day at the exchange: it opens a second after the start, and trades for ``seconds``.

    profile: of the device. symbols: names and reference prices, 1/10,000, in the order of the gate's indices. rate:
    acts of the crowd a second; orders: how many it keeps open in a symbol. latency: ns of a FIX message, either way.
    faults: of the feed's lines, as sim.market.faults reads them. position: most shares held, long or short, in a
    symbol, by the gate. open_orders: likewise, of a symbol.
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

    def exchange(self) -> Config:
        """Return the exchange. Raises ConfigError for values that it cannot have."""
        crowd = {"seed": self.seed, "rate": self.rate, "orders": self.orders}
        content = {
            "symbol": [{"name": name, "reference": f"{price // 10_000}.{price % 10_000:04d}"}
                       for name, price in self.symbols],
            "day": {"start": _time(_OPEN - 1), "open": _time(_OPEN), "close": _time(_OPEN + self.seconds),
                    "end": _time(_OPEN + self.seconds + 1)},
            "feed": {"a": "239.255.77.1:26477", "b": "239.255.77.2:26477", "faults": self.faults},
            "fix": {"address": "127.0.0.1:0", "defaults": {"sender": "EXCHANGE"},
                    "session": [{"target": PARTICIPANT, "accounts": [ACCOUNT]}]},
            "crowd": [crowd]}
        return parse(content, "scenario", Path())

    def limits(self) -> Limits:
        """Return limits that leave ordinary trading alone."""
        return Limits(
            common=GlobalLimits(heartbeat=10 * _SECOND, duplicate=0),
            accounts=(AccountLimits(name=ACCOUNT, index=0, gross=10**14, net=10**14, open_orders=1_000, rate=_FREELY),),
            symbols=tuple(SymbolLimits(name=name, index=index, tick=_CENT, band=(_CENT, 10 * price), buy_bps=500,
                                       buy_ticks=100, sell_bps=500, sell_ticks=100, rate=_FREELY, restricted=False)
                          for index, (name, price) in enumerate(self.symbols)),
            pairs=tuple(PairLimits(account=ACCOUNT, symbol=name, max_shares=self.position, max_notional=10**12,
                                   long=self.position, short=self.position, open_orders=self.open_orders,
                                   locate=self.position, fills=1_000, window=_SECOND)
                        for name, _ in self.symbols))


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
