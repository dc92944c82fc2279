"""Bookings for tests, and what follows from them, computed the naive way."""

import random
from fractions import Fraction

from host.positions.booked import Booked, BookedKind
from wire.risk import Side

FILL, BUST, CORRECT = BookedKind


def fill(exec_id, shares, price, *, account=0, symbol=0, fee=0, side=None, time_ns=1):
    """A fill; sells when ``shares`` are negative."""
    side = side or (Side.BUY if shares > 0 else Side.SELL)
    return Booked(FILL, exec_id, "", account, symbol, side, abs(shares), price, fee, time_ns)


def bust(exec_id, of):
    """The bust of a booking."""
    return Booked(BUST, exec_id, of.exec_id, of.account, of.symbol, of.side, 0, 0, 0, of.time_ns)


def correct(exec_id, of, shares, price, fee=0):
    """The correction of a booking."""
    return Booked(CORRECT, exec_id, of.exec_id, of.account, of.symbol, of.side, shares, price, fee, of.time_ns)


def random_bookings(seed, count):
    """Fills with busts and corrections of them, of corrections too, some before their fill, twice, or of nothing."""
    chance = random.Random(seed)
    made, known = [], []
    for number in range(count):
        kind = chance.choices((FILL, BUST, CORRECT), (6, 1, 2))[0] if known else FILL
        exec_id = f"{kind.name[0]}{number}"
        if kind == FILL:
            one = fill(exec_id, chance.choice((1, -1)) * chance.randint(1, 9) * chance.choice((1, 100)),
                       chance.randint(9_900, 10_100), account=chance.randrange(2), symbol=chance.randrange(2),
                       fee=chance.randint(-5, 20), time_ns=number,
                       side=chance.choice((None, None, Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT)))
            known.append(one)
        elif kind == BUST:
            one = bust(exec_id, chance.choice(known))
        else:
            one = correct(exec_id, chance.choice(known), chance.randint(1, 900), chance.randint(9_900, 10_100),
                          chance.randint(-5, 20))
            known.append(one)
        made.append(one)
    if chance.random() < 0.7:
        for _ in range(count // 5):
            made.insert(chance.randrange(len(made)), made.pop(chance.randrange(len(made))))
    if made and chance.random() < 0.5:
        made.insert(chance.randrange(len(made) + 1), chance.choice(made))
    return made


def surviving(bookings):
    """Return [(exec_id, account, symbol, side, shares, price, fee)] of the fills that count, looking at all at once."""
    first = list({one.exec_id: one for one in bookings}.values())
    roots = {one.exec_id: one.exec_id for one in first if one.kind == FILL}
    for _ in first:
        roots |= {one.exec_id: roots[one.exec_ref_id] for one in first
                  if one.kind == CORRECT and one.exec_ref_id in roots}
    rows = []
    for one in first:
        of_it = [each for each in first if each.kind != FILL and roots.get(each.exec_ref_id) == one.exec_id]
        if one.kind == FILL and not any(each.kind == BUST for each in of_it):
            right = [one, *of_it][-1]
            rows.append((one.exec_id, one.account, one.symbol, one.side, right.shares, right.price, right.fee))
    return rows


def naive(rows):
    """Return (shares, cost, realised, fees, cash) of surviving fills of one pair, in Fractions of a dollar.

    With first in, first out, the n-th share bought always meets the n-th share sold, whichever came first.
    """
    bought = [Fraction(row[5], 10_000) for row in rows if row[3] == Side.BUY for _ in range(row[4])]
    sold = [Fraction(row[5], 10_000) for row in rows if row[3] != Side.BUY for _ in range(row[4])]
    met = min(len(bought), len(sold))
    fees = Fraction(sum(row[6] for row in rows), 10_000)
    return (len(bought) - len(sold), sum(bought[met:]) - sum(sold[met:]), sum(sold[:met]) - sum(bought[:met]), fees,
            sum(sold) - sum(bought) - fees)
