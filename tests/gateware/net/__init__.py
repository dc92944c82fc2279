"""Tests of gateware/net."""
