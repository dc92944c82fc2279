"""docs/risk.md read as plain Python, with the functions of rules/: what the gate is compared with in its own tests."""

from bisect import bisect_left
from collections import defaultdict

from gateware.risk.interfaces import Command
from rules import cross, exposure, form, kill, market, price, rate, repeat, short, size
from wire.risk import (
    ACCOUNT_LIMITS,
    ALL_SYMBOLS,
    GLOBAL_LIMITS,
    PAIR_LIMITS,
    SYMBOL_LIMITS,
    VERDICT_FIELDS,
    Fault,
    Kind,
    OrderType,
    Rule,
    Shut,
    Side,
    Status,
)

__all__ = ["Reading"]

_SELLS = (Side.SELL, Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT)
_SHORTS = (Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT)
_SHARES, _NOTIONAL = (1 << 39) - 1, (1 << 63) - 1


class Order:
    """An entry of the table of open orders."""

    def __init__(self, slot, effective):
        self.token, self.account, self.symbol = slot["token"], slot["account"], slot["symbol"]
        self.side, self.type = slot["side"], slot["type"]
        self.open, self.price = slot["shares"], effective
        self.pending = self.acked = False
        self.new_open = self.new_price = self.filled = self.filled_notional = self.number = 0
        self.live = True

    @property
    def shares(self):
        return max(self.open, self.new_open if self.pending else 0)

    @property
    def notional(self):
        return max(self.open * self.price, self.new_open * self.new_price if self.pending else 0)

    @property
    def prices(self):
        return [self.price, *([self.new_price] if self.pending else [])]


