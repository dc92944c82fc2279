"""Tests of the exchange's other participants."""
