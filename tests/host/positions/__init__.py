"""Tests of host/positions."""
