# amaranth: UnusedElaboratable=no
"""Every Assert of the book's invariants is silent for what is right and fires for the fault that it is there for."""

import pytest
from amaranth.sim import Simulator

from gateware.book.invariants import Invariants
from gateware.book.operation import Sizes
from wire.profiles import PROFILES

DEPTH = 12
#: Order messages: (cycle, type, symbol, sequence number); the last but one meets a clear.
MESSAGES = ((3, "A", 1, 70_000), (5, "U", 2, 70_001), (9, "D", 1, 70_002), (11, "X", 3, 70_003), (13, "F", 0, 70_005))


def cycles(messages=MESSAGES):
    """Return {cycle: {port: value}} of a book that does all as it must."""
    script = {}
    for at, kind, symbol, seq in messages:
        due = at + DEPTH + (kind == "U")
        for cycle, values in ((at, {"type": kind, "seq": seq, "valid": 1}), (at + 2, {"hit": 1, "index": symbol}),
                              (due, {"best_valid": 1, "best_symbol": symbol, "commit": 1, "commit_symbol": symbol,
                                     "commit_seq": seq})):
            script.setdefault(cycle, {}).update(values)
    return script


def play(script, *, length=40):
    dut = Invariants(sizes=Sizes(PROFILES["tiny"]), depth=DEPTH)
    ports = {name: getattr(dut, name) for name, _ in dut.signature.members.items() if name != "i"}
    ports |= {"valid": dut.i.valid, "seq": dut.i.p.seq, "type": dut.i.p.data[0]}

    async def bench(ctx):
        for cycle in range(length):
            for name, port in ports.items():
                value = script.get(cycle, {}).get(name, 0)
                ctx.set(port, ord(value) if isinstance(value, str) else value)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    simulator.run()


def test_a_book_that_does_all_as_it_must():
    play(cycles())


def test_what_is_not_followed_or_meets_a_clear_commits_not():
    script = cycles()
    for cycle in (11, 21):                  # of the Delete: its fate, and where it would have been due
        script.pop(cycle)
    script[11] = {"hit": 0, "valid": 1, "type": "X", "seq": 70_003}
    play(script)
    script = cycles()
    script[11]["clearing"] = 1
    script.pop(21)
    play(script)
    script = cycles()
    script[8] = {"clearing": 1}             # the Replace is lost with its second half
    script.pop(18)
    play(script)


FAULTS = {
    "a commit that is missing": (15, {"best_valid": 0}, "best price told: 0, due: 1"),
    "a commit too many": (17, {"best_valid": 1}, "best price told: 1, due: 0"),
    "a Replace that commits too early": (17, {"best_valid": 1, "best_symbol": 2}, "best price told: 1, due: 0"),
    "a best price of another symbol": (18, {"best_symbol": 1}, "best price of symbol 1 where one of 2 is due"),
    "a record that is not told": (21, {"commit": 0}, "commit 0 of symbol 1 where one of 1 is due"),
    "a record of another symbol": (21, {"commit_symbol": 3}, "commit 1 of symbol 3 where one of 1 is due"),
    "a record of another message": (23, {"commit_seq": 70_002}, "commit of message 4466 where that of 4467 is due"),
    "an underflow out of nothing": (30, {"underflow": 1}, "a level below zero, and none has outgrown its bits"),
    "a record begun in a record": (30, {"start": 1, "ready": 0}, "a record begun while another is written"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed(name):
    cycle, values, text = FAULTS[name]
    script = cycles()
    script.setdefault(cycle, {}).update(values)
    with pytest.raises(AssertionError, match=text):
        play(script)


def test_too_many_in_flight():
    script = {cycle: {"valid": 1, "type": "A", "hit": 1} for cycle in range(40)}
    with pytest.raises(AssertionError):
        play(script)


def test_an_underflow_is_excused_by_an_overflow_until_the_clear():
    script = {3: {"overflow": 1}, 4: {"underflow": 1}, 9: {"underflow": 1}, 20: {"start": 1, "ready": 1}}
    play(script)
    with pytest.raises(AssertionError, match="below zero"):
        play(script | {8: {"cleared": 1}})


def test_depth_is_checked():
    with pytest.raises(ValueError, match="31"):
        Invariants(sizes=Sizes(PROFILES["tiny"]), depth=31)
