"""Limits from a file: exact numbers, and a clear word on everything that is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.risk import limits as limits_module
from host.risk.limits import LimitsError, load_limits, parse_limits
from host.risk.units import cycles_at_least, cycles_at_most, duration, price
from wire.risk import TICKS

CLOCK = 125_000_000
GOOD = """
[global]
heartbeat = "500ms"
duplicate = "1s"

[account.desk]
index = 3
gross = "5_000_000"
net = "2_000_000.5"
open_orders = 40
rate = { orders = 3, per = "1s", burst = 10 }

[symbol.AAPL]
index = 0
tick = "0.01"
band = ["100", "500.25"]
collar = { buy_bps = 50, buy_ticks = 20, sell_bps = 40, sell_ticks = 10 }
rate = { orders = 1_000, per = "1ms", burst = 1 }
restricted = true

[symbol."BRK.B"]
index = 2
tick = "0.0001"
band = ["0.0001", "1000"]
collar = { buy_bps = 0, buy_ticks = 0, sell_bps = 0, sell_ticks = 0 }
rate = { orders = 1, per = "8ns", burst = 1 }

[pair.desk.AAPL]
max_shares = 1_000
max_notional = "250_000"
long = 5_000
short = 4_000
open_orders = 8
locate = 700
fills = 20
window = "10s"
"""


def test_every_value_becomes_the_number_that_the_device_holds():
    limits = parse_limits(GOOD)
    assert limits.common.row(CLOCK) == {"heartbeat": 62_500_000, "duplicate": 125_000_000}
    (account,) = limits.accounts
    assert (account.name, account.index) == ("desk", 3)
    # One order in a third of a second: 41,666,666.67 cycles, rounded to the stricter side.
    assert account.row(CLOCK) == {
        "enable": 1, "gross": 50_000_000_000, "net": 20_000_005_000, "open_orders": 40, "interval": 41_666_667,
        "tolerance": 9 * 41_666_667}
    apple, berkshire = limits.symbols
    assert apple.row(CLOCK) == {
        "enable": 1, "restricted": 1, "tick": TICKS.index(100), "band_low": 1_000_000, "band_high": 5_002_500,
        "collar_buy": 50, "collar_sell": 40, "units_buy": 2_000, "units_sell": 1_000, "interval": 125, "tolerance": 0}
    assert (apple.index, berkshire.index) == (0, 2)
    assert berkshire.name == "BRK.B" and berkshire.row(CLOCK)["interval"] == 1
    (pair,) = limits.pairs
    assert (pair.account, pair.symbol) == ("desk", "AAPL")
    assert pair.row(CLOCK) == {
        "max_shares": 1_000, "max_notional": 2_500_000_000, "long": 5_000, "short": 4_000, "open_orders": 8,
        "locate": 700, "fills": 20, "window": 1_250_000_000}


@pytest.mark.parametrize("old, new, said", [
    ('heartbeat = "500ms"', "heartbeat = 500", "global.heartbeat must be a time with its unit"),
    ('heartbeat = "500ms"', 'heartbeat = "0s"', "global.heartbeat must be longer than nothing, not '0s'"),
    ('heartbeat = "500ms"', 'heartbeat = "0.5ns"', "global.heartbeat must be a whole number of ns, '0.5ns' is 0.5"),
    ('heartbeat = "500ms"\n', "", "global.heartbeat is missing"),
    ("index = 3", "index = -1", "account.desk.index must be a whole number 0..65535, not -1"),
    ("index = 3", "index = true", "account.desk.index must be a whole number 0..65535, not True"),
    ('gross = "5_000_000"', "gross = 5e6", "account.desk.gross must be dollars in quotes"),
    ('gross = "5_000_000"', 'gross = "-1"', "account.desk.gross must be a number of dollars that is not negative"),
    ('gross = "5_000_000"', 'gross = "1.00001"', "account.desk.gross must have at most four decimal places"),
    ('gross = "5_000_000"', 'gross = "1e30"', "account.desk.gross must be below 922,337,203,685,477.5808 dollars"),
    ('gross = "5_000_000"', 'gross = "NaN"', "account.desk.gross must be a number of dollars that is not negative"),
    ('gross = "5_000_000"', 'gros = "5_000_000"', "account.desk.gross is missing"),
    ("open_orders = 40", "open_orders = 40\nmaximum = 7", "account.desk.maximum = 7: there is no such key"),
    ("orders = 3,", "orders = 0,", "account.desk.rate.orders must be a whole number 1..1000000000, not 0"),
    ("rate = { orders = 3, per = \"1s\", burst = 10 }", "rate = 3", "account.desk.rate must be a table, not 3"),
    ("index = 2\n", "", "symbol.BRK.B.index is missing"),
    ('tick = "0.01"', 'tick = "0.02"',
     "symbol.AAPL.tick must be one of 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 1 dollars, not '0.02'"),
    ('band = ["100", "500.25"]', 'band = ["500", "100"]', "symbol.AAPL.band must be two prices above 0"),
    ('band = ["100", "500.25"]', 'band = ["100"]', "symbol.AAPL.band must be the lowest and the highest price"),
    ('band = ["100", "500.25"]', 'band = ["100", "500000"]', "symbol.AAPL.band must be a price below 429,496.7296"),
    ("buy_bps = 50", "buy_bps = 70_000", "symbol.AAPL.collar.buy_bps must be a whole number 0..65535, not 70000"),
    ("restricted = true", "restricted = 1", "symbol.AAPL.restricted must be true or false, not 1"),
    ("[pair.desk.AAPL]", "[pair.desk.MSFT]", "pair.desk.MSFT: there is no symbol.MSFT"),
    ("[pair.desk.AAPL]", "[pair.bank.AAPL]", "pair.bank: there is no account.bank"),
    ("[global]", "[globe]", "global is missing"),
    ("[global]", "[other]\n[global]", "other = {}: there is no such key"),
    ("[global]", "[global", "no TOML: "),
])
def test_what_is_wrong_is_named(old, new, said):
    assert GOOD.count(old) >= 1
    with pytest.raises(LimitsError) as error:
        parse_limits(GOOD.replace(old, new, 1))
    assert said in str(error.value)


def test_two_accounts_cannot_have_one_index():
    with pytest.raises(LimitsError, match="account.two.index 3 is that of account.desk too"):
        parse_limits(GOOD + '\n[account.two]\nindex = 3\ngross = "1"\nnet = "1"\nopen_orders = 1\n'
                     'rate = { orders = 1, per = "1s", burst = 1 }\n')


def test_two_symbols_cannot_have_one_index():
    with pytest.raises(LimitsError, match="symbol.BRK.B.index 0 is that of symbol.AAPL too"):
        parse_limits(GOOD.replace("index = 2", "index = 0"))


def test_an_interval_that_the_device_cannot_hold_is_named():
    limits = parse_limits(GOOD.replace('orders = 3, per = "1s"', 'orders = 1, per = "1h"'))
    with pytest.raises(LimitsError, match=r"account.desk: interval must be below 2\*\*32 in the device, it would be"):
        limits.accounts[0].row(CLOCK)


def test_an_error_names_the_file(tmp_path):
    path = tmp_path / "limits.toml"
    path.write_text("[global]\n")
    with pytest.raises(LimitsError) as error:
        load_limits(path)
    assert str(error.value) == f"{path}: account is missing"
    path.write_bytes(b"\xff")
    with pytest.raises(LimitsError, match="no UTF-8"):
        load_limits(path)


def test_the_example_in_the_documentation_is_good():
    text = limits_module.__doc__.split("\n\n", 1)[1].rsplit("\n\n", 1)[0]
    assert len(parse_limits(text).pairs) == 1


@given(st.integers(0, 10**19))
def test_prices_are_exact(units):
    assert price(f"{units // 10_000}.{units % 10_000:04d}") == units


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_cycles_are_rounded_as_named(ns, clock_hz):
    least, most = cycles_at_least(ns, clock_hz), cycles_at_most(ns, clock_hz)
    assert most * 10**9 <= ns * clock_hz <= least * 10**9 and least - most <= 1


def test_durations_have_units():
    assert [duration(text) for text in ("3ns", "2us", "1.5ms", "1 s", "2min", "1h")] == [
        3, 2_000, 1_500_000, 10**9, 120 * 10**9, 3_600 * 10**9]


def test_a_missing_file_is_the_callers_to_report():
    with pytest.raises(OSError):
        load_limits(Path("/nonexistent/limits.toml"))
