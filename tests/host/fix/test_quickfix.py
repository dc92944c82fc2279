"""Our sessions against the QuickFIX engine, over real sockets, in both roles."""

import asyncio
import json
import signal
import socket
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from host.fix.acceptor import Acceptor
from host.fix.initiator import Initiator
from host.fix.message import Message
from host.fix.states import State
from tests.host.fix.linked import PATIENCE, Recorder, acceptor_config, bounded, initiator_config, order, until

pytest.importorskip("quickfix", reason="the QuickFIX engine is not installed (extra: quickfix)")

PEER = Path(__file__).with_name("quickfix_peer.py")


class QuickFix:
    """The engine in its process. events: what it told, in order."""

    def __init__(self, process):
        self.process, self.events = process, []
        self.pid = process.pid
        self._changed = asyncio.Event()
        self._task = asyncio.ensure_future(self._read())

    async def _read(self):
        async for line in self.process.stdout:
            self.events.append(json.loads(line))
            self._changed.set()
        self.events.append({"event": "gone"})
        self._changed.set()

    async def does(self, command):
        """Have it do ``command``."""
        done = self.count("done") + 1
        self.process.stdin.write(f"{command}\n".encode())
        await self.until(lambda: self.count("done") == done)

    async def until(self, condition):
        """Wait until ``condition()``, which is looked at whenever it told something."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                assert not self.count("gone"), "the engine has died"
                self._changed.clear()
                await self._changed.wait()

    def count(self, event):
        return sum(each["event"] == event for each in self.events)

    def orders(self):
        """Return ClOrdID of every order that it took."""
        return [int(each["11"]) for each in self.heard("from app", "D")]

    def heard(self, event, kind):
        """Return the messages of type ``kind`` in ``event``, as fields by tag."""
        messages = [dict(each["fields"]) for each in self.events if each["event"] == event]
        return [message for message in messages if message["35"] == kind]

    async def end(self):
        """End it, if it is not dead, and see how."""
        self.process.stdin.close()
        async with asyncio.timeout(PATIENCE):
            await self._task
            return await self.process.wait()


@asynccontextmanager
async def quickfix(role, port, folder, *more):
    """Yield the engine, ended at the end."""
    folder.mkdir(exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        sys.executable, PEER, role, str(port), str(folder), *more, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE)
    peer = QuickFix(process)
    try:
        await peer.until(lambda: peer.count("started"))
        yield peer
        assert await peer.end() in (0, -signal.SIGKILL)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@asynccontextmanager
async def calling(folder, *more, settings=None):
    """Yield QuickFIX as acceptor, our initiator logged on to it, and what ours heard."""
    us, port = Recorder(), free_port()
    async with quickfix("acceptor", port, folder / "quickfix", *more) as venue:
        async with Initiator(initiator_config(port, path=folder / "us.log", settings=settings), us) as here:
            await until(us, lambda: us.logons)
            await venue.until(lambda: venue.count("logon"))
            yield venue, here, us


class Filler(Recorder):
    """Fills every order."""

    def on_message(self, session, message):
        super().on_message(session, message)
        if message.msg_type == b"D":
            number = message.get(11)
            self.acceptor.send(session, Message(b"8", [
                (37, b"V" + number), (17, b"E" + number), (150, b"F"), (39, b"2"), (11, number), (55, b"AAPL"),
                (54, b"1"), (151, b"0"), (14, b"100"), (6, b"210.05")]))


@asynccontextmanager
async def called(folder, *more, settings=None):
    """Yield our acceptor's endpoint, QuickFIX as initiator logged on to it, and what ours heard."""
    us = Filler()
    config = acceptor_config(sender="US", target="THEM", path=folder / "us.log", settings=settings)
    async with Acceptor([config], us) as us.acceptor:
        port = us.acceptor.port(config.settings.id)
        async with quickfix("initiator", port, folder / "quickfix", *more) as them:
            await until(us, lambda: us.logons)
            await them.until(lambda: them.count("logon"))
            yield them, us.acceptor.endpoints[config.settings.id], us


def rejects(peer, recorder):
    """Return what either side refused, or logged out for."""
    return [peer.heard(way, kind) for way in ("to admin", "from admin", "to app", "from app") for kind in "3j"
            if peer.heard(way, kind)] + recorder.kinds("rejected") + recorder.kinds("garbled")


