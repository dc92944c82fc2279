"""Gigabit Ethernet MAC on RGMII: bytes and nibbles outside, words of frames inside."""
