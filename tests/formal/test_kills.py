"""Kills: what is set in a cycle holds from the next one on, until it is resumed. By induction, for all commands.

With "an order was accepted while shut" (test_gate.py) no order passes from the cycle after a kill until it is resumed.
"""

import pytest
from amaranth.hdl import Assert, Format, Module, Mux, Signal
from amaranth.lib import data, wiring

from gateware.risk.interfaces import ROWS
from gateware.risk.kills import Kills
from tests.formal.prover import check, prove
from tests.formal.slots import SIZES
from wire.pages import Command

pytestmark = pytest.mark.formal


class KillsAsTold(wiring.Component):
    """The kills, with any commands, heartbeats and accounts that the gate shuts."""

    def __init__(self):
        self.dut = Kills(sizes=SIZES)
        super().__init__(self.dut.signature)

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        wiring.connect(m, wiring.flipped(self), dut)

        def told(command):
            return dut.admin.valid & (dut.admin.command == command)

        def kept(name, state, set_, resumed, init=0):
            """Assert that ``state`` is set and resumed, and nothing else; a set wins."""
            expected = Signal(name=f"expected_{name}", init=init)
            m.d.sync += expected.eq(set_ | (expected & ~resumed))
            m.d.comb += Assert(state == expected, Format(f"the kill {name} is not as it was told"))

        kept("global", dut.killed, told(Command.KILL_GLOBAL), told(Command.RESUME_GLOBAL), init=1)
        for n in range(SIZES.symbols):
            its = dut.admin.symbol == n
            kept(f"symbol_{n}", dut.symbols[n], told(Command.KILL_SYMBOL) & its, told(Command.RESUME_SYMBOL) & its)
        for n in range(SIZES.accounts):
            its, shut = dut.admin.account == n, dut.shut & (dut.shut_account == n)
            resumed = told(Command.RESUME_ACCOUNT) & its
            kept(f"account_{n}", dut.accounts[n], told(Command.KILL_ACCOUNT) & its | shut, resumed)
            reasons = Signal.like(dut.reasons[n], name=f"reasons_{n}")
            m.d.sync += reasons.eq(Mux(shut, reasons | dut.shut_reasons, Mux(resumed, 0, reasons)))
            m.d.comb += Assert(dut.reasons[n] == reasons, Format(f"the kill of account {n} has other reasons"))

        # The heartbeat: once lost it is lost until resumed, and while none is wanted.
        layout = ROWS[Command.SET_GLOBAL]
        row = data.View(layout, dut.admin.row[:layout.size])
        lost, resumed, period = Signal(init=1), Signal(), Signal(32)
        since = Signal(34, init=1 << 33)
        m.d.sync += [
            lost.eq(dut.lost), resumed.eq(told(Command.RESUME_HEARTBEAT)), since.eq(Mux(dut.beat, 1, since + 1))]
        with m.If(told(Command.SET_GLOBAL)):
            m.d.sync += period.eq(row.heartbeat)
        m.d.comb += [
            Assert(~lost | resumed | dut.lost, Format("the kill heartbeat is resumed by itself")),
            Assert(dut.period == period, Format("the kill heartbeat has another period than it was told")),
            Assert((period != 0) | dut.lost, Format("the kill heartbeat is not as it was told")),
            Assert(dut.lost == (lost & ~resumed | (period == 0) | (since > period)),
                   Format("the heartbeat is lost too early or too late"))]
        return m


def test_kills_hold_until_they_are_resumed(tmp_path):
    outcome = prove(KillsAsTold(), depth=2, only="the kill", folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_the_heartbeat_is_lost_in_time_for_the_first_20_cycles(tmp_path):
    outcome = check(KillsAsTold(), depth=20, only="the heartbeat is lost too", folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
