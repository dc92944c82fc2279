import random
from dataclasses import dataclass, field

import pytest
from amaranth.sim import Simulator

from gateware.book.symbols import Symbols
from wire import itch50
from wire.profiles import PROFILES
from wire.records import State, TradingState

PROFILE = PROFILES["tiny"]
NAMES = ("AAPL", "MSFT", "A", "ZVZZT", "TEST", "BRK.A", "ABCDEFGH", "ABCDEFGI")
LOCATES = (1, 2, 3, 13, 0x0d00, 0xffff, 7200)
TRADING = {"H": TradingState.HALTED, "P": TradingState.PAUSED, "Q": TradingState.QUOTATION, "T": TradingState.TRADING}
HALTS = {"Q": State.OPERATIONAL_HALT_Q, "B": State.OPERATIONAL_HALT_B, "X": State.OPERATIONAL_HALT_X}
CLASSES = ("msgs_other_symbol", "msgs_state", "msgs_book", "msgs_ignored")


def name_value(name):
    return int.from_bytes(name.ljust(8).encode(), "little")


def message(kind, locate=0, **bytes_at):
    """Bytes of a message of ``kind``: zeros but for what ``Symbols`` may look at."""
    raw = bytearray(itch50.SIZES[kind])
    raw[0] = ord(kind)
    raw[1:3] = locate.to_bytes(2, "big")
    for key, value in bytes_at.items():
        at = int(key[1:])
        raw[at:at + len(value)] = value.encode()
    return bytes(raw)


@dataclass
class Entry:
    name: str = ""
    base: int = 0
    locate: int | None = None
    learn: bool = False
    enable: bool = False
    state: int = 0


@dataclass
class Model:
    """One message after the other, one configuration write after the other."""

    entries: list[Entry] = field(default_factory=lambda: [Entry() for _ in range(PROFILE.symbols)])
    phase: int = 0
    breach: int = 0

    def configure(self, index, name, base, locate, learn, enable):
        entry = self.entries[index]
        if entry.name != name:
            entry.state, entry.locate = 0, None
        entry.name, entry.base, entry.learn, entry.enable = name, base, learn, enable
        for other in self.entries:
            if learn and other is not entry and other.name == name:
                other.learn = False
        if locate is not None:
            self.claim(entry, locate)

    def claim(self, entry, locate):
        for other in self.entries:
            if other.locate == locate:
                other.locate = None
        entry.locate = locate

    def take(self, raw, masked=()):
        """Return the class of the message, and the index of its symbol or None."""
        kind, locate = chr(raw[0]), int.from_bytes(raw[1:3], "big")
        if kind == "S":
            self.phase = {c: n for n, c in enumerate("OSQMEC", 1)}.get(chr(raw[11]), self.phase)
            return "msgs_state", None
        if kind == "W":
            self.breach = {"1": 1, "2": 2, "3": 3}.get(chr(raw[11]), self.breach)
            return "msgs_state", None
        if kind == "R":
            for entry in self.entries:
                if entry.enable and entry.learn and name_value(entry.name) == int.from_bytes(raw[11:19], "little"):
                    self.claim(entry, locate)
        found = [n for n, entry in enumerate(self.entries)
                 if entry.enable and entry.locate == locate and n not in masked]
        assert len(found) <= 1
        if not found:
            return "msgs_other_symbol", None
        entry = self.entries[found[0]]
        code, action = chr(raw[min(19, len(raw) - 1)]), chr(raw[min(20, len(raw) - 1)])
        if kind == "H":
            entry.state = entry.state & ~7 | TRADING.get(code, 0)
        elif kind == "h" and code in HALTS and action in "HT":
            entry.state = entry.state & ~HALTS[code] | (HALTS[code] if action == "H" else 0)
        elif kind == "Y" and code in "012":
            entry.state = entry.state & ~0xc0 | int(code) << 6
        elif kind == "J":
            entry.state |= State.LULD_COLLAR
        elif kind == "R":
            entry.state |= State.DIRECTORY
        group = "msgs_book" if kind in "AFECXDU" else "msgs_state" if kind in "HhYJRP" else "msgs_ignored"
        return group, found[0]

    def word(self, index):
        return self.entries[index].state | self.phase << 8 | self.breach << 12


