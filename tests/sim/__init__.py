"""Tests of the world around the FPGA."""
