"""Limits from a TOML file: every key known, every value in its range, no default that would open the gate.

    [global]
    heartbeat = "500ms"          # rule 4: the host must be heard this often
    duplicate = "1s"             # rule 19

    [account.desk]
    index = 0                    # the account's index in the device
    gross = "5_000_000"          # rule 15, dollars
    net = "2_000_000"            # rule 16
    open_orders = 40             # rule 17
    rate = { orders = 100, per = "1s", burst = 10 }     # rule 18

    [symbol.AAPL]
    index = 0                    # the symbol's index in the device
    tick = "0.01"                # rule 9
    band = ["100", "500"]        # rule 13
    collar = { buy_bps = 50, buy_ticks = 20, sell_bps = 50, sell_ticks = 20 }      # rule 12
    rate = { orders = 100, per = "1s", burst = 10 }     # rule 18
    restricted = false           # rule 8; may be left out

    [pair.desk.AAPL]
    max_shares = 1_000           # rule 10
    max_notional = "250_000"     # rule 11
    long = 5_000                 # rule 14
    short = 5_000
    open_orders = 8              # rule 17
    locate = 0                   # rule 21; may be left out
    fills = 20                   # rule 22: fills within ``window`` that are still allowed
    window = "10s"

An account, symbol or pair that the file does not name keeps limits of 0: nothing passes.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from host.risk.units import cycles_at_least, cycles_at_most, duration, price
from wire.risk import ACCOUNT_LIMITS, GLOBAL_LIMITS, PAIR_LIMITS, SYMBOL_LIMITS, TICKS, LimitField

__all__ = ["LimitsError", "Rate", "GlobalLimits", "AccountLimits", "SymbolLimits", "PairLimits", "Limits",
           "load_limits", "parse_limits"]


class LimitsError(ValueError):
    """The limits cannot be used; the text names the key and the value."""


def _row(fields: tuple[LimitField, ...], where: str, **values: int) -> dict[str, int]:
    """Return ``values`` as a row of ``fields``. Raises LimitsError for one that does not fit its bits."""
    for field in fields:
        value = values[field.name]
        if not 0 <= value < 1 << field.bits:
            raise LimitsError(f"{where}: {field.name} must be below 2**{field.bits} in the device, it would be {value}")
    return {field.name: values[field.name] for field in fields}


@dataclass(frozen=True, kw_only=True)
class Rate:
    """``orders`` in each ``per`` ns, and up to ``burst`` at once."""

    orders: int
    per: int
    burst: int

    def cycles(self, clock_hz: int) -> dict[str, int]:
        """Return ``interval`` and ``tolerance`` in cycles, the interval rounded up."""
        interval = -(-self.per * clock_hz // (1_000_000_000 * self.orders))
        return {"interval": interval, "tolerance": (self.burst - 1) * interval}


@dataclass(frozen=True, kw_only=True)
class GlobalLimits:
    """Times in ns."""

    heartbeat: int
    duplicate: int

    def row(self, clock_hz: int) -> dict[str, int]:
        """Return the row of wire.risk.GLOBAL_LIMITS, each rounded to the stricter side."""
        return _row(GLOBAL_LIMITS, "global", heartbeat=cycles_at_most(self.heartbeat, clock_hz),
                    duplicate=cycles_at_least(self.duplicate, clock_hz))


@dataclass(frozen=True, kw_only=True)
class AccountLimits:
    """Notionals in 1/10,000."""

    name: str
    index: int
    gross: int
    net: int
    open_orders: int
    rate: Rate

    def row(self, clock_hz: int) -> dict[str, int]:
        """Return the row of wire.risk.ACCOUNT_LIMITS."""
        return _row(ACCOUNT_LIMITS, f"account.{self.name}", enable=1, gross=self.gross, net=self.net,
                    open_orders=self.open_orders, **self.rate.cycles(clock_hz))


@dataclass(frozen=True, kw_only=True)
class SymbolLimits:
    """Prices in 1/10,000; ticks as a multiple of ``tick``."""

    name: str
    index: int
    tick: int
    band: tuple[int, int]
    buy_bps: int
    buy_ticks: int
    sell_bps: int
    sell_ticks: int
    rate: Rate
    restricted: bool

    def row(self, clock_hz: int) -> dict[str, int]:
        """Return the row of wire.risk.SYMBOL_LIMITS."""
        return _row(SYMBOL_LIMITS, f"symbol.{self.name}", enable=1, restricted=int(self.restricted),
                    tick=TICKS.index(self.tick), band_low=self.band[0], band_high=self.band[1],
                    collar_buy=self.buy_bps, collar_sell=self.sell_bps, units_buy=self.buy_ticks * self.tick,
                    units_sell=self.sell_ticks * self.tick, **self.rate.cycles(clock_hz))


@dataclass(frozen=True, kw_only=True)
class PairLimits:
    """Shares; ``max_notional`` in 1/10,000, ``window`` in ns."""

    account: str
    symbol: str
    max_shares: int
    max_notional: int
    long: int
    short: int
    open_orders: int
    locate: int
    fills: int
    window: int

    def row(self, clock_hz: int) -> dict[str, int]:
        """Return the row of wire.risk.PAIR_LIMITS, the window rounded up."""
        return _row(PAIR_LIMITS, f"pair.{self.account}.{self.symbol}", max_shares=self.max_shares,
                    max_notional=self.max_notional, long=self.long, short=self.short, open_orders=self.open_orders,
                    locate=self.locate, fills=self.fills, window=cycles_at_least(self.window, clock_hz))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """All limits of a file, in its order; every pair's account and symbol are among them."""

    common: GlobalLimits
    accounts: tuple[AccountLimits, ...]
    symbols: tuple[SymbolLimits, ...]
    pairs: tuple[PairLimits, ...]


