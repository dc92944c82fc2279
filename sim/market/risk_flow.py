"""Orders, reports and events for the risk gate, random but made to meet its limits, windows and seams.

A flow is a pure function of its parameters. It plans cycles and keeps a reference gate (sim.models.risk) that decides
every slot in the cycle of its entry, so that reports speak of orders that exist and prices and shares lie around what
is left of a limit. Whoever replays the plan against gateware moves its cycles as the device lets slots in, and
compares verdicts with a gate of its own that is told the true cycles (``play``). A plan stays plausible when cycles
shift: an order that was decided otherwise than planned makes reports that do not match, which are wanted too. But the
plan drifts away from the device, and less and less is accepted, the sooner the smaller the table of open orders. So
plan a stretch of 100 to 500 slots at a time, and between two of them give the flow the true state (``follow``).
"""

from collections import deque
from random import Random
from typing import NamedTuple

import numpy as np

from sim.market.risk_limits import NARROW, WIDE
from sim.models.risk import RiskGate
from wire.risk import ALL_SYMBOLS, REPORT_DTYPE, REPORT_KINDS, REQUEST_DTYPE, TICKS, Fault, Kind, OrderType, Side

__all__ = ["Event", "RiskFlow", "play"]

_TOP = 2**32 - 1
_SIDES = tuple(map(int, Side))
_CLOSING = (Kind.CANCELLED, Kind.REJECTED, Kind.EXPIRED)
#: Words of a request that may be spoiled, and with what.
_SPOILED = (
    ("side", (0, 3, 4, 7, 255)), ("type", (0, 3, 255)), ("shares", (0, 1, _TOP)), ("price", (0, 1, 7, _TOP)),
    ("account", (0, 1, 0x7FFF, 0xFFFF)), ("symbol", (0, 1, 0x7FFF, ALL_SYMBOLS)), ("token", (0, 1, _TOP)),
    ("kind", (0, 5, 15, 25, 255)),
)


class Event(NamedTuple):
    """Something that happens in ``cycle``: a ``slot``, or a call of RiskGate by its name.

    fields: of a slot ``slot``, its 32 bytes; else the arguments of the call.
    """

    cycle: int
    name: str
    fields: dict


def play(gate, event, *, decided=None):
    """Tell ``gate`` of ``event``; return the verdict of a slot, else None. decided: cycle of the decision."""
    if event.name == "slot":
        return gate.decide(event.fields["slot"], now=event.cycle, decided=decided)
    getattr(gate, event.name)(cycle=event.cycle, **event.fields)
    return None


