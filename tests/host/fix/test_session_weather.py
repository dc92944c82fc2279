"""Whatever befalls line and processes, each application gets what the other sent, once and in order."""

import pytest

from tests.host.fix.weather import Weather


def run(seed, **how):
    weather = Weather(seed, **how)
    try:
        weather.storm(150)
        weather.calm()
        weather.storm(100)
        weather.calm()
        weather.check()
    except BaseException:
        print(f"seed {seed}, {how}; the last of what happened:", *weather.log[-60:], sep="\n")
        raise
    return weather


@pytest.mark.parametrize("block", range(6))
def test_each_message_arrives_once_and_in_order_whatever_breaks(block):
    """Items 10, 11, 12, 16, 41 and 42."""
    for seed in range(block * 12, block * 12 + 12):
        run(seed)


@pytest.mark.parametrize("block", range(3))
def test_each_message_arrives_even_if_bytes_are_changed_on_the_way(block):
    """Items 24 and 25."""
    for seed in range(10_000 + block * 12, 10_000 + block * 12 + 12):
        run(seed, corrupt=True)


@pytest.mark.parametrize("block", range(3))
def test_resets_at_any_time_deliver_nothing_twice_and_leave_nobody_waiting(block):
    """Items 7, 36 and 43."""
    for seed in range(20_000 + block * 12, 20_000 + block * 12 + 12):
        run(seed, resets=True)


@pytest.mark.soak
def test_each_message_arrives_in_long_runs():
    for seed in range(100_000, 105_000):
        run(seed, corrupt=seed % 4 == 0, resets=seed % 4 == 1)
