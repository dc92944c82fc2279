"""Tests of host/risk."""