def random_message(rng):
    kind = rng.choice("SWRRHHhhYYJPAFECXDULVKQBINO")
    return message(kind, rng.choice((*LOCATES, 0)), b11=rng.choice(NAMES).ljust(8)) if kind == "R" else message(
        kind, 0 if kind in "SWV" else rng.choice(LOCATES),
        **({"b11": rng.choice("OSQMECZ123")} if kind in "SW" else {}),
        **({"b19": rng.choice("HPQTBX012?") if kind != "h" else rng.choice("QBX?")}
           if itch50.SIZES[kind] > 20 or kind == "Y" else {}),
        **({"b20": rng.choice("HHT?")} if kind == "h" else {}))


def simulate(messages, writes=(), *, profile=PROFILE, cycles=None, every_state=True):
    """Present ``messages`` {cycle: bytes} and ``writes`` {cycle: (index, name, base, locate or None, learn, enable)}.

    Return for each cycle a dict of the outputs, and the state words and locates as the host reads them at the end.
    """
    dut = Symbols(profile=profile)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    messages, writes = dict(messages), dict(writes)
    total = (max([*messages, *writes]) if cycles is None else cycles) + 6
    log, ends = [], []

    async def bench(ctx):
        for cycle in range(total):
            raw = messages.get(cycle)
            ctx.set(dut.i.valid, raw is not None)
            if raw is not None:
                ctx.set(dut.i.p.data.as_value(), int.from_bytes(raw.ljust(50, b"\xa5"), "little"))
            write = writes.get(cycle)
            ctx.set(dut.config.write, write is not None)
            if write is not None:
                index, name, base, locate, learn, enable = write
                for port, value in (("select", index), ("name", name_value(name)), ("base", base),
                                    ("locate", locate or 0), ("locate_valid", locate is not None), ("learn", learn),
                                    ("enable", enable)):
                    ctx.set(getattr(dut.config, port), value)
            log.append({
                "valid": ctx.get(dut.valid), "hit": ctx.get(dut.hit), "index": ctx.get(dut.index),
                "base": ctx.get(dut.base), "changed": ctx.get(dut.state_changed),
                "changed_all": ctx.get(dut.state_changed_all),
                "class": [name for name in CLASSES if ctx.get(dut.events[name])]})
            await ctx.tick()
        for index in range(profile.symbols):
            ctx.set(dut.select, index)
            ctx.set(dut.read_index, profile.symbols - 1 - index)
            await ctx.tick()
            ends.append((ctx.get(dut.select_state.as_value()), ctx.get(dut.select_locate.as_value()),
                         ctx.get(dut.read_state.as_value()), ctx.get(dut.read_locate.as_value())))

    sim.add_testbench(bench)
    sim.run()
    states = [(state, locate) for state, locate, _, _ in ends]
    assert states == [(state, locate) for _, _, state, locate in reversed(ends)]
    return log, states


def test_latency():
    followed = message("A", 13)
    log, _ = simulate({10: followed, 12: message("A", 14)}, {0: (2, "AAPL", 31_000, 13, False, True)})
    assert [n for n, row in enumerate(log) if row["valid"]] == [12, 14]
    assert [(n, row["index"], row["base"]) for n, row in enumerate(log) if row["hit"]] == [(12, 2, 31_000)]
    assert [(n, row["class"]) for n, row in enumerate(log) if row["class"]] == [
        (13, ["msgs_book"]), (15, ["msgs_other_symbol"])]


def test_write_is_in_force_four_cycles_later():
    stream = {cycle: message("D", 13) for cycle in range(14) if cycle != 4}
    log, _ = simulate(stream, {3: (1, "AAPL", 5, 13, False, True)})
    assert [n for n, row in enumerate(log) if row["hit"]] == list(range(3 + 4 + 2, 16))


