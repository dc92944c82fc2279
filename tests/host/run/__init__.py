"""Tests of the host's loop and what carries it."""
