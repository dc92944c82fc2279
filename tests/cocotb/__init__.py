"""cocotb tests on Verilated gateware."""