_REQUIRED = object()


class _Table:
    """A table of the file, from which each key is taken once."""

    def __init__(self, where: str, content: object) -> None:
        if not isinstance(content, Mapping):
            raise LimitsError(f"{where} must be a table, not {content!r}")
        self.where = where
        self._left: dict[str, Any] = dict(content)

    def take(self, key: str, parse: Callable[[Any], Any], default: Any = _REQUIRED) -> Any:
        """Return the value of ``key``, parsed. Raises LimitsError that names key and value."""
        if key not in self._left:
            if default is _REQUIRED:
                raise LimitsError(f"{self.where}.{key} is missing")
            return default
        value = self._left.pop(key)
        try:
            return parse(value)
        except LimitsError:
            raise
        except ValueError as error:
            raise LimitsError(f"{self.where}.{key} {error}") from None

    def table(self, key: str) -> "_Table":
        """Return the table ``key``."""
        if key not in self._left:
            raise LimitsError(f"{self.where}.{key} is missing")
        return _Table(f"{self.where}.{key}", self._left.pop(key))

    def tables(self) -> "list[tuple[str, _Table]]":
        """Return every table in this one, by name."""
        found = [(name, _Table(f"{self.where}.{name}", content)) for name, content in self._left.items()]
        self._left.clear()
        return found

    def end(self) -> None:
        """Raise LimitsError if a key is left that nobody has taken."""
        for key, value in self._left.items():
            raise LimitsError(f"{self.where}.{key} = {value!r}: there is no such key")


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number {low}..{high}, not {value!r}")
        return value
    return parse


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {value!r}")
    return value


def _some(value: Any) -> int:
    ns = duration(value)
    if ns == 0:
        raise ValueError(f"must be longer than nothing, not {value!r}")
    return ns


def _tick(value: Any) -> int:
    tick = price(value)
    if tick not in TICKS:
        raise ValueError(f"must be one of {', '.join(_dollars(tick) for tick in TICKS)} dollars, not {value!r}")
    return tick


def _dollars(units: int) -> str:
    return f"{units // 10_000}.{units % 10_000:04d}".rstrip("0").rstrip(".")


def _price_32(value: Any) -> int:
    units = price(value)
    if units >= 1 << 32:
        raise ValueError(f"must be a price below 429,496.7296 dollars, not {value!r}")
    return units


def _notional(value: Any) -> int:
    units = price(value)
    if units >= 1 << 63:
        raise ValueError(f"must be below 922,337,203,685,477.5808 dollars, not {value!r}")
    return units


def _band(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"must be the lowest and the highest price, not {value!r}")
    low, high = (_price_32(end) for end in value)
    if not 0 < low <= high:
        raise ValueError(f"must be two prices above 0, the lower first, not {value!r}")
    return low, high


