"""The gate: takes slots one after another and says what becomes of each.

Time
====

What happens beside the slots (switches, rows of limits, heartbeats, what the book says) is told with the cycle in
which it happens, and is in force from the next cycle on. Two lists of such events wait for the slots: those that
matter on *entry* (rows of limits, touch and last trade, a pair enabled again) and those that matter in the cycle of
the *decision* (kills, heartbeat, its limit, whether a symbol is live, trading, restricted in short sales). An event
may be told early, however late its slots are decided; told too late, when a slot that it would have concerned is
decided already, it is refused. Without a cycle an event happens at once, between the last slot and the next.
"""

import copy
from collections import deque
from dataclasses import asdict
from heapq import heappop, heappush

import numpy as np

from sim.models.risk.audit import audit
from sim.models.risk.faults import report_faults, request_faults
from sim.models.risk.rows import AccountRow, GlobalRow, PairRow, SymbolRow, whole_row
from sim.models.risk.rules import Case, broken_rules, duplicate_key
from sim.models.risk.state import NOTHING, RANGES, Account, Entry, Heartbeat, Pair, Slot, Symbol
from wire.risk import (
    ALL_SYMBOLS,
    REPORT_DTYPE,
    REQUEST_DTYPE,
    VERDICT_DTYPE,
    Fault,
    Kind,
    OrderType,
    Rule,
    Side,
    Status,
)

__all__ = ["RiskGate"]

_KINDS = tuple(map(int, Kind))
_REQUESTS = (Kind.NEW, Kind.REPLACE, Kind.CANCEL, Kind.MASS_CANCEL)
_SIDES = tuple(map(int, Side))
_FIELDS = VERDICT_DTYPE.names
_NET_END = RANGES["cost_sum"][1]


class _Events:
    """Events beside the slots, in order of their cycles; events of one cycle in the order in which they were told."""

    def __init__(self, name):
        self.name, self.seen, self._told, self.waiting = name, -1, 0, []

    def tell(self, cycle, action):
        if cycle is None:
            action()
            return
        if cycle < self.seen:
            raise ValueError(f"cycle {cycle} is told too late: {self.name} of cycle {self.seen} was looked at")
        self._told += 1
        heappush(self.waiting, (cycle, self._told, action))

    def pass_to(self, cycle):
        """Let happen all that is in force in ``cycle``."""
        self.seen = cycle
        while self.waiting and self.waiting[0][0] < cycle:
            heappop(self.waiting)[2]()


