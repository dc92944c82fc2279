"""Market flow: recorded and synthetic messages, their frames, their arrival times, their faults."""
