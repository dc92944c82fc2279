"""The closed loop in one process and on a virtual clock: exchange, its feed, the simulated device, the host."""
