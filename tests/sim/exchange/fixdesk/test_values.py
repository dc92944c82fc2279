"""Numbers of FIX as the exchange's integers, and back."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange.fixdesk import values


@pytest.mark.parametrize("text, number", [
    ("50", 500_000), ("50.", 500_000), ("50.1", 501_000), ("0.0001", 1), (".5", 5000), ("00012.3400000", 123_400),
    ("-1.5", -15_000), ("0", 0),
])
def test_prices(text, number):
    assert values.price(text.encode()) == number


@pytest.mark.parametrize("text", ["", ".", "-", "1e3", "+1", "1.00001", "1,5", " 1", "0x1", "1.2.3", "--1"])
def test_what_is_no_price(text):
    with pytest.raises(ValueError):
        values.price(text.encode())


@given(number=st.integers(-10**12, 10**12))
def test_round_trip(number):
    text = values.decimal(number)
    assert values.price(text) == number and Decimal(text.decode()) == Decimal(number) / 10_000
    assert len(text.split(b".")[1]) >= 2


def test_quantities():
    assert values.shares(b"100") == values.shares(b"100.00") == 100
    with pytest.raises(ValueError, match="whole"):
        values.shares(b"100.5")


@given(fills=st.lists(st.tuples(st.integers(1, 2_000_000_000), st.integers(1, 1_000_000)), max_size=5))
def test_averages(fills):
    notional, count = sum(price * shares for price, shares in fills), sum(shares for _, shares in fills)
    exact = Decimal(notional) / count / 10_000 if count else Decimal(0)
    assert Decimal(values.average(notional, count).decode()) == exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)
