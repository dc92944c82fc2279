"""Random slots and events, made to meet in the gate."""

import random

from gateware.risk.interfaces import Command
from tests.gateware.risk.bench import ACCOUNT, PAIR, SYMBOL, admin, cancel, new, opened, replace, report, slot
from wire.risk import Kind, OrderType, Side

__all__ = ["traffic"]

REPORTS = [kind for kind in Kind if kind >= Kind.ACK]


def traffic(seed, count, profile, *, big=False):
    """Return (slots, events, states) of ``count`` slots, about as many cycles.

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

    def price(type_):
        if type_ == OrderType.MARKET and not chance(0.03):
            return 0
        return rng.choice(most if big and chance(0.6) else [995, 998, 1000, 1001, 1005, 1010, 1015])

    def account():
        return rng.choice((profile.accounts, 0xFFFF)) if chance(0.01) else rng.randrange(accounts)

    def symbol():
        return rng.choice((profile.symbols, 0xFFFF)) if chance(0.01) else rng.randrange(symbols)

    def row(wide, **tight):
        return wide | {name: rng.choice(values) for name, values in tight.items() if chance(0.25)}

    def account_row():
        if big:
            return row(ACCOUNT, gross=[1 << 62, (1 << 63) - 1])
        return row(ACCOUNT, enable=[0, 1, 1, 1, 1, 1], gross=[100_000, 300_000, 600_000], net=[100_000, 200_300, 400_000],
                   open_orders=[1, 2, 3, 5], interval=[0, 1, 3, 20], tolerance=[0, 2, 40])

    def symbol_row():
        if big:
            return row(SYMBOL, band_low=[0])
        return row(SYMBOL, enable=[0, 1, 1, 1, 1, 1], restricted=[0, 0, 0, 1], tick=[0, 1, 2, 7], band_low=[0, 999],
                   band_high=[1005, 1 << 31], collar_buy=[0, 10, 50], collar_sell=[0, 10, 50], units_buy=[0, 5, 10],
                   units_sell=[0, 5, 10], interval=[0, 1, 3, 20], tolerance=[0, 2, 40])

    def pair_row():
        if big:
            return row(PAIR, locate=[0, (1 << 32) - 1], fills=[1, 65535], window=[5, 1 << 31])
        return row(PAIR, max_shares=[100, 200], max_notional=[100_000, 200_000], long=[0, 200, 300, 500],
                   short=[0, 200, 300, 500], open_orders=[1, 2, 3], locate=[0, 100, 300], fills=[0, 1, 3],
                   window=[0, 30, 200, 1 << 31])

    events, cycle = opened(profile)
    last = cycle + 2 * count + 200
    for now in range(cycle, last):
        if chance(0.15):
            command = rng.choices(list(Command), [3, 3, 4, 1, 0.2, 3, 0.2, 3, 0.2, 3, 3, 3])[0]
            fields = {"account": rng.randrange(accounts), "symbol": rng.randrange(symbols)}
            rows = {Command.SET_ACCOUNT: account_row, Command.SET_SYMBOL: symbol_row, Command.SET_PAIR: pair_row,
                    Command.SET_GLOBAL: lambda: {"duplicate": rng.choice([0, 2, 10, 200]),
                                                 "heartbeat": rng.choice([0, 50, 200, 1 << 31, 1 << 31])}}
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
    states = {now: (rng.choice([15, 15, 15, 14]), rng.choice([15, 15, 15, 13]), rng.choice([0, 0, 15]))
              for now in range(cycle, last, 7) if chance(0.3)}

    places = profile.open_orders
    tokens = list(range(places))
    numbers, slots, known = {}, [], {}
    while len(slots) < count:
        token = rng.choice(tokens)
        if chance(0.04):
            tokens[token % places] += places
        order = known.get(token, {"account": account(), "symbol": symbol(), "side": Side.BUY, "type": 2, "shares": 100})
        kind = rng.choices(["new", "replace", "cancel", "mass", "report", "junk"], [9, 3, 1, 0.3, 5 if not big else 9, 0.2])[0]
        client = rng.getrandbits(64)
        if kind == "new":
            type_ = rng.choices([1, 2, 3, 5], [2, 9, 0.1, 0.1])[0]
            made = new(token, side=rng.choices([1, 2, 5, 6, 3, 9], [6, 3, 2, 1, 0.1, 0.1])[0], shares=shares(),
                       price=price(type_), type=type_, account=account(), symbol=symbol(), client=client)
            if slots and chance(0.15):
                made |= {name: slots[-1][name] for name in ("side", "shares", "price", "type", "account", "symbol")}
            known[token] = made
        elif kind == "replace":
            made = replace(token, side=order["side"], type=order["type"], shares=shares(), price=price(order["type"]),
                           account=order["account"], symbol=order["symbol"], client=client)
            if chance(0.05):
                made[rng.choice(["account", "symbol", "side", "type"])] ^= 1
        elif kind == "cancel":
            made = cancel(token, account=order["account"], symbol=order["symbol"], client=client)
            if chance(0.1):
                made[rng.choice(["account", "symbol", "shares", "price"])] ^= 1
        elif kind == "mass":
            made = slot(kind=Kind.MASS_CANCEL, token=token, account=account(), symbol=rng.choice([0, 1, 0xFFFF, 77]),
                        shares=int(chance(0.1)), price=int(chance(0.1)))
        elif kind == "report":
            numbers[token] = numbers.get(token, 0) + (0 if chance(0.05) else 1)
            which = rng.choices(REPORTS, [2, 6, 4, 2, 1, 1, 1, 3, 3])[0]
            amount = rng.choice([1, 50, 100, 100, 200, 0]) if not big or chance(0.3) else rng.choice(most)
            paid = rng.choice([990, 1000, 1010, 0] if not big or chance(0.3) else most)
            made = report(which, token, numbers[token], shares=amount, price=paid,
                          old_price=rng.choice([990, 1000, 1010, 0] if not big or chance(0.3) else most))
            made |= {"type": rng.choice([0, 1]), "account": rng.choice([0, 0xFFFF])}
        else:
            made = slot(kind=rng.choice([0, 5, 15, 25, 255]), token=token, account=account(), symbol=symbol())
        slots.append(made)
    return slots, sorted(events, key=lambda event: event[0]), states
