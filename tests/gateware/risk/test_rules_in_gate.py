"""Each rule at its boundary, through the gate."""

import pytest

from gateware.risk.interfaces import REPORT_CYCLES
from tests.gateware.risk.bench import ACCOUNT, PAIR, SYMBOL, admin, cancel, check, new, opened, replace, report, slot
from wire.pages import Command
from wire.risk import ALL_SYMBOLS, Fault, Kind, OrderType, Rule, Side

SELL, SHORT, EXEMPT, MARKET = Side.SELL, Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT, OrderType.MARKET


def masks(cases, events, **options):
    """Run the slots of ``cases``, and compare their masks with what they say."""
    verdicts = check([asked for asked, _ in cases], events, **options)
    found = [Rule(verdict["mask"]) for verdict in verdicts]
    assert found == [Rule(expected) for _, expected in cases]
    return verdicts


def test_size_and_price():
    events, _ = opened(
        symbol={"tick": 2, "band_low": 900, "band_high": 1100, "collar_buy": 200, "collar_sell": 200, "units_buy": 15,
                "units_sell": 15}, pair={"max_shares": 100, "max_notional": 100_000}, last=1000)
    masks([
        (new(0), 0),
        (new(1, shares=101, price=990), Rule.MAX_SHARES),
        (new(1, shares=100, price=1010), Rule.MAX_NOTIONAL),
        (new(1, shares=50, price=1010), 0),
        (new(2, shares=50, price=1020), Rule.COLLAR),
        (new(2, shares=50, price=1005), Rule.MALFORMED),
        (new(2, shares=50, price=890), Rule.BAND),
        (new(2, shares=50, price=900), 0),
        (new(3, shares=50, price=990, side=SELL, account=1), 0),
        (new(4, shares=50, price=980, side=SELL, account=1), Rule.COLLAR),
        (new(4, shares=50, price=1100, side=SELL, account=1), 0),
        (new(5, shares=50, price=1110, side=SELL, account=1), Rule.BAND),
        (new(5, shares=50, price=0, type=MARKET, side=SELL, account=1, symbol=1), 0),
    ], events)


def test_collar_in_basis_points():
    events, _ = opened(symbol={"collar_buy": 100, "collar_sell": 100}, bid=1000, ask=1010, last=None)
    masks([
        (new(0, price=1020), 0), (new(1, price=1021), Rule.COLLAR),
        (new(2, price=990, side=SELL, account=1), 0), (new(3, price=989, side=SELL, account=1), Rule.COLLAR)], events)


def test_what_is_malformed():
    events, _ = opened()
    cases = [
        (new(0, shares=0), Fault.SHARES), (new(0, price=0), Fault.PRICE), (new(0, side=3), Fault.SIDE),
        (new(0, type=3), Fault.TYPE), (new(0, type=MARKET), Fault.PRICE), (slot(kind=9), Fault.KIND),
        (new(0), 0), (new(0), Fault.TOKEN), (new(8), Fault.TOKEN), (replace(0), 0),
        (replace(0), Fault.ORDER), (replace(1), Fault.TOKEN), (cancel(0), 0), (cancel(0, symbol=1), Fault.ORDER),
        (cancel(0, shares=1), Fault.SHARES), (cancel(0, price=1), Fault.PRICE), (cancel(8), Fault.TOKEN),
        (report(Kind.CANCELLED, 0, 1), 0), (new(0), Fault.TOKEN), (new(8, price=999), 0),
        (replace(8, side=SELL), Fault.ORDER), (replace(8, account=1), Fault.ORDER),
        (slot(kind=Kind.MASS_CANCEL, symbol=ALL_SYMBOLS), 0),
        (slot(kind=Kind.MASS_CANCEL, shares=1, price=1), Fault.SHARES | Fault.PRICE)]
    verdicts = check([asked for asked, _ in cases], events)
    assert [Fault(verdict["fault"]) for verdict in verdicts] == [Fault(expected) for _, expected in cases]
    for verdict in verdicts:
        assert bool(verdict["mask"] & Rule.MALFORMED) == (verdict["fault"] != 0)


