"""The risk gate in the device: what the book tells it, cycle by cycle, and what reaches it through the windows."""

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from host.device.driver import DeviceError
from host.risk.admin import Admin
from host.risk.gate import Gate
from sim.market.messages import Messages
from sim.market.risk_flow import RiskFlow
from sim.market.schedule import Pace, schedule
from sim.models.book import ASK, BID, ReferenceBook, WindowView
from sim.models.risk import RiskGate
from tests.device.rig import Rig
from tests.gateware.book.traffic import Traffic, message
from wire.pages import ADMIN_REGISTERS, SLOT_BYTES, Command, Page
from wire.profiles import PROFILES
from wire.records import NOT_LIVE, State, TradingState
from wire.registers import ADDRESS_BITS
from wire.risk import REPORT_DTYPE, REQUEST_DTYPE, Kind, OrderType, Rule, Side, Status

KEY = 0x1234_5678_9ABC_DEF0
BASE = 5_000 - 32
SYMBOLS = [(locate, 100 * BASE) for locate in (1, 2, 3)]
QUOTES = 500_000, 500_100
#: Bytes of Ethernet, IPv4, UDP and MoldUDP64 headers and of the length before a message.
HEADERS = 14 + 20 + 8 + 20 + 2
#: Cycles from the word with a message's last byte to the first slot that sees its best price, and its trade.
TOUCHED, TRADED = 19, 16
WIDE = {
    Command.SET_GLOBAL: {"duplicate": 0, "heartbeat": 2**32 - 1},
    Command.SET_ACCOUNT: {"enable": 1, "gross": 10**15, "net": 10**15, "open_orders": 1000, "interval": 1,
                          "tolerance": 10**6},
    Command.SET_SYMBOL: {"enable": 1, "restricted": 0, "tick": 0, "band_low": 1, "band_high": 2**32 - 1,
                         "collar_buy": 5000, "collar_sell": 5000, "units_buy": 2**32 - 1, "units_sell": 2**32 - 1,
                         "interval": 1, "tolerance": 10**6},
    Command.SET_PAIR: {"max_shares": 10**6, "max_notional": 10**15, "long": 10**6, "short": 10**6, "open_orders": 100,
                       "locate": 10**6, "fills": 1000, "window": 10**6}}


@pytest.fixture
def rig() -> Rig:
    """A device of its own: what the gate holds outlives a reset."""
    return Rig("tiny")


def request(kind=Kind.NEW, **fields):
    """Return one slot of a request."""
    slot = np.zeros(1, REQUEST_DTYPE)
    for name, value in {"kind": kind, "side": Side.BUY, "type": OrderType.LIMIT, "shares": 100, "price": 500_000,
                        **fields}.items():
        slot[name] = value
    return slot


def report(kind, token, number, **fields):
    """Return one slot of a report."""
    slot = np.zeros(1, REPORT_DTYPE)
    for name, value in {"kind": kind, "token": token, "number": number, **fields}.items():
        slot[name] = value
    return slot


def opened(rig):
    """Open the gate of a device that was started; return its driver and the opened admin page."""
    gate, admin = Gate(rig.device), Admin(rig.device, KEY)
    admin.command(Command.SET_GLOBAL, row=WIDE[Command.SET_GLOBAL])
    for account in range(gate.sizes.accounts):
        admin.command(Command.SET_ACCOUNT, account=account, row=WIDE[Command.SET_ACCOUNT])
        for symbol in range(rig.profile.symbols):
            admin.command(Command.SET_PAIR, account=account, symbol=symbol, row=WIDE[Command.SET_PAIR])
    for symbol in range(rig.profile.symbols):
        admin.command(Command.SET_SYMBOL, symbol=symbol, row=WIDE[Command.SET_SYMBOL])
    gate.beat()
    for command in (Command.RESUME_HEARTBEAT, Command.RESUME_GLOBAL):
        admin.command(command)
    return gate, admin


def quotes(*prices, locate=1, first=4):
    """Return messages that make ``locate`` trade at ``prices`` (bid, ask), 1/10,000."""
    return [message("H", locate=locate, stock="S1", state="T"),
            *(message("A", locate=locate, reference=first + n, side=side, shares=100, price=price)
              for n, (side, price) in enumerate(zip("BS", prices, strict=True)))]


def ask_for(gate, rig, slots, cycles=64):
    """Submit ``slots``, all at once, and return their verdicts."""
    reader = gate.reader()
    assert gate.submit(slots) == len(slots)
    rig.transport.run(cycles)
    verdicts = reader.collect().copy()
    assert len(verdicts) == len(slots)
    return verdicts