@pytest.mark.parametrize("kind", ["D", "R"])
def test_write_waits_for_a_cycle_without_a_message(kind):
    stream = {cycle: message("D", 13) for cycle in range(14) if cycle != 6} | {4: message(kind, 9, b11="AAPL    ")}
    log, _ = simulate(stream, {3: (1, "AAPL", 5, 13, True, True)})
    assert [n for n, row in enumerate(log) if row["hit"]] == list(range(6 + 3 + 2, 16))


def test_new_name_drops_what_is_in_flight():
    stream = {cycle: message("D", 13) for cycle in range(12) if cycle not in (1, 7)}
    log, _ = simulate(stream, {0: (1, "AAPL", 5, 13, False, True), 6: (1, "MSFT", 9, 2, False, True)})
    assert [n for n, row in enumerate(log) if row["hit"]] == [6, 7, 8]


def test_new_base_drops_nothing():
    stream = {cycle: message("D", 13) for cycle in range(12) if cycle not in (1, 7)}
    log, _ = simulate(stream, {0: (1, "AAPL", 5, 13, False, True), 6: (1, "AAPL", 9, None, False, True)})
    assert [n for n, row in enumerate(log) if row["hit"]] == [6, 7, 8, 10, 11, 12, 13]
    assert {row["base"] for n, row in enumerate(log) if row["hit"] and n >= 12} == {9}


@pytest.mark.parametrize("gap", [1, 2, 3, 5])
def test_learned_for_the_next_message(gap):
    learn = message("R", 13, b11="AAPL    ")
    writes = {0: (0, "MSFT", 1, 13, True, True), 3: (3, "AAPL", 2, None, True, True)}
    log, states = simulate({10: message("D", 13), 11: learn, 11 + gap: message("D", 13)}, writes)
    assert [(n, row["index"]) for n, row in enumerate(log) if row["hit"]] == [(12, 0), (13, 3), (13 + gap, 3)]
    assert states[0] == (0, 13)
    assert states[3] == (State.DIRECTORY, 1 << 16 | 13)


def test_relearned_locate_leaves_the_old_one_at_once():
    writes = {0: (3, "AAPL", 2, 7, True, True)}
    log, states = simulate({10: message("R", 13, b11="AAPL    "), 11: message("D", 7), 12: message("D", 7)}, writes)
    assert [n for n, row in enumerate(log) if row["hit"]] == [12]
    assert states[3][1] == 1 << 16 | 13


def test_state_change_is_readable_with_its_strobe():
    dut = Symbols(profile=PROFILE)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    seen = []

    async def bench(ctx):
        for port, value in (("write", 1), ("select", 1), ("name", name_value("A")), ("locate", 9), ("locate_valid", 1),
                            ("enable", 1)):
            ctx.set(getattr(dut.config, port), value)
        await ctx.tick()
        ctx.set(dut.config.write, 0)
        await ctx.tick().repeat(5)
        ctx.set(dut.i.p.data.as_value(), int.from_bytes(message("H", 9, b19="T"), "little"))
        ctx.set(dut.i.valid, 1)
        await ctx.tick()
        ctx.set(dut.i.valid, 0)
        await ctx.tick().repeat(2)
        assert ctx.get(dut.state_changed)
        ctx.set(dut.read_index, ctx.get(dut.state_index))
        await ctx.tick()
        assert not ctx.get(dut.state_changed)
        seen.append(ctx.get(dut.read_state.trading))

    sim.add_testbench(bench)
    sim.run()
    assert seen == [TradingState.TRADING]


