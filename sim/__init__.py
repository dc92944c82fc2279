"""The world around the FPGA: the simulated device, market flow, reference models."""
