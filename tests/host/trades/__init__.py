"""Tests of host/trades."""
