"""Prices as text."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.fix.decimals import average_of, average_text, price_of, price_text, shares_of


@given(st.integers(-10**15, 10**15))
def test_a_price_is_its_decimal_number_and_comes_back(price):
    text = price_text(price)
    assert Decimal(text.decode()) == Decimal(price) / 10_000 and price_of(text) == price


def test_two_places_at_least_and_four_at_most():
    assert [price_text(price) for price in (0, 10_000, 1_852_500, 1, -5, 12_340)] == [
        b"0.00", b"1.00", b"185.25", b"0.0001", b"-0.0005", b"1.234"]


def test_other_ways_to_write_a_price():
    assert [price_of(text) for text in (b"5", b"5.", b"005.1", b"5.10000000", b"-0", b"0.0001", b".5", b"-.5")] == [
        50_000, 50_000, 51_000, 51_000, 0, 1, 5_000, -5_000]


@pytest.mark.parametrize("text", [b"", b".", b"-", b"-.", b"5.00001", b"1e3", b"+5", b" 5", b"5 ", b"1,5", b"--5",
                                  b"0x5", b"nan", b"9" * 16, "５".encode()])
def test_no_price(text):
    with pytest.raises(ValueError, match="decimal number"):
        price_of(text)


def test_quantities():
    assert shares_of(b"100") == shares_of(b"100.00") == 100
    for text in b"100.5", b"-1":
        with pytest.raises(ValueError, match="whole"):
            shares_of(text)
    with pytest.raises(ValueError, match="decimal number"):
        shares_of(b"x")


@given(fills=st.lists(st.tuples(st.integers(1, 2_000_000_000), st.integers(1, 1_000_000)), max_size=5))
def test_averages(fills):
    notional, count = sum(price * shares for price, shares in fills), sum(shares for _, shares in fills)
    exact = Decimal(notional) / count / 10_000 if count else Decimal(0)
    assert Decimal(average_text(notional, count).decode()) == exact.quantize(Decimal("0.000001"), ROUND_HALF_UP)


@given(st.decimals(-10**9, 10**9, places=9))
def test_an_average_is_read_to_the_nearest(average):
    nearest = (average * 10_000).to_integral_value(ROUND_HALF_UP)
    assert average_of(f"{average:f}".encode()) == nearest


@pytest.mark.parametrize("text", [b"", b".", b"-", b"1e3", b" 1", b"1,5", b"0x1"])
def test_no_average(text):
    with pytest.raises(ValueError, match="decimal number"):
        average_of(text)
