"""The board on a TAP interface, in a network namespace of its own: the kernel's stack is the peer."""

import json
import signal

import pytest

from boards.colorlight_5a75b import BOARD
from sim.board.tap import Tap, TapError
from tests.gateware.net.ip.packets import OUR_IP, OURS
from tests.sim.board.alone import alone


def test_the_kernel_pings_the_board(namespace, verilog, simulated, tmp_path):
    text = tmp_path / "top.v"
    text.write_text(verilog)
    done = alone("-m", "tests.sim.board.in_namespace", str(text), str(BOARD.clock_hz))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert all(told["pings"]) and len(told["pings"]) == 26
    assert told["neighbours"] == {".".join(map(str, OUR_IP)): OURS.hex(":")}
    # Every ping and its answer passed the interface; the rest is ARP.
    assert told["seen"] == 52 and told["counts"]["out"] >= 27 and "bad" not in told["counts"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_who_dies_leaves_no_interface(namespace, number):
    done = alone("-m", "tests.sim.board.die_in_namespace", str(int(number)))
    assert done.returncode == 0, done.stderr
    before, after = json.loads(done.stdout)
    assert set(before) - set(after) == {"tickgate0"}


@pytest.mark.parametrize("name", ["", "a name that is much too long", "a/b", " a"])
def test_a_name_that_is_none_is_told(name):
    with pytest.raises(TapError, match="1..15 characters"):
        Tap(name)


def test_an_interface_that_is_no_tap_is_told(namespace):
    done = alone("-c", "from sim.board.tap import Tap, TapError\ntry:\n    Tap('lo')\nexcept TapError as error:\n"
                       "    print(error)")
    assert done.stdout.startswith("lo: is no TAP interface"), done.stderr
