"""Tests of the FIX dictionaries."""
