"""The walk over a symbol's levels that finds its top K."""

from amaranth.hdl import Assert, Cat, Const, Format, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.far import FarLevels
from gateware.book.levels import Levels, lowest
from gateware.book.operation import Sizes
from gateware.book.ticks import price_of

__all__ = ["Scan", "LEVEL", "SIDE"]

QUEUE = 4  # occupancy words fetched ahead


def several(bits):
    """Return whether more than one of ``bits`` is set, from a tree of four branches at each node."""
    nodes = [(bit, Const(0, 1)) for bit in bits]
    while len(nodes) > 1:
        fours = [nodes[n:n + 4] for n in range(0, len(nodes), 4)]
        nodes = [(Cat(some for some, _ in four).any(), Cat(
            Cat(more for _, more in four).any(),
            *(a & b for n, (a, _) in enumerate(four) for b, _ in four[n + 1:])).any()) for four in fours]
    return nodes[0][1]


def LEVEL(sizes: Sizes) -> data.StructLayout:
    """Layout of a level found: ``rank`` is the window's size for all far levels."""
    return data.StructLayout({"rank": sizes.window_bits + 1, "price": 32, "cell": sizes.cell})


def SIDE(sizes: Sizes) -> data.StructLayout:
    """Layout of what is known of a side: only levels with a rank below ``limit`` are still true."""
    return data.StructLayout({
        "count": range(sizes.profile.levels + 1), "limit": sizes.window_bits + 1, "exhausted": 1, "incomplete": 1})


