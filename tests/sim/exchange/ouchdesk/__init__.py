"""Tests of order entry by OUCH."""
