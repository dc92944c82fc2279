"""Proofs about the gateware (``make formal``): depths and what is proved by induction stand in each test."""
