"""The exchange as a process: all its sockets, until the day is over or somebody ends it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Self

from host.fix.acceptor import AcceptError
from host.fix.decimals import price_text
from host.fix.socket import SocketError
from host.fix.store import StoreError
from sim.exchange.clock import WallClock
from sim.exchange.config import Config
from sim.exchange.exchange import Exchange
from sim.exchange.live.datagrams import LineSocket, ListenError, open_rewind
from sim.exchange.live.files import FolderError, make_folder, write_statements
from sim.exchange.live.fixport import FixPort
from sim.exchange.live.sessions import SessionError, new_session
from sim.exchange.live.soupport import GlimpsePort, OuchPort
from sim.exchange.operator import OperatorError
from sim.market.source import MarketFileError
from wire.itch50 import Side

__all__ = ["LiveExchange", "live_errors"]


def live_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions with which an exchange says that it cannot begin."""
    return ListenError, SessionError, FolderError, AcceptError, SocketError, StoreError, OperatorError, MarketFileError


class LiveExchange:
    """An exchange on the wall clock. ``async with`` opens all sockets, begins the day and ends it.

    log: gets a line for what happens. addresses: where each service is, as text, once it is open. over: is set when the
    day is over. Raises one of ``live_errors`` when it cannot begin, and OSError for a file.
    """

    def __init__(self, config: Config, log: Callable[[str], None]) -> None:
        self.config = config
        self.addresses: dict[str, str] = {}
        self._log = log

    async def __aenter__(self) -> Self:
        self.over = asyncio.Event()
        feed = self.config.feed
        if feed.used is not None:
            session = new_session(feed.used, feed.session)
            if session != feed.session:
                self._log(f"feed: session {feed.session} was used before; this one is {session}")
            self.config = replace(self.config, feed=replace(feed, session=session))
        self.exchange = exchange = Exchange(self.config, WallClock(asyncio.get_running_loop()))
        exchange.on_end, exchange.on_refused, exchange.on_statements = self._ended, self._log, self._write
        self.lines: list[LineSocket] = []
        self.fix = FixPort(exchange, self._log)
        self.ouch, self.glimpse = OuchPort(exchange, self._log), GlimpsePort(exchange, self._log)
        self._rewind: asyncio.DatagramTransport | None = None
        try:
            await self._open()
        except BaseException:
            await self._close("the exchange cannot begin")
            raise
        exchange.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.end()
        await self._close("the exchange ends")

    @property
    def told(self) -> bool:
        """Whether the day is over, and the feed has said so as often as it does."""
        return self.exchange.venue.feed.over and self.exchange.lines.deadline() is None

    def end(self) -> None:
        """End the day: open orders are cancelled and reported, the feed begins to say so."""
        self.exchange.end()

    def operate(self, line: str) -> list[str]:
        """Do what an operator asks; return what was refused, or could not be understood, as lines of text."""
        if self.exchange.over:
            return ["the day is over"]
        try:
            return self.exchange.operator.do(line, self.exchange.clock.now())
        except OperatorError as error:
            return [str(error)]

    def status(self) -> list[tuple[str, str]]:
        """Return what is to be seen now, as pairs of a name and a text."""
        exchange = self.exchange
        venue, engine, minutes = exchange.venue, exchange.venue.engine, exchange.time_of_day() // 60_000_000_000
        seconds = exchange.time_of_day() // 1_000_000_000 % 60
        phase = venue.phase.name.lower().replace("_", " ") if venue.phase else ""
        rows = [("time", f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}  {phase}"),
                ("commands", f"{venue.commands:,}"), ("open orders", f"{len(engine):,}"),
                ("messages", f"{venue.feed.next - 1:,}"),
                ("re-requests", f"{venue.feed.requests:,}, {venue.feed.refused:,} refused")]
        for name, line, impairment in zip("AB", self.lines, exchange.lines.lines, strict=True):
            faults = [f"{count:,} {what}" for what, count in impairment.counts.items()
                      if count and what not in ("packets", "delivered")]
            if line.failed:
                faults.append(f"{line.failed:,} not taken by the kernel")
            rows.append((f"line {name}", ", ".join([f"{line.sent:,} packets", *faults])))
        for one in self.config.fix:
            rows.append((f"fix {one.name}", "logged on" if one.settings.id in self.fix.online else "-"))
        for name in exchange.ouch.users:
            here = any(connection.side.user == name for connection in self.ouch.connections)
            rows.append((f"ouch {name}", "logged in" if here else "-"))
        for symbol in engine.symbols:
            bid, ask = (engine.best(symbol.locate, side) for side in (Side.BUY, Side.SELL))
            state = engine.state(symbol.locate).name.lower()
            last = _price(engine.last(symbol.locate))
            rows.append((symbol.name, f"{_quote(bid)} - {_quote(ask)}  last {last}  {state}"))
        return rows

    def _ended(self) -> None:
        if self.config.day.statements:
            for text in self._write():
                self._log(text)
        self.over.set()

    def _write(self) -> list[str]:
        folder = self.config.day.statements
        if folder is None:
            return ["statements: [day] names no folder for them"]
        return write_statements(folder, self.exchange.statements())

    async def _open(self) -> None:
        config, feed = self.config, self.config.feed
        if config.day.statements:
            make_folder(config.day.statements)
        for name, address in zip("AB", feed.lines, strict=True):
            self.lines.append(LineSocket(name, address, feed.interface))
            self.addresses[f"line {name}"] = _shown(address)
        self.exchange.on_packet = lambda line, packet: self.lines[line].send(packet)
        if feed.rewind:
            self._rewind = await open_rewind(feed.rewind, self.exchange.venue.feed.answer)
            self.addresses["rewind"] = _shown(self._rewind.get_extra_info("sockname"))
        if feed.snapshot:
            self.addresses["glimpse"] = _shown(await self.glimpse.listen(feed.snapshot))
        if config.ouch:
            self.addresses["ouch"] = _shown(await self.ouch.listen(config.ouch.address))
        if config.fix:
            ports = await self.fix.listen()
            for one in config.fix:
                self.addresses[f"fix {one.name}"] = _shown((one.host, ports[one.name]))

    async def _close(self, text: str) -> None:
        await self.fix.close(text)
        await self.ouch.close()
        await self.glimpse.close()
        if self._rewind is not None:
            self._rewind.close()
        for line in self.lines:
            line.close()
        # What was closed is told so in the loop's next turn.
        await asyncio.sleep(0)


def _shown(address: tuple[str, int]) -> str:
    return f"{address[0]} port {address[1]}"


def _price(price: int) -> str:
    return price_text(price).decode()


def _quote(best: tuple[int, int] | None) -> str:
    return "none" if best is None else f"{best[1]:,} at {_price(best[0])}"
