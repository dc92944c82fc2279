"""Tests of host/journal."""
