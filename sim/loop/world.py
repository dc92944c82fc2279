"""Exchange, market, device and host on one virtual clock."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from host.fix.store import MemoryStore
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.oms.fix import FixOrders, Names
from host.oms.settings import Settings
from host.risk.gate import Gate
from host.run.gateway import Gateway, all_verdicts, shut_gate
from host.run.ledger import INPUTS, Ledger
from host.run.loop import Loop, Pace
from host.strategy.dispatch import Dispatch
from host.strategy.interface import Context, Strategy
from host.strategy.views import Views
from sim.exchange.clock import VirtualClock
from sim.exchange.exchange import Exchange
from sim.exchange.joined import Joined
from sim.loop.link import JoinedVenue
from sim.loop.market import Market
from sim.loop.scenario import ACCOUNT, PARTICIPANT, Setup

__all__ = ["World"]

#: When every run begins, ns since 1970: 2026-11-20 14:33:20 UTC, whatever the exchange calls it.
_START = 1_795_185_200_000_000_000
_SECOND = 1_000_000_000
#: ns for messages that are under way at the end of the day.
_AFTERWARDS = _SECOND


class World:
    """One day, which has begun and which ``run`` plays. The same setup and strategies give the same journal, byte
    for byte.

    symbols: names, by the gate's index. recovered: messages that both lines lost and that were asked for. lives: how
    often the host has crashed.
    """

    def __init__(self, setup: Setup, strategies: Sequence[Strategy], journal: Path) -> None:
        """strategies: all trade for account 0; their numbers begin with 1. journal: file, which must
        not exist. Raises FileExistsError, and as the parts do."""
        if journal.exists():
            raise FileExistsError(f"{journal} exists")
        self.clock = clock = VirtualClock(_START)
        self.setup, self.exchange = setup, Exchange(setup.exchange, clock)
        self.symbols = tuple(symbol.name for symbol in setup.exchange.symbols)
        self.market = Market(setup.profile, setup.exchange.symbols, setup.limits)
        self.exchange.on_packet = self.market.hear
        self.recovered = self.lives = 0
        self._due = True
        self.settings = Settings(open_orders=self.market.gate.sizes.open_orders)
        self._joined, self._old = Joined(self.exchange), list[Journal]()
        self._live(strategies, journal, None)
        self.exchange.begin()
        self.loop.start(epoch=_START // _SECOND, day=0)
        self._tick()

    def crash(self, strategies: Sequence[Strategy]) -> None:
        """Let the host die at once, and another one begin with what is on the disk: journal and FIX store.

        The exchange, the device and what is on the lines live on. The journal is a copy; its old file is left.
        """
        self.market.decide()
        self.venue.cut()
        self._old.append(self.journal)
        self.lives += 1
        path = self.journal.path.with_suffix(f".{self.lives}")
        shutil.copyfile(self.journal.path, path)
        self._live(strategies, path, self.venue.store)
        self.loop.start(epoch=_START // _SECOND + self.lives, day=0)

    def _live(self, strategies: Sequence[Strategy], journal: Path, store: MemoryStore | None) -> None:
        """Make a host of what the journal and the store hold."""
        setup, clock, capabilities = self.setup, self.clock, self.market.device.capabilities
        self.ledger = Ledger(self.settings)
        self.journal = Journal(journal, INPUTS, take=self.ledger.recall, sync=Sync.NEVER, now=clock.now)
        self.ledger.begin(self.journal)
        views = Views(capabilities.symbols, capabilities.levels)
        self.contexts = [Context(views, strategy=number, first_ref=self.ledger.refs.get(number, 0) + 1, now=clock.now())
                         for number in range(1, len(strategies) + 1)]
        names = Names((ACCOUNT.encode(),), tuple(name.encode() for name in self.symbols))
        begin_string = self.exchange.config.fix[0].settings.begin_string
        self.venue = JoinedVenue(self._joined, PARTICIPANT, clock, latency=setup.latency, store=store)
        gate = Gate(self.market.device)
        self.loop = Loop(
            ledger=self.ledger, dispatch=Dispatch(views, list(zip(strategies, self.contexts, strict=True))),
            records=self.market.device.reader(), gateway=Gateway(gate, all_verdicts(gate)), venue=self.venue,
            orders=FixOrders(names=names, begin_string=begin_string, digits=9), clock=clock.now,
            pace=Pace(heartbeat=setup.timer, timer=setup.timer),
            shut=lambda output: shut_gate(self.market.admin, output))

    @property
    def end(self) -> int:
        """When all is over, ns since 1970: a second after the end of the exchange's day."""
        return self.exchange.midnight + self.exchange.config.day.end + _AFTERWARDS

    def run(self, until: int | None = None) -> None:
        """Play on to ``until``, ns since 1970; to the end by default. When it returns, the journal is written."""
        until = self.end if until is None else until
        while self.clock.step(until):
            if self._due or self.market.heard or self.venue.heard:
                self._due = False
                self._turn()

    def close(self) -> None:
        """Close the journals, and end the simulation of the device."""
        for journal in (*self._old, self.journal):
            journal.close()
        self.market.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _turn(self) -> None:
        """Let the device have what the exchange sent, and the host do what there is to do."""
        self.market.play()
        while self.loop.step():
            if self.loop.gateway.undecided:
                self.market.decide()

    def _tick(self) -> None:
        """Let the host's timers be looked at, and ask for what is missing of the feed."""
        self._due = True
        self.recovered += self.market.recover(self.exchange.venue.feed)
        self.clock.call_at(self.clock.now() + self.setup.timer, self._tick)
