"""A board's whole top Verilated, with the cells of the FPGA as models and a PHY at every port; and it on a TAP."""
