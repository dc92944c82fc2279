"""The risk gate alone, Verilated: slots and events in at given cycles, verdicts out."""