def test_a_verdict_is_written_eight_cycles_after_its_slot_was_published(rig):
    rig.start(SYMBOLS)
    gate, _ = opened(rig)
    device, words = rig.transport.device, SLOT_BYTES // 4
    for turn in range(4):
        begin = device.cycle
        assert gate.submit(request(token=turn)) == 1
        published = begin + words - 1
        assert device.cycle == published + 1
        device.run(7)
        assert int(rig.transport.verdicts["seq"].max()) == turn
        device.run(1)
        verdict = rig.transport.verdicts[turn]
        assert verdict["seq"] == turn + 1
        assert verdict["cycles_in"] == published + 1 and verdict["cycles_out"] == published + 1 + gate.sizes.decision
    assert gate.sizes.decision == 5


def test_the_gate_sees_the_book_of_that_very_cycle(rig):
    for seed in (5, 6, 7):
        rig.start(SYMBOLS)
        rig.transport.verdicts["seq"] = 0
        gate, _ = opened(rig)
        reader = gate.reader()
        rng, traffic = random.Random(seed), Traffic(seed, orders=12)
        print(f"seed {seed}")
        messages = [traffic.next() for _ in range(300)]
        frames = schedule(Messages.of(messages), pace=Pace.ABUT)
        gaps = np.array([rng.choice((0, 0, 1, 7, 40)) for _ in messages])
        starts = frames.cycle + np.cumsum(gaps) + rig.transport.device.cycle + 64
        rig.transport.rx.submit(replace(frames, cycle=starts))
        while rig.transport.device.pending:
            rig.transport.run(rng.randrange(12))
            gate.submit(request(token=rng.randrange(8), symbol=rng.randrange(3), side=rng.choice((1, 2))))
        rig.transport.settle()
        check_quotes(rig, reader.collect(), messages, starts)
        assert gate.device.counters()["risk_overruns"] == 0


