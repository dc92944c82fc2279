"""Initiator and acceptor over real sockets."""

import asyncio
import socket
import time as wall
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from host.fix import connection
from host.fix.acceptor import AcceptError, Acceptor
from host.fix.application import Refused
from host.fix.encode import encode
from host.fix.endpoint import Endpoint
from host.fix.initiator import Initiator, Stopped
from host.fix.loops import UVLOOP
from host.fix.message import Message
from host.fix.schedule import daily
from host.fix.session import SessionError
from host.fix.socket import Options, Tls
from host.fix.store import StoreError
from host.fix.timestamp import stamp
from tests.host.fix import linked
from tests.host.fix.linked import Recorder, acceptor_config, bounded, config, initiator_config, order, until
from wire.fix.fix44 import FIX44

TLS = Path(__file__).parent / "tls"
SECOND = 1_000_000_000
#: 2026-03-03 12:00 in UTC.
NOON = 1_772_539_200 * SECOND


@pytest.fixture(autouse=True, params=[False, pytest.param(True, marks=pytest.mark.skipif(
    not UVLOOP, reason="uvloop is not installed"))], ids=["asyncio", "uvloop"])
def on_each_loop(request, monkeypatch):
    """Every test of this file on asyncio's loop, and on uvloop's."""
    monkeypatch.setitem(linked.loop, "uvloop", request.param)


def clock_from(start):
    """Return a wall clock that shows ``start`` now, and goes on from there."""
    began = wall.monotonic_ns()
    return lambda: start + wall.monotonic_ns() - began


@asynccontextmanager
async def pair(venue, us, *, ours=None, theirs=None):
    """Yield an acceptor's endpoint and an initiator, logged on."""
    listening = acceptor_config(**theirs or {})
    async with Acceptor([listening], venue) as acceptor:
        port = acceptor.port(listening.settings.id)
        async with Initiator(initiator_config(port, **ours or {}), us) as initiator:
            await until(us, lambda: us.logons)
            yield acceptor.endpoints[listening.settings.id], initiator


def test_messages_go_over_in_both_directions_and_both_log_out():
    async def main():
        venue, us = Recorder(), Recorder()
        async with pair(venue, us) as (there, here):
            for number in range(1, 101):
                here.send(order(number))
            await until(venue, lambda: len(venue.messages) == 100)
            there.send(order(7))
            await until(us, lambda: us.messages)
            assert venue.ids() == list(range(1, 101)) and us.ids() == [7]
            assert (there.store.next_in, here.endpoint.store.next_in) == (102, 3)
        assert len(us.kinds("logged out")) == len(venue.kinds("logged out")) == 1

    bounded(main())


@pytest.mark.parametrize("wanted", [True, False])
def test_what_comes_is_acknowledged_at_once_if_that_is_wanted(monkeypatch, wanted):
    async def main():
        reads, heard = [], Endpoint.received
        acks = []
        monkeypatch.setattr(connection, "quick_ack", acks.append)
        monkeypatch.setattr(Endpoint, "received", lambda self, data: (reads.append(self), heard(self, data)))
        venue, us = Recorder(), Recorder()
        options = {"options": Options(quick_ack=wanted)}
        async with pair(venue, us, ours=options, theirs=options) as (_, here):
            here.send(order(1))
            await until(venue, lambda: venue.messages)
        assert reads and len(acks) == (len(reads) if wanted else 0)

    bounded(main())


def test_an_application_that_answers_while_it_takes_keeps_the_order_of_numbers():
    class Echo(Recorder):
        def on_message(self, session, message):
            super().on_message(session, message)
            self.endpoint.send(order(int(message.get(11)) + 1000))

    async def main():
        venue, us = Echo(), Recorder()
        async with pair(venue, us) as (there, here):
            venue.endpoint = there
            for number in range(50):
                here.send(order(number))
            await until(us, lambda: len(us.messages) == 50)
        assert us.ids() == [number + 1000 for number in range(50)]
        assert not us.kinds("gap") and not venue.kinds("gap")

    bounded(main())


def test_what_an_application_refuses_is_answered_and_not_sent_again():
    class Choosy(Recorder):
        def on_message(self, session, message):
            super().on_message(session, message)
            raise Refused("no such symbol", 2)

    async def main():
        venue, us = Choosy(), Recorder()
        async with pair(venue, us) as (there, here):
            here.send(order(1))
            await until(us, lambda: us.messages)
            assert there.store.next_in == 3
        answer, = us.messages
        assert answer.msg_type == b"j"
        assert [answer.get(tag) for tag in (45, 380, 58)] == [b"2", b"2", b"no such symbol"]

    bounded(main())


