"""Reference risk gate in plain Python, written from docs/risk.md alone; it shares no code with rules/ and gateware/."""

from sim.models.risk.gate import RiskGate

__all__ = ["RiskGate"]
