"""Tests of order entry by FIX."""
