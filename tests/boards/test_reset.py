"""Which flip-flops the global reset gets."""

import copy

import pytest

from boards.board import BoardError
from boards.reset import RESET, on_own_network


def flip_flop(reset, mode="LSR_OVER_CE"):
    return {"type": "TRELLIS_FF", "parameters": {"LSRMUX": "LSR", "SRMODE": mode, "GSR": "DISABLED", "REGSET": "SET"},
            "connections": {"LSR": reset, "Q": [9]}, "port_directions": {"LSR": "input", "Q": "output"}}


@pytest.fixture
def netlist():
    cells = {"reset": flip_flop([5]), "part": flip_flop([6]), "other": flip_flop([5], "ASYNC"),
             "never": flip_flop(["0"]),
             "or": {"type": "LUT4", "parameters": {}, "connections": {"A": [5], "Z": [6]}, "port_directions": {}}}
    return {"modules": {"top": {"cells": cells, "netnames": {RESET: {"bits": [5]}, "b": {"bits": [6, 9, "x"]}}}}}


def test_who_is_reset_by_it_alone_gets_the_global_reset(netlist):
    before = copy.deepcopy(netlist["modules"]["top"]["cells"])
    assert on_own_network(netlist) == 1
    cells = netlist["modules"]["top"]["cells"]
    assert cells["reset"]["connections"]["LSR"] == ["0"] and cells["reset"]["parameters"] == {
        "LSRMUX": "LSR", "GSR": "ENABLED", "REGSET": "SET"}
    assert {name: cells[name] for name in before if name != "reset"} == {
        name: cell for name, cell in before.items() if name != "reset"}
    [low] = cells["core_reset_low"]["connections"]["Z"]
    assert cells["core_reset_low"]["connections"]["A"] == [5] and low == 10
    assert cells["core_reset_network"]["type"] == "GSR" and cells["core_reset_network"]["connections"] == {"GSR": [low]}


def test_a_netlist_that_has_none_or_one_already_is_told(netlist):
    with pytest.raises(BoardError, match="no signal clocks.nothing"):
        on_own_network(netlist, reset="clocks.nothing")
    with pytest.raises(BoardError, match="b resets no flip-flop"):
        on_own_network(netlist, reset="b")
    on_own_network(netlist)
    with pytest.raises(BoardError, match="a global reset already"):
        on_own_network(netlist)
