"""Tests of the MAC."""
