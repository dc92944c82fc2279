"""The risk gate, for all times and any slots, prices, limits, kills and heartbeats: proofs by induction.

The assertions are those of gateware/risk, each looked at alone; the gate is as small as a gate can be.
"""

import pytest

from gateware.risk.gate import Gate
from tests.formal.prover import prove
from wire.profiles import Profile

pytestmark = pytest.mark.formal

PROFILE = Profile(
    name="proof", symbols=2, levels=1, order_slots=64, window=64, far_levels=4, ref_bits=16, share_bits=20,
    level_share_bits=24, level_order_bits=8, accounts=2, open_orders=2, duplicates=2)


@pytest.mark.parametrize("claim, depth", [
    ("an order was accepted while shut", 2),
    ("an order was accepted that breaks a rule", 2),
])
def test_never(claim, depth, tmp_path):
    outcome = prove(Gate(profile=PROFILE), depth=depth, only=claim, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
