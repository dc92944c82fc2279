"""The gateware Verilated: Verilog top, build cache, C++ harness, and the Python classes over it."""
