"""Price levels outside the windows, all rows together in one small associative table."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Sizes, delay
from gateware.book.orders import LevelOperation
from gateware.select import one_of

__all__ = ["FarLevels"]


class FarLevels(wiring.Component):
    """Levels with their absolute tick; those of one row can be picked best first.

    Cycles count as in ``OrderTable``: ``row``, ``tick``, ``below`` and ``far`` in cycle 4, ``level`` in cycle 5; the
    table is up to date at the end of cycle 6. Throughput: one operation a cycle; inserts at least three cycles apart.
    Overflow: a level that finds no entry strobes ``full`` (cycle 6) and sets ``lost`` of its row until ``clear``: the
    table no longer holds all far levels of that row. ``full_better`` strobes with it if the level is better than the
    window. Removals of what was lost change nothing. ``overflow`` strobes (cycle 7) when an entry outgrows its bits.
    Reset and ``clear`` empty the table.

    Picking: while ``pick_start`` is high all levels of ``pick_row`` on the worse side of its window are candidates;
    ``pick_any`` says that one is left; ``pick_next`` takes the best: two cycles later ``picked`` holds it. One
    pick a cycle.

    Members
    -------
    row, tick, below, far : cycle 4. below: the tick is below the window (matters for inserts only)
    level : effect, cycle 5
    touch_valid, touch_row, touch_better : cycle 6, an operation changes a far level; better: better than the window
    lost : rows that lost a level
    better : rows that hold a level better than their window
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
            "lost": Out(rows),
            "pick_row": In(sizes.row_bits), "pick_start": In(1), "pick_any": Out(1), "pick_next": In(1),
            "pick_better": Out(1), "picked": Out(self.picked_layout)})

    def elaborate(self, platform):
        m = Module()
        sizes, profile = self.sizes, self.sizes.profile
        count = profile.far_levels
        share_bits, order_bits = profile.level_share_bits, profile.level_order_bits
        rows = [Signal(sizes.row_bits, name=f"row_{n}") for n in range(count)]
        ticks = [Signal(sizes.tick_bits, name=f"tick_{n}") for n in range(count)]
        cells = [Signal(sizes.cell, name=f"cell_{n}") for n in range(count)]
        better = Signal(count)
        # Which entries have a higher, and which a lower tick than entry n.
        higher = [Signal(count, name=f"higher_{n}") for n in range(count)]
        lower = [Signal(count, name=f"lower_{n}") for n in range(count)]
        used = Signal(count)            # entries with orders

        # Cycle 4: compare with all entries in use, and with the operation before.
        row = delay(m, self.row, 3, "row")
        tick = delay(m, self.tick, 1, "tick")
        far = delay(m, self.far, 2, "far")
        below = delay(m, self.below, 1, "below")
        hit, smaller, as_previous, valid = Signal(count), Signal(count), Signal(), Signal()
        select = Signal(count)                       # cycle 6: the entry
        with m.If(self.far):
            m.d.sync += [
                hit.eq(Cat((rows[n] == row[0]) & (ticks[n] == tick[0]) for n in range(count)) & (used | select)),
                smaller.eq(Cat(tick[0] < ticks[n] for n in range(count))),
                as_previous.eq((row[0] == row[1]) & (tick[0] == tick[1]) & valid)]

        # Cycle 5: choose the entry, or take a free one; fetch what it holds, after the operation before.
        insert, kill = Signal(), Signal()            # cycle 6 too
        old, new = Signal(sizes.cell), Signal(sizes.cell)
        changes = Signal()
        # What is added to the entry: one bit more than it has, for the carry.
        more_shares, more_orders = Signal(signed(share_bits + 1)), Signal(signed(2))
        select_before = delay(m, select, 1, "select")[1]
        free, first_free, chosen = Signal(count), Signal(count), Signal(count)
        allocates = Signal()
        of_row = Signal(count)
        m.d.comb += [
            valid.eq(self.level.valid & far[1]),
            free.eq(~used & ~select & ~select_before),
            allocates.eq(valid & self.level.insert & ~hit.any() & ~as_previous),
            chosen.eq((as_previous.replicate(count) & select | (~as_previous).replicate(count) & hit
                       | allocates.replicate(count) & first_free) & valid.replicate(count))]
        m.d.sync += first_free.eq(free & (~free + 1)[:count])
        full, full_better, wanted = Signal(), Signal(), Signal()
        outside = row[1][-1] ^ below[1]      # an ask (side 1) above its window is worse, one below it better
        m.d.sync += [
            select.eq(chosen), wanted.eq(valid), full.eq(valid & self.level.insert & ~chosen.any()),
            full_better.eq(valid & self.level.insert & ~chosen.any() & ~outside)]
        with m.If(valid):
            m.d.sync += [
                insert.eq(self.level.insert), kill.eq(self.level.kill),
                more_shares.eq(Mux(self.level.insert, self.level.shares, -self.level.shares)),
                more_orders.eq(Mux(self.level.insert, 1, -self.level.kill)),
                old.eq(Mux(as_previous, Mux(changes, new.as_value(), old.as_value()),
                           one_of(hit, [cell.as_value() for cell in cells]))),
                of_row.eq(Cat(rows[n] == row[1] for n in range(count)))]
        with m.If(allocates):
            for n in range(count):
                with m.If(first_free[n]):
                    m.d.sync += [
                        rows[n].eq(row[1]), ticks[n].eq(tick[1]), better[n].eq(~outside), higher[n].eq(smaller),
                        lower[n].eq(~smaller)]
                with m.Else():
                    m.d.sync += [
                        higher[n].eq(higher[n] & ~first_free | first_free & (~smaller[n]).replicate(count)),
                        lower[n].eq(lower[n] & ~first_free | first_free & smaller[n].replicate(count))]

        # Cycle 6: the change. What is not there cannot be removed.
        with m.If(full):
            m.d.sync += self.lost.eq(self.lost | (1 << row[2]))
        new_shares, new_orders = (old.shares + more_shares)[:share_bits + 1], old.orders + more_orders
        better_rows = Signal.like(self.lost)         # rows that hold a level better than their window
        lives, better_lives = Signal(), Signal()     # of the entry, and of any better level of its row
        m.d.comb += [
            new.shares.eq(new_shares), new.orders.eq(new_orders), changes.eq(insert | (select & used).any()),
            lives.eq(Mux(insert, ~old.orders.all(), old.orders != kill)),
            better_lives.eq((used & of_row & better & ~select).any() | (select & better).any() & lives & changes)]
        with m.If(wanted):
            for n, cell in enumerate(cells):
                with m.If(select[n] & (insert | used[n])):
                    m.d.sync += [cell.eq(new), used[n].eq(lives)]
            m.d.sync += better_rows.eq(
                better_rows & ~(1 << row[2]) | Mux(better_lives, 1 << row[2], 0))
        m.d.sync += [
            self.overflow.eq(wanted & insert & (new_shares[share_bits] | new_orders[order_bits])),
            self.overflow_row.eq(row[2])]
        m.d.comb += [
            self.full.eq(full), self.full_better.eq(full_better), self.touch_valid.eq(wanted),
            self.touch_row.eq(row[2]), self.touch_better.eq((select & better).any())]
        with m.If(self.clear):
            m.d.sync += [self.lost.eq(0), better_rows.eq(0), used.eq(0)]

        # Picking, best first. Who was a candidate and is none any more has been picked.
        candidates, before, picking = Signal(count), Signal(count), Signal()
        m.d.sync += [before.eq(candidates), picking.eq(self.pick_next)]
        m.d.comb += [
            self.pick_any.eq(candidates.any()), self.pick_better.eq(better_rows.bit_select(self.pick_row, 1))]
        with m.If(self.pick_start):
            m.d.sync += candidates.eq(Cat(rows[n] == self.pick_row for n in range(count)) & used & ~better)
        with m.If(self.pick_next):
            # The best ask has no candidate below it, the best bid none above.
            rivals = (Mux(self.pick_row[-1], lower[n], higher[n]) & Const(~(1 << n), count) for n in range(count))
            m.d.sync += candidates.eq(candidates & Cat((candidates & of_one).any() for of_one in rivals))
        with m.If(picking):
            m.d.sync += self.picked.eq(
                one_of(before & ~candidates, [Cat(ticks[n], cells[n].as_value()) for n in range(count)]))
        return m
