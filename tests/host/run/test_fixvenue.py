"""The loop's venue on a real connection."""

import asyncio

import pytest

from host.fix.acceptor import Acceptor
from host.fix.message import Message
from host.run.fixvenue import FixVenue, VenueError
from host.run.venue import Link
from tests.host.fix.linked import Recorder, acceptor_config, bounded, initiator_config, order, until
from wire.fix.tags import Tag
from wire.fix.types import MsgType


async def heard(venue, count):
    """Return so many events, which are not taken."""
    events = []
    async with asyncio.timeout(20):
        while len(events) < count:
            events += venue.poll()
            await asyncio.sleep(0)
    return events


def test_messages_go_both_ways_with_their_numbers_and_the_link_is_told():
    async def main():
        desk = Recorder()
        listening = acceptor_config()
        async with Acceptor([listening], desk) as acceptor:
            venue = FixVenue(initiator_config(acceptor.port(listening.settings.id)), print)
            venue.start()
            assert await heard(venue, 1) == [Link.UP] and venue.up
            assert [venue.send(order(number), 0) for number in (5, 6)] == [2, 3]
            await until(desk, lambda: len(desk.messages) == 2)
            assert desk.ids() == [5, 6]
            acceptor.endpoints[listening.settings.id].send(order(7))
            (message,) = await heard(venue, 1)
            assert message.get(Tag.ClOrdID) == b"7"
            venue.took()
            await venue.stop("done")
            assert list(venue.poll()) == [Link.DOWN] and not venue.up
        assert desk.kinds("logged out") == ["by the counterparty: done"]

    bounded(main())


def test_what_was_not_taken_comes_again_to_the_next_life_and_what_was_does_not(tmp_path):
    async def main():
        desk = Recorder()
        listening = acceptor_config()
        async with Acceptor([listening], desk) as acceptor:
            endpoint = acceptor.endpoints[listening.settings.id]
            config = initiator_config(acceptor.port(listening.settings.id), path=tmp_path / "store")
            first = FixVenue(config, print)
            began = first.began
            first.start()
            await heard(first, 1)
            endpoint.send(order(1))
            await heard(first, 1)
            first.took()
            endpoint.send(order(2))
            await heard(first, 1)
            await first.stop("dies without having taken the second")
            second = FixVenue(config, print)
            assert second.began == began
            second.start()
            up, again = await heard(second, 2)
            assert up is Link.UP and again.get(Tag.ClOrdID) == b"2" and again.get(Tag.PossDupFlag) == b"Y"
            second.took()
            await second.stop("")

    bounded(main())


def test_orders_that_a_lost_connection_took_are_sent_again_and_questions_are_not():
    async def main():
        venue = FixVenue(initiator_config(9), print)
        for kind, again in ((MsgType.NewOrderSingle, True), (MsgType.OrderCancelRequest, True),
                            (MsgType.OrderCancelReplaceRequest, True), (MsgType.OrderStatusRequest, False),
                            (MsgType.OrderMassStatusRequest, False), (MsgType.RequestForPositions, False)):
            assert venue.settings.may_resend(Message(kind, []), 0) is again, kind

    bounded(main())


def test_a_session_that_cannot_go_on_is_told_by_poll(tmp_path):
    async def main():
        desk, lines = Recorder(), []
        listening = acceptor_config()
        async with Acceptor([listening], desk) as acceptor:
            config = initiator_config(acceptor.port(listening.settings.id))
            first = FixVenue(config, print)
            first.start()
            await heard(first, 1)
            await first.stop("")
            # Its numbers begin anew, which the counterparty does not know.
            second = FixVenue(config, lines.append)
            second.start()
            with pytest.raises(VenueError, match="the session to the venue has ended: .*MsgSeqNum too low"):
                await heard(second, 1)
            await second.stop("")
            assert any("MsgSeqNum too low" in line for line in lines)

    bounded(main())
