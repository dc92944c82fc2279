"""Price levels outside the windows, all rows together in one small associative table."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Sizes, delay
from gateware.book.orders import LevelOperation
from gateware.select import number_of, one_of

__all__ = ["FarLevels"]


class FarLevels(wiring.Component):
    """Levels with their absolute tick; those of one row can be picked best first.

    Cycles count as in ``OrderTable``: ``row``, ``tick``, ``below`` and ``far`` in cycle 4, ``level`` in cycle 5; the
    table is up to date at the end of cycle 8. Throughput: one operation a cycle; inserts at least three cycles apart.
    Overflow: a level that finds no entry strobes ``full`` (cycle 8) and sets ``lost`` of its row until ``clear``: the
    table no longer holds all far levels of that row. ``full_better`` strobes with it if the level is better than the
    window. Removals of what was lost change nothing. ``overflow`` strobes (cycle 8) when an entry outgrows its bits.
    Reset and ``clear`` empty the table.

    Picking: ``pick_row`` is held from ``pick_start`` on. In the cycle behind, all levels of the row on the worse side
    of its window become candidates; from then on ``pick_any`` says that one is left, and ``pick_better``, which is low
    until then, that the row held one better than its window; ``pick_next`` takes the best, if one is left: two cycles
    later ``picked`` holds it. One pick a cycle.

    Members
    -------
    row, tick, below, far : cycle 4. below: the tick is below the window (matters for inserts only)
    level : effect, cycle 5
    touch_valid, touch_row, touch_better : cycle 8, an operation changes a far level; better: better than the window
    lost : rows that lost a level
    beyond : symbols that hold a level better than its window, from the cycle after the table is up to date on
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        rows = 1 << sizes.row_bits
        self.picked_layout = data.StructLayout({"tick": sizes.tick_bits, "cell": sizes.cell})
        super().__init__({
            "row": In(sizes.row_bits), "tick": In(sizes.tick_bits), "below": In(1), "far": In(1),
            "level": In(LevelOperation(sizes)), "clear": In(1),
            "touch_valid": Out(1), "touch_row": Out(sizes.row_bits), "touch_better": Out(1),
            "full": Out(1), "full_better": Out(1), "overflow": Out(1), "overflow_row": Out(sizes.row_bits),
            "lost": Out(rows), "beyond": Out(sizes.profile.symbols),
            "pick_row": In(sizes.row_bits), "pick_start": In(1), "pick_any": Out(1), "pick_next": In(1),
            "pick_better": Out(1), "picked": Out(self.picked_layout)})

    def elaborate(self, platform):
        m = Module()
        sizes, profile = self.sizes, self.sizes.profile
        count = profile.far_levels
        rows = [Signal(sizes.row_bits, name=f"row_{n}") for n in range(count)]
        ticks = [Signal(sizes.tick_bits, name=f"tick_{n}") for n in range(count)]
        # Ticks are kept twice: side by side to be compared, and in memory to be picked.
        m.submodules.cells = cells = memory.Memory(shape=sizes.cell, depth=count, init=[])
        m.submodules.tick_of = tick_of = memory.Memory(shape=sizes.tick_bits, depth=count, init=[])
        cell_write, cell_read, cell_pick = cells.write_port(), *(cells.read_port(domain="comb") for _ in range(2))
        tick_write, tick_pick = tick_of.write_port(), tick_of.read_port(domain="comb")
        better, used = Signal(count), Signal(count)
        # For each entry but the first, which of those before it have a lower tick; no two of a row have the same.
        lower = {n: Signal(n, name=f"lower_{n}") for n in range(1, count)}

        # Cycle 4: compare with all entries in use or about to be, and with the operation before.
        row = delay(m, self.row, 4, "row")
        tick, below, far = (delay(m, port, 1, name) for port, name in (
            (self.tick, "tick"), (self.below, "below"), (self.far, "far")))
        hit, smaller, as_previous, valid_5 = Signal(count), Signal(count), Signal(), Signal()
        select_6 = Signal(count)
        select = dict(zip((6, 7, 8), delay(m, select_6, 2, "select"), strict=True))
        taken = used | select[6] | select[7] | select[8]
        with m.If(self.far):
            m.d.sync += [
                hit.eq(Cat((rows[n] == row[0]) & (ticks[n] == tick[0]) for n in range(count)) & taken),
                smaller.eq(Cat(tick[0] < ticks[n] for n in range(count))),
                as_previous.eq((row[0] == row[1]) & (tick[0] == tick[1]) & valid_5)]

        # Cycle 5: choose the entry, or take a free one.
        m.d.comb += valid_5.eq(self.level.valid & far[1])
        chosen, allocate, first_free, lacks = Signal(count), Signal(count), Signal(count), Signal()
        room = Signal()                      # there is a first_free
        outside = row[1][-1] ^ below[1]      # an ask (side 1) above its window is worse, one below it better
        m.d.comb += [
            lacks.eq(valid_5 & self.level.insert & ~hit.any() & ~as_previous),
            allocate.eq(Mux(lacks, first_free, 0)),
            chosen.eq(Mux(valid_5, Mux(as_previous, select_6, hit), 0) | allocate)]
        m.d.sync += select_6.eq(chosen)
        m.d.sync += [first_free.eq(~taken & (taken + 1)[:count]), room.eq(~taken.all())]
        full_5 = valid_5 & self.level.insert & Mux(as_previous, ~select_6.any(), ~hit.any() & ~room)
        for value, port, name in ((valid_5, self.touch_valid, "touches"), (full_5, self.full, "full"),
                                  (full_5 & ~outside, self.full_better, "full_better")):
            m.d.comb += port.eq(delay(m, value, 3, name)[-1])
        m.d.comb += [
            tick_write.en.eq(lacks & room), tick_write.addr.eq(number_of(first_free)), tick_write.data.eq(tick[1])]
        with m.If(lacks):
            for n in range(count):
                with m.If(allocate[n]):
                    m.d.sync += [rows[n].eq(row[1]), ticks[n].eq(tick[1]), better[n].eq(~outside)]
            # Written as gates and not as choices, for else each bit would get a clock enable of its own.
            for n, those in lower.items():
                changes = first_free[n].replicate(n) | first_free[:n]
                news = Mux(first_free[n], ~smaller[:n], smaller[n].replicate(n))
                m.d.sync += those.eq(those & ~changes | news & changes)

        # Cycle 6: read the cell. The two operations before may be on their way to it.
        level = delay(m, self.level, 2, "level")
        read, as_before, index, any_7 = Signal(sizes.cell), Signal(2), Signal(range(count)), Signal()
        m.d.comb += [index.eq(number_of(select[6])), cell_read.addr.eq(index)]
        m.d.sync += [
            any_7.eq(select[6].any()), read.eq(Mux((select[6] & used).any(), cell_read.data.as_value(), 0)),
            as_before.eq(Cat((select[6] & select[later]).any() for later in (7, 8)))]

        # Cycle 7: the change. What was lost is not there to be removed from.
        base, new, new_before = Signal(sizes.cell), Signal(sizes.cell), Signal(sizes.cell)
        m.d.comb += base.eq(
            Mux(as_before[0], new.as_value(), Mux(as_before[1], new_before.as_value(), read.as_value())))
        shares, orders = Signal(profile.level_share_bits + 1), Signal(profile.level_order_bits + 1)
        with m.If(level[2].insert):
            m.d.comb += [shares.eq(base.shares + level[2].shares), orders.eq(base.orders + 1)]
        with m.Else():
            m.d.comb += [shares.eq(base.shares - level[2].shares), orders.eq(base.orders - level[2].kill)]
        m.d.sync += [
            new_before.eq(new), new.shares.eq(shares), new.orders.eq(orders),
            self.overflow.eq(any_7 & level[2].insert & (shares[-1] | orders[-1]))]
        with m.If(~level[2].insert & (base.orders == 0)):
            m.d.sync += new.eq(0)

        # Cycle 8: write.
        m.d.sync += cell_write.en.eq(any_7)
        m.d.comb += [cell_write.addr.eq(delay(m, index, 2, "index")[-1]), cell_write.data.eq(new)]
        m.d.sync += used.eq(Mux(new.orders != 0, used | select[8], used & ~select[8]))
        m.d.comb += [
            self.touch_row.eq(row[4]), self.overflow_row.eq(row[4]), self.touch_better.eq((select[8] & better).any())]
        with m.If(self.full):
            m.d.sync += self.lost.eq(self.lost | (1 << row[4]))
        with m.If(self.clear):
            m.d.sync += [self.lost.eq(0), used.eq(0)]

        changed = Signal()
        m.d.sync += changed.eq(cell_write.en | self.clear)
        with m.If(changed):
            m.d.sync += self.beyond.eq(reduce(or_, (
                Mux(used[n] & better[n], 1 << rows[n][:-1], 0) for n in range(count))))

        # Picking, best first: the best ask has no candidate below it, the best bid none above. Who was a candidate and
        # is none any more has been picked.
        candidates, before, gone, picking = Signal(count), Signal(count), Signal(count), Signal()
        of_row, started = Signal(count), Signal()       # an entry has its row some cycles before it is in use
        m.d.sync += [
            before.eq(candidates), picking.eq(self.pick_next), started.eq(self.pick_start),
            of_row.eq(Cat(rows[n] == self.pick_row for n in range(count)))]
        with m.If(self.pick_start):
            m.d.sync += self.pick_better.eq(0)
        with m.If(started):
            in_row = used & of_row
            m.d.sync += [candidates.eq(in_row & ~better), self.pick_better.eq((in_row & better).any())]
        with m.Elif(self.pick_next):
            asks = self.pick_row[-1]
            by_earlier = Cat(Const(0, 1), (
                (candidates[:n] & (those ^ (~asks).replicate(n))).any() for n, those in lower.items()))
            by_later = one_of(candidates[1:], [those ^ asks.replicate(n) for n, those in lower.items()])
            m.d.sync += candidates.eq(candidates & (by_earlier | by_later))
        m.d.comb += [
            self.pick_any.eq(candidates.any()), gone.eq(before & ~candidates),
            cell_pick.addr.eq(number_of(gone)), tick_pick.addr.eq(number_of(gone))]
        with m.If(picking):
            m.d.sync += [self.picked.tick.eq(tick_pick.data), self.picked.cell.eq(cell_pick.data)]
        return m
