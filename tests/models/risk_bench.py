"""A reference risk gate with wide limits, driven one slot a cycle."""

import numpy as np

from sim.models.risk import RiskGate
from wire.risk import REPORT_DTYPE, REQUEST_DTYPE, Fault, Kind, OrderType, Rule, Side, Status

__all__ = ["ACCOUNT", "SYMBOL", "PAIR", "GLOBAL", "TOUCH", "Bench", "faults"]

ACCOUNT = {"enable": 1, "gross": 10**15, "net": 10**15, "open_orders": 100, "interval": 1, "tolerance": 10**9}
SYMBOL = {"enable": 1, "restricted": 0, "tick": 0, "band_low": 1, "band_high": 2**32 - 1, "collar_buy": 65535,
          "collar_sell": 65535, "units_buy": 2**32 - 1, "units_sell": 2**32 - 1, "interval": 1, "tolerance": 10**9}
PAIR = {"max_shares": 2**32 - 1, "max_notional": 10**15, "long": 10**9, "short": 10**9, "open_orders": 100,
        "locate": 10**9, "fills": 1000, "window": 10**6}
GLOBAL = {"duplicate": 0, "heartbeat": 10**9}
TOUCH = {"bid": 999_900, "ask": 1_000_100, "last": 1_000_000}


class Bench:
    """``gate`` with everything open and rows as above; ``now`` is the cycle of the last slot.

    ``new``, ``replace``, ``cancel`` and ``report`` give a slot a cycle later and return its verdict.
    """

    def __init__(self, *, open_orders=16, duplicates=4):
        self.gate = RiskGate(accounts=2, symbols=2, open_orders=open_orders, duplicates=duplicates)
        self.now = 10
        for account in range(2):
            self.gate.set_account(account, **ACCOUNT)
            for symbol in range(2):
                self.gate.set_pair(account, symbol, **PAIR)
        for symbol in range(2):
            self.gate.set_symbol(symbol, **SYMBOL)
            self.gate.set_touch(symbol, **TOUCH)
            self.gate.set_state(symbol, live=True, trading=True, short_restricted=False)
        self.gate.beat(cycle=0)
        self.gate.set_global(**GLOBAL)
        self.gate.resume_heartbeat(cycle=1)
        self.gate.resume_global()
        self.numbers = {}

    def account(self, index=0, **values):
        self.gate.set_account(index, **ACCOUNT | values)

    def symbol(self, index=0, **values):
        self.gate.set_symbol(index, **SYMBOL | values)

    def pair(self, account=0, symbol=0, **values):
        self.gate.set_pair(account, symbol, **PAIR | values)

    def limits(self, **values):
        self.gate.set_global(**GLOBAL | values)

    def touch(self, symbol=0, **values):
        self.gate.set_touch(symbol, **TOUCH | values)

    def state(self, symbol=0, **values):
        self.gate.set_state(symbol, **{"live": True, "trading": True, "short_restricted": False} | values)

    def slot(self, *, at=None, decided=None, **fields):
        """Give a slot in cycle ``at``; everything must add up afterwards, and what was refused must leave no trace."""
        self.now = self.now + 1 if at is None else at
        self.gate.advance(now=self.now, decided=decided)
        before = self.gate.snapshot()
        dtype = REQUEST_DTYPE if fields["kind"] < Kind.ACK else REPORT_DTYPE
        record = np.zeros(1, dtype)[0]
        for name, value in fields.items():
            record[name] = value
        verdict = self.gate.decide(record, now=self.now, decided=decided)
        if verdict["status"] in (Status.REFUSED, Status.UNMATCHED):
            assert self.gate.snapshot() == before
        self.gate.verify()
        return verdict

    def new(self, token=1, shares=100, price=1_000_000, side=Side.BUY, type=OrderType.LIMIT, account=0, symbol=0,
            **more):
        return self.slot(kind=Kind.NEW, token=token, shares=shares, price=price, side=side, type=type,
                         account=account, symbol=symbol, **more)

    def replace(self, token=1, shares=100, price=1_000_000, side=Side.BUY, type=OrderType.LIMIT, account=0, symbol=0,
                **more):
        return self.slot(kind=Kind.REPLACE, token=token, shares=shares, price=price, side=side, type=type,
                         account=account, symbol=symbol, **more)

    def cancel(self, token=1, account=0, symbol=0, **more):
        return self.slot(kind=Kind.CANCEL, token=token, account=account, symbol=symbol, **more)

    def report(self, kind, token=1, number=None, **fields):
        """Report with the token's next number, if none is given."""
        if number is None:
            number = self.numbers[token] = self.numbers.get(token, 0) + 1
        return self.slot(kind=kind, token=token, number=number, **fields)

    def fill(self, token=1, shares=100, price=1_000_000, **more):
        return self.report(Kind.FILL, token, shares=shares, price=price, **more)

    def rules(self, **order):
        """Return the rules that a new order breaks."""
        return Rule(int(self.new(**order)["mask"]))

    def entry(self, token=1):
        return self.gate.table[token % len(self.gate.table)]


def faults(verdict):
    return Fault(int(verdict["fault"]))
