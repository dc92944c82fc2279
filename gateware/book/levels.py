"""Price levels inside the windows, and the best of each row."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Sizes, delay
from gateware.book.orders import LevelOperation
from gateware.ram import Ram

__all__ = ["Levels", "lowest"]


def lowest(bits):
    """Return (index of the lowest set bit of ``bits``, whether any is set); the index is 0 if none is.

    A tree of four branches at each node, which is what LUTs of four inputs do best: 32 bits are four of them deep.
    """
    nodes = [(bit, Const(0, 0)) for bit in bits]
    while len(nodes) > 1:
        nodes += [(Const(0, 1), Const(0, len(nodes[0][1])))] * (-len(nodes) % 4)
        nodes = [_first_of(*nodes[n:n + 4]) for n in range(0, len(nodes), 4)]
    (any_set, index), = nodes
    return index[:(len(bits) - 1).bit_length()], any_set


def _first_of(a, b, c, d):
    """Return the node (any, index) above four nodes."""
    (any_a, index_a), (any_b, index_b), (any_c, index_c), (any_d, index_d) = a, b, c, d
    return any_a | any_b | any_c | any_d, Cat(
        Mux(any_a, index_a, Mux(any_b, index_b, Mux(any_c, index_c, index_d))),
        ~any_a & (any_b | ~any_c & any_d), ~any_a & ~any_b & (any_c | any_d))


class Levels(wiring.Component):
    """A cell (shares, orders) for every row and rank, a two-level bitmap of occupied cells, and the best of a row.

    The best is found anew for each operation, from the bitmap and not from the best before it: the first of the
    operation's own word, the word of the operation right before, and the best of all other words of the row. So there
    is no search, and no case is worse than another.

    Cycles count as in ``OrderTable``: ``row``, ``offset``, ``near`` and ``commit`` are taken in cycle 4, ``level`` in
    cycle 5; ``best`` strobes in cycle 12 with the best of the row as this operation leaves it. Throughput: one
    operation a cycle, one with ``commit`` every two cycles. Overflow: a cell that outgrows its bits strobes
    ``overflow`` and keeps the low ones. ``underflow`` never strobes unless an overflow went before. Reset clears the
    pipeline; the memories are cleared by holding ``clear`` while ``clear_address`` runs through all cells.

    The scan reads beside the operations: summaries at once, words and cells two cycles after an address that met
    ``ready``. A cell that is being written when it is read is garbage; ``touch_rank`` cuts the scan there.

    Members
    -------
    row, offset, near, commit : cycle 4. offset: ticks above the window's base, which is the rank of an ask and its
        complement for a bid. near: the operation lies in the window. commit: a best is wanted
    level : effect of the operation, cycle 5
    touch_valid, touch_row, touch_rank : cycle 8, at whose end the operation's cell and word are written
    overflow, underflow, overflow_row : cycle 8
    best_valid, best_row, best : cycle 12
    clear, clear_address : {row, rank} of a cell
    scan_summary_row, scan_summary : occupied words of a row
    scan_word_address, scan_word_ready, scan_word : occupied cells of a word {row, word}
    scan_cell_address, scan_cell_ready, scan_cell : a cell {row, rank}
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        cells = sizes.row_bits + sizes.window_bits
        words = sizes.row_bits + sizes.words_bits
        super().__init__({
            "row": In(sizes.row_bits), "offset": In(sizes.window_bits), "near": In(1), "commit": In(1),
            "level": In(LevelOperation(sizes)),
            "touch_valid": Out(1), "touch_row": Out(sizes.row_bits), "touch_rank": Out(sizes.window_bits),
            "overflow": Out(1), "underflow": Out(1), "overflow_row": Out(sizes.row_bits),
            "best_valid": Out(1), "best_row": Out(sizes.row_bits), "best": Out(sizes.best),
            "clear": In(1), "clear_address": In(cells),
            "scan_summary_row": In(sizes.row_bits), "scan_summary": Out(1 << sizes.words_bits),
            "scan_word_address": In(words), "scan_word_ready": Out(1), "scan_word": Out(1 << sizes.word_bits),
            "scan_cell_address": In(cells), "scan_cell_ready": Out(1), "scan_cell": Out(sizes.cell)})

    def elaborate(self, platform):
        m = Module()
        sizes, profile = self.sizes, self.sizes.profile
        word_size, words, low = 1 << sizes.word_bits, 1 << sizes.words_bits, sizes.word_bits
        share_bits, order_bits = profile.level_share_bits, profile.level_order_bits

        def ram(name, width, address):
            m.submodules[name] = component = Ram(width=width, depth=1 << len(address))
            return component

        own_cells = ram("own_cells", sizes.cell.size, self.scan_cell_address)
        best_cells = ram("best_cells", sizes.cell.size, self.scan_cell_address)
        own_words = ram("own_words", word_size, self.scan_word_address)
        best_words = ram("best_words", word_size, self.scan_word_address)
        m.submodules.summaries = summaries = memory.Memory(shape=words, depth=1 << sizes.row_bits, init=[])
        summary_write = summaries.write_port()
        summary_read = summaries.read_port(domain="comb")
        summary_scan = summaries.read_port(domain="comb")

        def stages(value, first, last, name):
            """Return {cycle: value as of that cycle}."""
            return dict(zip(range(first, last + 1), delay(m, value, last - first, name), strict=True))

        rank_4 = Signal(sizes.window_bits)
        m.d.comb += rank_4.eq(self.offset ^ (~self.row[-1]).replicate(sizes.window_bits))
        row, rank = stages(self.row, 4, 12, "row"), stages(rank_4, 4, 10, "rank")
        commit, near = stages(self.commit, 4, 12, "commit"), stages(self.near, 4, 5, "near")
        valid_5 = Signal()
        m.d.comb += valid_5.eq(self.level.valid & near[5])
        valid = stages(valid_5, 5, 10, "valid")
        level = stages(self.level, 5, 6, "level")

        # Cycle 4: read the operation's cell and word. The way to the cells is the longest: the offset is their address,
        # as it comes, and that of the cells for the best is complemented, so that each has registers of its own.
        m.d.comb += [
            own_cells.r_addr.eq(Cat(self.offset, row[4])), own_words.r_addr.eq(Cat(rank[4][low:], row[4]))]

        # Cycle 5: capture them; read the row's summary. Which of the four operations before, whose results are not
        # in the memories yet, touched the same row, word, cell? (bit d-1: the operation d before)
        cell_read, word_read, summary = Signal(sizes.cell), Signal(word_size), Signal(words)
        occupied, same_row_3 = Signal(), Signal()           # cycles 8, and 5: as the operation three before
        same_row, same_word, same_cell = Signal(), Signal(4), Signal(4)
        settles, spared = Signal(words), Signal(words)      # cycle 6
        m.d.comb += summary_read.addr.eq(row[5])
        m.d.sync += [
            same_row_3.eq((row[4] == row[7]) & valid[7]), cell_read.eq(own_cells.r_data),
            word_read.eq(own_words.r_data)]
        select_5, bit_5 = Signal(words), Signal(word_size)
        m.d.comb += [select_5.eq(Const(1, words) << rank[5][low:]), bit_5.eq(Const(1, word_size) << rank[5][:low])]
        select, bit = stages(select_5, 5, 8, "select"), stages(bit_5, 5, 7, "bit")
        equal_rows = [(row[5] == row[5 + d]) & valid[5 + d] for d in range(1, 5)]
        m.d.sync += [
            same_row.eq(equal_rows[0]), settles.eq(Mux(equal_rows[1], select[7], 0)),
            spared.eq(~(Mux(valid_5, select_5, 0) | Mux(equal_rows[0], select[6], 0)))]
        for d, equal_row in enumerate(equal_rows, 1):
            equal_word = equal_row & (rank[5][low:] == rank[5 + d][low:])
            m.d.sync += [
                same_word[d - 1].eq(equal_word),
                same_cell[d - 1].eq(equal_word & (rank[5][:low] == rank[5 + d][:low]))]

        def settle(summary, bits):
            """Return ``summary`` after the operation in cycle 8, whose word is ``bits`` if it was on the same row."""
            return summary & ~bits | Mux(occupied, bits, 0)

        m.d.sync += summary.eq(settle(summary_read.data, Mux(same_row_3, select[8], 0)))

        # Cycle 6: the cell and the word as the operations two to four before leave them. The one right before has no
        # result yet: on the same cell its base is ours too, and its change adds to ours; on the same word we wait for
        # it.
        new_cell, new_word = Signal(sizes.cell), Signal(word_size)                          # cycle 8
        later_cell, later_word = stages(new_cell, 8, 10, "new_cell"), stages(new_word, 8, 10, "new_word")
        base_cell, base_word = Signal(sizes.cell), Signal(word_size)                        # cycle 7
        change = Signal(data.StructLayout({"shares": share_bits + 2, "orders": 4}))         # cycle 7
        cell_choice, word_choice = cell_read.as_value(), word_read
        for d in (4, 3, 2):
            cell_choice = Mux(same_cell[d - 1], later_cell[6 + d].as_value(), cell_choice)
            word_choice = Mux(same_word[d - 1], later_word[6 + d], word_choice)
        own_change = Signal.like(change)
        m.d.comb += [
            own_change.shares.eq(Mux(level[6].insert, level[6].shares, -level[6].shares)),
            own_change.orders.eq(Mux(level[6].insert, 1, -level[6].kill))]
        same_cell_7, same_word_7, same_row_7 = Signal(), Signal(), Signal()
        m.d.sync += [
            base_cell.eq(Mux(same_cell[0], base_cell.as_value(), cell_choice)), base_word.eq(word_choice),
            change.shares.eq(own_change.shares + Mux(same_cell[0], change.shares, 0)),
            change.orders.eq(own_change.orders + Mux(same_cell[0], change.orders, 0)),
            same_cell_7.eq(same_cell[0]), same_word_7.eq(same_word[0]), same_row_7.eq(same_row)]

        # Cycle 6, too: the first of the other words. The operation two before has settled its word by now.
        settled_summary, others = Signal(words), Signal(words)
        m.d.comb += [settled_summary.eq(settle(summary, settles)), others.eq(settled_summary & spared)]
        summary_7, other_7, other_any_7 = Signal(words), Signal(sizes.words_bits), Signal()
        m.d.sync += [
            summary_7.eq(settled_summary), Cat(other_7, other_any_7).eq(Cat(*lowest(others)))]

        # Cycle 7: the new cell, the new word; read the first other word.
        shares, orders = Signal(share_bits + 2), Signal(order_bits + 2)
        word, rest, remains = Signal(word_size), Signal(word_size), Signal()
        m.d.comb += [
            shares.eq(base_cell.shares + change.shares), orders.eq(base_cell.orders + change.orders.as_signed()),
            word.eq(Mux(same_word_7, new_word, base_word)), rest.eq(word & ~bit[7]),
            remains.eq(orders != 0)]
        before = Signal(sizes.cell)      # cycle 8: the cell as it was before this operation
        m.d.sync += [
            new_cell.shares.eq(shares), new_cell.orders.eq(orders),
            new_word.eq(rest | remains.replicate(word_size) & bit[7]),
            occupied.eq(rest.any() | remains),
            before.eq(Mux(same_cell_7, new_cell.as_value(), base_cell.as_value())),
            self.overflow.eq(valid[7] & (shares[share_bits] & ~shares[-1] | orders[order_bits] & ~orders[-1])),
            self.underflow.eq(valid[7] & (shares[-1] | orders[-1]))]
        summary_8 = Signal(words)
        m.d.sync += summary_8.eq(settle(summary_7, Mux(same_row_7, select[8], 0)))
        scans_7 = Signal(init=1)        # has but the address to turn
        m.d.sync += scans_7.eq(~commit[6])
        m.d.comb += [
            best_words.r_addr.eq(Mux(scans_7, self.scan_word_address, Cat(other_7, row[7]))),
            self.scan_word_ready.eq(~commit[7])]
        # What is written in cycle 8 waits in registers of its own, and so does a clear.
        write, write_cell, write_own, write_best = Signal(), *(
            Signal(len(self.clear_address), name=f"write_{name}") for name in ("cell", "own", "best"))
        m.d.comb += write_cell.eq(Mux(self.clear, self.clear_address, Cat(rank[7], row[7])))
        m.d.sync += [
            write.eq(valid[7] | self.clear), write_best.eq(~write_cell),
            write_own.eq(Cat(write_cell[:sizes.window_bits] ^ (~write_cell[-1]).replicate(sizes.window_bits),
                             write_cell[sizes.window_bits:]))]
        with m.If(self.clear):
            m.d.sync += [new_cell.eq(0), new_word.eq(0), occupied.eq(0), summary_8.eq(0)]

        # Cycle 8: write; find the first cell of the own word; compare the words that compete.
        m.d.comb += [
            self.touch_valid.eq(valid[8]), self.touch_row.eq(row[8]), self.touch_rank.eq(rank[8]),
            self.overflow_row.eq(row[8])]
        for cells, address in ((own_cells, write_own), (best_cells, write_best)):
            m.d.comb += [cells.w_en.eq(write), cells.w_addr.eq(address), cells.w_data.eq(new_cell)]
        for bitmap in (own_words, best_words):
            m.d.comb += [bitmap.w_en.eq(write), bitmap.w_addr.eq(~write_best[low:]), bitmap.w_data.eq(new_word)]
        m.d.comb += [
            summary_write.en.eq(write), summary_write.addr.eq(~write_best[sizes.window_bits:]),
            summary_write.data.eq(settle(summary_8, select[8]))]
        own_first_8 = Signal(sizes.word_bits)
        m.d.comb += own_first_8.eq(lowest(new_word)[0])
        own_first = stages(own_first_8, 8, 10, "own_first")
        holds = stages(occupied, 8, 10, "occupied")
        other, other_any = stages(other_7, 7, 9, "other"), stages(other_any_7, 7, 9, "other_any")
        other_word = Signal(word_size)
        own_word_index, previous_word_index = rank[8][low:], rank[9][low:]
        same_row_8, same_word_8 = Signal(), Signal()
        own_before_other, previous_before_other, own_before_previous, previous_counts = (
            Signal(), Signal(), Signal(), Signal())
        m.d.sync += [
            other_word.eq(best_words.r_data), same_row_8.eq(same_row_7), same_word_8.eq(same_word_7),
            own_before_other.eq(~other_any[8] | (own_word_index < other[8])),
            previous_before_other.eq(~other_any[8] | (previous_word_index < other[8])),
            own_before_previous.eq(own_word_index < previous_word_index),
            previous_counts.eq(same_row_8 & ~(same_word_8 & valid[8]))]

        # Cycle 9: the best rank.
        own_stands, previous_stands, take_own, take_previous = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            own_stands.eq(valid[9] & holds[9]), previous_stands.eq(previous_counts & holds[10]),
            take_own.eq(own_stands & own_before_other & (own_before_previous | ~previous_stands)),
            take_previous.eq(previous_stands & previous_before_other & (~own_before_previous | ~own_stands))]
        any_10, not_address = Signal(), Signal.like(self.scan_cell_address)
        rank_10 = ~not_address[:sizes.window_bits]
        # The first of the other word comes last, so nothing but one choice stands behind it.
        early = Mux(commit[9], Mux(take_own, Cat(own_first[9], rank[9][low:]), Cat(own_first[10], rank[10][low:])),
                    self.scan_cell_address[:sizes.window_bits])
        late = commit[9] & ~take_own & ~take_previous
        m.d.comb += self.scan_cell_ready.eq(~commit[9])
        m.d.sync += [
            any_10.eq(own_stands | previous_stands | other_any[9]),
            not_address.eq(~Cat(Mux(late, Cat(lowest(other_word)[0], other[9]), early),
                                Mux(commit[9], row[9], self.scan_cell_address[sizes.window_bits:])))]

        # Cycle 10: read its cell; nothing stands between the address register and the many RAMs. The operation right
        # behind this one has just written, and the one behind that writes now; what the first of them found is kept.
        behind = stages(before, 8, 10, "before")
        behind_same, best_rank, best_any = Signal(2), Signal(sizes.window_bits), Signal()
        m.d.comb += best_cells.r_addr.eq(not_address)
        m.d.sync += [
            *(behind_same[d - 1].eq(valid[10 - d] & (row[10 - d] == row[10]) & (rank[10 - d] == rank_10))
              for d in (1, 2)),
            best_rank.eq(rank_10), best_any.eq(any_10)]

        # Cycle 11: capture. Cycle 12: choose.
        best, found, kept, keep = Signal(sizes.best), Signal(sizes.cell), Signal(sizes.cell), Signal()
        m.d.sync += [
            best.any.eq(best_any), best.rank.eq(best_rank), found.eq(best_cells.r_data),
            kept.eq(Mux(behind_same[0], behind[10].as_value(), behind[9].as_value())), keep.eq(behind_same.any())]
        m.d.comb += [
            self.best_valid.eq(commit[12]), self.best_row.eq(row[12]),
            self.best.any.eq(best.any), self.best.rank.eq(best.rank),
            self.best.cell.eq(Mux(keep, kept.as_value(), found.as_value())),
            self.scan_summary.eq(summary_scan.data), summary_scan.addr.eq(self.scan_summary_row),
            self.scan_cell.eq(best_cells.r_data)]

        # A word for the scan may have been written in the cycle in which it was read.
        scan_at, garbled = Signal.like(self.scan_word_address), Signal()
        m.d.sync += [
            scan_at.eq(self.scan_word_address), garbled.eq(valid[9] & (Cat(rank[9][low:], row[9]) == scan_at))]
        m.d.comb += self.scan_word.eq(Mux(garbled, later_word[10], other_word))
        return m
