"""The command ``tickgate``."""
