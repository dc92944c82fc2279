"""Tests of the link to the host over Ethernet."""
