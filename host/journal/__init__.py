"""Append-only logs: one form of record and of damage for all of them, and the journal of what the host did."""