def test_we_call_trade_and_log_out(tmp_path):
    async def main():
        async with calling(tmp_path) as (venue, here, us):
            for number in range(1, 51):
                here.send(order(number))
            await until(us, lambda: len(us.messages) == 50)
            assert [message.get(17) for message in us.messages] == [b"E%d" % number for number in range(1, 51)]
            await venue.until(lambda: venue.orders() == list(range(1, 51)))
            here.endpoint.logout("done for today")
            await venue.until(lambda: venue.count("logout"))
            assert venue.heard("from admin", "5")[0]["58"] == "done for today"
            await until(us, lambda: us.kinds("closed"))
            assert us.kinds("logged out") and not rejects(venue, us)

    bounded(main())


def test_they_call_trade_and_log_out(tmp_path):
    async def main():
        async with called(tmp_path) as (them, there, us):
            for number in range(1, 31):
                await them.does(f"order {number}")
            await them.until(lambda: len(them.heard("from app", "8")) == 30)
            assert us.ids() == list(range(1, 31))
            await them.does("logout")
            await until(us, lambda: us.kinds("closed"))
            assert us.kinds("logged out") and not rejects(them, us)

    bounded(main())


@pytest.mark.parametrize("digits", [6, 9])
def test_they_understand_our_times(tmp_path, digits):
    async def main():
        async with calling(tmp_path, settings={"digits": digits}) as (venue, here, us):
            here.send(order(1))
            await until(us, lambda: us.messages)
            assert not rejects(venue, us)

    bounded(main())


def test_what_they_missed_they_ask_for_and_get(tmp_path):
    """Three orders were numbered while there was no connection."""
    async def main():
        us, port = Recorder(), free_port()
        config = initiator_config(port, path=tmp_path / "us.log")
        with config.store.open(config.settings, lambda: 1) as store:
            store.skip(4)
        async with quickfix("acceptor", port, tmp_path / "quickfix") as venue:
            here = Initiator(config, us)
            for number in (1, 2, 3):
                here.send(order(number))
            async with here:
                await until(us, lambda: len(us.messages) == 3)
                await venue.until(lambda: venue.orders() == [1, 2, 3])
                assert venue.heard("to admin", "2")
                here.send(order(4))
                await until(us, lambda: len(us.messages) == 4)
                assert not rejects(venue, us)

    bounded(main())


def test_what_we_missed_we_ask_for_and_get(tmp_path):
    """They reported while there was no connection: our side was killed behind its Logon."""
    async def main():
        async with called(tmp_path) as (them, there, us):
            await them.does("order 1")
            await until(us, lambda: us.messages)
            port = us.acceptor.port(there.id)
            await us.acceptor.stop()
            await them.until(lambda: them.count("logout"))
            for number in (2, 3, 4):
                await them.does(f"order {number}")
            again = Filler()
            async with Acceptor([replace(there.config, port=port)], again) as again.acceptor:
                await until(again, lambda: len(again.messages) == 3)
                assert again.ids() == [2, 3, 4] and again.kinds("gap")
                assert [message.get(43) for message in again.messages] == [b"Y"] * 3
                await them.until(lambda: len(them.heard("from app", "8")) == 4)
                assert not rejects(them, again)

    bounded(main())


def test_numbers_that_they_passed_over_are_filled(tmp_path):
    async def main():
        async with calling(tmp_path) as (venue, here, us):
            await venue.does("next-out 20")
            here.send(order(1))
            await until(us, lambda: us.kinds("gap filled"))
            await until(us, lambda: us.messages)
            assert here.endpoint.store.next_in == 21 and not rejects(venue, us)

    bounded(main())


def test_numbers_that_we_passed_over_are_filled(tmp_path):
    async def main():
        async with calling(tmp_path) as (venue, here, us):
            here.send(order(1))
            await until(us, lambda: us.messages)
            here.endpoint.store.skip(30)
            here.send(order(2))
            await until(us, lambda: len(us.messages) == 2)
            await venue.until(lambda: venue.heard("to admin", "2"))
            assert not rejects(venue, us)

    bounded(main())


def test_their_sequence_reset_is_followed(tmp_path):
    async def main():
        async with calling(tmp_path) as (venue, here, us):
            await venue.does("reset-to 50")
            await venue.does("next-out 50")
            here.send(order(1))
            await until(us, lambda: us.messages)
            assert here.endpoint.store.next_in == 51 and not rejects(venue, us)

    bounded(main())


