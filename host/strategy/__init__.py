"""Strategies: what they see, how they ask for orders, and those that are shipped."""
