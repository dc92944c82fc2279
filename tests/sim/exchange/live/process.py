"""The exchange as a process of its own, and a file for it."""

import asyncio
import signal
import sys
from pathlib import Path

from tests.sim.exchange.live.sockets import within

__all__ = ["CONFIG", "ROOT", "Process"]

ROOT = Path(__file__).parents[4]
CONFIG = """
[[symbol]]
name = "AAPL"
locate = 13
reference = "50.00"
[[symbol]]
name = "MSFT"
locate = 9
reference = "50.00"
[feed]
a = "{groups[0]}:{ports[0]}"
b = "{groups[1]}:{ports[1]}"
rewind = "127.0.0.1:0"
snapshot = "127.0.0.1:0"
faults = "a:loss=0.05,dup=0.02,reorder=0.02;b:loss=0.05;seed=3"
[fix]
address = "127.0.0.1:0"
defaults = {{ sender = "EXCHANGE" }}
[[fix.session]]
target = "ALICE"
[[fix.session]]
target = "BOB"
begin_string = "FIX.4.2"
[[fix.session]]
target = "DROP"
copies = []
"""


class Process:
    """The exchange as a process; addresses: of its services, by what it says."""

    def __init__(self, process):
        self.process, self.addresses = process, {}

    @classmethod
    async def start(cls, path, *more):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "host.cli", "exchange", "run", str(path), *more, cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        return cls(process)

    async def ready(self):
        """Read where the services are, until the exchange is ready."""
        while (line := (await within(self.process.stdout.readline())).decode().strip()) != "ready":
            assert line, (await self.process.stderr.read()).decode()
            name, _, address = line.partition(": ")
            host, _, port = address.split()
            self.addresses[name] = host, int(port)

    async def say(self, line):
        """Give an operator's command and return the answer."""
        self.process.stdin.write(line.encode() + b"\n")
        while True:
            answer = (await within(self.process.stdout.readline())).decode()
            if answer.startswith((line, "bust", "halt")):
                return answer.strip()

    async def stop(self, number=signal.SIGTERM):
        """End it and return status, output and errors."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.ended()

    async def ended(self):
        """Wait for its end and return status, output and errors."""
        output, errors = await within(self.process.communicate())
        return self.process.returncode, output.decode(), errors.decode()
