"""Order table: from order reference to (symbol, side, position, shares), and what each operation does to a level."""

import random

from amaranth.hdl import Assert, Cat, Const, Format, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Kind, Sizes, delay
from gateware.ram import Ram
from gateware.select import one_of

__all__ = ["OrderTable", "OPERATION", "ORDER_EVENTS", "LevelOperation", "hash_taps"]

#: Strobes of the order table, at most one for an operation.
ORDER_EVENTS = data.StructLayout({name: 1 for name in (
    "orders_unknown", "orders_duplicate", "orders_over_executed", "orders_zero_shares", "orders_table_full",
    "orders_reference", "orders_shares", "orders_side", "prices_off_grid")})

WAYS = 8  # two halves of four


def OPERATION(sizes: Sizes) -> data.StructLayout:
    """Layout of an operation as it enters the table."""
    return data.StructLayout({
        "kind": Kind, "ref": sizes.profile.ref_bits, "ref_fits": 1, "shares": 32, "side": 1, "side_valid": 1})


def LevelOperation(sizes: Sizes) -> data.StructLayout:
    """Layout of an operation's effect: ``shares`` and ``kill`` (the order leaves) or ``insert`` (it comes)."""
    return data.StructLayout({"valid": 1, "insert": 1, "kill": 1, "shares": sizes.profile.share_bits})


def hash_taps(sizes: Sizes, half: int) -> list[list[int]]:
    """Return for each index bit the tag bits that are XORed into it.

    Index = low reference bits XOR a linear map of the tag: for any map, index and tag give the whole reference back.
    Every tag bit takes part in one index bit of half 0 and in two of half 1, so that neighbours in any stride spread;
    each index bit has about as many, so that few gates stand before the table.
    """
    choice = random.Random(f"tickgate order table {half}")
    taps: list[list[int]] = [[] for _ in range(sizes.index_bits)]
    for bit in range(sizes.tag_bits):
        fewest = sorted(taps, key=lambda those: (len(those), choice.random()))
        for those in fewest[:1 + half]:
            those.append(bit)
    return taps


