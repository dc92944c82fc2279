"""Sessions over real sockets, for tests: an application that remembers, and configurations that fit each other."""

import asyncio

from host.fix import loops
from host.fix.application import Application
from host.fix.config import SessionConfig, StoreConfig
from host.fix.configparts import Reconnect
from host.fix.message import Message
from host.fix.settings import Settings
from host.journal.disk import Sync
from wire.fix.fix44 import FIX44

__all__ = ["Recorder", "acceptor_config", "bounded", "initiator_config", "order", "until"]

#: Seconds that a test may wait for one thing.
PATIENCE = 20


class Recorder(Application):
    """Remembers what it was told, in order. changed: set whenever it is told something."""

    def __init__(self):
        self.messages, self.events, self.logons, self.failures = [], [], 0, []
        self.changed = asyncio.Event()

    def on_message(self, session, message):
        self.messages.append(message)
        self.changed.set()

    def on_event(self, session, notice):
        self.events.append((notice.kind.value, notice.text))
        self.changed.set()

    def on_logon(self, session):
        self.logons += 1
        self.changed.set()

    def on_failure(self, session, error):
        self.failures.append(error)
        self.changed.set()

    def kinds(self, kind):
        return [text for name, text in self.events if name == kind]

    def ids(self):
        """ClOrdID of every message."""
        return [int(message.get(11)) for message in self.messages]


async def until(recorder, condition):
    """Wait until ``condition()``, which is looked at whenever ``recorder`` was told something."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            recorder.changed.clear()
            await recorder.changed.wait()


#: Whether sessions run on uvloop.
loop = {"uvloop": loops.UVLOOP}


def bounded(main, seconds=3 * PATIENCE):
    """Run the coroutine ``main``; it must end in ``seconds``."""
    async def run():
        async with asyncio.timeout(seconds):
            return await main

    return loops.run(run(), uvloop=loop["uvloop"])


def config(role, sender, target, port, *, path=None, sync=Sync.NEVER, settings=None, **more):
    own = {"begin_string": b"FIX.4.4", "dictionary": FIX44, "heartbeat": 5, "logout_timeout": 1} | (settings or {})
    return SessionConfig(
        name=f"{sender}-{target}", host="127.0.0.1", port=port, store=StoreConfig(path=path, sync=sync),
        settings=Settings(sender=sender.encode(), target=target.encode(), initiator=role == "initiator", **own),
        **{"reconnect": Reconnect(first_ms=1, most_ms=20)} | more)


def initiator_config(port, *, sender="US", target="VENUE", **more):
    return config("initiator", sender, target, port, **more)


def acceptor_config(*, sender="VENUE", target="US", port=0, **more):
    return config("acceptor", sender, target, port, **more)


def order(number, padding=b""):
    """Return a NewOrderSingle with ClOrdID ``number``."""
    fields = [(11, b"%d" % number), (21, b"1"), (55, b"AAPL"), (54, b"1"), (60, b"20261121-14:30:00.000"),
              (38, b"100"), (40, b"2"), (44, b"210.05")]
    return Message(b"D", fields + ([(58, padding)] if padding else []))