def test_what_the_application_did_not_take_comes_again_and_its_failure_ends_the_session(tmp_path):
    class Clumsy(Recorder):
        def on_message(self, session, message):
            if message.get(11) == b"3":
                raise KeyError("book")
            super().on_message(session, message)

    async def main():
        us, first, then = Recorder(), Clumsy(), Recorder()
        listening = acceptor_config(path=tmp_path / "venue.log")
        async with Acceptor([listening], first) as acceptor:
            port = acceptor.port(listening.settings.id)
            calling = initiator_config(port, path=tmp_path / "us.log")
            async with Initiator(calling, us) as here:
                for number in range(1, 6):
                    here.send(order(number))
                await until(first, lambda: first.failures)
                await until(us, lambda: us.kinds("closed"))
                assert repr(first.failures) == "[KeyError('book')]"
        async with Acceptor([replace(listening, port=port)], then) as acceptor:
            async with Initiator(calling, us):
                await until(then, lambda: len(then.messages) == 3)
        assert first.ids() + then.ids() == [1, 2, 3, 4, 5]

    bounded(main())


def test_messages_that_are_sent_without_a_connection_go_when_there_is_one(tmp_path):
    async def main():
        venue, us = Recorder(), Recorder()
        listening = acceptor_config()
        async with Acceptor([listening], venue) as acceptor:
            initiator = Initiator(initiator_config(acceptor.port(listening.settings.id)), us)
            initiator.send(order(1))
            initiator.send(order(2))
            async with initiator:
                await until(venue, lambda: len(venue.messages) == 2)
        assert venue.ids() == [1, 2]

    bounded(main())


def test_an_initiator_calls_until_somebody_answers_and_again_when_he_is_gone(tmp_path):
    """Item 44."""
    async def main():
        venue, us = Recorder(), Recorder()
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        async with Initiator(initiator_config(port), us) as here:
            await until(us, lambda: len(us.kinds("unreachable")) > 2)
            for count in (1, 2, 3):
                listening = acceptor_config(port=port, path=tmp_path / "venue.log")
                async with Acceptor([listening], venue):
                    await until(us, lambda count=count: us.logons == count)
                    here.send(order(count))
                    await until(venue, lambda count=count: len(venue.messages) == count)
        assert venue.ids() == [1, 2, 3]
        assert us.kinds("unreachable")[0].startswith(f"127.0.0.1 port {port}: ")
        assert us.kinds("waiting")[0].endswith(" ms before the next attempt")

    bounded(main())


def test_an_initiator_stops_where_another_attempt_would_not_go_better(tmp_path):
    """Item 44: the counterparty's store is gone: it expects less than we have sent, and its Logon is too low."""
    async def main():
        venue, us = Recorder(), Recorder()
        ours = {"path": tmp_path / "us.log"}
        async with pair(venue, us, ours=ours) as (there, here):
            for number in range(3):
                there.send(order(number))
            await until(us, lambda: len(us.messages) == 3)
        async with Acceptor([acceptor_config()], venue) as acceptor:
            port = acceptor.port(acceptor_config().settings.id)
            async with Initiator(initiator_config(port, **ours), us) as here:
                with pytest.raises(Stopped, match="FIX.4.4:US->VENUE: .*too low"):
                    await here.ended()

    bounded(main())


def test_an_initiator_that_is_stopped_before_it_got_through_ends_at_once():
    async def main():
        us = Recorder()
        with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
            here = Initiator(initiator_config(server.getsockname()[1]), us)
            here.start()
            await until(us, lambda: us.kinds("connected"))
            await here.stop()
            await here.ended()

    bounded(main())


def test_a_port_in_use_is_named():
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with pytest.raises(AcceptError, match=f"cannot listen on 127.0.0.1 port {port}: in use by another"):
                await Acceptor([acceptor_config(port=port)], Recorder()).start()

    bounded(main())


def test_a_store_in_use_leaves_no_other_open(tmp_path):
    async def main():
        configs = [acceptor_config(target=name, path=tmp_path / name) for name in ("A", "B")]
        with configs[1].store.open(configs[1].settings, lambda: 1):
            with pytest.raises(StoreError, match="B: is in use by process"):
                Acceptor(configs, Recorder())
        async with Acceptor(configs, Recorder()):
            pass

    bounded(main())


