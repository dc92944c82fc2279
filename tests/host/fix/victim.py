"""A process with an initiating session under load, made to be killed.

``python -m tests.host.fix.victim`` is ready to be many of them: for each line of JSON on its input (arguments of
``live``) it forks one, says its number, and when it is dead how it died, by a line each. So a new one is there at once.
"""

import asyncio
import json
import os
import random
import signal
import sys
from pathlib import Path

from host.fix import endpoint as endpoint_module
from host.fix.application import Application
from host.fix.initiator import Initiator
from host.journal.disk import Sync
from tests.host.fix.linked import PATIENCE, initiator_config, order

__all__ = ["LAST", "live"]

#: Orders under way at a time.
_WINDOW = 40
#: ClOrdID of the order that says that no more will come.
LAST = 1_000_000_000


class Trader(Application):
    """Writes down what it took, in ``ledger``: ClOrdID and PossDupFlag, in one system call, so that it is safe."""

    def __init__(self, ledger):
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.woken = asyncio.Event()
        self.seen = 0
        self.done = False

    def on_message(self, session, message):
        text = message.get(58) or b""
        os.write(self._ledger, b"%b %b\n" % (message.get(11), message.get(43) or b"N"))
        self.seen += 1
        self.done |= text == b"%d" % LAST
        self.woken.set()

    def on_logon(self, session):
        self.woken.set()


def last_order(store):
    """Return the ClOrdID of the last order in the store, which alone knows it after a death."""
    last = 0
    for _, raw in store.stored(1, store.next_out):
        if b"\x0135=D\x01" in raw:
            last = int(raw.partition(b"\x0111=")[2].partition(b"\x01")[0])
    return last


async def live(*, port, folder, sync, seed, finish, die):
    """Trade until killed, or, to ``finish``, until all is answered. die: a crash point, and how often it is passed."""
    rng = random.Random(seed)
    trader = Trader(Path(folder) / "ledger")
    initiator = Initiator(initiator_config(port, path=Path(folder) / "us.log", sync=Sync(sync)), trader)
    next_order = last_order(initiator.endpoint.store) + 1
    if die:
        arm(initiator.endpoint, *die)
    early = 0 if finish else rng.randrange(4)
    for number in range(next_order, next_order + early):
        initiator.send(order(number))
    next_order += early
    async with initiator:
        if finish:
            initiator.send(order(LAST))
            async with asyncio.timeout(PATIENCE):
                while not trader.done:
                    trader.woken.clear()
                    await trader.woken.wait()
            return
        sent = 0
        while True:
            while sent < trader.seen + _WINDOW:
                initiator.send(order(next_order, padding=b"x" * rng.randrange(200)))
                next_order += 1
                sent += 1
            trader.woken.clear()
            await trader.woken.wait()


def arm(endpoint, point, passes):
    """Have this process die by SIGKILL at ``point``, when it is passed for the ``passes``th time."""
    left = [passes]

    def die():
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(target, name, before=False, when=lambda: True):
        inner = getattr(target, name)

        def outer(*args):
            counts = when()
            if before and counts:
                die()
            result = inner(*args)
            if not before and counts:
                die()
            return result

        setattr(target, name, outer)

    def torn(file, data, place):
        left[0] -= 1
        if left[0] == 0:
            real(file, data[:len(data) // 2], place)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(file, data, place)

    real = os.pwrite
    match point:
        case "before persist":
            around(endpoint.store, "sent", before=True)
        case "before commit":
            around(endpoint.store, "commit", before=True, when=lambda: endpoint.store.owed)
        case "between persist and write":
            around(endpoint.store, "commit", when=lambda: endpoint.store.owed)
        case "after write":
            around(endpoint, "_write")
        case "between delivery and taken":
            around(endpoint.application, "on_message")
        case "after taken":
            around(endpoint.store, "taken")
        case "within a replay":
            around(endpoint.store, "repeated")
        case "within a record":
            endpoint_module.FileStore.__init__.__globals__["os"].pwrite = torn
        case _:
            raise ValueError(f"no such point: {point}")


def main():
    """See the head of this file."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(live(**json.loads(line)))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