class RiskFlow:
    """Plans events for a gate of the given sizes, from ``seed`` alone.

    trouble: how often something beside the orders happens, 0 (never) .. 1.
    gate: the flow's own gate, as it is after all that was planned; cycle: that of the last event.

    At most one slot a cycle; at most one call that is not ``set_touch`` or ``set_state`` a cycle; at most one each of
    these two a symbol and cycle. The last account, if there are several, is the wild one: its limits are the highest
    there are, its fills have prices up to the highest, and it is shut and resumed again and again.
    """

    def __init__(self, *, seed, accounts, symbols, open_orders, duplicates, trouble=0.3):
        if not 0 <= trouble <= 1:
            raise ValueError(f"trouble must be 0 .. 1, not {trouble!r}")
        self.gate = RiskGate(accounts=accounts, symbols=symbols, open_orders=open_orders, duplicates=duplicates)
        self.cycle = 0
        self.trouble = trouble
        self._random = Random(seed)
        self._wild = accounts - 1 if accounts > 1 else None
        self._middle = [self._random.choice((300, 40_000, 1_000_000)) for _ in range(symbols)]
        self._narrow = []
        self._asked = [deque(maxlen=12) for _ in range(open_orders)]
        self._hot = self._some_pairs()
        self._account, self._symbol = self._hot[0]
        self._last_slot = None
        self._silent = False
        self._beat = 0
        self._opened = False

    def events(self, slots):
        """Yield events in order of their cycles until ``slots`` more slots were given.

        The first call begins with a gate after reset, and opens it.
        """
        if not self._opened:
            yield from self._open()
        for _ in range(slots):
            yield from self._wait(self._gap())
            if self._chance(self.trouble * 0.5):
                yield from self._book()
            yield from self._aside()
            slot = self._last_slot if self._last_slot and self._chance(0.03) else self._slot()
            self._last_slot = slot
            yield self._give(slot)

    def follow(self, gate, *, cycle):
        """Go on from the state of ``gate``, which is copied, after ``cycle``; all that it was told has happened. The
        flow does not open it."""
        self._opened = True
        gate.advance(now=cycle, decided=cycle)
        self.gate, self.cycle = gate.copy(), cycle
        self._beat = gate.heartbeat.last or 0

    # Time.

    def _open(self):
        self._opened = True
        yield self._call("set_global", **WIDE["global"])
        yield self._call("beat")
        for account in range(len(self.gate.accounts)):
            yield self._widen("account", account)
            for symbol in range(len(self.gate.symbols)):
                yield self._widen("pair", account, symbol)
        for symbol in range(len(self.gate.symbols)):
            yield self._widen("symbol", symbol)
            yield self._touch(symbol)
            yield self._tell("set_state", symbol=symbol, live=True, trading=True, short_restricted=False)
        yield self._call("beat")
        yield self._call("resume_heartbeat")
        yield self._call("resume_global")

    def _gap(self):
        """Return the cycles to the next slot: mostly 1, now and then up to a moment at which something changes."""
        if self._chance(0.03):
            longest = 3000 if self._chance(0.03) else 150
            moments = [moment - self.cycle for moment in self._moments() if 1 <= moment - self.cycle <= longest]
            if moments:
                return self._random.choice(moments)
        return self._random.choices((1, self._random.randint(2, 9), self._random.randint(10, 100)), (80, 18, 2))[0]

    def _moments(self):
        """Yield cycles around which a slot of the current pair is judged differently."""
        gate, shift = self.gate, self._random.randint(-1, 1)
        for state, row in ((gate.accounts[self._account], gate.rows_of_account[self._account]),
                           (gate.symbols[self._symbol], gate.rows_of_symbol[self._symbol])):
            yield state.earliest - row.tolerance + shift
        pair = self._account, self._symbol
        yield gate.pairs[pair].window_start + gate.rows_of_pair[pair].window + shift
        for time, _ in gate.recent:
            yield time + gate.limits.duplicate + shift
        yield self._beat + gate.limits.heartbeat + 1 + shift

    def _wait(self, gap):
        """Let ``gap`` cycles pass, with heartbeats on the way unless the host is silent."""
        end = self.cycle + gap
        period = self.gate.limits.heartbeat // 2
        while not self._silent and period >= 10 and self._beat + period < end:
            self.cycle = max(self._beat + period, self.cycle + 1)
            if self.cycle >= end:
                break
            yield self._call("beat", wait=0)
        self.cycle = end

    # Events beside the slots.

    def _call(self, name, *, wait=1, **fields):
        """Plan a call ``wait`` cycles later."""
        self.cycle += wait
        return self._tell(name, **fields)

    def _tell(self, name, **fields):
        event = Event(self.cycle, name, fields)
        play(self.gate, event)
        if name == "beat":
            self._beat = self.cycle
        return event

    def _aside(self):
        """Maybe one call in this cycle."""
        if self._chance(0.06):
            call = self._repair()
        elif self._narrow and self._chance(0.012 * len(self._narrow)):
            call = self._widen(*self._narrow.pop(self._random.randrange(len(self._narrow))), wait=0)
        elif self._chance(self.trouble * 0.15):
            call = self._narrow_one()
        elif self._chance(self.trouble * 0.02):
            call = self._switch()
        else:
            call = None
        if call is not None:
            yield call

    def _repair(self):
        """Return a call that opens one of the things that are shut, or that may be on a device."""
        gate, calls = self.gate, []
        if gate.global_kill:
            calls.append(("resume_global", {}))
        if gate.heartbeat.lost(self.cycle + 1):
            self._silent = False
            if gate.limits.heartbeat == 0:
                calls.append(("set_global", WIDE["global"]))
            elif self.cycle - self._beat > gate.limits.heartbeat // 2:
                calls.append(("beat", {}))
            else:
                calls.append(("resume_heartbeat", {}))
        calls += [("resume_account", {"account": n}) for n, account in enumerate(gate.accounts) if account.killed]
        calls += [("resume_symbol", {"symbol": n}) for n, symbol in enumerate(gate.symbols) if symbol.killed]
        calls += [("enable_pair", {"account": account, "symbol": symbol})
                  for (account, symbol), state in gate.pairs.items() if state.disabled]
        if not calls:
            calls = [("resume_heartbeat", {}), ("resume_account", {"account": self._account}),
                     ("resume_symbol", {"symbol": self._symbol}), ("resume_global", {})]
        name, fields = self._random.choice(calls)
        return self._call(name, wait=0, **fields)

    def _switch(self):
        """Return a call that shuts something, or that is idle; None when the host falls silent."""
        account, symbol = {"account": self._account}, {"symbol": self._symbol}
        name, fields = self._random.choice((
            ("kill_global", {}), ("kill_account", account), ("kill_symbol", symbol), ("enable_pair", account | symbol),
            ("resume_account", account), ("beat", {}), (None, {})))
        self._silent = name is None
        return None if name is None else self._call(name, wait=0, **fields)

    def _book(self):
        """Change what the book says of one symbol."""
        symbol = self._symbol if self._chance(0.7) else self._random.randrange(len(self.gate.symbols))
        if self._chance(0.7):
            yield self._touch(symbol)
        if self._chance(0.3):
            good = self._chance(0.8)
            yield self._tell("set_state", symbol=symbol, live=good or self._chance(0.5),
                             trading=good or self._chance(0.5), short_restricted=self._chance(0.3))

    def _touch(self, symbol):
        middle = self._middle[symbol] = max(50, self._middle[symbol] + self._random.randint(-5, 5))
        prices = {"bid": middle - self._random.randint(1, 9), "ask": middle + self._random.randint(1, 9),
                  "last": middle + self._random.randint(-9, 9)}
        for name in prices:
            if self._chance(0.03):
                prices[name] = self._random.choice((None, None, 1, _TOP))
        return self._tell("set_touch", symbol=symbol, **prices)

    def _row(self, table, *index):
        """Return the widest row of ``table`` for ``index``; the wild account's are wider than the others'."""
        wild = table in ("account", "pair") and index[0] == self._wild
        return dict(WIDE[f"wild_{table}" if wild else table])

    def _widen(self, table, *index, wait=1):
        return self._set(table, index, self._row(table, *index), wait)

    def _narrow_one(self):
        """Replace a row by one that has one field narrow."""
        table = self._random.choice(("global", "account", "symbol", "pair", "pair"))
        index = {"global": (), "account": (self._account,), "symbol": (self._symbol,),
                 "pair": (self._account, self._symbol)}[table]
        row = self._row(table, *index)
        name = self._random.choice(sorted(NARROW[table]))
        row |= NARROW[table][name](self._random, self.gate, index, self._middle[self._symbol])
        if (table, *index) not in self._narrow:
            self._narrow.append((table, *index))
        return self._set(table, index, row, 0)

    def _set(self, table, index, row, wait):
        names = {"global": (), "account": ("account",), "symbol": ("symbol",), "pair": ("account", "symbol")}[table]
        return self._call(f"set_{table}", wait=wait, **dict(zip(names, index, strict=True)), **row)

    # Slots.

    def _give(self, slot):
        event = Event(self.cycle, "slot", {"slot": slot})
        verdict = play(self.gate, event)
        if verdict["kind"] == Kind.NEW and not verdict["fault"] & ~Fault.TOKEN:
            token = int(verdict["token"])
            self._asked[token % len(self.gate.table)].append(token)
        return event

    def _slot(self):
        """Return the bytes of a slot."""
        if self._chance(0.01):
            return self._random.randbytes(REQUEST_DTYPE.itemsize)
        if self._chance(0.005):
            self._hot = self._some_pairs()
        if self._chance(0.4):
            self._account, self._symbol = self._random.choice(self._hot)
        live = [entry for entry in self.gate.table if entry is not None and entry.live]
        reports = 41 if len(live) * 2 < len(self.gate.table) else 82
        make = self._random.choices((self._new, self._replace, self._cancel, self._mass_cancel, self._report),
                                    (42, 12 if live else 0, 4, 1, reports))[0]
        return make(live)

    def _some_pairs(self):
        """Return the few pairs which the slots of a while are about."""
        accounts = [self._random.randrange(len(self.gate.accounts)) for _ in range(2)]
        symbols = [self._random.randrange(len(self.gate.symbols)) for _ in range(2)]
        return [(account, symbol) for account in accounts for symbol in symbols]

    def _request(self, fields):
        fields = {"client": self._random.getrandbits(64), **fields}
        if self._chance(0.05):
            name, values = self._random.choice(_SPOILED)
            fields[name] = self._random.choice(values)
        if self._chance(0.1):
            fields |= {"reserved": self._random.getrandbits(32), "flags": self._random.getrandbits(8)}
        return _pack(REQUEST_DTYPE, fields)

    def _new(self, _live):
        gate, token = self.gate, self._new_token()
        asked = self._asked[token % len(gate.table)]
        if asked and self._chance(0.45):
            stray = self._random.choice(asked)
            asked.remove(stray)
            return self._stray(stray)
        if gate.recent and self._chance(0.07):
            account, symbol, side, kind, price, shares = self._random.choice(gate.recent)[1]
            order = {"account": account, "symbol": symbol, "side": side, "type": kind, "price": price,
                     "shares": shares}
        else:
            order = self._order(self._account, self._symbol, self._side())
        return self._request({"kind": Kind.NEW, "token": token, **order})

    def _replace(self, live):
        settled = [entry for entry in live if not entry.pending]
        entry = self._pick(settled if settled and self._chance(0.8) else live)
        self._account, self._symbol = entry.account, entry.symbol
        order = self._order(entry.account, entry.symbol, entry.side)
        if self._chance(0.5):
            order["shares"] = max(1, min(_TOP, entry.open + self._random.randint(-3, 3)))
        if self._chance(0.95):
            order |= {"type": entry.type, "price": 0 if entry.type == OrderType.MARKET else order["price"]
                      or self._middle[entry.symbol]}
        return self._request({"kind": Kind.REPLACE, "token": entry.token, **order})

    def _cancel(self, live):
        entry = self._pick(live) if live else None
        if entry is None or self._chance(0.1):
            return self._request({"kind": Kind.CANCEL, "token": self._new_token(), "account": self._account})
        return self._request({"kind": Kind.CANCEL, "token": entry.token, "account": entry.account,
                              "symbol": entry.symbol})

    def _mass_cancel(self, _live):
        symbol = ALL_SYMBOLS if self._chance(0.5) else self._symbol
        return self._request({"kind": Kind.MASS_CANCEL, "account": self._account, "symbol": symbol})

    def _order(self, account, symbol, side):
        market = self._chance(0.1)
        price = self._price(account, symbol, side)
        return {"account": account, "symbol": symbol, "side": side, "price": 0 if market else price,
                "type": OrderType.MARKET if market else OrderType.LIMIT,
                "shares": self._shares(account, symbol, side, price)}

    def _side(self):
        """Return a side, rather the one that brings the position back."""
        position = self.gate.pairs[self._account, self._symbol].position
        if self._chance(0.1):
            return self._random.choice(_SIDES)
        buys = self._chance(0.35 if position > 0 else 0.65)
        return Side.BUY if buys else self._random.choice((Side.SELL, Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT))

    def _price(self, account, symbol, side):
        """Return the price of a limit order: near the touch, at an edge, at an own order's, or an extreme."""
        state, row = self.gate.symbols[symbol], self.gate.rows_of_symbol[symbol]
        middle = self._middle[symbol]
        if side == Side.BUY:
            usual, units, bps, way = middle - self._random.randint(0, 30), row.units_buy, row.collar_buy, 1
        else:
            usual, units, bps, way = middle + self._random.randint(0, 30), row.units_sell, row.collar_sell, -1
        edges = [row.band_low, row.band_high]
        edges += [price for price in (state.bid, state.ask, state.last) if price is not None]
        for reference in (state.ask if side == Side.BUY else state.bid, state.last):
            if reference is not None:
                edges += [reference + way * units, reference + way * (reference * bps // 10_000)]
        resting = list(self.gate.resting(account, symbol, side != Side.BUY))
        if resting:
            edges.append(self._random.choice(resting).best_price())
        near = self._random.choice(edges or [middle]) + self._random.randint(-1, 1)
        extreme = self._random.choice((1, _TOP, 2**31, self._random.randint(1, _TOP)))
        price = self._random.choices((usual, near, extreme), (70, 27, 10 if account == self._wild else 0.5))[0]
        price = min(max(price, 1), _TOP)
        tick = TICKS[row.tick]
        return price if self._chance(0.1) else max(price // tick, 1) * tick

    def _shares(self, account, symbol, side, price):
        """Return shares: a few, or what a limit leaves, one more, one less; now and then any number."""
        if self._chance(0.25):
            left = [shares for shares in self._left(account, symbol, side, price) if 1 <= shares <= _TOP]
            left = [shares for shares in left if shares < 20_000 or account == self._wild and self._chance(0.1)]
            if left:
                return self._random.choice(left)
        if self._chance(0.4 if account == self._wild else 0.005):
            return self._random.choice((_TOP, 2**31, 2**30, self._random.randint(1, _TOP)))
        return self._random.choice((1, 100, 100, 200, self._random.randint(1, 1000)))

    def _left(self, account, symbol, side, price):
        """Yield the shares with which a new order meets a limit, one more and one less."""
        gate, row = self.gate, self.gate.rows_of_pair[account, symbol]
        pair, state, limits = gate.pairs[account, symbol], gate.accounts[account], gate.rows_of_account[account]
        if side == Side.BUY:
            position = row.long - pair.position - pair.open_buy
            net = limits.net - state.cost_sum - state.buy_notional
        else:
            position = row.short + pair.position - pair.open_sell
            net = limits.net + state.cost_sum - state.sell_notional
        for shares in (row.max_shares, row.max_notional // price, position, row.locate - pair.short_used,
                       (limits.gross - state.gross) // price, net // price):
            yield shares + self._random.randint(-1, 1)

    def _new_token(self):
        """Return a token never used, in a place that is free; now and then one that is not."""
        table = self.gate.table
        place = self._random.randrange(len(table))
        if self._chance(0.05) and table[place] is not None:
            return table[place].token
        for _ in range(len(table)):
            entry = table[place]
            if entry is None or not entry.live and not self._heavy(entry):
                break
            place = (place + 1) % len(table)
        return place + len(table) * self._random.randrange(2**32 // len(table))

    @staticmethod
    def _heavy(entry):
        """Tell whether the fills of an entry use up a wild account, so that they should be corrected."""
        return entry.filled_notional >= 2**56

    # Reports.

    def _pick(self, entries):
        """Return one of the entries, rather of the pair that is on, and rather the last token."""
        mine = [entry for entry in entries if (entry.account, entry.symbol) == (self._account, self._symbol)]
        entry = self._random.choice(mine if mine and self._chance(0.6) else entries)
        if self._last_slot is not None and self._chance(0.2):
            token = int.from_bytes(self._last_slot[8:12], "little")
            entry = next((other for other in entries if other.token == token), entry)
        return entry

    def _report(self, live):
        entries = live
        if self._chance(0.1):
            past = [entry for entry in self.gate.table if entry is not None and entry.filled]
            entries = [entry for entry in past if self._heavy(entry)] or past
        elif self._chance(0.02):
            entries = [entry for entry in self.gate.table if entry is not None]
        if not entries or self._chance(0.05):
            return self._stray(self._new_token())
        entry = self._pick(entries)
        fields = self._likely_report(entry, full=len(live) * 2 > len(self.gate.table))
        if self._chance(0.08):
            others = entry.token ^ len(self.gate.table), self._random.randint(0, _TOP)
            name, values = self._random.choice((
                ("kind", REPORT_KINDS), ("token", others),
                ("shares", (0, fields["shares"] + 1, entry.open + 1, entry.filled + 1, _TOP)), ("price", (0, 1, _TOP)),
                ("number", (0, entry.number, max(0, entry.number - 1))), ("old_price", (0, _TOP))))
            fields[name] = min(self._random.choice(values), _TOP)
        return self._pack_report(fields)

    def _stray(self, token):
        """Return a report that should match nothing.

        Where the device has decided otherwise than planned, it closes what stands in the way of the next order.
        """
        entry = self.gate.table[token % len(self.gate.table)]
        if entry is not None and entry.token == token and entry.live:
            kind, number = Kind.ACK, entry.number
        else:
            kind, number = self._random.choice(_CLOSING), self._random.choice((1000, 10**6))
        return self._pack_report({"kind": kind, "token": token, "number": number, "shares": 1, "price": 1})

    def _likely_report(self, entry, full):
        """Return kind, number, shares and prices of a report that matches, most probably."""
        step = self._random.choice((1, 1, 1, 2, 100))
        fields = {"token": entry.token, "number": min(entry.number + step, _TOP), "shares": 0, "price": 0,
                  "old_price": 0}
        weights = {
            Kind.ACK: 30 * (not entry.acked and entry.live), Kind.FILL: 30 * (entry.open > 0),
            Kind.REPLACED: 40 * entry.pending, Kind.REPLACE_REJECTED: 15 * entry.pending,
            Kind.CANCELLED: (40 if full else 12) * entry.live, Kind.REJECTED: 4 * entry.live,
            Kind.EXPIRED: 4 * entry.live, Kind.BUST: 6 * (entry.filled > 0), Kind.CORRECT: 6 * (entry.filled > 0)}
        if self._heavy(entry):
            weights |= {Kind.BUST: 40, Kind.CORRECT: 80}
        if not any(weights.values()):
            weights[Kind.BUST] = 1
        kind = fields["kind"] = self._random.choices(list(weights), list(weights.values()))[0]
        if kind == Kind.FILL:
            fields |= {"shares": self._part(entry.open), "price": self._fill_price(entry)}
        elif kind == Kind.REPLACED:
            fields["shares"] = self._part(entry.new_open)
        elif kind in (Kind.BUST, Kind.CORRECT):
            shares = self._part(entry.filled)
            dearest = entry.filled_notional // max(shares, 1)
            mean = min(entry.filled_notional // max(entry.filled, 1), _TOP)
            old = self._random.choice((mean, mean, min(dearest, _TOP), min(dearest + 1, _TOP)))
            new = 1 if self._heavy(entry) else self._fill_price(entry)
            fields |= {"shares": shares, "price": old} if kind == Kind.BUST else {
                "shares": shares, "price": new, "old_price": old}
        return fields

    def _part(self, shares):
        shares = min(shares, _TOP)
        return self._random.choice((shares, shares, max(1, shares // 2), 1, self._random.randint(1, max(1, shares))))

    def _fill_price(self, entry):
        if entry.account == self._wild and self._chance(0.5):
            return self._random.choice((_TOP, _TOP, 2**31, 1, self._random.randint(1, _TOP)))
        if entry.type == OrderType.LIMIT and entry.price < 2**31 and self._chance(0.9):
            return max(1, entry.price + self._random.randint(-3, 3))
        return self._middle[entry.symbol]

    def _pack_report(self, fields):
        if self._chance(0.1):
            fields |= {"reserved": self._random.getrandbits(32), "flags": self._random.getrandbits(8),
                       "account": self._random.getrandbits(16), "symbol": self._random.getrandbits(16),
                       "side": self._random.getrandbits(8), "type": self._random.getrandbits(8)}
        return _pack(REPORT_DTYPE, fields)

    def _chance(self, probability):
        return self._random.random() < probability


def _pack(dtype, fields):
    return np.array([tuple(fields.get(name, 0) for name in dtype.names)], dtype).tobytes()