# Several sessions on one port


def test_sessions_on_one_port_do_not_disturb_each_other():
    """Item 47: one of them says nonsense and is cut; the other two trade on."""
    async def main():
        venue, a, b = Recorder(), Recorder(), Recorder()
        configs = [acceptor_config(target=name) for name in ("A", "B", "C")]
        async with Acceptor(configs, venue) as acceptor:
            port = acceptor.port(configs[0].settings.id)
            assert {acceptor.port(each.settings.id) for each in configs} == {port}
            async with (Initiator(initiator_config(port, sender="A"), a) as first,
                        Initiator(initiator_config(port, sender="B"), b) as second):
                await until(a, lambda: a.logons)
                await until(b, lambda: b.logons)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01" * 10)
                assert await reader.read() == b""
                writer.close()
                for number in range(20):
                    first.send(order(number))
                    second.send(order(100 + number))
                await until(venue, lambda: len(venue.messages) == 40)
                numbers = {config.settings.target: acceptor.endpoints[config.settings.id].store.next_in
                           for config in configs}
                assert numbers == {b"A": 22, b"B": 22, b"C": 1}
        assert [identity for identity in venue.ids() if identity < 100] == list(range(20))

    bounded(main())


@pytest.mark.parametrize("sender, says", [("X", "no session FIX.4.4:VENUE->X"), ("US", "FIX.4.4:VENUE->US has a conn")])
def test_a_stranger_and_a_double_are_turned_away_without_a_word_or_a_number(sender, says):
    """Items 2, 3 and 47."""
    async def main():
        venue, us, other = Recorder(), Recorder(), Recorder()
        async with pair(venue, us) as (there, here):
            port = here.config.port
            before = there.store.next_out, there.store.next_in
            async with Initiator(initiator_config(port, sender=sender), other):
                await until(venue, lambda: venue.kinds("turned away"))
                await until(other, lambda: other.kinds("closed"))
            assert says in venue.kinds("turned away")[0]
            assert (there.store.next_out, there.store.next_in) == before and not other.logons
            here.send(order(1))
            await until(venue, lambda: venue.messages)

    bounded(main())


def test_connections_that_do_not_say_who_they_are_are_bounded():
    async def main():
        venue = Recorder()
        async with Acceptor([acceptor_config()], venue) as acceptor:
            port = acceptor.port(acceptor_config().settings.id)
            sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(101)]
            try:
                await until(venue, lambda: venue.kinds("turned away"))
                assert len(acceptor.strangers) <= 101
                assert "more than 100 connections have not said who they are" in venue.kinds("turned away")[0]
            finally:
                for each in sockets:
                    each.close()

    bounded(main())


# A counterparty that does not read


def test_a_counterparty_that_does_not_read_is_cut_before_memory_is_full_and_gets_all_later(tmp_path):
    """Item 46."""
    async def main():
        venue, us = Recorder(), Recorder()
        listening = acceptor_config(backlog=200_000, options=Options(send_buffer=50_000))
        async with Acceptor([listening], venue) as acceptor:
            identity = listening.settings.id
            calling = initiator_config(acceptor.port(identity), options=Options(receive_buffer=50_000))
            async with Initiator(calling, us) as here:
                await until(us, lambda: us.logons)
                here._connection._transport.pause_reading()
                count = 0
                while not venue.kinds("closed") and count < 5000:
                    acceptor.send(identity, order(count, padding=bytes(b"x" * 1000)))
                    count += 1
                    await asyncio.sleep(0)
                assert count < 5000
                assert "the counterparty does not read: 2" in venue.kinds("closed")[0]
                assert venue.kinds("stalled")
                here._connection.abort("hung up")
                await until(us, lambda: len(us.messages) == count)
        assert us.ids() == list(range(count))

    bounded(main())


