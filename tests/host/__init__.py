"""Tests of the host: driver, ring reader, command line."""