def test_who_may_trade_what():
    events, cycle = opened()
    events += [
        admin(cycle, Command.SET_ACCOUNT, account=1, row=ACCOUNT | {"enable": 0}),
        admin(cycle + 1, Command.SET_SYMBOL, symbol=1, row=SYMBOL | {"enable": 0}),
        admin(cycle + 2, Command.SET_SYMBOL, symbol=2, row=SYMBOL | {"restricted": 1}),
        (cycle + 3, "touch", {"symbol": 3, "side": 1, "has": 0, "price": 0})]
    masks([
        (new(0), 0), (new(1, account=1), Rule.UNKNOWN), (new(1, symbol=1), Rule.UNKNOWN),
        (new(1, account=2, symbol=1), Rule.UNKNOWN), (new(1, symbol=4), Rule.UNKNOWN),
        (new(1, symbol=2), Rule.RESTRICTED), (new(1, symbol=3), Rule.NOT_LIVE), (new(1, symbol=3, side=SELL), 0),
        (slot(kind=Kind.MASS_CANCEL, account=2), Rule.UNKNOWN), (slot(kind=Kind.MASS_CANCEL, symbol=4), Rule.UNKNOWN),
        (slot(kind=Kind.MASS_CANCEL, account=1, symbol=1), 0)], events)


def test_what_shuts_the_gate_does_so_in_the_next_cycle():
    events, cycle = opened()
    steps = {Rule.GLOBAL_KILL: (Command.KILL_GLOBAL, Command.RESUME_GLOBAL, {}),
             Rule.SYMBOL_KILL: (Command.KILL_SYMBOL, Command.RESUME_SYMBOL, {"symbol": 0}),
             Rule.ACCOUNT_KILL: (Command.KILL_ACCOUNT, Command.RESUME_ACCOUNT, {"account": 0})}
    start = cycle + 3
    shut = {}
    for number, (rule, (sets, resumes, whose)) in enumerate(steps.items()):
        at = start + 10 + 10 * number
        events += [admin(at, sets, **whose), admin(at + 4, resumes, **whose)]
        shut |= dict.fromkeys(range(at + 1, at + 5), rule)
    states = {start + 40: (14, 15, 0), start + 43: (15, 15, 0), start + 50: (15, 14, 0), start + 53: (15, 15, 0)}
    shut |= dict.fromkeys(range(start + 40, start + 43), Rule.NOT_LIVE)
    shut |= dict.fromkeys(range(start + 50, start + 53), Rule.NOT_TRADING)
    beat = max(at for at, what, _ in events if what == "beat")
    lost = start + 60
    events.append(admin(start + 1, Command.SET_GLOBAL, row={"duplicate": 0, "heartbeat": lost - 1 - beat}))
    events += [(lost + 4, "beat", 1), admin(lost + 5, Command.RESUME_HEARTBEAT)]
    shut |= dict.fromkeys(range(lost, lost + 6), Rule.HEARTBEAT)
    slots = [new(8 * n + n % 8, shares=1) for n in range(75)]
    for verdict in check(slots, events, states=states, start=start):
        rule = Rule(verdict["mask"]) & ~Rule.MALFORMED
        assert rule == shut.get(verdict["cycles_out"], Rule(0)), verdict["cycles_out"]


def test_a_row_of_limits_counts_for_what_enters_behind_it():
    events, cycle = opened()
    at = cycle + 10
    events.append(admin(at, Command.SET_PAIR, account=0, symbol=0, row=PAIR | {"max_shares": 1, "long": 99}))
    slots = [new(8 * n + n % 8) for n in range(30)]
    for verdict in check(slots, events, start=cycle + 2):
        assert bool(verdict["mask"] & Rule.MAX_SHARES) == (verdict["cycles_in"] > at)
        assert bool(verdict["mask"] & Rule.POSITION) == (verdict["cycles_in"] > at)


