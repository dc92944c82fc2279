"""Rows of limits for random flow through the risk gate: wide ones, and how to make one field of them narrow."""

from wire.risk import ACCOUNT_LIMITS, GLOBAL_LIMITS, PAIR_LIMITS, SYMBOL_LIMITS

__all__ = ["WIDE", "NARROW"]

_TOP = 2**32 - 1


def _highest(fields):
    return {field.name: (1 << field.bits) - 1 for field in fields}


#: Rows under which nearly everything passes, by table; the wild ones are the highest there are.
WIDE = {
    "global": _highest(GLOBAL_LIMITS) | {"duplicate": 3, "heartbeat": 1000},
    "account": {"enable": 1, "gross": 10**13, "net": 10**13, "open_orders": 1000, "interval": 2, "tolerance": 10**6},
    "wild_account": _highest(ACCOUNT_LIMITS) | {"interval": 1},
    "symbol": _highest(SYMBOL_LIMITS) | {"restricted": 0, "tick": 0, "band_low": 1, "interval": 2},
    "pair": {"max_shares": 100_000, "max_notional": 10**12, "long": 10**6, "short": 10**6, "open_orders": 1000,
             "locate": 10**9, "fills": 10_000, "window": 100_000},
    "wild_pair": _highest(PAIR_LIMITS),
}


def _limit(value, bits):
    """Return ``value`` as a limit of ``bits`` bits."""
    return min(max(value, 0), (1 << bits) - 1)


def _account_gross(random, gate, index, _price):
    return {"gross": _limit(gate.accounts[index[0]].gross + random.choice((-1, 0, 100, 10**6, 10**8)), 63)}


def _account_net(random, gate, index, _price):
    state = gate.accounts[index[0]]
    used = random.choice((state.cost_sum + state.buy_notional, state.sell_notional - state.cost_sum))
    return {"net": _limit(used + random.choice((-1, 0, 100, 10**6, 10**8)), 63)}


def _account_open_orders(random, gate, index, _price):
    return {"open_orders": gate.accounts[index[0]].account_open + random.randint(0, 3)}


def _rate(random, gate, index, _price):
    interval = random.choice((0, 1, 5, 50, 1000))
    return {"interval": interval, "tolerance": interval * random.randint(0, 4) + random.randint(0, 1)}


def _disabled(random, gate, index, _price):
    return {"enable": 0}


def _restricted(random, gate, index, _price):
    return {"restricted": 1}


def _tick(random, gate, index, _price):
    return {"tick": random.randrange(8)}


def _band(random, gate, index, price):
    return {"band_low": _limit(price - random.randint(0, 20), 32), "band_high": price + random.randint(-5, 20)}


def _collar(random, gate, index, _price):
    return {"collar_buy": random.choice((0, 1, 10, 100)), "collar_sell": random.choice((0, 1, 10, 100))}


def _units(random, gate, index, _price):
    return {"units_buy": random.randint(0, 20), "units_sell": random.randint(0, 20)}


def _max_shares(random, gate, index, _price):
    return {"max_shares": random.choice((0, 1, 100, 500))}


def _max_notional(random, gate, index, price):
    return {"max_notional": price * random.choice((1, 100, 200)) + random.randint(-1, 1)}


def _position(random, gate, index, _price):
    pair = gate.pairs[index]
    return {"long": _limit(pair.position + pair.open_buy + random.choice((-1, 0, 1, 100, 300)), 32),
            "short": _limit(pair.open_sell - pair.position + random.choice((-1, 0, 1, 100, 300)), 32)}


def _pair_open_orders(random, gate, index, _price):
    return {"open_orders": gate.pairs[index].pair_open + random.randint(0, 2)}


def _locate(random, gate, index, _price):
    return {"locate": _limit(gate.pairs[index].short_used + random.choice((-1, 0, 1, 100, 300)), 32)}


def _throttle(random, gate, index, _price):
    return {"fills": random.randint(0, 3), "window": random.choice((0, 1, 20, 1000, _TOP))}


def _duplicate(random, gate, index, _price):
    return {"duplicate": random.choice((0, 1, 20, 200, _TOP))}


def _heartbeat(random, gate, index, _price):
    return {"heartbeat": random.choice((0, 30, 100, 300, _TOP))}


#: By table and name: makes fields from a random generator, a reference gate, the row's index, and a usual price.
NARROW = {
    "global": {"duplicate": _duplicate, "heartbeat": _heartbeat},
    "account": {"enable": _disabled, "gross": _account_gross, "net": _account_net,
                "open_orders": _account_open_orders, "rate": _rate},
    "symbol": {"enable": _disabled, "restricted": _restricted, "tick": _tick, "band": _band, "collar": _collar,
               "units": _units, "rate": _rate},
    "pair": {"max_shares": _max_shares, "max_notional": _max_notional, "position": _position,
             "open_orders": _pair_open_orders, "locate": _locate, "throttle": _throttle},
}