class Scan(wiring.Component):
    """Reads the best K levels of both sides of one symbol into a table, beside the operations and never in their way.

    An operation on a row that is being scanned cuts the scan at its rank: a level better than it is as true as before,
    all others are given up (``limit``). So what is shown is true at the moment of ``take``, and the count says how
    much that is.

    Latency, from ``start`` to ``done``, when no operation takes the read ports: at most 2 * K + 23 cycles; with
    operations every two cycles about twice that. ``done`` holds until ``take``. Reset forgets the scan.

    Members
    -------
    start, symbol, base : begin; symbol and base are held until ``take``
    done, take : both sides are known
    bank : half of the level table that holds the scan which is done; the other half is that of the scan before
    sides : bids, asks, while ``done``
    entry_address, entry : read port of the level table, {bank, side, number}, no latency
    """

    def __init__(self, *, sizes: Sizes):
        if sizes.profile.levels < 2 or sizes.profile.levels % 2 or sizes.profile.levels > 16:
            raise ValueError(f"levels must be even and 2..16, not {sizes.profile.levels}")
        self.sizes = sizes
        self.number_bits = (sizes.profile.levels - 1).bit_length()
        super().__init__({
            "start": In(1), "symbol": In(sizes.symbol_bits), "base": In(sizes.tick_bits), "done": Out(1), "take": In(1),
            "bank": Out(1), "sides": Out(data.ArrayLayout(SIDE(sizes), 2)),
            "entry_address": In(self.number_bits + 2), "entry": Out(LEVEL(sizes))})

    def connect(self, levels: Levels, far: FarLevels):
        """Join the scan to the stores it reads."""
        self.levels, self.far = levels, far

    def elaborate(self, platform):
        m = Module()
        sizes, levels, far = self.sizes, self.levels, self.far
        wanted = sizes.profile.levels
        side = Signal()
        row = Cat(self.symbol, side)
        state = [Signal(SIDE(sizes), name=f"side_{n}") for n in range(2)]
        count, full, lost = Signal(range(wanted + 1)), Signal(), Signal()    # full: count == wanted
        m.d.sync += lost.eq(far.lost.bit_select(row, 1))
        m.d.comb += [self.sides[n].eq(state[n]) for n in range(2)]

        m.submodules.table = table = memory.Memory(
            shape=LEVEL(sizes), depth=1 << len(self.entry_address), init=[])
        table_write, table_read = table.write_port(), table.read_port(domain="comb")
        m.d.comb += [table_read.addr.eq(self.entry_address), self.entry.eq(table_read.data)]

        # Occupancy words, fetched ahead into a small queue. Whether one has cells left is known with it.
        summary, words_left = Signal(1 << sizes.words_bits), Signal()
        word_at, _ = lowest(summary)
        m.submodules.queue = queue = memory.Memory(
            shape=(1 << sizes.word_bits) + sizes.words_bits + 1, depth=QUEUE, init=[])
        queue_write, queue_read = queue.write_port(), queue.read_port(domain="comb")
        queued, queue_in, queue_out = Signal(range(QUEUE + 1)), Signal(2), Signal(2)
        fetched = Signal(2)             # a word is one, two cycles from its address
        fetched_at = [Signal(sizes.words_bits, name=f"fetched_at_{n}") for n in range(2)]
        claimed = Signal(range(QUEUE + 1))      # words in the queue or on the way to it
        walking = Signal()
        fetch, pull = Signal(), Signal()
        m.d.comb += [
            levels.scan_summary_row.eq(row), levels.scan_word_address.eq(Cat(word_at, row)),
            fetch.eq(walking & words_left & levels.scan_word_ready & (claimed != QUEUE)),
            queue_write.en.eq(fetched[1]), queue_write.addr.eq(queue_in),
            queue_write.data.eq(Cat(levels.scan_word, fetched_at[1], levels.scan_word.any())),
            queue_read.addr.eq(queue_out)]
        m.d.sync += [
            fetched.eq(Cat(fetch, fetched)), fetched_at[0].eq(word_at), fetched_at[1].eq(fetched_at[0]),
            queued.eq(queued + fetched[1] - pull), claimed.eq(claimed + fetch - pull)]
        with m.If(fetch):
            m.d.sync += [summary.eq(summary & (summary - 1)), words_left.eq(several(summary))]
        with m.If(fetched[1]):
            m.d.sync += queue_in.eq(queue_in + 1)
        with m.If(pull):
            m.d.sync += queue_out.eq(queue_out + 1)

        # Cells of the word at hand, one after the other.
        word, at, cells_left = Signal(1 << sizes.word_bits), Signal(sizes.words_bits), Signal()
        cell_rank = Signal(sizes.window_bits)
        read = Signal()
        m.d.comb += [
            cell_rank.eq(Cat(lowest(word)[0], at)), levels.scan_cell_address.eq(Cat(cell_rank, row)),
            read.eq(walking & cells_left & ~full & levels.scan_cell_ready),
            pull.eq(walking & queued.any() & (~cells_left | read & ~several(word)))]
        with m.If(read):
            m.d.sync += [word.eq(word & (word - 1)), cells_left.eq(several(word))]
        with m.If(pull):
            m.d.sync += Cat(word, at, cells_left).eq(queue_read.data)

        # The level table: a cell comes two cycles after its address; then tick, price, and the write.
        stage = data.StructLayout({
            "rank": sizes.window_bits + 1, "number": self.number_bits + 2, "tick": sizes.tick_bits,
            "cell": sizes.cell})
        read_at, ticked, halved, priced = (
            Signal(stage, name=name) for name in ("read_at", "ticked", "halved", "priced"))
        asked = Signal(stage)
        found = Signal(5)               # a level is one to five cycles from being written
        far_found = Signal()
        number = Cat(count[:self.number_bits], side, self.bank)
        buys = ~read_at.number[self.number_bits]
        offset = read_at.rank[:sizes.window_bits] ^ buys.replicate(sizes.window_bits)
        m.d.sync += [
            found.eq(Cat(read | far_found, found)),
            asked.rank.eq(Mux(far_found, 1 << sizes.window_bits, cell_rank)), asked.number.eq(number)]
        with m.If(found[0]):
            m.d.sync += read_at.eq(asked)
        with m.If(found[1]):
            m.d.sync += [
                ticked.eq(read_at),
                ticked.tick.eq(Mux(read_at.rank[-1], far.picked.tick, self.base + offset)),
                ticked.cell.eq(Mux(read_at.rank[-1], far.picked.cell.as_value(), levels.scan_cell.as_value()))]
        with m.If(found[2] | found[3]):
            m.d.sync += [halved.eq(ticked), priced.eq(halved)]
            price = price_of(m, ticked.tick, sizes)
        m.d.comb += [
            table_write.en.eq(found[4]), table_write.addr.eq(priced.number), table_write.data.rank.eq(priced.rank),
            table_write.data.price.eq(price), table_write.data.cell.eq(priced.cell)]
        with m.If(read | far_found):
            m.d.sync += [count.eq(count + 1), full.eq(count == wanted - 1)]

        m.d.comb += far.pick_row.eq(row)
        exhausted, unknown = Signal(), Signal()
        with m.FSM(name="scan"):
            with m.State("Idle"):
                with m.If(self.start):
                    m.d.sync += side.eq(0)
                    m.next = "Read Summary"
            with m.State("Read Summary"):
                m.d.comb += far.pick_start.eq(1)
                m.d.sync += [
                    summary.eq(levels.scan_summary), words_left.eq(levels.scan_summary.any()), cells_left.eq(0),
                    word.eq(0), count.eq(0), full.eq(0), queued.eq(0), claimed.eq(0), queue_in.eq(0), queue_out.eq(0),
                    exhausted.eq(0), unknown.eq(0)]
                m.next = "Walk"
            with m.State("Walk"):
                m.d.comb += walking.eq(1)
                with m.If(full):
                    m.next = "Finish Side"
                with m.Elif(~words_left & (claimed == 0) & ~cells_left):
                    m.next = "Append Far"
            with m.State("Append Far"):
                # Whether what is picked counts is known too late to decide whether to pick.
                m.d.comb += far.pick_next.eq(1)
                with m.If(full):
                    m.next = "Finish Side"
                with m.Elif(~far.pick_any | lost):
                    m.d.sync += [exhausted.eq(1), unknown.eq(lost)]
                    m.next = "Finish Side"
                with m.Else():
                    m.d.comb += far_found.eq(1)
            with m.State("Finish Side"):
                with m.If(~side):
                    m.d.sync += side.eq(1)
                    m.next = "Read Summary"
                with m.Elif(~found.any()):
                    m.next = "Done"
            with m.State("Done"):
                m.d.comb += self.done.eq(1)
                with m.If(self.take):
                    m.d.sync += self.bank.eq(~self.bank)
                    m.next = "Idle"

        # What remains true: a side is cut at the rank of every operation since its summary was read.
        for n, known in enumerate(state):
            mine = Cat(self.symbol, n)
            far_touched = Signal(name=f"far_touched_{n}")
            m.d.comb += far_touched.eq(far.touch_valid & (far.touch_row == mine))
            # What is read while it begins is as of before a change in that very cycle.
            begins = Signal(name=f"begins_{n}")
            m.d.comb += begins.eq(far.pick_start & (side == n))
            touched = levels.touch_valid & (levels.touch_row == mine)
            with m.If(touched & (begins | (levels.touch_rank < known.limit))):
                m.d.sync += known.limit.eq(levels.touch_rank)
            with m.Elif(far_touched & (begins | known.limit[-1])):
                m.d.sync += known.limit.eq(1 << sizes.window_bits)
            with m.Elif(begins):
                m.d.sync += known.limit.eq(~0)
            with m.If(far_touched & far.touch_better):
                m.d.sync += known.incomplete.eq(1)
            with m.If(side == n):
                with m.If(far.pick_start):
                    m.d.sync += known.incomplete.eq(far_touched & far.touch_better)
                with m.Else():
                    m.d.sync += [known.count.eq(count), known.exhausted.eq(exhausted)]
                    with m.If(far.pick_better | unknown):
                        m.d.sync += known.incomplete.eq(1)
        m.d.sync += [
            Assert((count <= wanted) & (full == (count == wanted)), Format("{} levels found", count)),
            Assert(words_left == summary.any(), Format("summary {:x}", summary)),
            Assert(cells_left == word.any(), Format("word {:x}", word))]
        return m
