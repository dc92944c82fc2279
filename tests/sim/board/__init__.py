"""Tests of sim/board: a board's whole top at its pins."""