class Reading:
    """The gate as a sequence of slots.

    events: (cycle, what, value), sorted by cycle; what is told is an admin command or "touch", "trade", "forget". Each
    slot is given with the cycles of its entry and decision, and with live, trading and restriction in the latter.
    """

    def __init__(self, profile, events):
        self.profile = profile
        self.entering = [e for e in events if e[1] in ("touch", "trade", "forget") or e[1] == "admin" and (
            e[2]["command"] in (Command.SET_ACCOUNT, Command.SET_SYMBOL, Command.SET_PAIR, Command.SET_GLOBAL,
                                Command.ENABLE_PAIR))]
        self.deciding = [e for e in events if e[1] == "admin" and e not in self.entering]
        self.beats = [e[0] for e in events if e[1] == "beat"]
        self.periods = [(e[0], e[2]["row"]["heartbeat"]) for e in events
                        if e[1] == "admin" and e[2]["command"] == Command.SET_GLOBAL]
        self.lost, self.lost_until, self.lost_at_resumes = True, 0, [
            e[0] for e in self.deciding if e[2]["command"] == Command.RESUME_HEARTBEAT]
        self.limits = {}
        self.touches, self.trades = {}, {}
        self.killed, self.symbol_kills, self.account_kills = True, set(), set()
        self.reasons = defaultdict(int)
        self.orders, self.remembered = {}, []
        self.position, self.cost = defaultdict(int), defaultdict(int)
        self.gross, self.cost_sum, self.short_used = defaultdict(int), defaultdict(int), defaultdict(int)
        self.earliest, self.fills, self.window_start = defaultdict(int), defaultdict(int), defaultdict(int)
        self.disabled = set()

    def row(self, fields, *key):
        return {field.name: 0 for field in fields} | self.limits.get((fields, *key), {})

    def enter(self, cycle):
        """Take what was told before ``cycle`` and counts for what enters in it."""
        while self.entering and self.entering[0][0] < cycle:
            _, what, value = self.entering.pop(0)
            if what == "forget":
                self.touches.clear()
                self.trades.clear()
            elif what == "touch":
                self.touches[value["symbol"], value["side"]] = value["price"] if value["has"] else None
            elif what == "trade":
                self.trades[value["symbol"]] = value["price"]
            else:
                account, symbol = value.get("account", 0), value.get("symbol", 0)
                match value["command"]:
                    case Command.SET_ACCOUNT:
                        self.limits[ACCOUNT_LIMITS, account] = value["row"]
                    case Command.SET_SYMBOL:
                        self.limits[SYMBOL_LIMITS, symbol] = value["row"]
                    case Command.SET_PAIR:
                        self.limits[PAIR_LIMITS, account, symbol] = value["row"]
                    case Command.SET_GLOBAL:
                        self.limits[GLOBAL_LIMITS,] = value["row"]
                    case Command.ENABLE_PAIR:
                        self.disabled.discard((account, symbol))
                        self.fills[account, symbol] = 0

    def decide(self, cycle):
        """Take what was told before ``cycle`` and counts for what is decided in it."""
        while self.deciding and self.deciding[0][0] < cycle:
            _, _, value = self.deciding.pop(0)
            account, symbol = value.get("account", 0), value.get("symbol", 0)
            match value["command"]:
                case Command.KILL_GLOBAL | Command.RESUME_GLOBAL:
                    self.killed = value["command"] == Command.KILL_GLOBAL
                case Command.KILL_SYMBOL:
                    self.symbol_kills.add(symbol)
                case Command.RESUME_SYMBOL:
                    self.symbol_kills.discard(symbol)
                case Command.KILL_ACCOUNT:
                    self.account_kills.add(account)
                case Command.RESUME_ACCOUNT:
                    self.account_kills.discard(account)
                    self.reasons[account] = 0
        while self.lost_until < cycle:
            self.lost_until += 1
            now = self.lost_until
            beats = bisect_left(self.beats, now)
            period = next((p for t, p in reversed(self.periods) if t < now), 0)
            late = not beats or period == 0 or now - self.beats[beats - 1] > period
            self.lost = late or (self.lost and now - 1 not in self.lost_at_resumes)

    def open_shares(self, pair, sides):
        return sum(o.shares for o in self.orders.values() if o.live and (o.account, o.symbol) == pair
                   and o.side in sides)

    def open_notional(self, account, sides):
        return sum(o.notional for o in self.orders.values() if o.live and o.account == account and o.side in sides)

    def counts(self, pair):
        live = [o for o in self.orders.values() if o.live]
        return (sum((o.account, o.symbol) == pair for o in live), sum(o.account == pair[0] for o in live))

    def clamp(self, account, value, low, high, reason):
        if not low <= value <= high:
            self.ended = True
            self.account_kills.add(account)
            self.reasons[account] |= reason
        return min(max(value, low), high)

    def verdict(self, slot, *, cycles_in, cycles_out, live, trading, restricted):
        """Return the slot's verdict, all fields but seq."""
        self.enter(cycles_in)
        self.decide(cycles_out)
        verdict = {field.name: 0 for field in VERDICT_FIELDS if field.name != "seq"}
        verdict |= {name: slot[name] for name in ("client", "token", "shares", "price", "kind")}
        verdict |= {"cycles_in": cycles_in, "cycles_out": cycles_out}
        states = live, trading, restricted
        if Kind.ACK <= slot["kind"] <= Kind.CORRECT:
            return verdict | self.report(slot, cycles_in, cycles_out, states)
        verdict |= {name: slot[name] for name in ("account", "symbol", "side", "type")}
        verdict |= self.request(slot, cycles_in, states)
        verdict["shut"] = self.reasons[slot["account"]]
        return verdict

    def market(self, symbol, states):
        """Return the market's fields of a verdict."""
        if symbol >= self.profile.symbols:
            return {}
        bid, ask = (self.touches.get((symbol, side)) for side in (0, 1))
        last = self.trades.get(symbol)
        flags = sum((bits >> symbol & 1) << n for n, bits in enumerate(states))
        flags |= (bid is not None) << 3 | (ask is not None) << 4 | (last is not None) << 5
        return {"flags": flags, "bid": bid or 0, "ask": ask or 0, "last": last or 0}

    def request(self, slot, now, states):
        kind, account, symbol, side = slot["kind"], slot["account"], slot["symbol"], slot["side"]
        pair = account, symbol
        has_account, has_symbol = account < self.profile.accounts, symbol < self.profile.symbols
        has_pair = has_account and has_symbol
        has_side = side in list(Side)
        buy, is_short = side == Side.BUY, side in _SHORTS
        place = slot["token"] % self.profile.open_orders
        entry = self.orders.get(place)
        asked = form.Asked(*(slot[name] for name in form.Asked._fields))
        held = form.Entry(*((True, entry.live, entry.pending, entry.token, entry.account, entry.symbol, entry.side,
                             entry.type) if entry else (False, False, False, 0, 0, 0, 0, 0)))
        on_symbol, on_account = self.row(SYMBOL_LIMITS, symbol), self.row(ACCOUNT_LIMITS, account)
        on_pair = self.row(PAIR_LIMITS, account, symbol)
        shape, token = form.shape_faults(asked), form.token_faults(asked, held)
        tick = form.tick_fault(form.tick_matters(kind, slot["type"], has_symbol),
                               price.off_tick(slot["price"], on_symbol["tick"]))
        broken = {Rule.MALFORMED: form.malformed(form.faulty(shape, token), tick)}
        found = {"fault": shape | token | (Fault.TICK if tick else 0)} | self.market(symbol, states)
        is_order = kind in (Kind.NEW, Kind.REPLACE)
        if kind == Kind.MASS_CANCEL:
            broken[Rule.UNKNOWN] = market.unknown(has_account, has_symbol or symbol == ALL_SYMBOLS)
        if is_order:
            new, is_market = kind == Kind.NEW, slot["type"] == OrderType.MARKET
            bid, ask = (self.touches.get((symbol, n)) if has_symbol else None for n in (0, 1))
            last = self.trades.get(symbol) if has_symbol else None
            touch = (ask if buy else bid) if has_side else None
            effective = price.effective(is_market, slot["price"], touch is not None, touch or 0)
            worth = size.notional(effective, slot["shares"])
            had = entry if not new and not token else None
            grows = new or had is not None
            held_shares, held_worth = (had.open, had.open * had.price) if had else (0, 0)
            opened = [self.open_shares(pair, (Side.BUY,)), self.open_shares(pair, _SELLS)]
            worst = self.position[pair] + opened[0] if buy else opened[1] - self.position[pair]
            costs = [self.open_notional(account, (Side.BUY,)), self.open_notional(account, _SELLS)]
            net = self.cost_sum[account] + costs[0] if buy else costs[1] - self.cost_sum[account]
            pair_open, account_open = self.counts(pair)
            subject = side == Side.SELL_SHORT
            on = [bool(bits >> symbol & 1) if has_symbol else False for bits in states]
            collar = on_symbol["collar_buy" if buy else "collar_sell"], on_symbol["units_buy" if buy else "units_sell"]
            same = [(o, t) for o, t in self.remembered[-self.profile.duplicates:]]
            likeness = repeat.Likeness(account, symbol, side, slot["type"], slot["price"], slot["shares"])
            resting = [o for o in self.orders.values() if o.live and (o.account, o.symbol) == pair
                       and (o.side == Side.BUY) != buy]
            broken |= {
                Rule.GLOBAL_KILL: kill.global_kill(self.killed),
                Rule.SYMBOL_KILL: has_symbol and kill.symbol_kill(symbol in self.symbol_kills),
                Rule.ACCOUNT_KILL: has_account and kill.account_kill(account in self.account_kills),
                Rule.HEARTBEAT: kill.heartbeat(self.lost),
                Rule.UNKNOWN: market.unknown(has_account and bool(on_account["enable"]),
                                             has_symbol and bool(on_symbol["enable"])),
                Rule.NOT_LIVE: has_symbol and market.not_live(on[0], buy, side in _SELLS, bid is not None,
                                                              ask is not None),
                Rule.NOT_TRADING: has_symbol and market.not_trading(on[1]),
                Rule.RESTRICTED: has_symbol and market.restricted(bool(on_symbol["restricted"])),
                Rule.MAX_SHARES: has_pair and size.max_shares(slot["shares"], on_pair["max_shares"]),
                Rule.MAX_NOTIONAL: has_pair and size.max_notional(effective, slot["shares"], on_pair["max_notional"]),
                Rule.COLLAR: has_symbol and has_side and price.collar(
                    buy, effective, touch is not None, touch or 0, last is not None, last or 0, *collar),
                Rule.BAND: has_symbol and price.band(effective, on_symbol["band_low"], on_symbol["band_high"]),
                Rule.POSITION: grows and has_pair and has_side and exposure.position(
                    worst, held_shares, slot["shares"], on_pair["long" if buy else "short"]),
                Rule.GROSS: grows and has_account and exposure.gross(
                    self.gross[account], held_worth, worth, on_account["gross"]),
                Rule.NET: grows and has_account and has_side and exposure.net(
                    net, held_worth, worth, on_account["net"]),
                Rule.OPEN_ORDERS: new and (has_pair and rate.full(pair_open, on_pair["open_orders"])
                                           or has_account and rate.full(account_open, on_account["open_orders"])),
                Rule.RATE: any(exists and rate.rate(now, row["tolerance"], row["interval"], self.earliest[key])
                               for exists, row, key in ((has_account, on_account, ("account", account)),
                                                        (has_symbol, on_symbol, ("symbol", symbol)))),
                Rule.DUPLICATE: new and any(repeat.duplicate(likeness, now, o, t, self.row(GLOBAL_LIMITS)["duplicate"])
                                            for o, t in same),
                Rule.SELF_TRADE: has_pair and has_side and any(
                    cross.self_trade(buy, is_market, slot["price"], o.type == OrderType.MARKET, at)
                    for o in resting for at in o.prices),
                Rule.SHORT_SALE: has_symbol and short.price_test(subject, on[2], short.at_the_bid(
                    is_market, slot["price"], bid is not None, bid or 0))
                or grows and has_pair and is_short and short.locate(
                    self.short_used[pair], held_shares, slot["shares"], on_pair["locate"]),
                Rule.THROTTLE: has_pair and kill.throttle(pair in self.disabled)}
            found |= {"effective": effective, "notional": worth}
            if has_account:
                found |= {"gross": self.gross[account], "account_open": account_open}
                if has_side:
                    found["net"] = min(max(net, -1 << 63), _NOTIONAL)
            if has_pair:
                found |= {"pair_open": pair_open, "short_used": self.short_used[pair], "fills": self.fills[pair]}
                if has_side:
                    found["worst"] = worst
        found["mask"] = sum(name for name, is_broken in broken.items() if is_broken)
        found["status"] = Status.REFUSED if found["mask"] else Status.ACCEPTED
        if is_order and not found["mask"]:
            if new:
                order = self.orders[place] = Order(slot, effective)
                before = 0, 0
                self.remembered.append((likeness, now))
            else:
                order, before = entry, (entry.shares, entry.notional)
                order.pending, order.new_open, order.new_price = True, slot["shares"], effective
            self.gross[account] += order.notional - before[1]
            if is_short:
                self.short_used[pair] += order.shares - before[0]
            for key, row in ((("account", account), on_account), (("symbol", symbol), on_symbol)):
                self.earliest[key] = max(now, self.earliest[key]) + row["interval"]
        return found

    def report(self, slot, now, decided, states):
        kind, shares, at = slot["kind"], slot["shares"], slot["price"]
        number, old = slot["client"] & 0xFFFFFFFF, slot["client"] >> 32
        order = self.orders.get(slot["token"] % self.profile.open_orders)
        late = kind in (Kind.BUST, Kind.CORRECT)
        if order is None or order.token != slot["token"] or not (order.live or late):
            return {"status": Status.UNMATCHED, "fault": Fault.TOKEN}
        pair, account = (order.account, order.symbol), order.account
        fault = Fault(0)
        if number <= order.number:
            fault |= Fault.NUMBER
        most = {Kind.FILL: order.open, Kind.REPLACED: order.new_open if order.pending else 0, Kind.BUST: order.filled,
                Kind.CORRECT: order.filled}.get(kind)
        if most is not None and not 1 <= shares <= most:
            fault |= Fault.SHARES
        if kind == Kind.FILL and at == 0 \
                or kind == Kind.BUST and not (at > 0 and shares * at <= order.filled_notional) \
                or kind == Kind.CORRECT and not (at > 0 and old > 0 and shares * old <= order.filled_notional):
            fault |= Fault.PRICE
        if kind == Kind.ACK and order.acked or kind in (Kind.REPLACED, Kind.REPLACE_REJECTED) and not order.pending:
            fault |= Fault.ORDER
        if not fault:
            self.ended = False
            self.apply(order, kind, shares, at, old, now, pair)
            order.number = number
            if self.ended:      # a resume in this very cycle is lost
                self.deciding = [e for e in self.deciding if not (
                    e[0] == decided and e[2]["command"] == Command.RESUME_ACCOUNT and e[2]["account"] == account)]
        pair_open, account_open = self.counts(pair)
        return {"status": Status.UNMATCHED if fault else Status.APPLIED, "fault": fault, "account": account,
                "symbol": order.symbol, "side": order.side, "type": order.type, "worst": self.position[pair],
                "net": self.cost_sum[account], "gross": self.gross[account], "pair_open": pair_open,
                "account_open": account_open, "short_used": self.short_used[pair], "fills": self.fills[pair],
                "shut": self.reasons[account]} | self.market(order.symbol, states)

    def apply(self, order, kind, shares, at, old, now, pair):
        account = order.account
        before = order.shares, order.notional
        sign = 1 if order.side == Side.BUY else -1
        moved, worth = {Kind.FILL: (shares, shares * at), Kind.BUST: (-shares, -shares * at),
                        Kind.CORRECT: (0, shares * (at - old))}.get(kind, (0, 0))
        if kind == Kind.ACK:
            order.acked = True
        if kind == Kind.FILL:
            order.open -= shares
            if self.fills[pair] == 0 or now - self.window_start[pair] >= self.row(PAIR_LIMITS, *pair)["window"]:
                self.fills[pair], self.window_start[pair] = 1, now
            else:
                self.fills[pair] = self.clamp(account, self.fills[pair] + 1, 0, 65535, Shut.COUNT)
            if self.fills[pair] > self.row(PAIR_LIMITS, *pair)["fills"]:
                self.disabled.add(pair)
        if kind == Kind.REPLACED:
            order.open, order.price, order.pending = shares, order.new_price, False
        if kind == Kind.REPLACE_REJECTED:
            order.pending = False
        if kind in (Kind.CANCELLED, Kind.REJECTED, Kind.EXPIRED):
            order.open, order.pending, order.live = 0, False, False
        if kind not in (Kind.BUST, Kind.CORRECT) and order.open == 0 and not order.pending:
            order.live = False
        order.filled = self.clamp(account, order.filled + moved, 0, _SHARES, Shut.POSITION)
        order.filled_notional = self.clamp(account, order.filled_notional + worth, 0, _NOTIONAL, Shut.NOTIONAL)
        self.position[pair] = self.clamp(
            account, self.position[pair] + sign * moved, -_SHARES, _SHARES, Shut.POSITION)
        cost = self.cost[pair]
        self.cost[pair] = self.clamp(account, cost + sign * worth, -_NOTIONAL, _NOTIONAL, Shut.NOTIONAL)
        self.cost_sum[account] = self.clamp(
            account, self.cost_sum[account] + self.cost[pair] - cost, -_NOTIONAL, _NOTIONAL, Shut.NOTIONAL)
        self.gross[account] = self.clamp(
            account, self.gross[account] + abs(self.cost[pair]) - abs(cost) + order.notional - before[1], 0,
            _NOTIONAL, Shut.NOTIONAL)
        if order.side in _SHORTS:
            self.short_used[pair] = self.clamp(
                account, self.short_used[pair] + order.shares - before[0] + moved, 0, (1 << 32) - 1, Shut.POSITION)