#: What is limited, by whose limits, to so much for each of n orders, whose side it is, and the rule.
SUMS = {
    "long": ("pair", lambda n: {"long": 100 * n}, Side.BUY, Rule.POSITION),
    "short": ("pair", lambda n: {"short": 100 * n}, SELL, Rule.POSITION),
    "pair_open": ("pair", lambda n: {"open_orders": n}, Side.BUY, Rule.OPEN_ORDERS),
    "located": ("pair", lambda n: {"locate": 100 * n}, EXEMPT, Rule.SHORT_SALE),
    "gross": ("account", lambda n: {"gross": 100_000 * n}, Side.BUY, Rule.GROSS),
    "net_buy": ("account", lambda n: {"net": 100_000 * n}, Side.BUY, Rule.NET),
    "net_sell": ("account", lambda n: {"net": 100_000 * n}, SELL, Rule.NET),
    "account_open": ("account", lambda n: {"open_orders": n}, SELL, Rule.OPEN_ORDERS),
    "rate": ("account", lambda n: {"interval": 1000, "tolerance": 1000 * (n - 1)}, Side.BUY, Rule.RATE),
    "symbol_rate": ("symbol", lambda n: {"interval": 1000, "tolerance": 1000 * (n - 1)}, Side.BUY, Rule.RATE)}


@pytest.mark.parametrize("name", SUMS)
def test_limits_that_fit_some_orders_back_to_back(name):
    whose, limit, side, rule = SUMS[name]
    events, cycle = opened()
    slots, expected = [], []
    for fits in (1, 2, 3) if whose != "account" else (1, 3):
        if whose == "account":
            account, symbol = fits // 2, 0
            events.append(admin(cycle, Command.SET_ACCOUNT, account=account, row=ACCOUNT | limit(fits)))
        elif whose == "symbol":
            account, symbol = 0, fits
            events.append(admin(cycle, Command.SET_SYMBOL, symbol=symbol, row=SYMBOL | limit(fits)))
        else:
            account, symbol = 1, fits
            events.append(admin(cycle, Command.SET_PAIR, account=account, symbol=symbol, row=PAIR | limit(fits)))
        cycle += 1
        base = {1: 0, 2: 1, 3: 3}[fits]
        slots += [new(base + n if n < fits else 6 + n % 2 + 8 * n, side=side, account=account, symbol=symbol)
                  for n in range(fits + 2)]
        expected += [Rule(0)] * fits + [rule] * 2
    verdicts = check(slots, events)
    assert [Rule(verdict["mask"]) for verdict in verdicts] == expected


def test_what_a_replace_adds():
    events, _ = opened(pair={"long": 150}, account={"gross": 200_000}, bid=100_000, ask=100_000, last=None)
    masks([
        (new(0), 0), (replace(0, shares=151), Rule.POSITION), (replace(0, shares=150), 0),
        (report(Kind.REPLACED, 0, 1, shares=150), 0), (replace(0, shares=10, price=2000), 0),
        (new(1, shares=1, price=50_001), Rule.POSITION | Rule.GROSS), (report(Kind.REPLACE_REJECTED, 0, 2), 0),
        (replace(0, shares=1, price=200_001), Rule.GROSS), (replace(0, shares=1, price=200_000), 0)], events)