def _rate(table: _Table) -> Rate:
    rate = Rate(orders=table.take("orders", _whole(1, 1_000_000_000)), per=table.take("per", _some),
                burst=table.take("burst", _whole(1, 65_535)))
    table.end()
    return rate


_SHARES, _COUNT, _BPS = _whole(0, (1 << 32) - 1), _whole(0, (1 << 16) - 1), _whole(0, (1 << 16) - 1)


def _account(name: str, table: _Table) -> AccountLimits:
    limits = AccountLimits(
        name=name, index=table.take("index", _whole(0, (1 << 16) - 1)), gross=table.take("gross", _notional),
        net=table.take("net", _notional), open_orders=table.take("open_orders", _COUNT),
        rate=_rate(table.table("rate")))
    table.end()
    return limits


def _symbol(name: str, table: _Table) -> SymbolLimits:
    collar = table.table("collar")
    limits = SymbolLimits(
        name=name, index=table.take("index", _whole(0, (1 << 16) - 1)), tick=table.take("tick", _tick),
        band=table.take("band", _band),
        buy_bps=collar.take("buy_bps", _BPS), buy_ticks=collar.take("buy_ticks", _SHARES),
        sell_bps=collar.take("sell_bps", _BPS), sell_ticks=collar.take("sell_ticks", _SHARES),
        rate=_rate(table.table("rate")), restricted=table.take("restricted", _flag, False))
    collar.end()
    table.end()
    return limits


def _pair(account: str, symbol: str, table: _Table) -> PairLimits:
    limits = PairLimits(
        account=account, symbol=symbol, max_shares=table.take("max_shares", _SHARES),
        max_notional=table.take("max_notional", _notional), long=table.take("long", _SHARES),
        short=table.take("short", _SHARES), open_orders=table.take("open_orders", _COUNT),
        locate=table.take("locate", _SHARES, 0), fills=table.take("fills", _COUNT),
        window=table.take("window", _some))
    table.end()
    return limits


def _indices(what: str, rows: tuple[AccountLimits, ...] | tuple[SymbolLimits, ...]) -> set[str]:
    """Return the names of ``rows``. Raises LimitsError when two have one index."""
    holders: dict[int, str] = {}
    for row in rows:
        if row.index in holders:
            raise LimitsError(f"{what}.{row.name}.index {row.index} is that of {what}.{holders[row.index]} too")
        holders[row.index] = row.name
    return set(holders.values())


def parse_limits(text: str) -> Limits:
    """Return the limits in ``text``. Raises LimitsError, which names the line, or key and value."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LimitsError(f"no TOML: {error}") from None
    parts = {}
    for part in ("global", "account", "symbol", "pair"):
        if part not in content:
            raise LimitsError(f"{part} is missing")
        parts[part] = _Table(part, content.pop(part))
    for key, value in content.items():
        raise LimitsError(f"{key} = {value!r}: there is no such key")

    common = GlobalLimits(heartbeat=parts["global"].take("heartbeat", _some),
                          duplicate=parts["global"].take("duplicate", duration))
    parts["global"].end()
    accounts = tuple(_account(name, table) for name, table in parts["account"].tables())
    symbols = tuple(_symbol(name, table) for name, table in parts["symbol"].tables())
    named_accounts, named = _indices("account", accounts), _indices("symbol", symbols)
    pairs = []
    for name, of_account in parts["pair"].tables():
        if name not in named_accounts:
            raise LimitsError(f"pair.{name}: there is no account.{name}")
        for symbol_name, table in of_account.tables():
            if symbol_name not in named:
                raise LimitsError(f"pair.{name}.{symbol_name}: there is no symbol.{symbol_name}")
            pairs.append(_pair(name, symbol_name, table))
    return Limits(common=common, accounts=accounts, symbols=symbols, pairs=tuple(pairs))


def load_limits(path: Path) -> Limits:
    """Return the limits in the file ``path``. Raises LimitsError, which names the file too, and OSError."""
    try:
        return parse_limits(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise LimitsError(f"{path}: no UTF-8: {error.reason} at byte {error.start}") from None
    except LimitsError as error:
        raise LimitsError(f"{path}: {error}") from None
