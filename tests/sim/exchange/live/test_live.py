"""The exchange on real sockets, in this process: each service, and addresses that cannot be had."""

import asyncio
import socket
import tomllib
from pathlib import Path

import pytest

from sim.exchange import soup
from sim.exchange.config import parse
from sim.exchange.live.datagrams import ListenError
from sim.exchange.live.run import LiveExchange, live_errors
from sim.models.book import ReferenceBook
from tests.sim.exchange.live.sockets import GROUPS, Receiver, SoupClient, within
from wire import moldudp64, ouch50
from wire.itch50 import unpack
from wire.soupbintcp import number

CONFIG = """
[[symbol]]
name = "AAPL"
reference = "50.00"
[feed]
a = "{groups[0]}:{ports[0]}"
b = "{groups[1]}:{ports[1]}"
rewind = "127.0.0.1:0"
snapshot = "127.0.0.1:0"
[ouch]
address = "127.0.0.1:0"
[[ouch.user]]
name = "ALICE"
password = "SECRET"
cancel_on_disconnect = true
[[ouch.user]]
name = "BOB"
"""


def config(ports, more=""):
    return parse(tomllib.loads(CONFIG.format(groups=GROUPS, ports=ports) + more), "x.toml", Path("."))


def address(text):
    host, _, port = text.split()
    return host, int(port)


def enter(user_ref, side="B", price=500_000):
    return ouch50.pack_inbound("O", user_ref=user_ref, side=side, quantity=100, symbol="AAPL", price=price,
                               time_in_force="0", clordid=f"C{user_ref}")


def run(scenario, more=""):
    """Run ``scenario(exchange, receiver, log)`` against a live exchange."""
    async def whole():
        receiver, log = Receiver(), []
        try:
            async with LiveExchange(config(receiver.ports, more), log.append) as exchange:
                await scenario(exchange, receiver, log)
            rewind = exchange.exchange.venue.feed
            return receiver.messages, rewind.messages
        finally:
            receiver.close()
    return asyncio.run(whole())


def types(client):
    return [chr(payload[0]) for payload in client.sequenced()]


def test_orders_by_ouch_and_the_feed_by_multicast():
    async def scenario(exchange, receiver, log):
        where = address(exchange.addresses["ouch"])
        alice, bob = [await SoupClient.connect(where, *user) for user in (("ALICE", "SECRET"), ("BOB", ""))]
        alice.send(enter(1))
        await alice.until(2)
        bob.send(enter(1, "S"))
        await bob.until(3)
        await alice.until(3)
        assert types(alice) == types(bob) == ["S", "A", "E"]
        assert any(name == "ouch ALICE" and text == "logged in" for name, text in exchange.status())
        await receiver.catch_up(exchange.exchange.venue.feed.next, address(exchange.addresses["rewind"]))
        assert receiver.messages == exchange.exchange.venue.feed.messages
        assert [chr(message[0]) for message in receiver.messages[-2:]] == ["A", "E"] and min(receiver.packets)
        await alice.close()
        await bob.close()
    run(scenario)


def test_who_comes_back_gets_what_he_missed_and_his_orders_were_cancelled():
    async def scenario(exchange, receiver, log):
        where = address(exchange.addresses["ouch"])
        alice = await SoupClient.connect(where, "ALICE", "SECRET")
        alice.send(enter(1))
        await alice.until(2)
        second = await SoupClient.connect(where, "ALICE", "SECRET")
        await within(second.closed.wait())
        assert second.outputs == [soup.Refused("S")]
        wrong = await SoupClient.connect(where, "ALICE", "WRONG")
        await within(wrong.closed.wait())
        assert wrong.outputs == [soup.Refused("A")]
        assert log == ["OUCH ALICE: logged in: session OUCH, from message 1",
                       "OUCH connection: closed: login of 'ALICE' rejected: SESSION_NOT_AVAILABLE",
                       "OUCH connection: closed: login of 'ALICE' rejected: NOT_AUTHORISED"]
        await alice.close()
        again = await SoupClient.connect(where, "ALICE", "SECRET", sequence=3)
        while again.outputs == [] or again.outputs == [soup.Refused("S")]:
            if again.closed.is_set():                         # our close was seen here before it was there
                again = await SoupClient.connect(where, "ALICE", "SECRET", sequence=3)
            again.news.clear()
            await within(again.news.wait())
        await again.until(1)
        assert types(again) == ["C"] and not len(exchange.exchange.venue.engine)
        assert "OUCH ALICE: closed: the client closed the connection" in log
        del log[:]
        logs.append(log)
    logs = []
    run(scenario)
    assert logs == [["OUCH ALICE: closed: end of session"]]


