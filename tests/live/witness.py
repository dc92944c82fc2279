"""A drop copy session: what the exchange says of all orders, heard by somebody who is not the host."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from host.fix.application import Application
from host.fix.config import parse
from host.fix.initiator import Initiator
from host.fix.message import Message
from host.fix.settings import SessionId
from host.oms.fix import FixOrders, Names
from host.oms.inputs import ExecKind, Execution
from host.positions.reconcile import Statement
from host.positions.trade import Trade

__all__ = ["Witness"]

#: Seconds for what must happen.
_PATIENCE = 120


class Witness(Application):
    """Logs on at ``port`` as DROP, in a thread of its own, until it is closed. executions: all that it was told."""

    def __init__(self, port: int, symbols: list[str]) -> None:
        self.executions: list[Execution] = []
        self._orders = FixOrders(names=Names((b"DESK",), [name.encode() for name in symbols]), begin_string=b"FIX.4.4")
        self._port, self._up, self._news = port, threading.Event(), threading.Condition()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()
        assert self._up.wait(_PATIENCE), "the drop copy session does not come up"

    def on_message(self, session: SessionId, message: Message) -> None:
        """See Application."""
        told = self._orders.input(message, day=0, time=0)
        assert isinstance(told, Execution), message
        with self._news:
            self.executions.append(told)
            self._news.notify()

    def on_logon(self, session: SessionId) -> None:
        """See Application."""
        self._up.set()

    def orders(self) -> dict[bytes, Execution]:
        """Return the last word on each order, by its OrderID; on one that never was an order, by its ClOrdID."""
        return {each.order_id if each.order_id != b"NONE" else each.cl_ord_id: each for each in self.executions}

    def wait(self, condition: Callable[[list[Execution]], bool]) -> None:
        """Wait until ``condition`` is true of all that it was told."""
        with self._news:
            assert self._news.wait_for(lambda: condition(self.executions), _PATIENCE), self.executions[-5:]

    def statement(self, day: int) -> Statement:
        """Return what was traded and is held, as of the trading day ``day``."""
        trades, positions = [], Counter[tuple[int, int]]()
        for one in self.executions:
            if one.kind is ExecKind.TRADE:
                # By the name that the order manager gives it: day, session, ExecID.
                trade = Trade(f"{day}.1.{one.exec_id.decode()}", one.account, one.symbol, one.side, one.last_shares,
                              one.last_price, 0, 0)
                trades.append(trade)
                positions[one.account, one.symbol] += trade.signed_shares
        return Statement(trades, positions, fees=False)

    def close(self) -> None:
        """Log out."""
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(_PATIENCE)

    async def _run(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        (config,) = parse({"session": [{
            "name": "drop", "role": "initiator", "host": "127.0.0.1", "port": self._port, "sender": "DROP",
            "target": "EXCHANGE"}]}, "witness", Path())
        async with Initiator(config, self):
            await self._ending.wait()
