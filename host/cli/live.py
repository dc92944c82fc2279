"""``tickgate run CONFIG``: a host on a device and a venue of their own, until it is told to stop."""

import asyncio
import signal
from datetime import UTC, datetime
from pathlib import Path

from rich.live import Live as Display
from rich.table import Table
from rich.text import Text

from host.cli.amounts import positions_table
from host.cli.console import wide_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.risk_common import Names
from host.risk.key import KeyFileError, load_key
from host.run.live import Live, live_errors
from host.run.liveconfig import ConfigError, LiveConfig, load

__all__ = ["run_live"]

#: Seconds between two looks at what is shown.
_GLANCE = 0.25


def run_live(path: Path) -> int:
    """Run the host that ``path`` describes; return the exit status. Raises UserError, OSError, device_errors."""
    try:
        config = load(path)
        key = load_key(config.gate.key_file)
    except (ConfigError, KeyFileError) as error:
        raise UserError(str(error)) from None
    try:
        return asyncio.run(_Desk(config).serve(key))
    except live_errors() as error:
        raise UserError(str(error)) from None


class _Desk:
    """Where one who runs a host sits: lines of text, and on a terminal a table of what goes on."""

    def __init__(self, config: LiveConfig) -> None:
        self._config, self._console = config, wide_console()
        self._names = Names.of(config.gate.limits)

    async def serve(self, key: int) -> int:
        """Run a host until a signal; return the exit status: whether its end was clean."""
        loop, live = asyncio.get_running_loop(), Live(self._config, key, self._say)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, live.stop)
        async with live:
            self._say("ready")
            showing = loop.create_task(self._show(live))
            try:
                await live.trade()
            finally:
                showing.cancel()
                await asyncio.wait((showing,))
        left = live.open_orders()
        self._console.print(_counts(live))
        self._console.print(positions_table(live.ledger.positions, self._names, {}))
        self._say(f"{self._config.journal.path}: {live.journal.number:,} entries")
        for order in left:
            self._say(f"order {order.id:016X} is open: {order.leaves} shares of {self._names.symbol(order.symbol)}")
        return CHECK_FAILED if left or live.fault else 0

    async def _show(self, live: Live) -> None:
        """On a terminal, keep the table up to date."""
        if not self._console.is_terminal:
            return
        with Display(console=self._console, auto_refresh=False, transient=True) as display:
            while True:
                display.update(_counts(live), refresh=True)
                await asyncio.sleep(_GLANCE)

    def _say(self, line: str) -> None:
        # What comes from outside may hold anything.
        shown = "".join(one if one.isprintable() else "?" for one in line)
        self._console.print(Text.assemble((f"{datetime.now(UTC):%H:%M:%S.%f}"[:-3], "dim"), " ", shown),
                            soft_wrap=True)
        self._console.file.flush()


def _counts(live: Live) -> Table:
    counts, book = live.loop.counts, live.ledger.oms.book
    rows = {"session": "logged on" if live.venue.up else "-", "trading": book.phase.value,
            "records of the device": counts["records"], "records lost": counts["records lost"],
            "asked for by strategies": counts["intents"], "accepted by the gate": counts["accepted"],
            "refused by the gate": counts["refused"], "messages to the venue": counts["messages sent"],
            "messages from it": counts["messages heard"], "fills": counts["fills"], "busts": counts["busts"],
            "corrections": counts["corrects"], "open orders": len(live.open_orders())}
    if live.rewind is not None:
        rows["messages recovered"] = live.rewind.given
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value if isinstance(value, str) else f"{value:,}")
    return table
