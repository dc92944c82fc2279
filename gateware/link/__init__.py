"""The device's side of the link to the host: registers, counters, event ring, inject port."""