def check_quotes(rig, verdicts, messages, starts):
    """Hold the quotes in ``verdicts`` against the reference book as it was when each slot entered."""
    view = WindowView(base=BASE, window=rig.profile.window)
    touched, traded = (ReferenceBook(locates=[locate for locate, _ in SYMBOLS], ref_bits=rig.profile.ref_bits,
                                     share_bits=rig.profile.share_bits) for _ in range(2))
    done = {"touched": 0, "traded": 0}
    ends = [int(start) + (HEADERS + len(text) - 1) // 8 for start, text in zip(starts, messages, strict=True)]
    compared = 0
    for verdict in verdicts:
        entered, locate = int(verdict["cycles_in"]), SYMBOLS[int(verdict["symbol"])][0]
        for name, book, cycles in (("touched", touched, TOUCHED), ("traded", traded, TRADED)):
            while done[name] < len(messages) and ends[done[name]] + cycles <= entered:
                book.apply(messages[done[name]])
                done[name] += 1
        # The second half of a Replace is a cycle behind the first.
        last = done["touched"] - 1
        if last >= 0 and messages[last][:1] == b"U" and ends[last] + TOUCHED == entered:
            continue
        book = touched.symbols[locate]
        best = []
        for side, levels in ((BID, book.bids()), (ASK, book.asks())):
            better, inside, _ = view.split(book, side)
            assert not better
            best.append(levels[0][0] if inside else 0)
        assert (verdict["bid"], verdict["ask"]) == tuple(best), f"cycle {entered}"
        assert verdict["last"] == traded.symbols[locate].last_price, f"cycle {entered}"
        compared += 1
    assert compared > 200


def test_the_gate_knows_what_the_state_word_says(rig):
    rig.start(SYMBOLS)
    gate, _ = opened(rig)
    traffic, compared = Traffic(11, orders=10, far=0.1, illegal=0.01), set()
    for first in range(1, 400, 4):
        messages = [traffic.next() for _ in range(4)]
        if first % 100 == 97:
            rig.device.clear()
        rig.play(schedule(Messages.of(messages), pace=Pace.ABUT, sequence=first))
        for symbol, verdict in enumerate(ask_for(gate, rig, np.concatenate(
                [request(token=symbol, symbol=symbol) for symbol in range(3)]))):
            state = rig.device.state(symbol)
            trading = (state & 7 == TradingState.TRADING and not state >> 3 & 7 and not state >> 12 & 3
                       and state >> 8 & 7 not in (5, 6))
            flags = int(verdict["flags"])
            regsho = bool(state & (State.REGSHO_1 | State.REGSHO_2))
            assert (flags >> 1 & 1, flags >> 2 & 1) == (trading, regsho)
            assert not flags & 1 or not state & NOT_LIVE
            compared.add(flags & 7)
    assert len(compared) >= 4


def test_a_book_beyond_its_window_is_not_live(rig):
    rig.start(SYMBOLS)
    gate, _ = opened(rig)
    rig.play(schedule(Messages.of(quotes(*QUOTES)), pace=Pace.ABUT))
    assert ask_for(gate, rig, request(token=1, price=500_000))["mask"][0] == 0
    above = message("A", locate=1, reference=9, side="B", shares=1, price=900_000)
    rig.play(schedule(Messages.of([above]), pace=Pace.ABUT, sequence=4))
    assert ask_for(gate, rig, request(token=2, price=500_000))["mask"][0] == Rule.NOT_LIVE
    rig.play(schedule(Messages.of([message("D", locate=1, reference=9)]), pace=Pace.ABUT, sequence=5))
    assert ask_for(gate, rig, request(token=3, price=500_000))["mask"][0] == 0


def test_a_clear_forgets_quotes_and_a_gap_shuts_the_gate(rig):
    rig.start(SYMBOLS, gap_packets=1)
    gate, _ = opened(rig)
    rig.play(schedule(Messages.of(quotes(*QUOTES)), pace=Pace.ABUT))
    assert ask_for(gate, rig, request(token=1))["mask"][0] == 0
    rig.play(schedule(Messages.of([message("S", event="Q")] * 3), pace=Pace.ABUT, sequence=9))
    assert ask_for(gate, rig, request(token=2))["mask"][0] == Rule.NOT_LIVE
    rig.device.resync(20)
    rig.device.clear()
    verdict = ask_for(gate, rig, request(token=3))[0]
    assert (verdict["bid"], verdict["ask"], verdict["mask"]) == (0, 0, Rule.NOT_LIVE)


def test_the_admin_page_does_nothing_without_its_key(rig):
    rig.start(SYMBOLS)
    gate, admin = opened(rig)
    before = gate.show(1, 2)
    admin.lock()
    refused = rig.device.counters()["risk_admin_refused"]
    with pytest.raises(DeviceError, match="does not take this key"):
        Admin(rig.device, KEY + 1)
    writes = 1
    for register in ADMIN_REGISTERS:
        if register.name != "KEY":
            rig.transport.write((Page.ADMIN << ADDRESS_BITS) + register.offset, 0xFFFF_FFFF)
            writes += 1
    for command in Command:
        rig.transport.write((Page.ADMIN << ADDRESS_BITS) + 0x00C, command)
        writes += 1
    counters = rig.device.counters()
    assert gate.show(1, 2) == before and gate.status()["killed"] == 0
    assert counters["risk_admin_refused"] == refused + writes
    Admin(rig.device, KEY).command(Command.KILL_ACCOUNT, account=1)
    assert gate.show(1, 2) == before | {"account_killed": 1}


def test_a_window_speaks_only_for_itself(rig):
    rig.start(SYMBOLS)
    gate, _ = opened(rig)
    rig.play(schedule(Messages.of(quotes(*QUOTES)), pace=Pace.ABUT))
    ask_for(gate, rig, request(token=1))
    reader = gate.reader()
    for page, slot in ((Page.ORDERS, report(Kind.CANCELLED, 1, 1)), (Page.REPORTS, request(token=2))):
        rig.transport.write_words((page << ADDRESS_BITS) + 5 * SLOT_BYTES, np.frombuffer(slot.tobytes(), "<u4"))
    rig.transport.run(64)
    verdicts = reader.collect()
    assert verdicts["kind"].tolist() == [0, 0] and verdicts["mask"].tolist() == [Rule.MALFORMED] * 2
    assert gate.show(0, 0)["pair_open"] == 1


def test_a_slot_that_waits_is_not_written_over(rig):
    rig.start(SYMBOLS)
    gate, _ = opened(rig)
    reader, address = gate.reader(), Page.REPORTS << ADDRESS_BITS
    first, second, late = (report(Kind.ACK, token, 1).tobytes() for token in (1, 2, 3))
    for slot, place in ((first, 0), (second, 1), (late, 1)):
        rig.transport.write_words(address + place * SLOT_BYTES, np.frombuffer(slot, "<u4"))
    rig.transport.run(64)
    # The second waits for the first when its slot is written again: up to its being taken, each word is refused.
    verdicts, overruns = reader.collect(), rig.device.counters()["risk_overruns"]
    assert verdicts["token"].tolist()[:2] == [1, 2]
    assert overruns or verdicts["token"].tolist() == [1, 2, 3]


def test_requests_and_reports_through_both_windows_equal_the_model():
    for seed in (21, 22):
        print(f"seed {seed}")
        rig = Rig("tiny")
        rig.start(SYMBOLS)
        gate, _ = opened(rig)
        rig.play(schedule(Messages.of([text for locate, _ in SYMBOLS for text in quotes(
            *QUOTES, locate=locate, first=4 * locate)]), pace=Pace.ABUT))
        sizes = {name: getattr(rig.profile, name) for name in ("accounts", "symbols", "open_orders", "duplicates")}
        model = opened_model(sizes, rig)
        rng, flow, reader = random.Random(seed), RiskFlow(seed=seed, trouble=0, **sizes), gate.reader()
        statuses = Counter()
        for stretch in range(8):
            flow.follow(model, cycle=rig.transport.device.cycle)
            slots = [event.fields["slot"] for event in flow.events(60) if event.name == "slot"]
            given = 0
            while given < len(slots):
                kind = slots[given][28]
                if kind in (*range(1, 5), *range(16, 25)):
                    write = gate.submit if kind < 16 else gate.report
                    dtype = REQUEST_DTYPE if kind < 16 else REPORT_DTYPE
                    given += write(np.frombuffer(slots[given], dtype))
                else:
                    given += 1
                rig.transport.run(rng.randrange(6))
            rig.transport.run(400)
            for verdict in reader.collect():
                slot = {name: int(verdict[name]) for name in ("token", "shares", "price", "kind", "client")}
                if verdict["kind"] < 16:
                    slot |= {name: int(verdict[name]) for name in ("account", "symbol", "side", "type")}
                    slot = request(**slot).tobytes()
                else:
                    client = slot.pop("client")
                    slot = report(**slot, number=client & 0xFFFF_FFFF, old_price=client >> 32).tobytes()
                expected = model.decide(slot, now=int(verdict["cycles_in"]), decided=int(verdict["cycles_out"]))
                wrong = [name for name in verdict.dtype.names if name != "seq" and verdict[name] != expected[name]]
                assert not wrong, f"stretch {stretch}: {wrong}, {verdict} {expected}"
                statuses[Status(int(verdict["status"]))] += 1
        assert statuses.keys() == set(Status) and statuses[Status.ACCEPTED] > 30, statuses
        assert_shown(gate, model)
        assert rig.device.counters()["risk_overruns"] == 0


def opened_model(sizes, rig):
    """Return the reference gate as the device's is after ``opened`` and one symbol's quotes."""
    model = RiskGate(**sizes)
    model.set_global(**WIDE[Command.SET_GLOBAL])
    model.beat(cycle=1)
    model.resume_heartbeat(cycle=2)
    model.resume_global()
    for account in range(sizes["accounts"]):
        model.set_account(account, **WIDE[Command.SET_ACCOUNT])
        for symbol in range(sizes["symbols"]):
            model.set_pair(account, symbol, **WIDE[Command.SET_PAIR])
    for symbol in range(sizes["symbols"]):
        model.set_symbol(symbol, **WIDE[Command.SET_SYMBOL])
        followed = symbol < len(SYMBOLS)
        model.set_state(symbol, live=followed, trading=followed, short_restricted=False)
        if followed:
            model.set_touch(symbol, bid=QUOTES[0], ask=QUOTES[1], last=None)
    cycle = rig.transport.device.cycle
    model.advance(now=cycle, decided=cycle)
    return model


def assert_shown(gate, model):
    """Hold all that can be read back against ``model``."""
    for (account, symbol), pair in model.pairs.items():
        shown, of_account = gate.show(account, symbol), model.accounts[account]
        assert shown["position"] == pair.position and shown["cost"] == pair.cost
        assert shown["worst_buy"] == pair.position + pair.open_buy
        assert shown["worst_sell"] == pair.open_sell - pair.position
        assert (shown["pair_open"], shown["short_used"]) == (pair.pair_open, pair.short_used)
        assert (shown["fills"], shown["disabled"]) == (pair.fills, pair.disabled)
        assert (shown["gross"], shown["account_open"]) == (of_account.gross, of_account.account_open)
        assert shown["net_buy"] == of_account.cost_sum + of_account.buy_notional
        assert shown["net_sell"] == of_account.sell_notional - of_account.cost_sum
        for name, command in (("account_limits", Command.SET_ACCOUNT), ("symbol_limits", Command.SET_SYMBOL),
                              ("pair_limits", Command.SET_PAIR), ("global_limits", Command.SET_GLOBAL)):
            assert {field: value for field, value in shown[name].items() if value} == {
                field: value for field, value in WIDE[command].items() if value}


def test_the_gate_starts_shut(rig):
    rig.start(SYMBOLS)
    gate = Gate(rig.device)
    assert gate.status() == {"killed": 1, "lost": 1, "account_kills": 0, "symbol_kills": 0, "locked": 1}
    mask = Rule(int(ask_for(gate, rig, request())["mask"][0]))
    assert Rule.GLOBAL_KILL | Rule.HEARTBEAT in mask
    assert ask_for(gate, rig, request(Kind.MASS_CANCEL, side=0, type=0, shares=0, price=0))["mask"][0] == 0


def test_sizes_are_those_of_the_profile(rig):
    profile = PROFILES["tiny"]
    sizes = Gate(rig.device).sizes
    assert (sizes.accounts, sizes.open_orders, sizes.duplicates) == (
        profile.accounts, profile.open_orders, profile.duplicates)
