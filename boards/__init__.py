"""Pins, clocks and builds of real boards, one file a board."""
