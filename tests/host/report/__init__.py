"""Tests of host/report."""
