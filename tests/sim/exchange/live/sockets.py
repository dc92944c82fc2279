"""Clients of a live exchange: a receiver of both lines that asks for what is missing, SoupBinTCP, FIX."""

import asyncio
import socket
from pathlib import Path

from host.fix.application import Application
from host.fix.config import parse
from host.fix.initiator import Initiator
from host.fix.outputs import NoticeKind
from sim.exchange import soup
from sim.models.feed import ReferenceFeed
from wire import moldudp64

__all__ = ["GROUPS", "FixClient", "Receiver", "SoupClient", "within"]

GROUPS = ("239.255.77.1", "239.255.77.2")
#: Seconds for anything that must happen.
_PATIENCE = 120
#: Seconds without a packet after which what is missing is asked for.
_SILENCE = 0.2


async def within(awaitable):
    """Await what must happen, but not for ever."""
    return await asyncio.wait_for(awaitable, _PATIENCE)


class Receiver:
    """Listens to lines A and B on free ports; messages: of the feed, in sequence, each once."""

    def __init__(self):
        self.feed, self.messages, self.packets, self.asked = ReferenceFeed(expected=1), [], [0, 0], 0
        self._news = asyncio.Event()
        self._sockets = [self._open(group) for group in GROUPS]
        self.ports = [one.getsockname()[1] for one in self._sockets]
        for line, one in enumerate(self._sockets):
            asyncio.get_running_loop().add_reader(one, self._read, line, one)

    async def catch_up(self, sequence, rewind):
        """Wait for all messages before ``sequence``; what does not come is asked for at the address ``rewind``."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            async with asyncio.timeout(_PATIENCE):
                while self.feed.expected < sequence:
                    self._news.clear()
                    try:
                        async with asyncio.timeout(_SILENCE):
                            await self._news.wait()
                        continue
                    except TimeoutError:
                        self.asked += 1
                    header = {"session": "TICKGATE01", "sequence": self.feed.expected, "count": 1000}
                    await loop.sock_sendto(asker, moldudp64.HEADER.pack(header), rewind)
                    answer = moldudp64.unpack(await loop.sock_recv(asker, 2048))
                    for number, message in enumerate(answer.messages, answer.sequence):
                        self._take(self.feed.inject(number, message))

    def close(self):
        """Listen no more."""
        for one in self._sockets:
            asyncio.get_running_loop().remove_reader(one)
            one.close()

    def _open(self, group):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        one.bind((group, 0))
        one.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                       socket.inet_aton(group) + socket.inet_aton("127.0.0.1"))
        one.setblocking(False)
        return one

    def _read(self, line, one):
        self._take(self.feed.datagram(line, one.recv(2048)))
        self.packets[line] += 1
        self._news.set()

    def _take(self, taken):
        self.messages += [one.message for one in taken]


class SoupClient(asyncio.Protocol):
    """A SoupBinTCP client; outputs: what it has been told."""

    def __init__(self, user, password, **options):
        self.outputs, self.closed, self.news = [], asyncio.Event(), asyncio.Event()
        self.side = soup.Client(user, password, 0, **options)

    @classmethod
    async def connect(cls, address, user, password, **options):
        """Connect and send the login."""
        loop = asyncio.get_running_loop()
        _, client = await within(loop.create_connection(lambda: cls(user, password, **options), *address))
        return client

    def connection_made(self, transport):
        self.transport = transport
        self._do(self.side.login(0))

    def data_received(self, data):
        self._do(self.side.receive(data, 0))

    def connection_lost(self, exc):
        self.closed.set()
        self.news.set()

    def send(self, payload):
        """Send an unsequenced message."""
        self._do(self.side.send(payload, 0))

    def sequenced(self):
        """Return the payloads of the sequenced messages so far."""
        return [one.payload for one in self.outputs if isinstance(one, soup.Sequenced)]

    async def until(self, count):
        """Wait for so many sequenced messages."""
        async with asyncio.timeout(_PATIENCE):
            while len(self.sequenced()) < count:
                assert not self.closed.is_set(), self.outputs
                self.news.clear()
                await self.news.wait()

    async def close(self):
        """Close the connection."""
        self.transport.close()
        await within(self.closed.wait())

    def _do(self, outputs):
        for one in outputs:
            if isinstance(one, soup.Transmit):
                self.transport.write(one.raw)
            elif isinstance(one, soup.Drop):
                self.transport.close()
            else:
                self.outputs.append(one)
        self.news.set()


class FixClient(Application):
    """A FIX initiator; messages: the application messages it has been sent."""

    def __init__(self, name, port, begin_string="FIX.4.4", **more):
        (config,) = parse({"session": [{"name": name, "role": "initiator", "host": "127.0.0.1", "port": port,
                                        "sender": name, "target": "EXCHANGE", "begin_string": begin_string} | more]},
                          "test", Path("."))
        self.messages, self.logged_on, self.errors, self.news = [], asyncio.Event(), [], asyncio.Event()
        self.initiator = Initiator(config, self)

    async def __aenter__(self):
        self.initiator.start()
        await within(self.logged_on.wait())
        return self

    async def __aexit__(self, *_):
        await self.initiator.stop()
        assert not self.errors

    def send(self, message):
        """Send an application message."""
        self.initiator.send(message)

    async def until(self, found):
        """Wait until ``found`` is true of a message that came."""
        async with asyncio.timeout(_PATIENCE):
            while not any(map(found, self.messages)):
                self.news.clear()
                await self.news.wait()

    def on_message(self, session, message):
        self.messages.append(message)
        self.news.set()

    def on_logon(self, session):
        self.logged_on.set()

    def on_event(self, session, notice):
        if notice.kind is NoticeKind.REJECTED:
            self.errors.append(notice)

    def on_failure(self, session, error):
        self.errors.append(error)
