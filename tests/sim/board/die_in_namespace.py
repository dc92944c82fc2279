"""A program for a network namespace of its own: another one holds a TAP interface and is ended by a signal.

    python -m tests.sim.board.die_in_namespace SIGNAL

On standard output are the names of the interfaces before and behind its end, as JSON.
"""

import json
import socket
import subprocess
import sys

NAME = "tickgate0"
HOLDS = f"""
import sys
from sim.board.tap import Tap
with Tap({NAME!r}) as tap:
    tap.up(0x0A000001)
    print("up", flush=True)
    sys.stdin.read()
"""


def names() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


def main(number: int) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"up\n"
        before = names()
        holder.send_signal(number)
        assert holder.wait(60) == -number
    print(json.dumps([before, names()]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
