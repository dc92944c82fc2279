"""Money, times and positions as people read them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from host.cli.errors import UserError
from host.cli.ladder import price_text
from host.cli.risk_common import Names
from host.positions.positions import Position
from host.risk import units

__all__ = ["marks", "money_text", "position_object", "positions_table", "when_text"]


def money_text(amount: int) -> str:
    """Return an amount of 1/10,000, which may be negative, as text."""
    return f"{'-' if amount < 0 else ''}{price_text(abs(amount))}"


def when_text(time_ns: int) -> str:
    """Return a time, ns since 1970, in UTC, exactly."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest:09d}"


def marks(given: Iterable[str], names: Names) -> dict[int, int]:
    """Return {symbol: price in 1/10,000} of texts like "AAPL=187.25". Raises UserError."""
    found = {}
    for text in given:
        symbol, equals, price = text.partition("=")
        if not equals:
            raise UserError(f"--mark must be SYMBOL=PRICE, not {text!r}")
        try:
            found[names.index("symbol", symbol, 1 << 16)] = units.price(price)
        except ValueError as error:
            raise UserError(f"--mark {text}: {error}") from None
    return found


def position_object(position: Position, names: Names, marked: Mapping[int, int]) -> dict[str, Any]:
    """Return a position as plain objects; money in 1/10,000. unrealised: null without a mark."""
    mark = marked.get(position.symbol)
    return {"account": position.account, "account_name": names.account(position.account), "symbol": position.symbol,
            "symbol_name": names.symbol(position.symbol), "shares": position.shares, "cost": position.cost,
            "average": position.average, "realised": position.realised, "fees": position.fees, "cash": position.cash,
            "bought": position.bought, "sold": position.sold, "trades": position.trades,
            "unrealised": None if mark is None else position.unrealised(mark)}


def positions_table(positions: Iterable[Position], names: Names, marked: Mapping[int, int]) -> Table:
    """Return positions, a row each, and a row of sums."""
    table = Table(title="Positions")
    for column in ("account", "symbol", "shares", "average", "realised", "unrealised", "fees", "cash", "trades"):
        table.add_column(column, justify="left" if column in ("account", "symbol") else "right")
    realised = fees = cash = trades = 0
    for one in positions:
        mark = marked.get(one.symbol)
        table.add_row(names.account(one.account), names.symbol(one.symbol), f"{one.shares:,}",
                      price_text(one.average) if one.shares else "", money_text(one.realised),
                      "" if mark is None else money_text(one.unrealised(mark)), money_text(one.fees),
                      money_text(one.cash), f"{one.trades:,}")
        realised, fees, cash, trades = (realised + one.realised, fees + one.fees, cash + one.cash,
                                        trades + one.trades)
    table.add_section()
    table.add_row("sum", "", "", "", money_text(realised), "", money_text(fees), money_text(cash), f"{trades:,}")
    return table
