"""What a file of limits asks of a device: each row of the gate, by name, those that it does not name too."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from host.device.driver import Device
from host.risk.limits import AccountLimits, Limits, LimitsError, SymbolLimits
from wire.pages import ROW_FIELDS, Command

__all__ = ["PlannedRow", "planned_rows"]

_Row = TypeVar("_Row", AccountLimits, SymbolLimits)


@dataclass(frozen=True, kw_only=True)
class PlannedRow:
    """name: its table in the file, such as "pair.desk.AAPL", or "account 3" where it is in none.

    command: sets it, with ``account``, ``symbol`` (0 where it has none). values: every field.
    """

    name: str
    command: Command
    account: int = 0
    symbol: int = 0
    values: dict[str, int]


def planned_rows(limits: Limits, device: Device, *, accounts: int) -> list[PlannedRow]:
    """Return every row of a gate of ``accounts`` accounts in ``device``: pairs, symbols, accounts, global.

    Rows that ``limits`` does not name are 0. Raises LimitsError for an index that the device does not have, or a number
    that does not fit it.
    """
    clock, symbols = device.capabilities.clock_hz, device.capabilities.symbols
    account_rows = _by_index("account", limits.accounts, accounts)
    symbol_rows = _by_index("symbol", limits.symbols, symbols)
    pair_rows = {(pair.account, pair.symbol): pair for pair in limits.pairs}

    def rows() -> Iterator[PlannedRow]:
        for a in range(accounts):
            for s in range(symbols):
                account, symbol = account_rows.get(a), symbol_rows.get(s)
                pair = pair_rows.get((account.name, symbol.name)) if account and symbol else None
                yield PlannedRow(name=f"pair.{pair.account}.{pair.symbol}" if pair else f"pair {a}, {s}",
                                 command=Command.SET_PAIR, account=a, symbol=s,
                                 values=pair.row(clock) if pair else _nothing(Command.SET_PAIR))
        for s in range(symbols):
            symbol = symbol_rows.get(s)
            yield PlannedRow(name=f"symbol.{symbol.name}" if symbol else f"symbol {s}", command=Command.SET_SYMBOL,
                             symbol=s, values=symbol.row(clock) if symbol else _nothing(Command.SET_SYMBOL))
        for a in range(accounts):
            account = account_rows.get(a)
            yield PlannedRow(name=f"account.{account.name}" if account else f"account {a}", account=a,
                             command=Command.SET_ACCOUNT,
                             values=account.row(clock) if account else _nothing(Command.SET_ACCOUNT))
        yield PlannedRow(name="global", command=Command.SET_GLOBAL, values=limits.common.row(clock))

    return list(rows())


def _by_index(what: str, rows: tuple[_Row, ...], count: int) -> dict[int, _Row]:
    for row in rows:
        if row.index >= count:
            raise LimitsError(f"{what}.{row.name}.index must be 0..{count - 1} in this device, not {row.index}")
    return {row.index: row for row in rows}


def _nothing(command: Command) -> dict[str, int]:
    return {field.name: 0 for field in ROW_FIELDS[command]}