@pytest.mark.parametrize("seed", range(4))
def test_random(seed):
    print("seed", seed)
    rng = random.Random(seed)
    cycles = 2500
    presented = [rng.random() < 0.7 for _ in range(cycles)] + [False] * 8
    writes, strobes, cycle = {}, {}, 0
    while cycle < cycles:
        writes[cycle] = (rng.randrange(PROFILE.symbols), rng.choice(NAMES[:rng.choice((2, 5, 8))]),
                         rng.randrange(1 << 24), rng.choice((None, rng.choice(LOCATES))),
                         rng.random() < 0.6, rng.random() < 0.9)
        taken = presented.index(False, cycle + 1)       # the write is in force three cycles behind that
        strobes[taken + 1] = writes[cycle]
        cycle = taken + 3 + rng.choice((0, 1, 2, 20, 100))
    messages = {}
    for cycle in range(cycles):
        raw = random_message(rng)
        if presented[cycle]:
            near = any(cycle + d in strobes for d in (-1, 0, 1)) or any(
                messages.get(cycle - d, b" ")[0] == ord("R") for d in (1, 2))
            messages[cycle] = message("D", rng.choice(LOCATES)) if raw[0] == ord("R") and near else raw

    log, states = simulate(messages, writes, cycles=cycles)
    model = Model()
    changes = {}
    for cycle in range(cycles + 6):
        # Configuration that comes into force in this cycle, then this cycle's message.
        if cycle - 2 in strobes:
            model.configure(*strobes[cycle - 2])
        masked, lost = [], []
        for distance in (1, 0, -1):
            write = strobes.get(cycle - distance)
            if write is not None and model.entries[write[0]].name != write[1]:
                (lost if distance < 0 else masked).append(write[0])
        if cycle not in messages:
            if cycle + 2 < len(log):
                assert not log[cycle + 2]["valid"] and not log[cycle + 2]["hit"]
            continue
        before = {n: model.entries[n].state for n in lost}
        group, index = model.take(messages[cycle], masked)
        for n in lost:
            model.entries[n].state = before[n]
        row = log[cycle + 2]
        assert row["valid"]
        assert (row["index"] if row["hit"] else None) == index, (cycle, messages[cycle])
        if index is not None and messages[cycle][0] != ord("R") and cycle - 1 not in strobes and cycle not in strobes:
            assert row["base"] == model.entries[index].base
        assert log[cycle + 3]["class"] == [group], (cycle, messages[cycle])
        kind = chr(messages[cycle][0])
        assert log[cycle + 3]["changed_all"] == (kind in "SW")
        assert log[cycle + 3]["changed"] == (index is not None and kind in "HhYJR")
        changes[kind] = changes.get(kind, 0) + (index is not None)
    assert [state for state, _ in states] == [model.word(n) for n in range(PROFILE.symbols)]
    assert [locate & 0xffff if locate >> 16 else None for _, locate in states] == [
        entry.locate for entry in model.entries]
    assert all(changes[kind] for kind in "RHhYJPAD")


@pytest.mark.parametrize("seed", range(3))
def test_collisions_of_learning_and_writes(seed):
    """R messages around writes: whatever wins, no locate and no name is ever held twice (asserted in the gateware)."""
    print("seed", seed)
    rng = random.Random(seed)
    presented = [rng.random() < 0.8 for _ in range(900)] + [False] * 8
    messages, writes, free = {}, {}, 0
    for cycle in range(900):
        if presented[cycle]:
            directory = rng.random() < 0.5 and not any(
                messages.get(cycle - d, b" ")[0] == ord("R") for d in (1, 2))
            messages[cycle] = message("R", rng.choice(LOCATES[:3]), b11=rng.choice(NAMES[:3]).ljust(8)) \
                if directory else message("D", rng.choice(LOCATES[:3]))
        if free <= cycle and rng.random() < 0.6:
            free = presented.index(False, cycle + 1) + 3
            writes[cycle] = (rng.randrange(PROFILE.symbols), rng.choice(NAMES[:3]), 0,
                             rng.choice((None, *LOCATES[:3])), rng.random() < 0.8, True)
    log, states = simulate(messages, writes)
    held = [locate for _, locate in states if locate >> 16]
    assert len(held) == len(set(held))
    assert sum(row["hit"] for row in log) > 100
    assert all(len(row["class"]) == (n - 3 in messages) for n, row in enumerate(log))
