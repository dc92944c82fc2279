"""The admin page: nothing without the key, and every row whole."""

import pytest
from amaranth.sim import Simulator

from gateware.link.admin import Admin
from gateware.risk.interfaces import Sizes
from wire.pages import ADMIN_REGISTERS, ROW_WORDS, Command, Page
from wire.profiles import PROFILES
from wire.registers import ADDRESS_BITS

OFFSETS = {register.name: register.offset for register in ADMIN_REGISTERS}
PAGE = Page.ADMIN << ADDRESS_BITS
KEY = 0x0123_4567_89AB_CDEF


def key(value):
    return [(OFFSETS["KEY"], value & 0xFFFFFFFF), (OFFSETS["KEY"] + 4, value >> 32)]


def row(value):
    return [(OFFSETS[f"ROW{n}"], value >> 32 * n & 0xFFFFFFFF) for n in range(ROW_WORDS)]


def run(writes, page=PAGE, **options):
    """Write (offset, data), one a cycle. Return [(cycle, command, account, symbol, row)], refusals' cycles, locked."""
    dut = Admin(sizes=Sizes(PROFILES["tiny"]), **options)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    acts, refused, locked = [], [], []

    async def bench(ctx):
        for cycle in range(len(writes) + 4):
            ctx.set(dut.w_en, cycle < len(writes))
            if cycle < len(writes):
                ctx.set(dut.addr, page + writes[cycle][0])
                ctx.set(dut.w_data, writes[cycle][1])
            if ctx.get(dut.admin.valid):
                acts.append((cycle, ctx.get(dut.admin.command), ctx.get(dut.admin.account),
                             ctx.get(dut.admin.symbol), ctx.get(dut.admin.row)))
            if ctx.get(dut.refused):
                refused.append(cycle)
            await ctx.tick()
        locked.append(ctx.get(dut.locked))

    sim.add_testbench(bench)
    sim.run()
    return acts, refused, bool(locked[0])


def test_a_row_is_given_whole_two_cycles_after_its_command():
    value = 0x8877665544332211 << 180 & (1 << 240) - 1 | 0x1122334455667788
    writes = [*key(KEY), *row(value), (OFFSETS["SELECT"], 3 << 16 | 1), (OFFSETS["COMMAND"], Command.SET_PAIR)]
    acts, refused, locked = run(writes)
    assert acts == [(len(writes) + 1, Command.SET_PAIR, 1, 3, value)] and not refused and not locked


def test_the_page_locks_itself():
    command, idle = (OFFSETS["COMMAND"], Command.KILL_GLOBAL), (OFFSETS["ROW0"], 0)
    for wait in range(7, 14):
        acts, refused, _ = run([*key(KEY), *[idle] * wait, command], open_cycles=10)
        assert (len(acts) == 1) == (not refused) == (wait + 1 <= 10), wait
        # A key given anew, also in the very cycle in which the page would have locked itself, opens it for as long.
        acts, *_ = run([*key(KEY), *[idle] * (wait - 2), *key(KEY), *[idle] * 8, command], open_cycles=10)
        assert len(acts) == 1, wait
    assert run([*key(KEY), *[idle] * 30], open_cycles=10)[2]


def test_nothing_acts_before_a_key_is_set():
    writes = [*row(1), (OFFSETS["SELECT"], 0), (OFFSETS["COMMAND"], Command.RESUME_GLOBAL)]
    acts, refused, locked = run(writes)
    assert not acts and len(refused) == len(writes) and locked


def test_only_the_first_key_unlocks_after_that():
    lock, wrong = key(KEY ^ 1), key(KEY ^ 1 << 63)
    command = [(OFFSETS["COMMAND"], Command.KILL_GLOBAL)]
    acts, refused, locked = run([*key(KEY), *lock, *command, *wrong, *command, *key(KEY), *command])
    assert [act[1] for act in acts] == [Command.KILL_GLOBAL] and len(refused) == 4 and not locked


def test_a_key_of_zero_is_none():
    acts, refused, locked = run([*key(0), (OFFSETS["COMMAND"], Command.RESUME_GLOBAL)])
    assert not acts and len(refused) == 2 and locked


@pytest.mark.parametrize("write", [
    ("SELECT", 2, "COMMAND", Command.KILL_ACCOUNT),                 # no such account
    ("SELECT", 4 << 16, "COMMAND", Command.KILL_SYMBOL),            # no such symbol
    ("SELECT", 0, "COMMAND", max(Command) + 1), ("SELECT", 0, "COMMAND", 1 << 31)])
def test_a_command_that_makes_no_sense_is_refused(write):
    acts, refused, locked = run([*key(KEY), (OFFSETS[write[0]], write[1]), (OFFSETS[write[2]], write[3])])
    assert not acts and len(refused) == 1 and not locked


def test_an_address_without_register_is_refused():
    acts, refused, _ = run([*key(KEY), (0x010, 0), (0x021, 0), (0xFFC, 0)])
    assert not acts and len(refused) == 3


def test_other_pages_are_not_its_own():
    for page in (Page.REGISTERS, Page.ORDERS, Page.REPORTS):
        assert run([*key(KEY), (OFFSETS["COMMAND"], 4)], page << ADDRESS_BITS) == ([], [], True)