def test_a_snapshot_is_the_book_and_says_where_the_feed_goes_on():
    async def scenario(exchange, receiver, log):
        alice = await SoupClient.connect(address(exchange.addresses["ouch"]), "ALICE", "SECRET")
        for n in range(1, 6):
            alice.send(enter(n, price=500_000 - 100 * n))
        await alice.until(6)
        glimpse = await SoupClient.connect(address(exchange.addresses["glimpse"]), "ANY", "")
        await within(glimpse.closed.wait())
        *messages, last = glimpse.sequenced()
        assert number(last[1:].decode()) == exchange.exchange.venue.feed.next and last[:1] == b"G"
        books = [ReferenceBook(locates=[1]), ReferenceBook(locates=[1])]
        for book, source in zip(books, (messages, exchange.exchange.venue.feed.messages), strict=True):
            for message in source:
                book.apply(message)
        assert books[0].symbols[1].bids() == books[1].symbols[1].bids() and len(books[0].symbols[1].bids()) == 5
        assert unpack(messages[1])["stock"] == "AAPL"
        await alice.close()
    run(scenario)


def test_the_end_of_the_day_is_told_everywhere():
    async def scenario(exchange, receiver, log):
        alice = await SoupClient.connect(address(exchange.addresses["ouch"]), "ALICE", "SECRET")
        alice.send(enter(1))
        await alice.until(2)
        exchange.exchange.end()
        await within(exchange.over.wait())
        await within(alice.closed.wait())
        assert types(alice) == ["S", "A", "C", "S"]
        await receiver.catch_up(exchange.exchange.venue.feed.next, address(exchange.addresses["rewind"]))
        assert receiver.messages[-1][:1] == b"S" and receiver.messages[-1][11:12] == b"C"
        assert exchange.operate("halt AAPL") == ["the day is over"]
    run(scenario)


def test_faults_are_put_on_the_lines_while_it_runs_and_rewind_fills():
    async def scenario(exchange, receiver, log):
        assert exchange.operate("faults a:loss=1;b:loss=1") == []
        assert "none of" in exchange.operate("nonsense")[0]
        alice = await SoupClient.connect(address(exchange.addresses["ouch"]), "ALICE", "SECRET")
        for n in range(1, 20):
            alice.send(enter(n))
        await alice.until(20)
        before = exchange.exchange.venue.feed.next
        await receiver.catch_up(before, address(exchange.addresses["rewind"]))
        assert receiver.asked and receiver.messages == exchange.exchange.venue.feed.messages
        assert any("lost" in text for name, text in exchange.status() if name == "line A")
        await alice.close()
    run(scenario)


def test_a_request_that_is_none_gets_no_answer_and_does_no_harm():
    async def scenario(exchange, receiver, log):
        where = address(exchange.addresses["rewind"])
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            good = moldudp64.HEADER.pack({"session": "TICKGATE01", "sequence": 1, "count": 1})
            for request in (b"", b"x" * 20, good[:19], good):
                await loop.sock_sendto(asker, request, where)
            answer = moldudp64.unpack(await within(loop.sock_recv(asker, 2048)))
        assert answer.sequence == 1 and len(answer.messages) == 1
        assert exchange.exchange.venue.feed.refused == 3
    run(scenario)


@pytest.mark.parametrize("key", ["rewind", "snapshot", "ouch", "fix"])
def test_an_address_in_use_is_named(key):
    kind = socket.SOCK_DGRAM if key == "rewind" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if key != "rewind":
            taken.listen()
        port = taken.getsockname()[1]
        text = CONFIG.format(groups=GROUPS, ports=(9, 9))
        text += '[fix]\naddress = "127.0.0.1:0"\ndefaults = {sender = "EXCHANGE"}\n[[fix.session]]\ntarget = "A"\n'
        where = {"ouch": "[ouch]\naddress", "fix": "[fix]\naddress"}.get(key, key)
        text = text.replace(f'{where} = "127.0.0.1:0"', f'{where} = "127.0.0.1:{port}"')

        async def whole():
            async with LiveExchange(parse(tomllib.loads(text), "x.toml", Path(".")), print):
                pass
        with pytest.raises(live_errors(), match=str(port)):
            asyncio.run(whole())


def test_packets_that_the_kernel_does_not_take_are_counted():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]

    async def whole():
        text = CONFIG.format(groups=("127.0.0.1", "127.0.0.1"), ports=(port, port))
        async with LiveExchange(parse(tomllib.loads(text), "x.toml", Path(".")), print) as exchange:
            for _ in range(4):
                exchange.operate("indicate AAPL O")
            return dict(exchange.status())
    assert "not taken by the kernel" in asyncio.run(whole())["line A"]


def test_lines_that_cannot_be():
    async def whole(text):
        async with LiveExchange(parse(tomllib.loads(text), "x.toml", Path(".")), print):
            pass
    text = CONFIG.format(groups=GROUPS, ports=(9, 9))
    with pytest.raises(ListenError, match="line A"):
        asyncio.run(whole(text.replace(GROUPS[0], "no.where")))
    with pytest.raises(ListenError, match="line A"):
        asyncio.run(whole(text.replace("[feed]", '[feed]\ninterface = "203.0.113.9"')))