class RiskGate:
    """Reference of the risk gate; docs/risk.md is the contract.

    accounts, symbols, open_orders, duplicates: sizes, as in wire.profiles.

    State for all to read: ``rows_of_account``, ``rows_of_symbol``, ``rows_of_pair`` (by (account, symbol)),
    ``limits``; ``accounts``, ``symbols``, ``pairs``; ``table``, place -> Entry or None; ``recent``; ``global_kill``,
    ``heartbeat``; ``seq``, verdicts given. Cycles are ints from 0.
    """

    def __init__(self, *, accounts, symbols, open_orders, duplicates):
        for name, size in dict(accounts=accounts, symbols=symbols, open_orders=open_orders,
                               duplicates=duplicates).items():
            if not isinstance(size, int) or size < 1:
                raise ValueError(f"{name} must be a positive int, not {size!r}")
        pairs = [(account, symbol) for account in range(accounts) for symbol in range(symbols)]
        self.rows_of_account = [AccountRow() for _ in range(accounts)]
        self.rows_of_symbol = [SymbolRow() for _ in range(symbols)]
        self.rows_of_pair = {pair: PairRow() for pair in pairs}
        self.limits = GlobalRow()
        self.accounts = [Account() for _ in range(accounts)]
        self.symbols = [Symbol() for _ in range(symbols)]
        self.pairs = {pair: Pair() for pair in pairs}
        self.table = [None] * open_orders
        self.recent = deque(maxlen=duplicates)
        self.global_kill = True
        self.heartbeat = Heartbeat()
        self.seq = 0
        self.fills = []
        self._live = {(*pair, is_buy): {} for pair in pairs for is_buy in (False, True)}
        self._serial = 0
        self._last = -1, -1
        self._on_entry, self._on_decision = _Events("entry"), _Events("decision")

    # What happens beside the slots.

    def set_account(self, account, *, cycle=None, **row):
        """Replace the row of ``account``."""
        self._index("account", account, self.accounts)
        self._replace_row(cycle, self.rows_of_account, account, whole_row(AccountRow, row))

    def set_symbol(self, symbol, *, cycle=None, **row):
        """Replace the row of ``symbol``."""
        self._index("symbol", symbol, self.symbols)
        self._replace_row(cycle, self.rows_of_symbol, symbol, whole_row(SymbolRow, row))

    def set_pair(self, account, symbol, *, cycle=None, **row):
        """Replace the row of the pair."""
        self._replace_row(cycle, self.rows_of_pair, self._pair(account, symbol), whole_row(PairRow, row))

    def set_global(self, *, cycle=None, **row):
        """Replace the global row."""
        new = whole_row(GlobalRow, row)
        self._on_decision.tell(cycle, lambda: self.heartbeat.set_limit(self._at(cycle), new.heartbeat))
        self._on_entry.tell(cycle, lambda: setattr(self, "limits", new))

    def kill_global(self, *, cycle=None):
        self._on_decision.tell(cycle, lambda: setattr(self, "global_kill", True))

    def resume_global(self, *, cycle=None):
        self._on_decision.tell(cycle, lambda: setattr(self, "global_kill", False))

    def kill_symbol(self, symbol, *, cycle=None):
        state = self._index("symbol", symbol, self.symbols)
        self._on_decision.tell(cycle, lambda: setattr(state, "killed", True))

    def resume_symbol(self, symbol, *, cycle=None):
        state = self._index("symbol", symbol, self.symbols)
        self._on_decision.tell(cycle, lambda: setattr(state, "killed", False))

    def kill_account(self, account, *, cycle=None):
        state = self._index("account", account, self.accounts)
        self._on_decision.tell(cycle, lambda: setattr(state, "killed", True))

    def resume_account(self, account, *, cycle=None):
        """Take back the kill of ``account``, the gate's own too, unless that came in the same cycle."""
        state = self._index("account", account, self.accounts)

        def resume():
            if cycle is None or state.shut_in != cycle:
                state.killed, state.shut, state.shut_in = False, 0, None
        self._on_decision.tell(cycle, resume)

    def enable_pair(self, account, symbol, *, cycle=None):
        """Enable the pair again after rule 22, and forget its fills."""
        state = self.pairs[self._pair(account, symbol)]

        def enable():
            state.disabled, state.fills = False, 0
        self._on_entry.tell(cycle, enable)

    def beat(self, *, cycle):
        """Take the host's heartbeat."""
        self._on_decision.tell(cycle, lambda: self.heartbeat.beat(cycle))

    def resume_heartbeat(self, *, cycle=None):
        self._on_decision.tell(cycle, lambda: self.heartbeat.resume(self._at(cycle)))

    def set_touch(self, symbol, *, bid, ask, last, cycle=None):
        """Tell best bid, best ask and last trade of ``symbol``, None where there is none."""
        state = self._index("symbol", symbol, self.symbols)
        for name, price in (("bid", bid), ("ask", ask), ("last", last)):
            if price is not None and not 1 <= price < 1 << 32:
                raise ValueError(f"{name} must be None or 1 .. 2**32 - 1, not {price!r}")

        def change():
            state.bid, state.ask, state.last = bid, ask, last
        self._on_entry.tell(cycle, change)

    def set_state(self, symbol, *, live, trading, short_restricted, cycle=None):
        """Tell whether the symbol's book is live, whether it is trading, and restricted in short sales."""
        state = self._index("symbol", symbol, self.symbols)

        def change():
            state.live, state.trading, state.short_restricted = bool(live), bool(trading), bool(short_restricted)
        self._on_decision.tell(cycle, change)

    # Slots.

    def decide(self, slot, *, now, decided=None):
        """Take ``slot`` and return its verdict, a record of VERDICT_DTYPE.

        slot: a record of REQUEST_DTYPE or REPORT_DTYPE, 32 bytes, or a dict of some of their fields, the others 0.
        now: cycle of entry; decided: cycle of the decision, the same if None. Both grow from slot to slot.
        """
        decided = now if decided is None else decided
        if now <= self._last[0] or decided <= self._last[1] or decided < now:
            raise ValueError(f"a slot of cycles {now}, {decided} cannot follow one of cycles {self._last}")
        slot = self._slot(slot)
        self.advance(now=now, decided=decided)
        self._last = now, decided
        self.seq += 1
        verdict = dict.fromkeys(_FIELDS, 0)
        verdict.update(slot._asdict(), seq=self.seq, cycles_in=now, cycles_out=decided)
        if slot.kind not in _KINDS:
            verdict.update(status=Status.REFUSED, mask=Rule.MALFORMED, fault=Fault.KIND)
        elif slot.kind in _REQUESTS:
            self._request(slot, verdict)
        else:
            self._report(slot, verdict)
        self._describe(verdict)
        return np.array([tuple(map(verdict.__getitem__, _FIELDS))], VERDICT_DTYPE)[0]

    def advance(self, *, now, decided=None):
        """Let happen what is in force for a slot of these cycles, as ``decide`` does, so that its state can be seen."""
        decided = now if decided is None else decided
        if now < self._on_entry.seen or decided < self._on_decision.seen:
            raise ValueError(f"cycles {now}, {decided} are before {self._on_entry.seen}, {self._on_decision.seen}")
        self._on_entry.pass_to(now)
        self._on_decision.pass_to(decided)

    def verify(self):
        """Add everything up anew from the table and the fills; raise AssertionError where a sum differs."""
        audit(self)

    def snapshot(self):
        """Return all state that slots change, as plain dicts and lists that share nothing with the gate."""
        return {
            "table": [None if entry is None else asdict(entry) for entry in self.table],
            "pairs": {pair: asdict(state) for pair, state in self.pairs.items()},
            "accounts": [asdict(state) for state in self.accounts],
            "symbols": [asdict(state) for state in self.symbols],
            "recent": list(self.recent),
        }

    def copy(self):
        """Return a gate in the same state that shares nothing with this one; nothing that was told may be waiting."""
        if self._on_entry.waiting or self._on_decision.waiting:
            raise ValueError("a gate that waits for events cannot be copied")
        return copy.deepcopy(self, {id(self.fills): list(self.fills)})

    def resting(self, account, symbol, is_buy):
        """Return the live buys or sells of the pair, none when it does not exist."""
        return self._live.get((account, symbol, is_buy), {}).values()

    # Requests.

    def _request(self, slot, verdict):
        account, symbol, pair = self._states(slot)
        place = self.table[slot.token % len(self.table)]
        symbol_row = None if symbol is None else self.rows_of_symbol[slot.symbol]
        fault = request_faults(slot, place, symbol_row)
        verdict["fault"] = fault
        if slot.kind in (Kind.CANCEL, Kind.MASS_CANCEL):
            mask = Rule.MALFORMED if fault else 0
            if slot.kind == Kind.MASS_CANCEL and (account is None or symbol is None and slot.symbol != ALL_SYMBOLS):
                mask |= Rule.UNKNOWN
        else:
            effective = self._effective(slot, symbol)
            shares, notional = self._growth(slot, place, effective, fault)
            mask = broken_rules(Case(
                slot=slot, now=verdict["cycles_in"], fault=fault, effective=effective, shares=shares,
                notional=notional, global_kill=self.global_kill,
                lost=self.heartbeat.lost(verdict["cycles_out"]), limits=self.limits,
                account=account, account_row=None if account is None else self.rows_of_account[slot.account],
                symbol=symbol, symbol_row=symbol_row, pair=pair,
                pair_row=None if pair is None else self.rows_of_pair[slot.account, slot.symbol],
                buys=self.resting(slot.account, slot.symbol, True),
                sells=self.resting(slot.account, slot.symbol, False), recent=self.recent))
            verdict.update(self._values_before(slot, account, pair), effective=effective,
                           notional=effective * slot.shares)
            if not mask:
                self._accept(slot, verdict["cycles_in"], effective)
        verdict.update(mask=int(mask), status=Status.REFUSED if mask else Status.ACCEPTED)

    @staticmethod
    def _effective(slot, symbol):
        if slot.type != OrderType.MARKET:
            return slot.price
        if symbol is None or slot.side not in _SIDES:
            return 0
        return (symbol.ask if slot.side == Side.BUY else symbol.bid) or 0

    @staticmethod
    def _growth(slot, place, effective, fault):
        """Return shares and notional by which the sums would grow."""
        if slot.kind == Kind.NEW:
            return slot.shares, effective * slot.shares
        if fault & (Fault.TOKEN | Fault.ORDER):
            return 0, 0
        notional = place.open * place.price
        return max(place.open, slot.shares) - place.open, max(notional, slot.shares * effective) - notional

    @staticmethod
    def _values_before(slot, account, pair):
        values = {}
        buy, known_side = slot.side == Side.BUY, slot.side in _SIDES
        if account is not None:
            values |= {"gross": account.gross, "account_open": account.account_open}
            if known_side:
                net = account.cost_sum + account.buy_notional if buy else account.sell_notional - account.cost_sum
                values["net"] = min(net, _NET_END)
        if pair is not None:
            values |= {"pair_open": pair.pair_open, "short_used": pair.short_used, "fills": pair.fills}
            if known_side:
                values["worst"] = pair.position + pair.open_buy if buy else pair.open_sell - pair.position
        return values

    def _accept(self, slot, now, effective):
        place = slot.token % len(self.table)
        if slot.kind == Kind.NEW:
            self._serial += 1
            entry = self.table[place] = Entry(
                serial=self._serial, token=slot.token, account=slot.account, symbol=slot.symbol, side=slot.side,
                type=slot.type, open=slot.shares, price=effective)
            before = NOTHING
            self.recent.append((now, duplicate_key(slot)))
        else:
            entry = self.table[place]
            before = entry.worst()
            entry.pending, entry.new_open, entry.new_price = True, slot.shares, effective
        self._carry(entry, before)
        account, symbol = self.accounts[slot.account], self.symbols[slot.symbol]
        if account.shut:
            raise AssertionError(f"verdict {self.seq} accepted an order that made a sum leave its range: {slot}")
        account.earliest = max(now, account.earliest) + self.rows_of_account[slot.account].interval
        symbol.earliest = max(now, symbol.earliest) + self.rows_of_symbol[slot.symbol].interval

    # Reports.

    def _report(self, slot, verdict):
        entry = self.table[slot.token % len(self.table)]
        if entry is not None and entry.token != slot.token:
            entry = None
        fault = report_faults(slot, entry)
        verdict.update(account=0, symbol=0, side=0, type=0, fault=fault,
                       status=Status.UNMATCHED if fault else Status.APPLIED)
        if not fault:
            self._apply(slot, entry, verdict["cycles_in"])
        if not fault & Fault.TOKEN:
            account, pair = self.accounts[entry.account], self.pairs[entry.account, entry.symbol]
            verdict.update(account=entry.account, symbol=entry.symbol, side=entry.side, type=entry.type,
                           worst=pair.position, gross=account.gross, net=account.cost_sum, pair_open=pair.pair_open,
                           account_open=account.account_open, short_used=pair.short_used, fills=pair.fills)

    def _apply(self, slot, entry, now):
        before = entry.worst()
        entry.number = slot.number
        if slot.kind == Kind.ACK:
            entry.acked = True
        elif slot.kind == Kind.FILL:
            entry.open -= slot.shares
            if entry.open == 0 and not entry.pending:
                entry.close()
            self._carry(entry, before, shares=slot.shares, paid=slot.shares * slot.price)
            self._count_fill(entry, now)
        elif slot.kind == Kind.REPLACED:
            entry.open, entry.price = slot.shares, entry.new_price
            entry.settle()
            self._carry(entry, before)
        elif slot.kind == Kind.REPLACE_REJECTED:
            entry.settle()
            if entry.open == 0:
                entry.close()
            self._carry(entry, before)
        elif slot.kind in (Kind.CANCELLED, Kind.REJECTED, Kind.EXPIRED):
            entry.close()
            self._carry(entry, before)
        elif slot.kind == Kind.BUST:
            self._carry(entry, before, shares=-slot.shares, paid=-slot.shares * slot.price)
        elif slot.kind == Kind.CORRECT:
            self._carry(entry, before, paid=slot.shares * (slot.price - slot.old_price))

    def _count_fill(self, entry, now):
        account, pair = self.accounts[entry.account], self.pairs[entry.account, entry.symbol]
        row = self.rows_of_pair[entry.account, entry.symbol]
        if pair.fills == 0 or now - pair.window_start >= row.window:
            pair.window_start, pair.fills = now, 1
        else:
            self._add(account, pair, "fills", 1)
        if pair.fills > row.fills:
            pair.disabled = True

    # Sums.

    def _carry(self, entry, before, shares=0, paid=0):
        """Carry into the sums what an entry's worst case changed by, and what was filled: one change of each sum.

        before: the worst case as it was. shares, paid: filled, and its notional; negative when taken back.
        """
        key = entry.account, entry.symbol
        account, pair, after = self.accounts[entry.account], self.pairs[key], entry.worst()
        grown, dearer, more = after.shares - before.shares, after.notional - before.notional, after.live - before.live
        self._add(account, entry, "filled", shares)
        self._add(account, entry, "filled_notional", paid)
        self._add(account, pair, "position", shares if entry.is_buy else -shares)
        moved = self._add(account, pair, "cost", paid if entry.is_buy else -paid)
        cost_before = pair.cost - moved
        self._add(account, account, "cost_sum", moved)
        self._add(account, account, "gross", dearer + abs(pair.cost) - abs(cost_before))
        if entry.is_buy:
            pair.open_buy += grown
            account.buy_notional += dearer
        else:
            pair.open_sell += grown
            account.sell_notional += dearer
        pair.pair_open += more
        account.account_open += more
        if entry.is_short:
            self._add(account, pair, "short_used", grown + shares)
        if shares or paid:
            self.fills.append((entry.serial, key, entry.is_buy, entry.is_short, shares, paid))
        side = self._live[*key, entry.is_buy]
        if entry.live:
            side[entry.serial] = entry
        else:
            side.pop(entry.serial, None)

    def _add(self, account, state, name, change):
        """Add to a sum within its range and return by how much it changed; shut the account at an end of it."""
        old = getattr(state, name)
        low, high, reason = RANGES[name]
        value = min(max(old + change, low), high)
        if value != old + change:
            state.saturated.add(name)
            account.killed, account.shut, account.shut_in = True, int(account.shut | reason), self._on_decision.seen
        setattr(state, name, value)
        return value - old

    # Small things.

    def _describe(self, verdict):
        """Fill in what the verdict says of its symbol and account, nothing for a report without an order."""
        if verdict["status"] == Status.UNMATCHED and verdict["fault"] & Fault.TOKEN:
            return
        if verdict["symbol"] < len(self.symbols):
            symbol = self.symbols[verdict["symbol"]]
            marks = (symbol.live, symbol.trading, symbol.short_restricted, symbol.bid is not None,
                     symbol.ask is not None, symbol.last is not None)
            verdict.update(flags=sum(mark << n for n, mark in enumerate(marks)), bid=symbol.bid or 0,
                           ask=symbol.ask or 0, last=symbol.last or 0)
        if verdict["account"] < len(self.accounts):
            verdict["shut"] = self.accounts[verdict["account"]].shut

    def _states(self, slot):
        account = self.accounts[slot.account] if slot.account < len(self.accounts) else None
        symbol = self.symbols[slot.symbol] if slot.symbol < len(self.symbols) else None
        return account, symbol, self.pairs.get((slot.account, slot.symbol))

    def _replace_row(self, cycle, rows, index, row):
        def replace():
            rows[index] = row
        self._on_entry.tell(cycle, replace)

    def _at(self, cycle):
        """Return the cycle of an event that was told without one."""
        return self._on_decision.seen if cycle is None else cycle

    def _pair(self, account, symbol):
        self._index("account", account, self.accounts)
        self._index("symbol", symbol, self.symbols)
        return account, symbol

    @staticmethod
    def _index(name, index, states):
        if not 0 <= index < len(states):
            raise ValueError(f"{name} must be 0 .. {len(states) - 1}, not {index!r}")
        return states[index]

    @staticmethod
    def _slot(slot):
        if isinstance(slot, dict):
            values = dict(slot)
            known = {*REQUEST_DTYPE.names, *REPORT_DTYPE.names}
            if values.keys() - known:
                raise ValueError(f"a slot has no field {sorted(values.keys() - known)[0]!r}")
            client = values.get("client", values.get("number", 0) | values.get("old_price", 0) << 32)
            return Slot(client, *(values.get(name, 0) for name in Slot._fields[1:]))
        raw = slot if isinstance(slot, bytes) else slot.tobytes()
        if len(raw) != REQUEST_DTYPE.itemsize:
            raise ValueError(f"a slot has {REQUEST_DTYPE.itemsize} bytes, not {len(raw)}")
        values = dict(zip(REQUEST_DTYPE.names, np.frombuffer(raw, REQUEST_DTYPE)[0].item(), strict=True))
        return Slot(*(values[name] for name in Slot._fields))
