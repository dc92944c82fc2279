"""Block RAM with one write and one read port."""

from amaranth.hdl import ClockSignal, Instance, Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Ram", "VerilogPlatform", "VERILOG_RAM"]

#: The module behind ``Ram`` in Verilog. A generic memory would spell out an initial value for every word. Synthesis
#: gets slices as wide as one ECP5 block is at this depth, so that no multiplexer stands behind the blocks.
VERILOG_RAM = """
module tickgate_ram #(parameter WIDTH = 8, parameter DEPTH = 16, parameter ADDRESS = 4) (
  input wire clk,
  input wire w_en, input wire [ADDRESS-1:0] w_addr, input wire [WIDTH-1:0] w_data,
  input wire [ADDRESS-1:0] r_addr, output reg [WIDTH-1:0] r_data);
`ifdef SYNTHESIS
  localparam SLICE = DEPTH > 8192 ? 1 : DEPTH > 4096 ? 2 : DEPTH > 2048 ? 4 : DEPTH > 1024 ? 9 : DEPTH > 512 ? 18 : 36;
  genvar low;
  generate for (low = 0; low < WIDTH; low = low + SLICE) begin : slice
    localparam HIGH = low + SLICE < WIDTH ? low + SLICE - 1 : WIDTH - 1;
    (* ram_style = "block", no_rw_check *) reg [HIGH-low:0] mem [0:DEPTH-1];
    always @(posedge clk) begin
      r_data[HIGH:low] <= mem[r_addr];
      if (w_en) mem[w_addr] <= w_data[HIGH:low];
    end
  end endgenerate
`else
  reg [WIDTH-1:0] mem [0:DEPTH-1];
  always @(posedge clk) begin
    r_data <= w_en && w_addr == r_addr ? ~mem[r_addr] : mem[r_addr];
    if (w_en) mem[w_addr] <= w_data;
  end
`endif
endmodule
"""


class VerilogPlatform:
    """Marks an elaboration whose result becomes Verilog together with ``VERILOG_RAM``."""


class Ram(wiring.Component):
    """``depth`` words of ``width`` bits, zero at power-up; a reset leaves them alone.

    Latency: ``r_data`` is the word at ``r_addr`` one cycle later. Throughput: one write and one read a cycle. A word
    read in the cycle in which it is written reads as anything, as two ports of block RAM may have it: in simulation as
    the complement of what it was, so that whoever relies on it is found out.

    Members
    -------
    w_en, w_addr, w_data : write port
    r_addr, r_data : read port
    """

    def __init__(self, *, width: int, depth: int):
        if width < 1 or depth < 2:
            raise ValueError(f"width must be at least 1 and depth at least 2, not {width} and {depth}")
        self.width, self.depth = width, depth
        super().__init__({
            "w_en": In(1), "w_addr": In(range(depth)), "w_data": In(width),
            "r_addr": In(range(depth)), "r_data": Out(width)})

    def elaborate(self, platform):
        m = Module()
        if isinstance(platform, VerilogPlatform):
            m.submodules.ram = Instance(
                "tickgate_ram", p_WIDTH=self.width, p_DEPTH=self.depth, p_ADDRESS=len(self.w_addr),
                i_clk=ClockSignal(), i_w_en=self.w_en, i_w_addr=self.w_addr, i_w_data=self.w_data,
                i_r_addr=self.r_addr, o_r_data=self.r_data)
            return m
        m.submodules.memory = ram = memory.Memory(shape=self.width, depth=self.depth, init=[])
        write, read = ram.write_port(), ram.read_port()
        both = Signal()
        m.d.comb += [
            write.en.eq(self.w_en), write.addr.eq(self.w_addr), write.data.eq(self.w_data),
            read.addr.eq(self.r_addr), self.r_data.eq(read.data ^ both.replicate(self.width))]
        m.d.sync += both.eq(self.w_en & (self.w_addr == self.r_addr))
        return m
