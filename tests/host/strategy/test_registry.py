"""Strategies from a configuration."""

import tomllib
from pathlib import Path

import pytest

from host.fix.tables import ConfigError, Table
from host.strategy.registry import STRATEGIES, strategy_of

NAMES = ("AAPL", "MSFT", "NVDA")


def made(text):
    return strategy_of(Table("x.toml: strategy", tomllib.loads(text), Path()), NAMES)


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_has_a_name(name):
    pairs = '\npairs = [["MSFT", "AAPL"]]' if name == "pairs" else ""
    assert type(made(f'name = "{name}"{pairs}')) is STRATEGIES[name][0]


def test_keys_are_parameters_and_symbols_are_names():
    strategy = made('name = "imbalance"\nsymbols = ["NVDA", "AAPL"]\nthreshold = 7000')
    assert strategy.parameters.symbols == (2, 0) and strategy.parameters.threshold == 7_000
    assert made('name = "pairs"\npairs = [["MSFT", "AAPL"]]').parameters.pairs == ((1, 0),)


@pytest.mark.parametrize(("text", "error"), [
    ("", "strategy: name: is missing"),
    ('name = "momentum"', 'name: must be one of hold, imbalance, market_maker, pairs, not "momentum"'),
    ('name = "hold"\nshare = 5', "share: there is no such key; shares?"),
    ('name = "hold"\nshares = "5"', 'shares: must be a whole number from 0 to .*, not "5"'),
    ('name = "hold"\nshares = 0', "shares must be at least 1, not 0"),
    ('name = "hold"\nsymbols = ["IBM"]', "symbols: no symbol 'IBM' is followed; they are AAPL, MSFT, NVDA"),
    ('name = "hold"\nsymbols = "AAPL"', 'symbols: must be a list, not "AAPL"'),
    ('name = "pairs"', "pairs must be some"),
    ('name = "pairs"\npairs = ["AAPL"]', "pairs: must be lists of two symbols, not 'AAPL'")])
def test_what_makes_no_sense_is_said(text, error):
    with pytest.raises(ConfigError, match=error):
        made(text)
