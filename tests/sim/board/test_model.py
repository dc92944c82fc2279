"""The simulated board itself: what it refuses, and that its time is its own."""

import numpy as np
import pytest

from sim.board.model import SENT_DTYPE, Carriers
from sim.board.traffic import START, on_wire


@pytest.mark.parametrize("carrier, options", [(b"", {}), (b"x", {"gap": -1}), (b"x", {"stop_time": -1})])
def test_a_carrier_that_cannot_be_is_told(carrier, options):
    with pytest.raises(ValueError, match="a carrier must have bytes"):
        Carriers().add(carrier, **options)


def test_what_is_not_there_is_told(simulated):
    for port in (-1, 2):
        with pytest.raises(ValueError, match=f"port must be 0..1, not {port}"):
            simulated.take(port)
    with pytest.raises(ValueError, match="half must be at least 0"):
        simulated.clock(0, half=-1)
    beyond = np.array([(1, 2, 12, -1, -1, 0)], SENT_DTYPE)
    with pytest.raises(ValueError, match="within their 2 bytes"):
        simulated.send_arrays(0, beyond, np.zeros(2, np.uint8))


def test_time_moves_only_when_told_and_ends_of_carriers_are_known(simulated):
    begin, carrier = simulated.now, on_wire(bytes(60))
    told = Carriers()
    told.add(carrier)
    simulated.send(0, told)
    assert simulated.now == begin and simulated.waiting(0) == 1
    simulated.run(20 * 8_000_000)
    assert simulated.waiting(0) == 1 and simulated.take(0).taken == []
    assert simulated.settle() and simulated.waiting(0) == 0
    said = simulated.take(0)
    assert said.taken == [(bytes(60), 0)] and len(said.ends) == 1
    # Gap and carrier at a byte in 8 ns, less the part of one in which it began.
    assert (12 + len(carrier) - 1) * 8_000_000 <= said.ends[0] - begin <= (12 + len(carrier) + 1) * 8_000_000
    assert carrier.startswith(START)


def test_a_port_whose_clock_stands_says_nothing(simulated):
    simulated.clock(0, half=0)
    told = Carriers()
    told.add(on_wire(bytes(60)))
    simulated.send(0, told)
    assert not simulated.settle(limit=50_000_000_000, idle=1_000_000) and simulated.waiting(0) == 1
