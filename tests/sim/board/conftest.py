"""One board for all tests, built once: two ports, and a core slower than the line."""

import pytest

from boards.colorlight_5a75b import BOARD
from boards.verilog import top_verilog
from sim.board.model import SimulatedBoard
from sim.device.build import silent
from tests.gateware.net.ip.packets import OUR_IP, OURS
from tests.sim.board.alone import CAN_TAP, alone
from tests.sim.board.ports import Ports


@pytest.fixture(scope="session")
def verilog() -> str:
    """The Verilog of the board's ports; port n has the addresses OURS and OUR_IP plus n."""
    return top_verilog(BOARD, Ports(
        BOARD, core_hz=62_500_000, mac=int.from_bytes(OURS, "big"), ip=int.from_bytes(OUR_IP, "big")))


@pytest.fixture
def simulated(verilog):
    """The ports, with lock and gigabit links."""
    with SimulatedBoard(verilog, clock_hz=BOARD.clock_hz, progress=silent) as made:
        made.power_up()
        yield made


@pytest.fixture(scope="session")
def namespace():
    """Skip where no namespace with a TAP interface is to be had."""
    try:
        tried = alone("-c", CAN_TAP)
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if tried.returncode:
        pytest.skip(f"no TAP interface in a namespace: {tried.stderr.strip().splitlines()[-1]}")
