"""Strategies by name, from a configuration.

    [strategy]
    name = "imbalance"
    symbols = ["AAPL", "MSFT"]
    threshold = 7000

``name`` is one of STRATEGIES; all other keys are fields of its parameters. Symbols are named, pairs are lists of two.
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields
from typing import Any

from host.fix.tables import Table
from host.strategy.hold import Hold, HoldParameters
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.interface import Strategy
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from host.strategy.pairs import Pairs, PairsParameters

__all__ = ["STRATEGIES", "strategy_of"]

#: Strategies and their parameters.
STRATEGIES: dict[str, tuple[Callable[[Any], Strategy], type[Any]]] = {
    "hold": (Hold, HoldParameters), "imbalance": (Imbalance, ImbalanceParameters),
    "market_maker": (MarketMaker, MarketMakerParameters), "pairs": (Pairs, PairsParameters)}
_MOST = 2**62


def _symbol(table: Table, key: str, name: Any, symbols: Sequence[str]) -> int:
    if name not in symbols:
        raise table.error(key, f"no symbol {name!r} is followed; they are {', '.join(symbols)}")
    return symbols.index(name)


def _symbols(table: Table, key: str, symbols: Sequence[str]) -> tuple[int, ...]:
    return tuple(_symbol(table, key, name, symbols) for name in table.items(key) or [])


def _pairs(table: Table, key: str, symbols: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    pairs = table.items(key) or []
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise table.error(key, f"must be lists of two symbols, not {pair!r}")
    return tuple(tuple(_symbol(table, key, name, symbols) for name in pair) for pair in pairs)


_READERS: dict[Any, Callable[[Table, str, Sequence[str]], Any]] = {
    tuple[int, ...]: _symbols, tuple[tuple[int, int], ...]: _pairs}


def strategy_of(table: Table, symbols: Sequence[str]) -> Strategy:
    """Return the strategy that ``table`` describes. symbols: names of the followed ones, by the gate's index.

    Raises ConfigError, which names table, key and value.
    """
    make, parameters = STRATEGIES[table.choice("name", STRATEGIES)]
    given = {}
    for field in fields(parameters):
        read = _READERS.get(field.type)
        if read is not None:
            given[field.name] = read(table, field.name, symbols)
        else:
            default = None if field.default is MISSING else field.default
            given[field.name] = table.number(field.name, default, most=_MOST)
    table.done()
    try:
        return make(parameters(**given))
    except ValueError as error:
        raise table.error("name", str(error)) from None
