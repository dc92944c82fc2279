# Ref: A. G. Hawkes, Spectra of some self-exciting and mutually exciting point processes, Biometrika 58 (1971);
# Ref: Y. Ogata, On Lewis' simulation method for point processes, IEEE Trans. Inf. Theory 27 (1981)
"""When things happen: Poisson and self-exciting arrivals."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, log
from random import Random

__all__ = ["NS", "Excitement", "Arrivals", "BURSTY"]

NS = 1_000_000_000


@dataclass(frozen=True)
class Excitement:
    """How an arrival brings about others: ``children`` on average, after ``delay`` ns on average (exponential)."""

    children: float
    delay: int

    def __post_init__(self) -> None:
        if not 0 < self.children < 1:
            raise ValueError(f"children must be above 0 and below 1, not {self.children}")
        if self.delay < 1:
            raise ValueError(f"delay must be at least 1 ns, not {self.delay}")


#: Bursts like those of real order flow (AAPL, 2012-06-21, from 09:30), which has them at several scales of time: from
#: some ten microseconds, where programs answer programs, to half a second.
BURSTY = (Excitement(0.55, 40_000), Excitement(0.13, 8_000_000), Excitement(0.18, 500_000_000))


class Arrivals:
    """Times of arrivals, from a seed; self-exciting with ``excitements``, a Poisson process without.

    rate: arrivals a second in the long run, those that others bring about among them. start: ns, nothing comes before.
    Of a branching ratio n (the sum of all children), the count's variance over long spans is 1 / (1 - n)**2 times its
    mean. Raises ValueError naming a value out of range.
    """

    def __init__(self, rate: float, excitements: tuple[Excitement, ...] = (), *, seed: int, start: int = 0):
        branching = sum(excitement.children for excitement in excitements)
        if rate <= 0:
            raise ValueError(f"rate must be above 0, not {rate}")
        if branching >= 1:
            raise ValueError(f"children of all excitements must be below 1 together, not {branching}")
        self._base = rate * (1 - branching) / NS
        self._excitements = excitements
        self._times = self._arrive(Random(seed).random, start)

    def __iter__(self) -> Iterator[int]:
        """Return the times to come, ns, none less than the one before."""
        return self._times

    def __next__(self) -> int:
        """Return the time of the next arrival."""
        return next(self._times)

    def _arrive(self, draw: Callable[[], float], now: int) -> Iterator[int]:
        """Yield the times. draw: gives random numbers of 0 to 1, 1 not among them."""
        base = self._base
        decays = [-1 / excitement.delay for excitement in self._excitements]
        jumps = [excitement.children / excitement.delay for excitement in self._excitements]
        excited = [0.0] * len(jumps)
        bound = base
        # Thinning: the intensity only falls until the next arrival, so the present one bounds it.
        while True:
            gap = -log(1.0 - draw()) / bound
            excited = [one * exp(decay * gap) for one, decay in zip(excited, decays, strict=True)]
            intensity = base + sum(excited)
            # What is under a nanosecond is kept on average.
            now += int(gap + draw())
            if draw() * bound <= intensity:
                yield now
                excited = [one + jump for one, jump in zip(excited, jumps, strict=True)]
                intensity = base + sum(excited)
            bound = intensity
