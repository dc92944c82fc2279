"""Rules as gateware, Verilated, over arrays of inputs."""

from sim.hls.run import LatencyError, run

__all__ = ["LatencyError", "run"]
