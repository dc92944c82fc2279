"""Initiator and acceptor over real sockets."""

from host.fix.acceptor import Acceptor
from host.fix.initiator import Initiator
from tests.host.fix.linked import Recorder, acceptor_config, bounded, initiator_config, order, until


def test_orders_go_over_and_both_log_out():
    async def main():
        venue, us = Recorder(), Recorder()
        config = acceptor_config()
        async with Acceptor([config], venue) as acceptor:
            async with Initiator(initiator_config(acceptor.port(config.settings.id)), us) as initiator:
                await until(us, lambda: us.logons)
                for number in range(1, 101):
                    initiator.send(order(number))
                await until(venue, lambda: len(venue.messages) == 100)
            await until(venue, lambda: venue.kinds("closed"))
            assert venue.ids() == list(range(1, 101))
            assert acceptor.endpoints[config.settings.id].store.next_in == 103
        print(venue.events, us.events)

    bounded(main())
