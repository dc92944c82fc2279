"""Order management: every change of an order is the fold of an input; no I/O, no clock, no threads."""
