"""Random slots and events, made to meet in the gate."""

import random

from gateware.risk.interfaces import DECISION, REPORT_CYCLES, Command
from tests.gateware.risk.bench import ACCOUNT, PAIR, SYMBOL, admin, cancel, new, opened, replace, report, slot
from tests.gateware.risk.reading import Reading
from wire.risk import Kind, OrderType, Side

__all__ = ["traffic"]

REPORTS = [kind for kind in Kind if kind >= Kind.ACK]


def traffic(seed, count, profile, *, gap=lambda: 0, big=False):
    """Return (slots, events, states, start, gaps) of ``count`` slots, ``gap()`` cycles apart or more.

    Few accounts, symbols, prices and tokens, limits near what is asked, and sometimes what does not exist. big: shares
    and prices from the ends of their ranges, and limits that let them pass.
    """
    rng = random.Random(seed)
    accounts, symbols = min(2, profile.accounts), min(2, profile.symbols)
    some = [1, 2, 99, 100, 101, 200, 300]
    most = [1, 2, (1 << 31), (1 << 32) - 2, (1 << 32) - 1]

    def chance(p):
        return rng.random() < p

    def shares():
        if chance(0.02):
            return 0
        return rng.choice(most if big and chance(0.6) else some)

    def price(type_, side):
        if type_ == OrderType.MARKET and not chance(0.03):
            return 0
        if big and chance(0.6):
            return rng.choice(most)
        if chance(0.2):
            return rng.choice([995, 1001, 1015])
        return rng.choice([1000, 1005, 1010][side != Side.BUY:][:2])

    def account():
        return rng.choice((profile.accounts, 0xFFFF)) if chance(0.01) else rng.randrange(accounts)

    def symbol():
        return rng.choice((profile.symbols, 0xFFFF)) if chance(0.01) else rng.randrange(symbols)

    def row(wide, **tight):
        return wide | {name: rng.choice(values) for name, values in tight.items() if chance(0.08)}

    def account_row():
        if big:
            return row(ACCOUNT, gross=[1 << 62, (1 << 63) - 1])
        return row(ACCOUNT, enable=[0, 1, 1, 1, 1, 1], gross=[100_000, 300_000, 600_000],
                   net=[100_000, 200_300, 400_000], open_orders=[1, 2, 3, 5], interval=[0, 1, 3, 20],
                   tolerance=[0, 2, 40])

    def symbol_row():
        if big:
            return row(SYMBOL, band_low=[0])
        return row(SYMBOL, enable=[0, 1, 1, 1, 1, 1], restricted=[0, 0, 0, 1], tick=[0, 1, 2, 7], band_low=[0, 999],
                   band_high=[1005, 1 << 31], collar_buy=[10, 50, 100], collar_sell=[10, 50, 100],
                   units_buy=[5, 10, 20], units_sell=[5, 10, 20], interval=[0, 1, 3, 20], tolerance=[0, 2, 40])

    def pair_row():
        if big:
            return row(PAIR, locate=[0, (1 << 32) - 1], fills=[1, 65535], window=[5, 1 << 31])
        return row(PAIR, max_shares=[100, 200], max_notional=[100_000, 200_000], long=[0, 200, 300, 500],
                   short=[0, 200, 300, 500], open_orders=[1, 2, 3], locate=[0, 100, 300], fills=[0, 1, 3],
                   window=[0, 30, 200, 1 << 31])

    events, cycle = opened(profile)
    last = cycle + 8 * count + 200
    for now in range(cycle, last):
        if chance(0.15):
            command = rng.choices(list(Command), [3, 3, 4, 1, 0.2, 3, 0.2, 3, 0.2, 3, 3, 3])[0]
            fields = {"account": rng.randrange(accounts), "symbol": rng.randrange(symbols)}
            rows = {Command.SET_ACCOUNT: account_row, Command.SET_SYMBOL: symbol_row, Command.SET_PAIR: pair_row,
                    Command.SET_GLOBAL: lambda: {"duplicate": rng.choice([0, 2, 10, 200]),
                                                 "heartbeat": rng.choices([0, 50, 200, 1 << 31], [1, 2, 2, 12])[0]}}
            if command in rows:
                fields["row"] = rows[command]()
            events.append(admin(now, command, **fields))
        if chance(0.1):
            events.append((now, "beat", 1))
        if chance(0.2):
            events.append((now, "touch", {"symbol": rng.randrange(symbols), "side": rng.randrange(2),
                                          "has": int(chance(0.9)), "price": rng.choice([995, 1000, 1005, 1010])}))
        if chance(0.1):
            events.append((now, "trade", {"symbol": rng.randrange(symbols), "price": rng.choice([990, 1000, 1010])}))
        if chance(0.003):
            events.append((now, "forget", 1))
    states = {now: (rng.choice([15, 15, 15, 15, 15, 14]), rng.choice([15, 15, 15, 15, 13]), rng.choice([0, 0, 15]))
              for now in range(cycle, last, 7) if chance(0.3)}

    # A reading that knows when slots are decided, if no verdict waits, knows what orders are live, so that most slots
    # speak of such.
    events.sort(key=lambda event: event[0])
    guess, enters, free_at, state = Reading(profile, events), cycle, [0] * profile.open_orders, (15, 15, 0)
    gaps, decided = [], 0
    places = profile.open_orders
    tokens = list(range(places))
    numbers, slots = {}, []
    while len(slots) < count:
        live = [order for order in guess.orders.values() if order.live or chance(0.2)]
        order = rng.choice(live) if live and chance(0.95) else None
        token = order.token if order else rng.choice(tokens)
        names = {"account": order.account, "symbol": order.symbol} if order else {"account": account(), "symbol": 0}
        kind = rng.choices(["new", "replace", "cancel", "mass", "report", "junk", "end"],
                           [9, 3, 1, 0.3, 7, 0.1, 3])[0]
        client = rng.getrandbits(64)
        if kind == "new":
            free = [n for n in range(places) if n not in guess.orders or not guess.orders[n].live]
            if free and chance(0.95):
                place = rng.choice(free)
                token = tokens[place] = tokens[place] + places
            type_ = rng.choices([1, 2, 3, 5], [1, 9, 0.05, 0.05])[0]
            side = rng.choices([1, 2, 5, 6, 3, 9], [6, 3, 2, 1, 0.05, 0.05])[0]
            made = new(token, side=side, shares=shares(), price=price(type_, side), type=type_, account=account(),
                       symbol=symbol(), client=client)
            if slots and chance(0.15):
                made |= {name: slots[-1][name] for name in ("side", "shares", "price", "type", "account", "symbol")}
        elif kind == "replace":
            side, type_ = (order.side, order.type) if order else (1, 2)
            made = replace(token, side=side, type=type_, shares=shares(), price=price(type_, side), client=client,
                           **names)
            if chance(0.05):
                made[rng.choice(["account", "symbol", "side", "type"])] ^= 1
        elif kind == "cancel":
            made = cancel(token, client=client, **names)
            if chance(0.1):
                made[rng.choice(["account", "symbol", "shares", "price"])] ^= 1
        elif kind == "mass":
            made = slot(kind=Kind.MASS_CANCEL, token=token, account=account(), symbol=rng.choice([0, 1, 0xFFFF, 77]),
                        shares=int(chance(0.1)), price=int(chance(0.1)))
        elif kind == "report":
            numbers[token] = numbers.get(token, 0) + (0 if chance(0.05) else 1)
            which = rng.choices(REPORTS, [2, 6, 1, 1, 1, 1, 1, 2, 2])[0]
            if order and order.pending and chance(0.5):
                which = rng.choice([Kind.REPLACED, Kind.REPLACE_REJECTED])
            amount = rng.choice([1, 50, 100, 100, 200, 0]) if chance(0.5) else rng.choice(most)
            if order and chance(0.6):
                amount = {Kind.REPLACED: order.new_open, Kind.BUST: order.filled, Kind.CORRECT: order.filled}.get(
                    which, order.open) & 0xFFFFFFFF
            paid = rng.choice([990, 1000, 1010, 0] if not big or chance(0.3) else most)
            made = report(which, token, numbers[token], shares=amount, price=paid,
                          old_price=rng.choice([990, 1000, 1010, 0] if not big or chance(0.3) else most))
            made |= {"type": rng.choice([0, 1]), "account": rng.choice([0, 0xFFFF])}
        elif kind == "end":     # of what lives though the guess does not know
            token = max(rng.choice(tokens) - places * rng.choice([0, 0, 1, 2]), 0)
            numbers[token] = numbers.get(token, 0) + 1
            made = report(Kind.CANCELLED, token, numbers[token])
        else:
            made = slot(kind=rng.choice([0, 5, 15, 25, 255]), token=token, account=account(), symbol=symbol())
        slots.append(made)
        is_report = Kind.ACK <= made["kind"] <= Kind.CORRECT
        place = made["token"] % places
        if is_report or made["kind"] in (Kind.NEW, Kind.REPLACE, Kind.CANCEL):
            enters = max(enters, free_at[place])
        until = enters + (REPORT_CYCLES if is_report else DECISION)
        for now in range(decided + 1, until + 1):
            state = states.get(now, state)
        decided = until
        guess.verdict(made, cycles_in=enters, cycles_out=until,
                      **dict(zip(("live", "trading", "restricted"), state, strict=True)))
        if made["kind"] in (Kind.NEW, Kind.REPLACE):
            free_at[place] = enters + DECISION + 1
        gaps.append(gap())
        enters = max(enters + 1 + gaps[-1], until if is_report else 0)
    return slots, events, states, cycle, gaps
