"""The gate against an independent one (sim/models/risk): every field of every verdict, under adversarial flow."""

import pytest

from tests.gateware.risk.cosim import compare
from wire.profiles import PROFILES

#: (seed, how often something happens beside the slots, how often a verdict has to wait)
RUNS = ((1, 0.3, 0.0), (2, 0.0, 0.0), (3, 1.0, 0.3), (4, 0.3, 0.9))


@pytest.mark.parametrize("seed, trouble, pauses", RUNS)
def test_verdicts_are_those_of_the_independent_gate(seed, trouble, pauses):
    compared, difference = compare(PROFILES["tiny"], slots=2_000, seed=seed, trouble=trouble, pauses=pauses)
    assert not difference, difference
    assert compared >= 2_000


@pytest.mark.soak
@pytest.mark.parametrize("profile", ["tiny", "ecp5_85_gate"])
def test_a_million_slots(profile):
    compared = 0
    for seed in range(1, 51):
        count, difference = compare(
            PROFILES[profile], slots=10_000, seed=1_000 + seed, trouble=(0.0, 0.3, 1.0)[seed % 3],
            pauses=(0.0, 0.3, 0.9)[seed // 3 % 3])
        assert not difference, difference
        compared += count
        print(f"{profile}: {compared:,} slots, no difference", flush=True)
    assert compared >= 500_000
