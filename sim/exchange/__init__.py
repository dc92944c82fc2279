"""A simulated exchange: matching engine, what it publishes, how orders reach it."""
