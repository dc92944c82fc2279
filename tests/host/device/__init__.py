"""Tests of the driver, the ring reader and the generated documents."""
