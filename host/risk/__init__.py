"""The host's side of the risk gate: limits from a file, and their way into the device."""
