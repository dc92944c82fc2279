"""Registers of Amaranth's Verilog in one process: which are rewritten, and that nothing changes."""

import pytest
from amaranth.back import verilog
from amaranth.hdl import Assert, Format, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from sim.device.fuse import fuse_registers


class Registers(wiring.Component):
    a: In(8)
    go: In(1)
    plain: Out(8)
    kept: Out(8)
    sliced: Out(8)

    def elaborate(self, platform):
        m = Module()
        m.d.sync += self.plain.eq(self.a)
        with m.If(self.go):
            m.d.sync += [self.kept.eq(self.kept + self.a), self.sliced[2:5].eq(self.a)]
        with m.Switch(self.a):
            with m.Case(3):
                m.d.sync += self.sliced[0].eq(1)
        return m


class Asserting(wiring.Component):
    a: In(8)
    clear: In(1)

    def elaborate(self, platform):
        m = Module()
        with m.If(~self.clear):
            m.d.sync += [Assert(self.a < 9, Format("a is {}", self.a)), Assert(self.a != 3)]
        return m


@pytest.fixture(scope="module")
def text() -> str:
    return verilog.convert(Registers(), name="registers", emit_src=False, strip_internal_attrs=True)


def test_registers_have_one_process(text):
    fused = fuse_registers(text)
    assert text.count("always @*") == 3
    assert "always @*" not in fused
    assert fused.count("always @(posedge clk)") == 3
    assert "    plain <= a;\n    if (rst) begin\n      plain <= 8'h00;\n    end\n" in fused
    assert "kept <= kept;" not in fused
    assert "sliced [4:2] <= a[2:0]" in fused


def test_a_temporary_that_is_read_elsewhere_stays():
    text = ("module top(clk);\n  always @(posedge clk)\n    q <= \\$1 ;\n"
            "  always @* begin\n    if (\\$x ) begin end\n    \\$1  = d;\n  end\n")
    declared = text + "  reg \\$1 ;\n"
    assert "q <= d;" in fuse_registers(declared)
    read = declared + "  assign y = \\$1 ;\n"
    assert fuse_registers(read) == read


def test_wires_without_bits_go():
    assert fuse_registers("module a;\n  wire [-1:0] \\$2 ;\n  wire b;\n") == "module a;\n  wire b;\n"


def test_a_register_with_an_escaped_name_is_found():
    text = ("module top(clk);\n  reg \\$1 ;\n  always @(posedge clk)\n    \\q$2  <= \\$1 ;\n"
            "  always @* begin\n    if (\\$x ) begin end\n    \\$1  = \\q$2 ;\n    if (en) begin\n      \\$1  = d;\n"
            "    end\n  end\n")
    clocked = "always @(posedge clk) begin\n    if (en) begin\n      \\q$2  <= d;\n    end\n  end\n"
    assert fuse_registers(text).endswith(clocked)


def test_an_assertion_is_within_the_condition_of_its_message():
    text = ("    if (en) begin\n      if (!\\$18 )\n        $write(\"%0d left\", $unsigned(\\n$1 ));\n"
            "      assert (\\$18 );\n      assert (\\$19 );\n    end\n")
    assert fuse_registers(text) == (
        "    if (en) begin\n      if (!\\$18 ) begin\n        $write(\"%0d left\", $unsigned(\\n$1 ));\n"
        "        assert (\\$18 ); end\n      assert (\\$19 );\n    end\n")


def test_no_assertion_is_lost():
    text = verilog.convert(Asserting(), name="asserting", emit_src=False, strip_internal_attrs=True)
    fused = fuse_registers(text)
    assert text.count("assert (") == fused.count("assert (") == 2
    assert fused.count("\n") == text.count("\n")
    assert fused.count(" ); end") == 1
