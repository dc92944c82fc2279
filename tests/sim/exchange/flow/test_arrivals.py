"""Arrivals: their rate, and how much they come in bursts."""

import csv

import numpy as np
import pytest

from sim.exchange.flow.arrivals import BURSTY, NS, Arrivals, Excitement

#: Seconds of the windows in which arrivals are counted.
WINDOWS = (0.01, 0.1, 1.0)


def times(count, rate, excitements=(), seed=1):
    arrivals = Arrivals(rate, excitements, seed=seed)
    return np.array([next(arrivals) for _ in range(count)])


def fano(found, window):
    """Return variance over mean of the counts in windows of so many seconds."""
    counts = np.bincount((found / (window * NS)).astype(np.int64))[:-1]
    return counts.var() / counts.mean()


def test_a_poisson_process_has_its_rate_and_no_bursts():
    found = times(20_000, 1_000)
    assert found[-1] / NS == pytest.approx(20, rel=0.05)
    gaps = np.diff(found)
    assert gaps.std() / gaps.mean() == pytest.approx(1, abs=0.05)
    assert all(fano(found, window) == pytest.approx(1, abs=0.2) for window in WINDOWS[:2])


def test_a_self_exciting_process_has_its_rate_and_the_variance_of_its_branching_ratio():
    found = times(40_000, 1_000, (Excitement(0.5, 100_000),))
    assert found[-1] / NS == pytest.approx(40, rel=0.05)
    assert fano(found, 0.1) == pytest.approx(1 / (1 - 0.5) ** 2, rel=0.25)


def test_bursts_are_those_of_real_order_flow(data_dir):
    (path,) = (data_dir / "lobster_aapl_l10_head").glob("*_message_10.csv")
    with path.open(encoding="ascii", newline="") as file:
        real = np.array([round(float(row[0]) * NS) for row in csv.reader(file)], np.int64)
    rate = (len(real) - 1) / ((real[-1] - real[0]) / NS)
    made = times(20_000, rate, BURSTY)
    # 999 messages tell these only within a factor; a Poisson process is out by 7 to 25.
    for window in WINDOWS:
        assert 0.5 < fano(made, window) / fano(real - real[0], window) < 2, window
    for percent, most in ((50, 2), (75, 10), (90, 2), (99, 2)):
        ratio = np.percentile(np.diff(made), percent) / np.percentile(np.diff(real), percent)
        assert 1 / most < ratio < most, percent


def test_times_come_from_the_seed_never_fall_and_begin_at_the_start():
    found = times(2_000, 1e6, BURSTY, seed=5)
    assert (np.diff(found) >= 0).all()
    assert (found == times(2_000, 1e6, BURSTY, seed=5)).all()
    assert (found != times(2_000, 1e6, BURSTY, seed=6)).any()
    assert next(Arrivals(1, seed=1, start=7 * NS)) >= 7 * NS


@pytest.mark.parametrize("wrong", [
    lambda: Arrivals(0, seed=1), lambda: Arrivals(1, (Excitement(0.5, 1), Excitement(0.5, 2)), seed=1),
    lambda: Excitement(1, 1), lambda: Excitement(0.5, 0)])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        wrong()