def test_a_counterparty_that_asks_and_does_not_read_is_not_read_either():
    """Item 46: answers would pile up: nothing more is taken from it until it has read."""
    class Echo(Recorder):
        def on_message(self, session, message):
            super().on_message(session, message)
            self.endpoint.send(order(int(message.get(11)), padding=b"y" * 4000))

    async def main():
        venue, us = Echo(), Recorder()
        small = Options(send_buffer=50_000, receive_buffer=50_000)
        theirs = {"options": small, "backlog": 1 << 19}
        async with pair(venue, us, ours={"options": small}, theirs=theirs) as (there, here):
            venue.endpoint = there
            here._connection._transport.pause_reading()
            for number in range(500):
                here.send(order(number, padding=b"x" * 1000))
            await until(venue, lambda: venue.kinds("stalled"))
            taken = len(venue.messages)
            assert taken < 500
            here._connection._transport.resume_reading()
            await until(us, lambda: len(us.messages) == 500)
        assert us.ids() == venue.ids() == list(range(500))
        assert us.logons == 1

    bounded(main())


def test_a_counterparty_that_reads_nothing_any_more_is_cut_after_a_while(monkeypatch):
    """Item 46: also if nothing more is to be written to it."""
    monkeypatch.setattr(connection, "_STALL", 0.05)

    async def main():
        venue, us = Recorder(), Recorder()
        small = Options(send_buffer=50_000, receive_buffer=50_000)
        ours = {"options": small, "settings": {"heartbeat": 0}}
        async with pair(venue, us, ours=ours, theirs={"options": small, "backlog": 400_000}) as (there, here):
            here._connection._transport.pause_reading()
            number = 0
            while not venue.kinds("stalled"):
                there.send(order(number, padding=b"x" * 1000))
                number += 1
            await until(venue, lambda: venue.kinds("closed"))
            assert "the counterparty does not read: " in venue.kinds("closed")[0]
            here._connection.abort("hung up")

    bounded(main())


def test_a_counterparty_that_does_not_close_is_not_waited_for(monkeypatch):
    """Item 35."""
    monkeypatch.setattr(connection, "_LINGER", 0.05)
    header = [(34, b"1"), (49, b"VENUE"), (56, b"US"), (52, stamp(wall.time_ns()))]
    refusal = encode(b"FIX.4.4", Message(b"5", [*header, (58, b"MsgSeqNum too low, expecting 9")]), FIX44)

    async def main():
        done = asyncio.Event()

        async def refuse(reader, writer):
            await reader.readuntil(b"\x0110=")
            writer.write(refusal)
            await done.wait()
            writer.close()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            async with Initiator(initiator_config(server.sockets[0].getsockname()[1]), Recorder()) as here:
                with pytest.raises(Stopped, match="expecting 9"):
                    await here.ended()
            done.set()

    bounded(main())


# Session hours


def hours(start, end):
    return daily(ZoneInfo("UTC"), time.fromisoformat(start), time.fromisoformat(end))


def test_outside_the_hours_a_logon_is_turned_away_and_an_initiator_waits():
    """Item 43."""
    async def main():
        venue, us, waiting = Recorder(), Recorder(), Recorder()
        listening = acceptor_config(schedule=hours("14:00", "15:00"))
        async with Acceptor([listening], venue, clock=clock_from(NOON)) as acceptor:
            port = acceptor.port(listening.settings.id)
            async with (Initiator(initiator_config(port), us, clock=clock_from(NOON)),
                        Initiator(initiator_config(port, schedule=hours("14:00", "15:00")), waiting,
                                  clock=clock_from(NOON))):
                await until(venue, lambda: venue.kinds("turned away"))
                await until(waiting, lambda: waiting.kinds("waiting"))
        assert "outside the session's hours" in venue.kinds("turned away")[0]
        assert waiting.kinds("waiting") == ["outside the session's hours, which begin in 7199 s"]
        assert not waiting.kinds("connected")

    bounded(main())


