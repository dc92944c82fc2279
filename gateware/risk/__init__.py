"""The pre-trade risk gate: what docs/risk.md says, in a pipeline of one order a cycle."""
