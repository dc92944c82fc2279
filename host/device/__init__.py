"""Driver of a device over any transport."""
