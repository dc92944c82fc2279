"""Drives a Gate in amaranth.sim, and compares it with the independent gate."""

from amaranth.sim import Simulator

from gateware.risk.gate import Gate
from gateware.risk.interfaces import DECISION, REPORT_CYCLES, ROWS
from sim.models.risk import RiskGate
from wire.pages import Command
from wire.profiles import PROFILES
from wire.risk import REQUEST_FIELDS, VERDICT_FIELDS, Kind, OrderType, Side

__all__ = ["TINY", "run", "opened", "new", "replace", "cancel", "report", "admin", "check", "ACCOUNT", "SYMBOL", "PAIR"]

TINY = PROFILES["tiny"]
BIG = (1 << 63) - 1
#: Rows that refuse nothing.
ACCOUNT = {"enable": 1, "gross": BIG, "net": BIG, "open_orders": 65535, "interval": 1, "tolerance": (1 << 48) - 1}
SYMBOL = {"enable": 1, "restricted": 0, "tick": 0, "band_low": 0, "band_high": (1 << 32) - 1, "collar_buy": 65535,
          "collar_sell": 65535, "units_buy": (1 << 32) - 1, "units_sell": (1 << 32) - 1, "interval": 1,
          "tolerance": (1 << 48) - 1}
PAIR = {"max_shares": (1 << 32) - 1, "max_notional": BIG, "long": (1 << 32) - 1, "short": (1 << 32) - 1,
        "open_orders": 65535, "locate": (1 << 32) - 1, "fills": 65535, "window": 0}
GLOBAL = {"duplicate": 0, "heartbeat": (1 << 32) - 1}


def admin(cycle, command, **fields):
    """Return the event of an admin command."""
    return cycle, "admin", {"command": command, **fields}


def opened(profile=TINY, *, account=None, symbol=None, pair=None, globally=None, bid=1000, ask=1010, last=1005):
    """Return (events that open the gate with wide limits but for those given, the first cycle after them)."""
    events, cycle = [], 1

    def add(*event):
        nonlocal cycle
        events.append((cycle, *event))
        cycle += 1

    for a in range(profile.accounts):
        add("admin", {"command": Command.SET_ACCOUNT, "account": a, "row": ACCOUNT | (account or {})})
        for s in range(profile.symbols):
            add("admin", {"command": Command.SET_PAIR, "account": a, "symbol": s, "row": PAIR | (pair or {})})
    for s in range(profile.symbols):
        add("admin", {"command": Command.SET_SYMBOL, "symbol": s, "row": SYMBOL | (symbol or {})})
        for side, price in ((0, bid), (1, ask)):
            if price is not None:
                add("touch", {"symbol": s, "side": side, "has": 1, "price": price})
        if last is not None:
            add("trade", {"symbol": s, "price": last})
    add("admin", {"command": Command.SET_GLOBAL, "row": GLOBAL | (globally or {})})
    add("beat", 1)
    add("admin", {"command": Command.RESUME_HEARTBEAT})
    add("admin", {"command": Command.RESUME_GLOBAL})
    return events, cycle


def slot(**fields):
    """Return a slot; fields not given are 0."""
    return {field.name: 0 for field in REQUEST_FIELDS} | fields


def new(token, *, side=Side.BUY, shares=100, price=1000, account=0, symbol=0, type=OrderType.LIMIT, **fields):
    """Return a NEW."""
    return slot(kind=Kind.NEW, token=token, side=side, shares=shares, price=price, account=account, symbol=symbol,
                type=type, **fields)


def replace(token, **fields):
    """Return a REPLACE."""
    return new(token, **fields) | {"kind": Kind.REPLACE}


def cancel(token, **fields):
    """Return a CANCEL."""
    return slot(kind=Kind.CANCEL, token=token, **fields)


def report(kind, token, number, *, shares=0, price=0, old_price=0):
    """Return a report."""
    return slot(kind=kind, token=token, shares=shares, price=price, client=number | old_price << 32)


