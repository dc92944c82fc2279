"""What runs on the FPGA."""
