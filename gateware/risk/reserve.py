"""The rules against sums, and what an accepted order adds to them."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.headroom import Growth, Headroom
from gateware.risk.intake import STAGE
from gateware.risk.interfaces import Sizes
from gateware.risk.kept import any_kept, twice
from gateware.risk.limits import LIMITS
from gateware.risk.pace import Pace
from gateware.risk.sums import Sums
from rules import exposure, rate
from wire.risk import Rule

__all__ = ["Reserve"]


class Reserve(wiring.Component):
    """Rules 14 to 18 and the located shares of rule 21, with the sums that they are about.

    Latency: 5 cycles from a slot's entry. Throughput: one order a cycle, of the same account and symbol or not. What is
    ``put`` must come while no slot is in cycles 3 to 6, and is seen by slots which enter in its cycle.

    Members
    -------
    stage_2 .. stage_5 : the slots in their cycles
    account_2, symbol_2 : whose sums a slot looks at: its own, a report's those of its order
    limits_2 : limits of the slot in cycle 2
    held_shares_2, held_notional_2 : what the order that it replaces has open, else 0
    notional_3, no_growth_3 : see Judge
    accepted_6 : the order in cycle 6 was accepted
    taken_5, taken_6 : that in cycle 5 is, in cycle 6 was; the sums take it on
    broken_5, after_first_5 : whether it breaks any, whatever became of the order before; if that was accepted
    barred_5, barred_after_5 : the same, for ``taken_5``
    mask_6 : Rule, as far as it is judged here, for rule 21 without the price test, of the order in cycle 6
    pair_5, account_5 : sums as all slots before have left them
    put, put_account, put_symbol, put_pair_sums, put_account_sums : sums after a report
    shown_account, shown_symbol, shown_pair, shown_account_sums, shown_symbol_sums : for reading out
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        super().__init__({
            **{f"stage_{n}": In(STAGE) for n in range(2, 6)},
            "account_2": In(sizes.account_bits), "symbol_2": In(sizes.symbol_bits), "limits_2": In(LIMITS),
            "held_shares_2": In(32), "held_notional_2": In(64), "notional_3": In(64), "no_growth_3": In(1),
            "accepted_6": In(1), "taken_5": In(1), "taken_6": In(1), "mask_6": Out(22),
            "broken_5": Out(1), "after_first_5": Out(1), "barred_5": Out(1), "barred_after_5": Out(1),
            "pair_5": Out(sizes.pair_sums), "account_5": Out(sizes.account_sums),
            "put": In(1), "put_account": In(sizes.account_bits), "put_symbol": In(sizes.symbol_bits),
            "put_pair_sums": In(sizes.pair_sums), "put_account_sums": In(sizes.account_sums),
            "shown_account": In(sizes.account_bits), "shown_symbol": In(sizes.symbol_bits),
            "shown_pair": Out(sizes.pair_sums), "shown_account_sums": Out(sizes.account_sums),
            "shown_symbol_sums": Out(sizes.symbol_sums)})

    def elaborate(self, platform):
        m = Module()
        sizes, clock = self.sizes, self.clock_mhz
        rule = Compiled(m, clock_mhz=clock)
        two, three, four, five = self.stage_2, self.stage_3, self.stage_4, self.stage_5
        limits = self.limits_2

        def held(name, value, cycles=1):
            for n in range(cycles):
                register = Signal.like(value, name=f"{name}_{n}")
                m.d.sync += register.eq(value)
                value = register
            return value

        m.submodules.pairs = pairs = Sums(layout=sizes.pair_sums, depth=sizes.pairs)
        m.submodules.accounts = accounts = Sums(layout=sizes.account_sums, depth=sizes.accounts)
        m.submodules.symbols = symbols = Sums(layout=sizes.symbol_sums, depth=sizes.symbols)
        for sums, key, put_key, shown_key in (
                (pairs, sizes.pair(self.account_2, self.symbol_2), sizes.pair(self.put_account, self.put_symbol),
                 sizes.pair(self.shown_account, self.shown_symbol)),
                (accounts, self.account_2, self.put_account, self.shown_account),
                (symbols, self.symbol_2, self.put_symbol, self.shown_symbol)):
            m.d.comb += [
                sums.key_2.eq(key), sums.accepted_5.eq(self.taken_5), sums.accepted_6.eq(self.taken_6),
                sums.put_key.eq(put_key),
                sums.shown_key.eq(shown_key)]
        m.d.comb += [
            pairs.put.eq(self.put), pairs.put_row.eq(self.put_pair_sums), accounts.put.eq(self.put),
            accounts.put_row.eq(self.put_account_sums),
            self.pair_5.eq(pairs.row_5), self.account_5.eq(accounts.row_5),
            self.shown_pair.eq(pairs.shown), self.shown_account_sums.eq(accounts.shown),
            self.shown_symbol_sums.eq(symbols.shown)]

        # Which effects of the order before, now in cycle 5, the order in cycle 4 must reckon with if that one
        # is accepted.
        same_side = four.buy == five.buy
        follows_4 = {name: sums.follows_4 & matters for name, sums, matters in (
            ("account", accounts, 1), ("symbol", symbols, 1), ("pair_side", pairs, same_side),
            ("account_side", accounts, same_side), ("pair_short", pairs, five.short), ("pair_new", pairs, five.new),
            ("account_new", accounts, five.new))}

        # Each rule gives two answers: whether it is broken, and whether it is if the order before was accepted. That
        # only adds to the sums, so what is broken without it is broken with it.

        # Cycles 3, 4: what the order adds.
        m.submodules.shares_growth = shares = Growth(grows=exposure.shares_grow, bits=32, clock_mhz=clock)
        m.submodules.notional_growth = value = Growth(grows=exposure.notional_grows, bits=64, clock_mhz=clock)
        held_shares_3, held_notional_3 = held("held_shares", self.held_shares_2), held("held_notional",
                                                                                       self.held_notional_2)
        m.d.comb += [
            shares.held_3.eq(held_shares_3), shares.asked_3.eq(three.slot.shares),
            value.held_3.eq(held_notional_3), value.asked_3.eq(self.notional_3)]
        grows_4 = held("grows", ~self.no_growth_3)
        shares_5, value_5 = held("shares_added", shares.growth_4), held("notional_added", value.growth_4)
        shares_grow_4 = shares.grows_4 & grows_4 & four.good
        value_grows_4 = value.grows_4 & grows_4 & four.account_exists

        def headroom(name, *, shares_, limit, total, sum_shape, sum_4, follows, applies_4):
            """Return the answers whether the sum is beyond its room."""
            kind = "share" if shares_ else "notional"
            allowance = rule(f"{name}_allowance", getattr(exposure, f"{kind}_allowance"), limit=limit,
                             held=self.held_shares_2 if shares_ else self.held_notional_2)
            m.submodules[name] = room = Headroom(
                room=getattr(exposure, f"{kind}_room"),
                beyond={"gross": exposure.too_much_gross, "net": exposure.too_much_net}.get(
                    name, exposure.too_many_shares),
                total=total, sum_shape=sum_shape, allowance_bits=len(allowance), bits=32 if shares_ else 64,
                clock_mhz=clock)
            m.d.comb += [
                room.allowance_3.eq(held(f"{name}_allowance_3", allowance)),
                room.asked_3.eq(three.slot.shares if shares_ else self.notional_3),
                room.before_3.eq(shares.growth_4 if shares_ else value.growth_4), room.sum_4.eq(sum_4),
                room.applies_4.eq(applies_4), room.follows_4.eq(applies_4 & follows_4[follows])]
            return room.beyond_5, room.after_first_5, room.barred_5, room.barred_after_5

        worst, net = sizes.pair_sums["worst_buy"].shape, sizes.account_sums["net_buy"].shape
        position = headroom(
            "position", shares_=True, limit=Mux(two.buy, limits.pair.long, limits.pair.short), total="worst",
            sum_shape=worst, sum_4=Mux(four.buy, pairs.row_4.worst_buy, pairs.row_4.worst_sell),
            follows="pair_side", applies_4=shares_grow_4)
        located = headroom(
            "located", shares_=True, limit=limits.pair.locate, total="worst", sum_shape=signed(33),
            sum_4=pairs.row_4.short_used, follows="pair_short", applies_4=shares_grow_4 & four.short)
        gross = headroom(
            "gross", shares_=False, limit=limits.account.gross, total="total",
            sum_shape=sizes.account_sums["gross"].shape, sum_4=accounts.row_4.gross,
            follows="account", applies_4=value_grows_4)
        both_net = headroom(
            "net", shares_=False, limit=limits.account.net, total="worst", sum_shape=net,
            sum_4=Mux(four.buy, accounts.row_4.net_buy, accounts.row_4.net_sell),
            follows="account_side", applies_4=value_grows_4 & (four.buy | four.sell))

        # Rules 17 and 18.
        def open_orders(name, exists_4, count_4, limit_2):
            """Return both answers in cycle 4. With one order more, one less is as many as may be."""
            limit_3 = held(f"{name}_limit_3", limit_2)
            limit_4, less_4 = held(f"{name}_limit", limit_3), held(f"{name}_less", Mux(limit_3 == 0, 0, limit_3 - 1))
            is_full, gets_full = (rule(f"{name}_{kind}_full", rate.full, count=count_4, limit=limit)
                                  for kind, limit in (("is", limit_4), ("gets", less_4)))
            applies = four.new & exists_4
            return applies & is_full, applies & follows_4[f"{name}_new"] & gets_full

        full = (open_orders("pair", four.pair_exists, pairs.row_4.pair_open, limits.pair.open_orders),
                open_orders("account", four.account_exists, accounts.row_4.account_open, limits.account.open_orders))
        paces, rates, stopped_4 = {}, [], []
        for name, exists, sums, row in (("account", four.account_exists, accounts, limits.account),
                                        ("symbol", four.symbol_exists, symbols, limits.symbol)):
            m.submodules[f"{name}_pace"] = paces[name] = pace = Pace(clock_mhz=clock)
            m.d.comb += [
                pace.now_2.eq(two.now), pace.interval_2.eq(row.interval), pace.tolerance_2.eq(row.tolerance),
                pace.earliest_4.eq(sums.row_4.earliest), pace.earliest_5.eq(sums.row_5.earliest),
                pace.applies_4.eq(four.order & exists), pace.follows_4.eq(four.order & exists & follows_4[name])]
            rates.append((pace.early_5, pace.early_after_5, pace.barred_5, pace.barred_after_5))
            stopped_4.append(four.order & exists & pace.stopped_4)

        # What is known in cycle 4 is but one register for the decision. The mask is of later copies: if it were of the
        # same registers, the decision would be drawn to where the mask is needed.
        full_4, full_after_4 = (Cat(pair[n] for pair in full).any() for n in range(2))
        full_5, full_after_5 = held("full", full_4), held("full_after", full_after_4)
        stopped_5 = held("stopped", Cat(stopped_4).any())
        outright_5 = twice(m, full_4 | Cat(stopped_4).any(), "outright_5")
        outright_after_5 = twice(m, full_after_4, "outright_after_5")
        answers = self.broken_5, self.after_first_5, self.barred_5, self.barred_after_5
        outright = outright_5[0], outright_after_5[0], outright_5[1], outright_after_5[1]
        for n, (answer, known, *found) in enumerate(zip(
                answers, outright, position, located, gross, both_net, *rates, strict=True)):
            m.d.comb += answer.eq(any_kept(m, f"answer_{n}", [
                found[0] | found[1], found[2] | found[3], found[4].any() | known, found[5].any()]))
        accepted_7 = held("accepted", self.accepted_6)
        for name, found in {
                Rule.POSITION: [position], Rule.GROSS: [gross], Rule.NET: [both_net],
                Rule.OPEN_ORDERS: [(full_5, full_after_5)], Rule.RATE: [*rates, (stopped_5, Const(0, 1))],
                Rule.SHORT_SALE: [located]}.items():
            alone, after = (Cat(held(f"{name.name.lower()}_{kind}_{n}", pair[kind])
                                for n, pair in enumerate(found)).any() for kind in range(2))
            m.d.comb += self.mask_6[int(name).bit_length() - 1].eq(alone | accepted_7 & after)

        # Cycle 5: the sums as they become. Who may not add (a refused order) is not asked for them.
        pair_6, account_6 = Signal(sizes.pair_sums), Signal(sizes.account_sums)
        pair_5, account_5 = pairs.row_5, accounts.row_5
        m.d.sync += [
            pair_6.worst_buy.eq(pair_5.worst_buy + Mux(five.buy, shares_5, 0)),
            pair_6.worst_sell.eq(pair_5.worst_sell + Mux(five.buy, 0, shares_5)),
            pair_6.pair_open.eq(pair_5.pair_open + five.new),
            pair_6.short_used.eq(pair_5.short_used + Mux(five.short, shares_5, 0)),
            account_6.gross.eq(account_5.gross + value_5),
            account_6.net_buy.eq(account_5.net_buy + Mux(five.buy, value_5, 0)),
            account_6.net_sell.eq(account_5.net_sell + Mux(five.buy, 0, value_5)),
            account_6.account_open.eq(account_5.account_open + five.new)]
        m.d.comb += [
            pairs.after_6.eq(pair_6), accounts.after_6.eq(account_6),
            accounts.after_6.earliest.eq(paces["account"].earliest_6),
            symbols.after_6.earliest.eq(paces["symbol"].earliest_6)]
        return m
