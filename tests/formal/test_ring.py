"""The event ring: no word of a record is lost or doubled, each record is numbered whole, each notice told or counted.

The assertions are those of gateware/link/ring.py.
"""

import pytest
from amaranth.hdl import Assume, Module, Mux, Signal
from amaranth.lib import wiring

from gateware.link.ring import Ring
from tests.formal.prover import check

pytestmark = pytest.mark.formal

#: A record of one level a side: word 0 is its number, these come as a stream.
LAST_WORD = 10


class Records(wiring.Component):
    """The ring, with a source of whole records that obeys the rules of streams, and any notices at any time."""

    def __init__(self):
        self.dut = Ring(levels=1)
        super().__init__(self.dut.signature)

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = self.dut
        wiring.connect(m, wiring.flipped(self), self.dut)
        record, word = self.record, self.record.p.as_value()
        stalled, offered, index = Signal(), Signal.like(word), Signal(6, init=1)
        m.d.sync += [stalled.eq(record.valid & ~record.ready), offered.eq(word)]
        with m.If(record.valid & record.ready):
            m.d.sync += index.eq(Mux(record.p.last, 1, index + 1))
        m.d.comb += [
            Assume(~stalled | record.valid & (word == offered)),
            Assume(~record.valid | (record.p.index == index) & (record.p.last == (index == LAST_WORD)))]
        return m


def test_records_and_notices_are_whole_for_the_first_40_cycles(tmp_path):
    outcome = check(Records(), depth=40, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