def run(slots, events, *, profile=TINY, gaps=(), ready=lambda: 1, states=None, start=None, extra=40, at_end=None):
    """Present ``slots`` from cycle ``start`` on, after each as many more cycles as ``gaps`` says, amid the ``events``.

    states: {cycle: (live, trading, restricted)}, from that cycle on; all live and trading at first. Returns (verdicts
    as dicts, the cycles in which they were on ``o`` first, {cycle: events}, states by cycle). at_end is called with the
    context and the gate when all verdicts were taken.
    """
    dut = Gate(profile=profile)
    all_ = (1 << profile.symbols) - 1
    states = {0: (all_, all_, 0)} | (states or {})
    by_cycle = {}
    for cycle, what, value in events:
        by_cycle.setdefault(cycle, []).append((what, value))
    start = max(by_cycle, default=0) + 1 if start is None else start
    verdicts, appeared, strobes, history = [], [], {}, {}

    async def bench(ctx):
        cycle, number, due, state, waiting = 0, 0, start, states[0], False
        end = None
        while end is None or cycle < end:
            ctx.set(dut.now, cycle)
            state = states.get(cycle, state)
            history[cycle] = state
            for port, bits in zip((dut.live, dut.trading, dut.short_restricted), state, strict=True):
                ctx.set(port, bits)
            ctx.set(dut.admin.valid, 0)
            ctx.set(dut.touch.valid, 0)
            ctx.set(dut.trade.valid, 0)
            ctx.set(dut.forget, 0)
            ctx.set(dut.beat, 0)
            for what, value in by_cycle.get(cycle, ()):
                if what == "admin":
                    row = value.get("row")
                    bits = ROWS[value["command"]].const(row).as_bits() if row is not None else 0
                    ctx.set(dut.admin, {"valid": 1, "command": value["command"], "account": value.get("account", 0),
                                        "symbol": value.get("symbol", 0), "row": bits})
                elif what in ("touch", "trade"):
                    ctx.set(getattr(dut, what), {"valid": 1, **value})
                else:
                    ctx.set(getattr(dut, what), 1)
            offered = number < len(slots) and cycle >= due
            ctx.set(dut.i.valid, offered)
            if offered:
                ctx.set(dut.i.payload, slots[number])
            taken = bool(ready())
            ctx.set(dut.o.ready, taken)
            if offered and ctx.get(dut.i.ready):
                number += 1
                due = cycle + 1 + (gaps[number - 1] if gaps else 0)
                if number == len(slots):
                    end = cycle + extra
            if ctx.get(dut.o.valid):
                if not waiting:
                    appeared.append(cycle)
                waiting = not taken
                if taken:
                    verdicts.append({field.name: ctx.get(dut.o.payload[field.name])
                                     for field in VERDICT_FIELDS if field.name != "seq"})
                elif end is not None:
                    end = max(end, cycle + extra)
            strobes[cycle] = ctx.get(dut.events.as_value())
            await ctx.tick()
            cycle += 1
            assert cycle < 200_000, "the gate does not take its slots"
        if at_end is not None:
            await at_end(ctx, dut)

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return verdicts, appeared, strobes, history


def reference(profile, events, states):
    """Return an independent gate that was told ``events``, and ``states`` by the cycles in which they are looked at."""
    gate = RiskGate(accounts=profile.accounts, symbols=profile.symbols, open_orders=profile.open_orders,
                    duplicates=profile.duplicates)
    prices = [dict.fromkeys(("bid", "ask", "last")) for _ in range(profile.symbols)]
    for cycle, what, value in sorted(events, key=lambda event: event[0]):
        if what == "admin":
            fields = dict(value)
            call, row = fields.pop("command").name.lower(), fields.pop("row", {})
            getattr(gate, call)(**fields, **row, cycle=cycle)
        elif what == "beat":
            gate.beat(cycle=cycle)
        else:
            if what == "forget":
                news = {symbol: dict.fromkeys(prices[symbol]) for symbol in range(profile.symbols)}
            elif what == "trade":
                news = {value["symbol"]: {"last": value["price"]}}
            else:
                news = {value["symbol"]: {("bid", "ask")[value["side"]]: value["price"] if value["has"] else None}}
            for symbol, changed in news.items():
                prices[symbol] |= changed
                gate.set_touch(symbol, **prices[symbol], cycle=cycle)
    before = None
    for cycle, state in sorted(states.items()):
        if state != before:
            for symbol in range(profile.symbols):
                gate.set_state(symbol, **{name: bits >> symbol & 1 for name, bits in zip(
                    ("live", "trading", "short_restricted"), state, strict=True)}, cycle=cycle - 1 if cycle else None)
        before = state
    return gate


def check(slots, events, *, profile=TINY, **options):
    """Run ``slots`` and compare every verdict with the independent gate's; return the verdicts."""
    verdicts, _, _, history = run(slots, events, profile=profile, **options)
    assert len(verdicts) == len(slots)
    gate = reference(profile, events, history)
    for number, (asked, found) in enumerate(zip(slots, verdicts, strict=True)):
        is_report = Kind.ACK <= asked["kind"] <= Kind.CORRECT
        assert found["cycles_out"] - found["cycles_in"] == (REPORT_CYCLES if is_report else DECISION)
        expected = gate.decide(asked, now=found["cycles_in"], decided=found["cycles_out"])
        differing = {name: (value, int(expected[name])) for name, value in found.items() if expected[name] != value}
        assert not differing, f"slot {number}, {asked}: {differing}"
    gate.verify()
    return verdicts
