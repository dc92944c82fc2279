"""The loop that joins device, strategies, order manager, positions, journal and venue."""