def test_duplicates():
    events, _ = opened(globally={"duplicate": 12})
    slots = [new(0), new(1), new(1, price=999), new(2, shares=99), new(3, symbol=1), new(4, account=1),
             new(5, side=SELL, account=1, symbol=3), *[slot(kind=Kind.MASS_CANCEL)] * 5, new(6, side=EXEMPT, symbol=1,
                                                                                             price=1005)]
    masks([(slots[0], 0), (slots[1], Rule.DUPLICATE), *((asked, 0) for asked in slots[2:])], events)
    # Within the window to a cycle; of four that are remembered, the oldest goes.
    wait = [slot(kind=Kind.MASS_CANCEL)]
    masks([(new(0), 0), *((asked, 0) for asked in wait * 10), (new(1), Rule.DUPLICATE), (new(1), 0)], events)
    events, _ = opened(globally={"duplicate": 100})
    cases = [new(n, price=1000 + n) for n in range(4)]
    masks([*((asked, 0) for asked in cases), (new(4), Rule.DUPLICATE), (new(4, price=1005), 0), (new(5), 0),
           (new(6, price=1001), 0), (new(7, price=1003), Rule.DUPLICATE)], events)


def test_self_trades():
    events, _ = opened()
    masks([
        (new(0, price=1005), 0), (new(1, price=1005, side=SELL), Rule.SELF_TRADE), (new(1, price=1006, side=SELL), 0),
        (new(2, price=1006), Rule.SELF_TRADE), (new(2, price=1005), 0), (replace(1, price=1007, side=SELL), 0),
        (new(3, price=1006), Rule.SELF_TRADE), (new(3, price=1006, account=1), 0), (new(4, price=1006, symbol=1), 0),
        (new(5, price=0, type=MARKET), Rule.SELF_TRADE), (new(5, price=0, side=SELL, type=MARKET), Rule.SELF_TRADE),
        (report(Kind.REPLACED, 1, 1, shares=100), 0), (new(5, price=1006), 0), (new(6, price=1007), Rule.SELF_TRADE),
        (report(Kind.CANCELLED, 1, 2), 0), (new(6, price=1007), 0), (new(7, side=SHORT, price=0, type=MARKET, symbol=2),
                                                                     0),
        (new(1, symbol=2, price=1), Rule.MALFORMED | Rule.SELF_TRADE)], events)


def test_short_sales():
    events, _ = opened(pair={"locate": 200})
    restricted = {0: (15, 15, 1)}
    verdicts = masks([
        (new(0, side=SHORT, price=1000), Rule.SHORT_SALE), (new(0, side=SHORT, price=1001), 0),
        (new(1, side=EXEMPT, price=1000), 0), (new(2, side=EXEMPT, price=1000), Rule.SHORT_SALE),
        (new(2, side=SHORT, price=0, type=MARKET), Rule.SHORT_SALE), (new(2, side=SHORT, price=1000, symbol=1), 0),
        (report(Kind.FILL, 1, 1, shares=60, price=1000), 0), (new(3, side=EXEMPT), Rule.SHORT_SALE),
        (report(Kind.CANCELLED, 1, 2), 0), (new(3, side=EXEMPT, shares=41), Rule.SHORT_SALE),
        (new(3, side=EXEMPT, shares=40), 0), (report(Kind.BUST, 1, 3, shares=10, price=1000), 0),
        (new(4, side=EXEMPT, shares=10), 0)], events, states=restricted)
    assert verdicts[-1]["short_used"] == 190


def test_fills_in_a_window():
    events, cycle = opened(pair={"fills": 2, "window": 3 * REPORT_CYCLES - 1})
    enabled = cycle + 8 * REPORT_CYCLES + 18
    events.append(admin(enabled, Command.ENABLE_PAIR, account=0, symbol=0))
    slots = [new(0), *(report(Kind.FILL, 0, n, shares=1, price=1000) for n in range(1, 9)),
             *(new(8 * n + n % 8, symbol=n % 2) for n in range(1, 60))]
    verdicts = check(slots, events, start=cycle)
    # Fills come REPORT_CYCLES after each other: the fourth is beyond the window of the first, the third is one too
    # many.
    assert [verdict["fills"] for verdict in verdicts[1:9]] == [1, 2, 3, 1, 2, 3, 1, 2]
    for verdict in verdicts[9:]:
        disabled = verdict["symbol"] == 0 and verdict["cycles_in"] <= enabled
        assert bool(verdict["mask"] & Rule.THROTTLE) == disabled
