"""From what a flow plans beside its slots (sim/market/risk_flow.py) to the gate's ports, cycle by cycle."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from gateware.risk.interfaces import ROWS
from sim.market.risk_flow import Event
from wire.pages import Command

__all__ = ["Wiring"]

_PRICES = (("bid", "touch", 0), ("ask", "touch", 1), ("last", "trade", None))
_STATES = ("live", "trading", "short_restricted")


class Wiring:
    """Keeps what the ports last said, from one stretch of events to the next.

    The gate takes one best price and one trade a cycle. A plan that changes more of them at once is spread over the
    next cycles; the events that are told to a model say so.
    """

    def __init__(self) -> None:
        self._levels = dict.fromkeys(_STATES, 0)
        self._prices: dict[int, dict[str, int | None]] = defaultdict(lambda: dict.fromkeys(("bid", "ask", "last")))
        self._next_free = {"touch": 0, "trade": 0}

    def wire(self, plan: Iterable[Event]) -> tuple[list[tuple[int, dict[str, Any]]], list[Event]]:
        """Return ([(cycle, members of the gate's ports)] in rising cycles, [events as they happen])."""
        ports: dict[int, dict[str, Any]] = defaultdict(dict)
        happens: list[Event] = []
        told: dict[tuple[int, int], list[tuple[str, int | None]]] = defaultdict(list)
        levels: dict[int, dict[str, int]] = {}
        said = dict(self._levels)
        wanted = {symbol: dict(prices) for symbol, prices in self._prices.items()}
        for event in plan:
            if event.name == "set_touch":
                symbol = event.fields["symbol"]
                before = wanted.setdefault(symbol, dict.fromkeys(("bid", "ask", "last")))
                for name, port, side in _PRICES:
                    price = event.fields[name]
                    # A last trade, once there was one, stays.
                    if price == before[name] or (name == "last" and price is None):
                        continue
                    before[name] = price
                    cycle = max(event.cycle, self._next_free[port])
                    self._next_free[port] = cycle + 1
                    member = {"valid": 1, "symbol": symbol, "price": price or 0}
                    if side is not None:
                        member |= {"side": side, "has": int(price is not None)}
                    ports[cycle][port] = member
                    told[cycle, symbol].append((name, price))
                continue
            happens.append(event)
            if event.name == "set_state":
                for name in _STATES:
                    bit = 1 << event.fields["symbol"]
                    self._levels[name] = self._levels[name] & ~bit | bool(event.fields[name]) * bit
                # The gate looks at these in the very cycle of a decision; what is told counts from the next cycle on.
                levels[event.cycle + 1] = dict(self._levels)
            elif event.name == "beat":
                ports[event.cycle]["beat"] = 1
            else:
                ports[event.cycle]["admin"] = _command(event)
        for (cycle, symbol), changes in sorted(told.items()):
            self._prices[symbol] |= dict(changes)
            happens.append(Event(cycle, "set_touch", {"symbol": symbol, **self._prices[symbol]}))
        happens.sort(key=lambda event: event.cycle)
        rows = []
        for cycle in sorted({*ports, *levels}):
            said = levels.get(cycle, said)
            rows.append((cycle, {**said, **ports[cycle]}))
        return rows, happens


def _command(event: Event) -> dict[str, Any]:
    """Return the admin port's member for a call of the model."""
    fields = dict(event.fields)
    command = Command[event.name.upper()]
    where = {name: fields.pop(name) for name in ("account", "symbol") if name in fields}
    row = ROWS[command].const(fields).as_value().value if command in ROWS else 0
    return {"valid": 1, "command": command, **where, "row": row}
