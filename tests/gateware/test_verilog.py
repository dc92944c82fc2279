import os
import subprocess
import sys

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.link.inject import InjectAssembler
from gateware.ram import Ram
from gateware.verilog import to_verilog


class TwoRams(wiring.Component):
    address: In(6)
    data: Out(12)

    def elaborate(self, platform):
        m = Module()
        m.submodules.small, m.submodules.large = small, large = Ram(width=6, depth=64), Ram(width=6, depth=1 << 16)
        m.d.comb += [small.r_addr.eq(self.address), large.r_addr.eq(self.address), self.data[:6].eq(small.r_data),
                     self.data[6:].eq(large.r_data)]
        return m


def test_memories_are_one_module_without_initial_values():
    text = to_verilog(TwoRams(), "two_rams")
    assert text.count("module tickgate_ram") == 1
    assert "module two_rams(" in text and "endmodule" in text
    assert len(text) < 20_000


def test_same_text_in_another_process(monkeypatch):
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "system")
    text = to_verilog(InjectAssembler(), "inject")
    assert os.environ["AMARANTH_USE_YOSYS"] == "system"
    program = ("import sys; from gateware.verilog import to_verilog; from gateware.link.inject import InjectAssembler;"
               "sys.stdout.write(to_verilog(InjectAssembler(), 'inject'))")
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout == text
    assert os.getcwd() not in text