class OrderTable(wiring.Component):
    """Two halves of four ways, exactly hashed, and an associative stash; one operation a cycle, never a stall.

    An operation enters in cycle 0 (``op``), its symbol is given in cycle 3, its insert position in cycle 4. The row
    and position of the level it touches are out in cycle 4 (``row``, ``position``), the effect in cycle 5 (``level``),
    with its event strobes. Operations may follow each other in every cycle, except: the cycle behind a REDUCE is free,
    and inserts (ADD, IN) are at least three cycles apart; messages of ITCH are long enough for both.

    Overflow: an insert that finds no way and no stash entry free is refused and strobes ``orders_table_full``. Errors:
    see ``ORDER_EVENTS``; a refused operation changes nothing, but for an over-execution, which removes the order.
    Reset: clears the pipeline; the table itself is cleared by holding ``clear`` while ``clear_address`` runs through
    all slots; operations must not enter meanwhile, nor in the cycle behind.

    Members
    -------
    op : operation, kind NONE where there is none
    second : ``op`` is an IN
    reference : ``op.ref`` if it is not
    new_reference : ``op.ref`` of an IN in the next cycle
    symbol, followed : symbol of the operation in cycle 3
    insert_position, insert_on_grid : in cycle 4
    row, position : level touched, in cycle 4; row is {side, symbol}
    level : effect in cycle 5
    events : strobes in cycle 5
    incomplete, error : strobes in cycle 5, the symbol's book lost an order, or is contradicted
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        super().__init__({
            "op": In(OPERATION(sizes)), "second": In(1), "reference": In(sizes.profile.ref_bits),
            "new_reference": In(sizes.profile.ref_bits),
            "symbol": In(sizes.symbol_bits), "followed": In(1),
            "insert_position": In(sizes.position), "insert_on_grid": In(1),
            "row": Out(sizes.row_bits), "position": Out(sizes.position),
            "level": Out(LevelOperation(sizes)),
            "events": Out(ORDER_EVENTS), "incomplete": Out(1), "error": Out(1),
            "clear": In(1), "clear_address": In(sizes.index_bits)})

    def elaborate(self, platform):
        m = Module()
        sizes, profile = self.sizes, self.sizes.profile
        stash_size = profile.order_stash
        places = WAYS + stash_size

        # Cycle 0: hash. The RAMs take the address at its end. What follows an OUT was hashed a cycle before.
        def hashed(reference, half):
            tag = reference[sizes.index_bits:]
            index = []
            for bit, taps in enumerate(hash_taps(sizes, half)):
                folded = reference[bit]
                for tap in taps:
                    folded = folded ^ tag[tap]
                index.append(folded)
            return Cat(index)

        index = []
        for half in range(2):
            address, new_address = (Signal(sizes.index_bits, name=f"{name}_{half}") for name in ("index", "new_index"))
            m.d.sync += new_address.eq(hashed(self.new_reference, half))
            m.d.comb += address.eq(Mux(self.second, new_address, hashed(self.reference, half)))
            index.append(delay(m, address, 8, f"index_{half}"))
        op = delay(m, self.op, 5, "op")
        refs = [stage.ref for stage in op] + delay(m, op[5].ref, 1, "ref_late")[1:]

        rams = []
        for way in range(WAYS):
            m.submodules[f"way_{way}"] = ram = Ram(width=sizes.slot.size, depth=sizes.slots)
            m.d.comb += ram.r_addr.eq(index[way // 4][0])
            rams.append(ram)

        # Cycle 1: the words leave the RAMs and are registered where the logic is. References still in flight are
        # compared, so that an operation sees what those before it will have done.
        words = []
        for way, ram in enumerate(rams):
            word = Signal(sizes.slot, name=f"word_{way}")
            m.d.sync += word.eq(ram.r_data)
            words.append(word)
        same_reference = Signal(5)      # bit d-1: as the operation d before
        for distance in range(1, 6):
            m.d.sync += same_reference[distance - 1].eq(refs[1] == refs[1 + distance])
        taken = {}                      # writes not yet seen by this read: three to five operations before
        write_stash = Signal(stash_size)
        inserted = Signal(WAYS, name="inserted")         # cycle 5: where the insert went
        inserted_at = delay(m, inserted, 1, "inserted")  # cycles 5, 6
        write = Signal(WAYS)                             # cycle 5: the way that is written
        write_before = delay(m, write, 2, "write")[2]    # cycle 7
        for distance in (3, 4, 5):
            for half in range(2):
                same = Signal(name=f"same_index_{half}_{distance}")
                m.d.sync += same.eq(index[half][1] == index[half][1 + distance])
                taken[half, distance] = same

        # Cycle 2: compare tags, find room.
        stash = [Signal(sizes.entry, name=f"stash_{n}") for n in range(stash_size)]
        stash_ref = [Signal(profile.ref_bits, name=f"stash_ref_{n}") for n in range(stash_size)]
        stash_valid = Signal(stash_size)
        forwarded = Signal(5)
        active = Signal(5)              # bit d-1: operation d before this one (in cycle 2) is active
        # A word that was being written when it was read may be anything. It belongs to another order than this one's,
        # or what is written comes by forwarding; so it is neither a hit nor free.
        garbled = Signal(WAYS)
        m.d.comb += [
            forwarded.eq(same_reference & active),
            garbled.eq(Cat(write_before[way] & taken[way // 4, 5] for way in range(WAYS)))]
        hit = Signal(places)
        forward = Signal(5)
        room = Signal(places)
        not_forwarded = ~forwarded.any()
        tag_2 = op[2].ref[sizes.index_bits:]
        m.d.sync += [
            *(hit[way].eq(word.valid & (word.tag == tag_2) & not_forwarded & ~garbled[way])
              for way, word in enumerate(words)),
            *(hit[WAYS + n].eq(stash_valid[n] & (stash_ref[n] == op[2].ref) & not_forwarded)
              for n in range(stash_size)),
            *(forward[d].eq(forwarded[d] & ~forwarded[:d].any()) for d in range(5))]
        free = Signal(WAYS)
        for way, word in enumerate(words):
            recent = Cat(inserted_at[distance - 3][way] & taken[way // 4, distance] for distance in (3, 4)).any()
            m.d.comb += free[way].eq(~word.valid & ~recent & ~garbled[way])
        first = [free[4 * half:4 * half + 4] & (~free[4 * half:4 * half + 4] + 1)[:4] for half in range(2)]
        # The emptier half takes the order; both hold four ways, so this is a comparison of two small counts.
        count = [Signal(3, name=f"free_{half}") for half in range(2)]
        m.d.comb += [count[half].eq(sum(free[4 * half + n] for n in range(4))) for half in range(2)]
        right = Signal()
        m.d.comb += right.eq(count[1] > count[0])
        m.d.sync += [
            room[:4].eq(Mux(right, 0, first[0])), room[4:8].eq(Mux(right, first[1], 0))]

        # Cycle 3: the order as it stands before this operation.
        entry, exists, location = Signal(sizes.entry), Signal(), Signal(places)
        after = [Signal(data.StructLayout({"exists": 1, "entry": sizes.entry, "location": places}), name=f"after_{n}")
                 for n in range(5, 8)]  # result of the operation now in cycle 5, 6, 7
        far_forward = Signal.like(after[0], name="far_forward")   # three or more before, chosen a cycle ahead
        ahead = Signal(3)
        m.d.comb += ahead.eq(forwarded[2:] & ~Cat(Const(0, 1), forwarded[2], forwarded[2:4].any()))
        m.d.sync += far_forward.eq(
            one_of(*zip(*[(ahead[n], after[n].as_value()) for n in range(3)], strict=True)))
        previous_exists, previous_entry, previous_location = Signal(), Signal(sizes.entry), Signal(places)
        m.d.sync += [
            exists.eq(Cat(hit.any(), forward[0] & previous_exists, forward[1] & after[0].exists,
                          forward[2:].any() & far_forward.exists).any()),
            entry.eq(one_of(*zip(*[
                *((hit[way], delay(m, words[way].entry.as_value(), 1, f"entry_{way}")[1]) for way in range(WAYS)),
                *((hit[WAYS + n], stash[n].as_value()) for n in range(stash_size)),
                (forward[0], previous_entry.as_value()), (forward[1], after[0].entry.as_value()),
                (forward[2:].any(), far_forward.entry.as_value())], strict=True))),
            location.eq(one_of(*zip(*[
                (Const(1), hit), (forward[0], previous_location), (forward[1], after[0].location),
                (forward[2:].any(), far_forward.location)], strict=True)))]
        stash_free = ~stash_valid & (stash_valid + 1)[:stash_size]
        target, fits = Signal(places), Signal()         # fits: there is a target
        m.d.sync += [
            target.eq(Cat(room[:WAYS], stash_free & (~room[:WAYS].any()).replicate(stash_size))),
            fits.eq(room[:WAYS].any() | stash_free.any())]
        symbol_4, active_4 = Signal(sizes.symbol_bits), Signal()
        m.d.sync += [symbol_4.eq(self.symbol), active_4.eq(self.followed & (op[3].kind != Kind.NONE))]
        insert_side, refused, inserts = Signal(), Signal(), Signal()
        zero, shares_fit = Signal(), Signal()
        m.d.sync += [
            insert_side.eq(Mux(op[3].kind == Kind.IN, entry.side, op[3].side)),
            inserts.eq((op[3].kind == Kind.ADD) | (op[3].kind == Kind.IN)),
            zero.eq(op[3].shares == 0), shares_fit.eq(op[3].shares[profile.share_bits:] == 0),
            refused.eq((op[3].kind == Kind.ADD) & ~op[3].side_valid | ~op[3].ref_fits | (op[3].shares == 0)
                       | (op[3].shares[profile.share_bits:] != 0))]

        # Cycle 4: decide. The level's address goes out at once; the effect follows in the next cycle.
        op_4 = op[4]
        found = Signal()
        m.d.comb += found.eq(exists & (entry.symbol == symbol_4) & op_4.ref_fits)
        out_found = Signal()
        m.d.sync += out_found.eq(found & active_4 & (op_4.kind == Kind.OUT))
        insert_asked, insert_ok = Signal(), Signal()
        m.d.comb += [
            insert_asked.eq(active_4 & inserts & ((op_4.kind == Kind.ADD) | out_found)),
            insert_ok.eq(insert_asked & ~refused & self.insert_on_grid & ~exists & fits),
            self.position.eq(Mux(inserts, self.insert_position, Cat(entry.far, entry.pos))),
            self.row.eq(Cat(symbol_4, Mux(inserts, insert_side, entry.side)))]
        new = Signal(sizes.entry)
        m.d.comb += [
            new.far.eq(self.insert_position.far), new.pos.eq(self.insert_position.pos), new.symbol.eq(symbol_4),
            new.side.eq(insert_side), new.shares.eq(op_4.shares)]
        m.d.comb += [
            previous_exists.eq(inserts & (exists | insert_ok)),
            previous_entry.eq(Mux(exists, entry.as_value(), new.as_value())),
            previous_location.eq(Mux(exists, location, target))]
        asked = op_4.shares
        reduce = Signal()
        m.d.comb += reduce.eq(op_4.kind == Kind.REDUCE)
        over, dies = Signal(), Signal()
        m.d.comb += [
            over.eq(reduce & (asked > entry.shares)),
            dies.eq(~reduce | (asked >= entry.shares))]
        touched = Signal()              # an order that was there changes
        m.d.comb += touched.eq(active_4 & ~inserts & found & ~(reduce & zero))
        level = Signal(LevelOperation(sizes))
        m.d.sync += [
            level.valid.eq(insert_ok | touched), level.insert.eq(insert_ok), level.kill.eq(touched & dies),
            level.shares.eq(Mux(inserts | reduce & ~over, asked[:profile.share_bits], entry.shares))]
        m.d.comb += self.level.eq(level)
        m.d.sync += [
            after[0].exists.eq(insert_ok | ~inserts & active_4 & exists & ~(touched & dies)
                               | inserts & ~insert_ok & exists),
            after[0].entry.eq(Mux(insert_ok, new.as_value(), entry.as_value())),
            after[0].location.eq(Mux(insert_ok, target, location)),
            inserted.eq(insert_ok.replicate(WAYS) & target[:WAYS]),
            write.eq(insert_ok.replicate(WAYS) & target[:WAYS] | touched.replicate(WAYS) & location[:WAYS]
                     | self.clear.replicate(WAYS)),
            write_stash.eq(insert_ok.replicate(stash_size) & target[WAYS:]
                           | touched.replicate(stash_size) & location[WAYS:])]
        with m.If(self.clear):
            m.d.sync += after[0].exists.eq(0)
        with m.If(touched):
            m.d.sync += after[0].entry.shares.eq(entry.shares - asked[:profile.share_bits])
        for older, newer in zip(after[1:], after, strict=False):
            m.d.sync += older.eq(newer)
        active_stages = Signal(5)
        m.d.sync += active_stages.eq(Cat(active_4, active_stages))
        m.d.comb += active.eq(Cat(self.followed & (op[3].kind != Kind.NONE), active_4, active_stages))

        # Events. An insert has one reason at most for being refused, the first that applies.
        events, incomplete, error = Signal(ORDER_EVENTS), Signal(), Signal()
        m.d.sync += [events.eq(0), incomplete.eq(0), error.eq(0)]
        with m.If(insert_asked & ~insert_ok):
            with m.If((op_4.kind == Kind.ADD) & ~op_4.side_valid):
                m.d.sync += [events.orders_side.eq(1), error.eq(1)]
            with m.Elif(zero):
                m.d.sync += [events.orders_zero_shares.eq(1), error.eq(1)]
            with m.Elif(~op_4.ref_fits):
                m.d.sync += [events.orders_reference.eq(1), incomplete.eq(1)]
            with m.Elif(~shares_fit):
                m.d.sync += [events.orders_shares.eq(1), incomplete.eq(1)]
            with m.Elif(~self.insert_on_grid):
                m.d.sync += [events.prices_off_grid.eq(1), incomplete.eq(1)]
            with m.Elif(exists):
                m.d.sync += [events.orders_duplicate.eq(1), error.eq(1)]
            with m.Else():
                m.d.sync += [events.orders_table_full.eq(1), incomplete.eq(1)]
        with m.If(active_4 & ~inserts):
            with m.If(reduce & zero):
                m.d.sync += [events.orders_zero_shares.eq(1), error.eq(1)]
            with m.Elif(~found):
                m.d.sync += [events.orders_unknown.eq(1), error.eq(1)]
            with m.Elif(over):
                m.d.sync += [events.orders_over_executed.eq(1), error.eq(1)]
        m.d.comb += [self.events.eq(events), self.incomplete.eq(incomplete), self.error.eq(error)]

        # Cycle 5: write back, from registers alone.
        write_index = [Signal(sizes.index_bits, name=f"write_index_{half}") for half in range(2)]
        m.d.sync += [
            write_index[half].eq(Mux(self.clear, self.clear_address, index[half][4])) for half in range(2)]
        ref_5 = op[5].ref
        slot = Signal(sizes.slot)
        m.d.comb += [
            slot.valid.eq(after[0].exists), slot.tag.eq(ref_5[sizes.index_bits:]), slot.entry.eq(after[0].entry)]
        for way, ram in enumerate(rams):
            m.d.comb += [
                ram.w_en.eq(write[way]), ram.w_addr.eq(write_index[way // 4]), ram.w_data.eq(slot)]
        for n in range(stash_size):
            with m.If(write_stash[n]):
                m.d.sync += [stash_valid[n].eq(slot.valid), stash[n].eq(slot.entry), stash_ref[n].eq(ref_5)]
        with m.If(self.clear):
            m.d.sync += stash_valid.eq(0)

        inserting_3 = (op[3].kind == Kind.ADD) | (op[3].kind == Kind.IN)
        recent = Signal(2)
        m.d.sync += recent.eq(Cat(inserting_3, recent))
        m.d.comb += [
            Assert(~(inserting_3 & recent.any()), Format("inserts less than three cycles apart")),
            Assert(~((op[3].kind != Kind.NONE) & (op_4.kind == Kind.REDUCE)),
                   Format("operation right behind a REDUCE")),
            Assert((hit & (hit - 1)[:places]) == 0, Format("one order in two places: {:b}", hit))]
        return m
