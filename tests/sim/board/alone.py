"""Programs in a network namespace of their own."""

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["CAN_TAP", "alone"]

ROOT = Path(__file__).parents[3]
ALONE = ("unshare", "--map-root-user", "--net")
CAN_TAP = "from sim.board.tap import Tap\nTap('tickgate0').up(0x0A000001)"


def alone(*command: str) -> subprocess.CompletedProcess:
    """Run Python with ``command`` in a network namespace of its own."""
    return subprocess.run([*ALONE, sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=600,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
