"""Tests of the exchange on real sockets."""
