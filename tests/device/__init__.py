"""The whole device, Verilated, against outside truth and the reference models."""
