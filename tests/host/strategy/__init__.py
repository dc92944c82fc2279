"""Tests of host/strategy."""