def test_a_reset_while_logged_on_begins_both_numbers_anew(tmp_path):
    async def main():
        async with calling(tmp_path) as (venue, here, us):
            here.send(order(1))
            await until(us, lambda: us.messages)
            here.endpoint.reset()
            await until(us, lambda: us.kinds("reset"))
            await until(us, lambda: here.endpoint.session.state == State.ACTIVE)
            here.send(order(2))
            await until(us, lambda: len(us.messages) == 2)
            assert (here.endpoint.store.next_out, here.endpoint.store.next_in) == (3, 3) and not rejects(venue, us)

    bounded(main())


def test_a_reset_at_logon_is_understood_in_both_directions(tmp_path):
    async def main():
        async with calling(tmp_path, settings={"reset_on_logon": True}) as (venue, here, us):
            for count in (1, 2):
                await until(us, lambda count=count: us.logons == count)
                here.send(order(count))
                await until(us, lambda count=count: len(us.messages) == count)
                assert (here.endpoint.store.next_out, here.endpoint.store.next_in) == (3, 3)
                here._connection.abort("cable cut")
        async with called(tmp_path / "other", "ResetOnLogon=Y") as (them, there, us):
            for count in (1, 2):
                await until(us, lambda count=count: us.logons == count)
                await them.until(lambda count=count: them.count("logon") == count)
                await them.does(f"order {count}")
                await them.until(lambda count=count: len(them.heard("from app", "8")) == count)
                assert (there.store.next_out, there.store.next_in) == (3, 3)
                us.acceptor.connections[there.id].abort("cable cut")

    (tmp_path / "other").mkdir()
    bounded(main())


def test_they_are_killed_and_come_back_with_their_store(tmp_path):
    async def main():
        us, port, expected = Recorder(), free_port(), [b"E1", b"E2", b"E3"]

        def executed():
            """Return the ExecIDs, each once: QuickFIX notes an order behind its answer, and may die in between."""
            return list(dict.fromkeys(message.get(17) for message in us.messages))

        async with Initiator(initiator_config(port, path=tmp_path / "us.log"), us) as here:
            for count in (1, 2, 3):
                async with quickfix("acceptor", port, tmp_path / "quickfix") as venue:
                    await until(us, lambda count=count: us.logons == count)
                    here.send(order(count))
                    await until(us, lambda count=count: executed() == expected[:count])
                    venue.process.kill()
                    await until(us, lambda count=count: len(us.kinds("logged out")) == count)
            assert executed() == expected
            assert not us.kinds("rejected")

    bounded(main())


def test_we_come_back_with_our_store_and_go_on_with_the_numbers(tmp_path):
    async def main():
        port = free_port()
        async with quickfix("acceptor", port, tmp_path / "quickfix") as venue:
            for count in (1, 2, 3):
                us = Recorder()
                async with Initiator(initiator_config(port, path=tmp_path / "us.log"), us) as here:
                    here.send(order(count))
                    await until(us, lambda us=us: us.messages)
                    if count == 2:
                        here._connection.abort("cable cut")
                        await until(us, lambda us=us: us.logons == 2)
            await venue.until(lambda: venue.orders() == [1, 2, 3])
            assert not rejects(venue, us)

    bounded(main())


def test_an_unknown_type_is_rejected_and_the_session_lives(tmp_path):
    async def main():
        async with calling(tmp_path) as (venue, here, us):
            await venue.does("raw ZZ")
            await venue.until(lambda: venue.heard("from admin", "3") or venue.heard("from app", "j"))
            here.send(order(1))
            await until(us, lambda: us.messages)

    bounded(main())


def test_their_test_request_is_answered(tmp_path):
    async def main():
        async with calling(tmp_path) as (venue, here, us):
            await venue.does("test hello")
            await venue.until(lambda: venue.heard("from admin", "0"))
            assert venue.heard("from admin", "0")[0]["112"] == "hello"

    bounded(main())


def test_our_test_request_is_answered(tmp_path):
    """HeartBtInt is 1 s; they are stopped until we ask whether they live."""
    async def main():
        async with calling(tmp_path, settings={"heartbeat": 1}) as (venue, here, us):
            store, asked = here.endpoint.store, asyncio.Event()
            keep = store.sent

            def sent(seq, raw):
                keep(seq, raw)
                if b"\x0135=1\x01" in raw:
                    asked.set()

            store.sent = sent
            venue.process.send_signal(signal.SIGSTOP)
            async with asyncio.timeout(PATIENCE):
                await asked.wait()
            venue.process.send_signal(signal.SIGCONT)
            await venue.until(lambda: any("112" in beat for beat in venue.heard("to admin", "0")))
            here.send(order(1))
            await until(us, lambda: us.messages)
            assert us.logons == 1

    bounded(main())
