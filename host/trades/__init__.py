"""Trades in a database, for questions."""
