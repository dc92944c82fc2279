"""A session that is killed (SIGKILL) again and again while it trades, and goes on against the same counterparty.

The counterparty lives in the test. What it saw, and what the victim wrote down, must show: no sequence number was used
for two contents, nothing was lost in either direction, and nothing came twice as new.
"""

import asyncio
import json
import os
import random
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from host.fix.acceptor import Acceptor
from host.fix.log import SESSION_LOG, Kind
from host.fix.message import Message
from host.fix.parser import Parser
from tests.host.fix.linked import PATIENCE, Recorder, acceptor_config, bounded, order, until
from tests.host.fix.victim import LAST
from wire.fix.types import ADMIN

ROOT = Path(__file__).parents[3]
#: Fields that a message has otherwise when it is sent again.
AGAIN = (43, 52, 122)


class Counterparty(Recorder):
    """Answers every order with one of its own, numbered as they come."""

    def on_message(self, session, message):
        super().on_message(session, message)
        self.acceptor.send(session, order(len(self.messages), padding=message.get(11)))


class Victims:
    """Makes victims, one at a time."""

    def __init__(self, process, folder):
        self._process, self._folder = process, folder
        self.port = self.pid = 0

    async def start(self, **more):
        """Have a new victim."""
        told = {"port": self.port, "folder": str(self._folder), "sync": "never", "seed": 0, "finish": False,
                "die": None} | more
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self.pid = await self._answer()

    async def kill(self):
        """Kill it, and see that it did not die of anything else before."""
        os.kill(self.pid, signal.SIGKILL)
        assert await self.died() == -signal.SIGKILL

    async def died(self):
        """Return how it ended by itself."""
        status, self.pid = await self._answer(), 0
        return status

    async def end(self):
        """Have no more of them."""
        self._process.stdin.close()
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
        await self._process.wait()

    async def _answer(self):
        async with asyncio.timeout(PATIENCE):
            return int(await self._process.stdout.readline())


@asynccontextmanager
async def scene(folder):
    """Yield a counterparty and victims for it; check at the end that it all adds up."""
    venue = Counterparty()
    listening = acceptor_config(path=folder / "venue.log")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.host.fix.victim", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        cwd=ROOT)
    victims = Victims(process, folder)
    try:
        async with Acceptor([listening], venue) as acceptor:
            venue.acceptor = acceptor
            victims.port = acceptor.port(listening.settings.id)
            yield venue, victims
            await victims.start(finish=True)
            assert await victims.died() == 0
    finally:
        await victims.end()
    check(folder, venue)


def check(folder, venue):
    """See the head of this file."""
    *orders, last = venue.ids()
    assert last == LAST
    assert orders == list(range(1, len(orders) + 1)), "an order was lost, or came twice"

    ledger = [line.split() for line in (folder / "ledger").read_text().splitlines()]
    firsts = []
    for number, possible_duplicate in ledger:
        if int(number) not in firsts[-1000:]:
            firsts.append(int(number))
        else:
            assert possible_duplicate == "Y", f"{number} came twice as new"
    assert firsts == list(range(1, len(venue.messages) + 1)), "an answer was lost"

    contents = {}
    parser = Parser()
    for record in SESSION_LOG.read(folder / "venue.log"):
        if record.kind == Kind.IN:
            for message in parser.feed(record.body):
                if isinstance(message, Message):
                    same(contents, message)
    sent = [record for record in SESSION_LOG.read(folder / "us.log") if record.kind == Kind.OUT]
    assert [record.number for record in sent] == list(range(1, len(sent) + 1))


def same(contents, message):
    """Check that ``message`` is what its number stood for before."""
    seq = int(message.get(34))
    content = message.msg_type, [pair for pair in message.fields if pair[0] not in AGAIN]
    if seq not in contents:
        contents[seq] = content
    elif message.get(43) == b"Y" and message.msg_type == b"4":
        assert contents[seq][0] in ADMIN, f"{seq} was an order, and is passed over"
    else:
        assert message.get(43) == b"Y", f"{seq} came twice as new"
        assert contents[seq] == content, f"{seq} has two contents"


async def massacre(folder, rounds, seed):
    """Kill ``rounds`` victims at random points."""
    rng = random.Random(seed)
    async with scene(folder) as (venue, victims):
        for _ in range(rounds):
            await victims.start(seed=rng.randrange(1 << 32), sync=rng.choice(("always", "interval", "never")))
            if rng.random() < 0.3:
                # A point in time: while it opens its store, connects, or logs on.
                await asyncio.sleep(rng.random() * 0.02)
            else:
                wanted = len(venue.messages) + rng.randrange(1, 200)
                await until(venue, lambda wanted=wanted: len(venue.messages) >= wanted)
            await victims.kill()
    return len(venue.messages)


def test_a_session_that_is_killed_at_random_loses_nothing_and_uses_no_number_twice(tmp_path):
    """Items 41 and 42."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    bounded(massacre(tmp_path, 12, seed))


@pytest.mark.soak
def test_a_session_that_is_killed_five_hundred_times(tmp_path):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    orders = bounded(massacre(tmp_path, 500, seed), 1800)
    print(f"500 deaths, {orders} orders")


POINTS = ("before persist", "before commit", "between persist and write", "after write",
          "between delivery and taken", "after taken", "within a record")


@pytest.mark.parametrize("point", POINTS)
def test_death_at_a_given_point(tmp_path, point):
    """Items 41 and 42: at the first passes, which are those of the Logon, and at later ones."""
    async def main():
        async with scene(tmp_path) as (venue, victims):
            for passes in (1, 2, 3, 17, 40):
                await victims.start(die=(point, passes))
                assert await victims.died() == -signal.SIGKILL

    bounded(main())


def test_what_was_persisted_and_not_written_arrives_once_as_a_possible_duplicate(tmp_path):
    async def main():
        async with scene(tmp_path) as (venue, victims):
            await victims.start(die=("between persist and write", 5), seed=1)
            assert await victims.died() == -signal.SIGKILL
            before = len(venue.messages)
        assert [message.get(43) for message in venue.messages[before:before + 1]] == [b"Y"]

    bounded(main())


def test_what_was_delivered_and_not_taken_is_delivered_again_as_a_possible_duplicate(tmp_path):
    async def main():
        async with scene(tmp_path) as (venue, victims):
            await victims.start(die=("between delivery and taken", 5))
            assert await victims.died() == -signal.SIGKILL
        lines = (tmp_path / "ledger").read_text().splitlines()
        assert lines[:5] == [f"{number} N" for number in range(1, 6)]
        again = int(lines[5].split()[0])
        assert again <= 5 and lines[5:5 + 6 - again] == [f"{number} Y" for number in range(again, 6)]

    bounded(main())


def test_death_within_a_replay(tmp_path):
    """The counterparty misses what was written while it was away, asks for it, and the answer is cut short."""
    async def main():
        async with scene(tmp_path) as (venue, victims):
            for passes in (1, 2, 5):
                await victims.start(die=("between persist and write", 30))
                assert await victims.died() == -signal.SIGKILL
                await victims.start(die=("within a replay", passes))
                assert await victims.died() == -signal.SIGKILL

    bounded(main())
