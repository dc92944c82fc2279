"""Tests of host/fix."""
