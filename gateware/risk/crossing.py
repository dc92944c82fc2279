"""Rule 20: live orders of the same account and symbol that an order would trade with."""

from amaranth.hdl import Assert, Cat, Const, Format, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from gateware.risk.compiled import Compiled
from gateware.risk.interfaces import REPORT_CYCLES, Sizes
from rules import cross

__all__ = ["Crossing"]

#: A resting place's reach, one bit more than a price; this is of no order.
_NOWHERE = 1 << 32


class Crossing(wiring.Component):
    """How far an order must reach to trade with the nearest of an account, symbol and side, for each of them.

    A request comes in cycle 1; whether it would trade is known in its cycle 5. Accepted, it rests from its cycle 6 on,
    at its own price or at that of the order it replaces, whichever is reached sooner. Throughput: one a cycle.

    Requests can only bring the nearest order nearer. A report can take it away: then all orders are looked through for
    the next, some at once (they lie in banks), while the report is applied. An order that a report moves is ``put`` in
    that report's cycles 6 to 10. A reset leaves what rests alone, as it does the table of orders.

    Members
    -------
    account_1, symbol_1, buy_1, market_1, price_1 : the request
    price_2 : price of the order that it replaces, if it does
    new_2 : it is new
    broken_5 : the rule is broken, by a request that has account, symbol and side
    accepted_6, place_6 : the request in cycle 6 was accepted
    report_cycle : of the report that is applied, 0 if there is none
    report_account, report_symbol, report_buy, report_place : whose order it is about, from its cycle 3 on
    put, put_live, put_rests : strobe, that order rests elsewhere or no longer; whether and where
    live : places with a live order
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        # What is read in a cycle takes ``levels`` cycles to be compared, and must be so in the report's last cycle.
        cycles = REPORT_CYCLES - 4
        self.depth = next(depth for depth in (16, 8) if depth + 1 + ceil_log2(-(-sizes.orders // depth)) <= cycles)
        self.depth = min(self.depth, sizes.orders)
        self.banks = sizes.orders // self.depth
        self.levels = 1 + ceil_log2(self.banks)
        account, symbol = sizes.account_bits, sizes.symbol_bits
        super().__init__({
            "account_1": In(account), "symbol_1": In(symbol), "buy_1": In(1), "market_1": In(1), "price_1": In(32),
            "price_2": In(32), "new_2": In(1), "broken_5": Out(1), "accepted_6": In(1), "place_6": In(sizes.place_bits),
            "report_cycle": In(range(REPORT_CYCLES + 1)), "report_account": In(account), "report_symbol": In(symbol),
            "report_buy": In(1), "report_place": In(sizes.place_bits),
            "put": In(1), "put_live": In(1), "put_rests": In(32), "live": Out(sizes.orders)})

    def elaborate(self, platform):
        m = Module()
        sizes = self.sizes
        rule = Compiled(m, clock_mhz=self.clock_mhz)
        row_bits = sizes.pair_bits + 1      # account, symbol and side, the side in bit 0
        order = data.StructLayout({"row": row_bits, "reaches": 32, "rests": 32})
        at = {cycle: Signal(order, name=f"order_{cycle}") for cycle in range(1, 8)}
        given = {"buy": self.buy_1, "market": self.market_1, "price": self.price_1}
        m.d.comb += [
            at[1].row.eq(Cat(self.buy_1, self.symbol_1, self.account_1)),
            at[1].reaches.eq(rule("reach", cross.reach, **given)), at[1].rests.eq(rule("rests", cross.rests, **given))]
        market_2, held_3, new_3, stays_4, held_4 = Signal(), Signal(32), Signal(), Signal(), Signal(32)
        held_2 = rule("rests_before", cross.rests, buy=at[2].row[0], market=market_2, price=self.price_2)
        m.d.sync += [*(at[cycle].eq(at[cycle - 1]) for cycle in range(2, 8)), market_2.eq(self.market_1),
                     held_3.eq(held_2), new_3.eq(self.new_2), held_4.eq(held_3),
                     stays_4.eq(~new_3 & (held_3 < at[3].rests))]
        with m.If(stays_4):
            m.d.sync += at[5].rests.eq(held_4)

        # The nearest of each row. A request's own row is compared in its cycle 5, and written in cycle 6.
        nearest = data.StructLayout({"has": 1, "rests": 32})
        m.submodules.nearest = rows = memory.Memory(
            shape=nearest, depth=1 << row_bits, init=[], attrs={"ram_style": "distributed"})
        write, facing, own = rows.write_port(), rows.read_port(domain="comb"), rows.read_port(domain="comb")
        facing_4, own_5, nearer_6, accepted_7 = Signal(nearest), Signal(nearest), Signal(), Signal()
        m.d.comb += [facing.addr.eq(at[3].row ^ 1), own.addr.eq(at[4].row)]

        def behind(cycle):
            return (at[5].row == at[cycle].row) & (at[5].rests >= at[cycle].rests)

        m.d.sync += [
            facing_4.eq(facing.data), own_5.eq(own.data), accepted_7.eq(self.accepted_6),
            nearer_6.eq((~own_5.has | (at[5].rests < own_5.rests)) & ~(self.accepted_6 & behind(6))
                        & ~(accepted_7 & behind(7)))]

        # Cycle 3: compared with the three orders ahead that may come to rest; cycle 4: with what rests.
        def meets(name, cycle):
            met = Signal(name=f"meets_{name}")
            trades = rule(f"trades_{name}", cross.trades, reaches=at[3].reaches, resting=at[cycle].rests)
            m.d.comb += met.eq((at[cycle].row == at[3].row ^ 1) & trades)
            return met

        third_4, second_4, first_4, hit_5, first_5 = (
            Signal(name=name) for name in ("third_4", "second_4", "first_4", "hit_5", "first_5"))
        trades_4 = rule("trades", cross.trades, reaches=at[4].reaches, resting=facing_4.rests)
        m.d.sync += [
            third_4.eq(meets("third", 6) & self.accepted_6), second_4.eq(meets("second", 5)),
            first_4.eq(meets("first", 4)), first_5.eq(first_4),
            hit_5.eq(facing_4.has & trades_4 | third_4 | second_4 & self.accepted_6)]
        m.d.comb += self.broken_5.eq(hit_5 | first_5 & self.accepted_6)

        # Orders by their places.
        resting = data.StructLayout({"live": 1, "row": row_bits, "rests": 32})
        place, rests, report_row = Signal(sizes.place_bits), Signal(resting), Signal(row_bits)
        m.d.comb += [
            report_row.eq(Cat(self.report_buy, self.report_symbol, self.report_account)),
            place.eq(Mux(self.put, self.report_place, self.place_6)),
            rests.live.eq(~self.put | self.put_live), rests.row.eq(Mux(self.put, report_row, at[6].row)),
            rests.rests.eq(Mux(self.put, self.put_rests, at[6].rests))]
        changes, live = self.accepted_6 | self.put, Signal(sizes.orders, reset_less=True)
        with m.If(changes):
            m.d.sync += live.bit_select(place, 1).eq(rests.live)
        m.d.comb += self.live.eq(live)

        def nearer(one, other):
            return Mux(one < other, one, other)

        # The search: each bank is read from behind the report's order on, so that this comes last, when it was put.
        cycle, start = self.report_cycle, REPORT_CYCLES - self.levels - self.depth
        bank_bits = ceil_log2(self.banks)
        index, reads = Signal(range(self.depth)), Signal()
        m.d.sync += [reads.eq((cycle >= start - 1) & (cycle < start + self.depth - 1)),
                     index.eq(Mux(reads, index, self.report_place[bank_bits:]) + 1)]
        found = []
        for number in range(self.banks):
            m.submodules[f"bank_{number}"] = bank = memory.Memory(shape=resting, depth=self.depth, init=[])
            put, read = bank.write_port(), bank.read_port(domain="comb")
            m.d.comb += [
                put.en.eq(changes & (place[:bank_bits] == number)), put.addr.eq(place[bank_bits:]), put.data.eq(rests),
                read.addr.eq(index)]
            found.append(Cat(read.data.rests, ~(reads & read.data.live & (read.data.row == report_row))))
        for level in range(self.levels):
            pairs = zip(found[::2], found[1::2], strict=True)
            compared = [nearer(*pair) for pair in pairs] if level else found
            found = [Signal(33, name=f"found_{level}_{number}") for number in range(len(compared))]
            m.d.sync += [register.eq(value) for register, value in zip(found, compared, strict=True)]
        # Orders that were decided since the report entered may lie where the search was already.
        late, same_7, best, moved = Signal(33), Signal(), Signal(33), Signal()
        m.d.comb += late.eq(Cat(at[7].rests, ~(accepted_7 & same_7)))
        m.d.sync += [
            same_7.eq(at[6].row == report_row),
            best.eq(nearer(Mux(cycle == 4, Const(_NOWHERE, 33), best), Mux(cycle < 7, late, found[0]))),
            moved.eq((moved | self.put) & (cycle != REPORT_CYCLES)),
            Assert(~self.put | (cycle >= 6) & (cycle <= 10), Format("an order was put in a report's cycle {}", cycle))]
        ends = moved & (cycle == REPORT_CYCLES)
        m.d.comb += [
            write.en.eq(self.accepted_6 & nearer_6 | ends), write.addr.eq(Mux(ends, report_row, at[6].row)),
            write.data.has.eq(~ends | ~best[32]), write.data.rests.eq(Mux(ends, best[:32], at[6].rests))]
        return m
