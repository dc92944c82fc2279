// Ref: Lattice FPGA-TN-02035, "ECP5 and ECP5-5G High-Speed I/O Interface"; FPGA-TN-02200, "sysCLOCK PLL/DLL"
// What the cells of an ECP5 do that a board's top names, cycle by cycle: no delays, no metastability.

// A pad's input.
module IB(input wire I, output wire O);
  assign O = I;
endmodule

// A pad's output; driven high it would leave the pad alone, which no pin of ours does.
module OBZ(input wire I, input wire T, output wire O);
  assign O = I & ~T;
endmodule

// A pad both ways, pulled up, with nobody else at its wire.
module BB(input wire I, input wire T, output wire O, inout wire B);
  assign O = I | T;
endmodule

// A delay in steps of 25 ps: less than the time for which data stand on a pin, so nothing of it is seen at the edges.
module DELAYG #(parameter DEL_MODE = "USER_DEFINED", parameter DEL_VALUE = 0) (input wire A, output wire Z);
  assign Z = A;
endmodule

// Both halves of a cycle, together at the next rising edge.
module IDDRX1F(input wire D, input wire SCLK, input wire RST, output reg Q0, output reg Q1);
  reg rising, falling;
  always @(posedge SCLK) begin
    rising <= D;
    Q0 <= rising & ~RST;
    Q1 <= falling & ~RST;
  end
  always @(negedge SCLK) falling <= D;
endmodule

// One half after the other, from the second rising edge on.
module ODDRX1F(input wire D0, input wire D1, input wire SCLK, input wire RST, output wire Q);
  reg rising, waiting, falling, first, second;
  always @(posedge SCLK) begin
    first <= D0 & ~RST;
    second <= D1 & ~RST;
    rising <= first;
    waiting <= second;
  end
  always @(negedge SCLK) falling <= waiting;
  assign Q = SCLK ? rising : falling;
endmodule

// A clock that can be stopped, between two of its pulses.
module DCCA(input wire CLKI, input wire CE, output wire CLKO);
  reg runs = 1;
  always @(negedge CLKI) runs <= CE;
  assign CLKO = CLKI & runs;
endmodule

// Its clocks come from outside the top: a model without delays cannot make them of a slower one. Whoever drives them
// reads the dividers in the Verilog (sim/board/top.py).
module EHXPLLL #(
  parameter CLKI_DIV = 1, parameter CLKFB_DIV = 1, parameter CLKOP_DIV = 1, parameter CLKOS_DIV = 1,
  parameter CLKOP_CPHASE = 0, parameter CLKOS_CPHASE = 0, parameter CLKOP_FPHASE = 0, parameter CLKOS_FPHASE = 0,
  parameter CLKOP_ENABLE = "", parameter CLKOS_ENABLE = "", parameter FEEDBK_PATH = "", parameter DPHASE_SOURCE = "",
  parameter INTFB_WAKE = "", parameter PLLRST_ENA = "", parameter STDBY_ENABLE = "",
  parameter OUTDIVIDER_MUXA = "", parameter OUTDIVIDER_MUXB = "", parameter OUTDIVIDER_MUXC = "",
  parameter OUTDIVIDER_MUXD = "") (
  input wire CLKI, input wire CLKFB, input wire RST, input wire STDBY, input wire PHASESEL0, input wire PHASESEL1,
  input wire PHASEDIR, input wire PHASESTEP, input wire PHASELOADREG, input wire PLLWAKESYNC, input wire ENCLKOP,
  output wire CLKOP, output wire CLKOS, output wire LOCK);
  assign CLKOP = tickgate_board.pll_tx;
  assign CLKOS = tickgate_board.pll_core;
  assign LOCK = tickgate_board.pll_lock & ~RST;
endmodule
