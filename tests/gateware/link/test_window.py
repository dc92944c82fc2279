"""Slots: whole, in the order of their publication, each once, whoever writes what in between."""

import random

import numpy as np
import pytest
from amaranth.sim import Simulator

from gateware.link.window import Window
from wire.pages import BUS_BITS, SLOT_BYTES, SLOTS, Page
from wire.registers import ADDRESS_BITS
from wire.risk import REQUEST_DTYPE, Kind

WORDS = SLOT_BYTES // 4
PAGE = Page.ORDERS << ADDRESS_BITS
KINDS = (Kind.NEW, Kind.REPLACE, Kind.CANCEL, Kind.MASS_CANCEL)


def slot_of(n, kind=Kind.NEW):
    """Return the words of a slot whose fields all depend on ``n``."""
    record = np.zeros(1, REQUEST_DTYPE)
    record["client"], record["token"], record["shares"], record["price"] = n << 32 | n, n + 1, n + 2, n + 3
    record["account"], record["symbol"], record["kind"], record["side"] = n % 7, n % 5, kind, 1
    return record.view("<u4").tolist()


def run(writes, *, ready=lambda cycle: True, cycles=None):
    """Drive ``writes``, (address, data) or None for each cycle; return [(cycle, words)], cycles of overruns."""
    dut = Window(page=Page.ORDERS, kinds=KINDS)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    out, overruns = [], []

    async def bench(ctx):
        for cycle in range(cycles or len(writes) + 40):
            write = writes[cycle] if cycle < len(writes) else None
            ctx.set(dut.w_en, write is not None)
            if write is not None:
                ctx.set(dut.addr, write[0])
                ctx.set(dut.w_data, write[1])
            ctx.set(dut.o.ready, ready(cycle))
            if ctx.get(dut.o.valid) and ready(cycle):
                value = ctx.get(dut.o.payload.as_value())
                out.append((cycle, [value >> 32 * n & 0xFFFFFFFF for n in range(WORDS)]))
            if ctx.get(dut.overrun):
                overruns.append(cycle)
            await ctx.tick()

    sim.add_testbench(bench)
    sim.run()
    return out, overruns


def writes_of(place, words):
    return [(PAGE + SLOT_BYTES * place + 4 * n, word) for n, word in enumerate(words)]


def test_a_slot_comes_in_the_cycle_of_its_last_word():
    words = slot_of(5)
    out, overruns = run(writes_of(3, words))
    assert out == [(WORDS - 1, words)] and not overruns


def test_slots_come_in_the_order_of_their_last_words():
    first, second = slot_of(1), slot_of(2)
    begun, other = writes_of(0, first), writes_of(9, second)
    out, _ = run([*begun[:-1], *other, begun[-1]])
    assert [words for _, words in out] == [second, first]


def test_a_slot_that_waits_cannot_be_overwritten():
    first, second = slot_of(1), slot_of(2)
    out, overruns = run([*writes_of(4, first), *writes_of(4, second)], ready=lambda cycle: cycle > 30, cycles=60)
    assert [words for _, words in out] == [first] and len(overruns) == WORDS


def test_a_slot_is_the_hosts_again_when_it_is_taken():
    first, second = slot_of(1), slot_of(2)
    out, overruns = run([*writes_of(4, first), None, *writes_of(4, second)])
    assert [words for _, words in out] == [first, second] and not overruns


def test_a_full_window_keeps_all_slots():
    slots = [slot_of(n) for n in range(SLOTS)]
    writes = [write for n, words in enumerate(slots) for write in writes_of(n, words)]
    out, overruns = run(writes, ready=lambda cycle: cycle > len(writes), cycles=len(writes) + 30)
    assert [words for _, words in out] == slots and not overruns
    assert [cycle for cycle, _ in out] == list(range(len(writes) + 1, len(writes) + 1 + SLOTS))


@pytest.mark.parametrize("kind", [0, Kind.FILL, Kind.CORRECT, 5, 255])
def test_a_kind_of_another_page_is_none(kind):
    (_, words), = run(writes_of(0, slot_of(1, kind)))[0]
    assert words[-1] & 0xFF == 0 and words[:-1] == slot_of(1)[:-1]


@pytest.mark.parametrize("address", [
    0, Page.REPORTS << ADDRESS_BITS, PAGE + SLOTS * SLOT_BYTES, PAGE + 1, PAGE + 0x800, (1 << BUS_BITS) - SLOT_BYTES])
def test_writes_elsewhere_are_not_its_own(address):
    words = slot_of(1)
    out, overruns = run([(min(address + 4 * n, (1 << BUS_BITS) - 1), word) for n, word in enumerate(words)])
    assert not out and not overruns


def test_random_writers_and_pauses():
    seed = 20261121
    print("seed", seed)
    rng = random.Random(seed)
    free, wanted, writes = list(range(SLOTS)), [], []
    open_slots = {}
    for n in range(60):
        place = free.pop(rng.randrange(len(free)))
        open_slots[place] = (slot_of(n), iter(writes_of(place, slot_of(n))))
        while open_slots and (len(free) < 3 or rng.random() < 0.7):
            chosen = rng.choice(list(open_slots))
            words, rest = open_slots[chosen]
            for write in rest:
                writes.append(write)
                if write[0] % SLOT_BYTES == SLOT_BYTES - 4:
                    wanted.append(words)
                    del open_slots[chosen]
                    free.append(chosen)
                    writes += [None] * 40
                break
    pauses = [rng.random() < 0.4 for _ in range(len(writes) + 100)]
    out, overruns = run(writes, ready=lambda cycle: not pauses[cycle], cycles=len(writes) + 100)
    assert [words for _, words in out] == wanted and len(wanted) > 40 and not overruns