def test_an_initiator_calls_when_the_hours_begin():
    async def main():
        venue, us = Recorder(), Recorder()
        clock, listening = clock_from(NOON - SECOND // 5), acceptor_config()
        async with Acceptor([listening], venue, clock=clock) as acceptor:
            calling = initiator_config(acceptor.port(listening.settings.id), schedule=hours("12:00", "15:00"))
            async with Initiator(calling, us, clock=clock):
                assert not us.kinds("connected")
                await until(us, lambda: us.logons)
                assert clock() >= NOON

    bounded(main())


def test_when_the_hours_end_there_is_a_logout_and_the_next_begin_with_1():
    """Item 43: the hours end at noon, and the next begin at once."""
    async def main():
        venue, us = Recorder(), Recorder()
        clock = clock_from(NOON - SECOND // 5)
        more = {"schedule": hours("12:00", "12:00")}
        listening = acceptor_config(**more)
        async with Acceptor([listening], venue, clock=clock) as acceptor:
            calling = initiator_config(acceptor.port(listening.settings.id), **more)
            async with Initiator(calling, us, clock=clock) as here:
                here.send(order(1))
                here.send(order(2))
                await until(us, lambda: us.logons == 2)
                here.send(order(3))
                await until(venue, lambda: len(venue.messages) == 3)
                assert any("the session's hours are over" in text
                           for text in us.kinds("logged out") + venue.kinds("logged out"))
                assert here.endpoint.store.next_out == 3
                assert here.endpoint.store.created >= NOON

    bounded(main())


def test_a_restart_within_the_hours_keeps_the_numbers_and_one_after_them_does_not(tmp_path):
    """Item 43."""
    async def main():
        calling = initiator_config(1, path=tmp_path / "us.log", schedule=hours("08:00", "07:00"))
        for start, next_out in ((NOON, 1), (NOON + 3600 * SECOND, 2), (NOON + 24 * 3600 * SECOND, 1)):
            initiator = Initiator(calling, Recorder(), clock=clock_from(start))
            assert initiator.endpoint.store.next_out == next_out
            initiator.endpoint.store.sent(next_out, encode(b"FIX.4.4", order(next_out), FIX44))
            await initiator.stop()

    bounded(main())


def test_an_initiator_whose_hours_never_come_stops():
    async def main():
        never = replace(hours("08:00", "09:00"), weekdays=frozenset())
        async with Initiator(initiator_config(1, schedule=never), Recorder()) as here:
            with pytest.raises(Stopped, match="outside the session's hours, and there are none to come"):
                await here.ended()

    bounded(main())


# Failures


def test_a_store_that_cannot_write_ends_its_session_and_no_other(tmp_path, monkeypatch):
    async def main():
        venue, a, b = Recorder(), Recorder(), Recorder()
        configs = [acceptor_config(target=name, path=tmp_path / name) for name in ("A", "B")]
        async with Acceptor(configs, venue) as acceptor:
            port = acceptor.port(configs[0].settings.id)
            async with (Initiator(initiator_config(port, sender="A"), a) as first,
                        Initiator(initiator_config(port, sender="B"), b) as second):
                await until(a, lambda: a.logons)
                await until(b, lambda: b.logons)

                def full(_):
                    raise OSError(28, "No space left on device")

                monkeypatch.setattr(acceptor.endpoints[configs[0].settings.id].store, "taken", full)
                first.send(order(1))
                await until(a, lambda: a.kinds("closed"))
                second.send(order(2))
                await until(venue, lambda: len(venue.messages) == 2)
        assert [str(error) for error in venue.failures] == ["[Errno 28] No space left on device"]

    bounded(main())


def test_what_is_not_to_be_sent_is_refused_and_the_session_lives():
    async def main():
        venue, us = Recorder(), Recorder()
        async with pair(venue, us) as (_, here):
            with pytest.raises(SessionError, match="for the session to send"):
                here.send(Message(b"0", []))
            here.send(order(1))
            await until(venue, lambda: venue.messages)

    bounded(main())


# TLS


def test_a_session_over_tls_checks_who_is_there():
    """The certificate is for localhost, signed by itself, and good for a hundred years."""
    async def main():
        venue, us, other = Recorder(), Recorder(), Recorder()
        listening = acceptor_config(tls=Tls(certificate=TLS / "certificate.pem", key=TLS / "key.pem"))
        async with Acceptor([listening], venue) as acceptor:
            port = acceptor.port(listening.settings.id)
            good = Tls(authority=TLS / "certificate.pem", name="localhost")
            async with Initiator(initiator_config(port, tls=good), us) as here:
                here.send(order(1))
                await until(venue, lambda: venue.messages)
            for bad in (replace(good, name="example.com"), Tls()):
                async with Initiator(initiator_config(port, tls=bad), other):
                    await until(other, lambda: other.kinds("unreachable"))
                assert "certificate verify failed" in other.events.pop(0)[1].lower()
                other.events.clear()

    bounded(main())


def test_two_sessions_on_a_port_with_and_without_tls_are_refused():
    async def main():
        configs = [config("acceptor", "V", "A", 0), config("acceptor", "V", "B", 0, tls=Tls())]
        with pytest.raises(AcceptError, match="its sessions must have the same TLS"):
            await Acceptor(configs, Recorder()).start()

    bounded(main())
