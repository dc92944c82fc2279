"""Tests of the Verilated device: harness, build cache, transport."""
