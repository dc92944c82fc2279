"""The pre-trade risk gate."""

from amaranth.hdl import Assert, Cat, Const, DomainRenamer, Format, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.crossing import Crossing
from gateware.risk.duplicates import Duplicates
from gateware.risk.intake import STAGE, Intake
from gateware.risk.interfaces import EVENTS, ROWS, SHUT_BITS, SLOT, VERDICT, Sizes
from gateware.risk.judge import Judge
from gateware.risk.kept import any_kept
from gateware.risk.kills import Kills
from gateware.risk.limits import LIMITS, Limits
from gateware.risk.orders import Orders
from gateware.risk.queue import Queue
from gateware.risk.reports import LEDGER, Reports
from gateware.risk.reserve import Reserve
from gateware.risk.rest import Rest
from gateware.risk.throttle import Throttle
from gateware.risk.touches import Touches
from gateware.risk.verdict import Verdicts
from rules import kill, market, short
from wire.pages import Command
from wire.profiles import Profile
from wire.risk import TIME_BITS, Rule

__all__ = ["Gate", "shown_layout"]

_QUEUE = 16


def shown_layout(sizes: Sizes) -> data.StructLayout:
    """Return the layout of what can be read out of an account and a symbol."""
    return data.StructLayout({
        "pair": sizes.pair_sums, "account": sizes.account_sums, "symbol": sizes.symbol_sums, "ledger": LEDGER,
        "throttle": sizes.throttle, "reasons": SHUT_BITS, "account_killed": 1, "symbol_killed": 1, "limits": LIMITS,
        "common": ROWS[Command.SET_GLOBAL]})


class Gate(wiring.Component):
    """Decides on every order, and keeps what it needs to know for that; docs/risk.md says what it means.

    Latency: a request is decided DECISION cycles after it enters, and its verdict is on ``o`` VERDICT_AT cycles after,
    if those before it were taken. A report is decided REPORT_CYCLES cycles after it enters, and its verdict is on ``o``
    in the next cycle. Throughput: a request a cycle, of the same account and symbol or not; the next slot enters
    REPORT_CYCLES after a report. ``i`` waits for that, for a request which has the same place as a NEW or REPLACE that
    entered less than 6 cycles ago, and while verdicts wait for ``o`` that fill the queue; none is lost.
    What is told in a cycle (``touch``, ``trade``, ``forget``, ``admin``) counts for what enters from the next cycle on,
    kills, resumes and heartbeats for what is decided from the next on.
    Domains: what must see every cycle is in ``always``, all else in ``sync``, whose clock may stand still while
    ``awake`` is low. Both are the same unless somebody gains from it.
    Reset: no row of sums, limits or orders is cleared; they are 0 when the device is configured, and shut.

    Members
    -------
    i : slots
    now : time, a cycle more in every cycle
    touch : a best price changed (side 0 bid, 1 ask; has: there is one)
    trade : the last trade changed
    forget : strobe, no touch and no trade is known any more
    live, trading, short_restricted : of each symbol, looked at in the cycle of the decision
    admin : commands of the locked window
    beat : heartbeat of the host
    o : verdicts, one for each slot, in order
    events : strobes
    killed, lost : the global kill is set; the host's heartbeat was lost
    symbol_kills, account_kills : of each
    show, show_account, show_symbol : strobe: their state and limits are in ``shown`` from the next cycle on, until the
        next strobe; they are given from the cycle before on, and the state is that of some cycles ago. Limits come
        behind a cycle in which no slot waits, usually in that cycle too
    stir : a slot, a command or ``show`` comes within Rest.CYCLES cycles
    awake : the edge at the end of this cycle matters to more than what is in the domain ``always``
    """

    def __init__(self, *, profile: Profile, always: str = "sync"):
        self.profile, self.always = profile, always
        self.sizes = sizes = Sizes(profile)
        super().__init__({
            "i": In(stream.Signature(SLOT)), "now": In(TIME_BITS),
            "touch": In(sizes.touch), "trade": In(sizes.trade), "forget": In(1),
            "live": In(sizes.symbols), "trading": In(sizes.symbols), "short_restricted": In(sizes.symbols),
            "admin": In(sizes.admin), "beat": In(1),
            "o": Out(stream.Signature(VERDICT)), "events": Out(EVENTS), "killed": Out(1, init=1),
            "lost": Out(1, init=1), "symbol_kills": Out(sizes.symbols), "account_kills": Out(sizes.accounts),
            "show": In(1), "show_account": In(sizes.account_bits), "show_symbol": In(sizes.symbol_bits),
            "shown": Out(shown_layout(sizes)), "stir": In(1), "awake": Out(1)})

    def elaborate(self, platform):
        m = Module()
        sizes, clock = self.sizes, (self.profile.aim_hz or self.profile.clock_hz) / 1_000_000
        rule = Compiled(m, clock_mhz=clock)
        m.submodules.queue = queue = Queue(shape=VERDICT, depth=_QUEUE)
        touches = Touches(sizes=sizes)
        m.submodules.intake = intake = Intake(sizes=sizes, clock_mhz=clock)
        m.submodules.limits = limits = Limits(sizes=sizes)
        m.submodules.orders = orders = Orders(sizes=sizes)
        m.submodules.judge = judge = Judge(sizes=sizes, clock_mhz=clock)
        m.submodules.reserve = reserve = Reserve(sizes=sizes, clock_mhz=clock)
        m.submodules.crossing = crossing = Crossing(sizes=sizes, clock_mhz=clock)
        m.submodules.duplicates = duplicates = Duplicates(sizes=sizes, clock_mhz=clock)
        m.submodules.throttle = throttle = Throttle(sizes=sizes)
        kills = Kills(sizes=sizes)
        m.submodules.reports = reports = Reports(sizes=sizes, clock_mhz=clock)
        m.submodules.verdicts = verdicts = Verdicts(sizes=sizes)

        # What happens without a slot or a command: none of it may be missed while the gate rests.
        before, rest = Touches(sizes=sizes, late=3), Rest()
        for name, component in (("touches", touches), ("report_touches", before), ("kills", kills), ("rest", rest)):
            m.submodules[name] = DomainRenamer(self.always)(component)
        m.d.comb += [rest.stir.eq(self.stir | self.i.valid | self.o.valid), self.awake.eq(rest.awake)]

        def held(name, value, cycles):
            for n in range(cycles):
                register = Signal.like(value, name=f"{name}_{n}")
                m.d.sync += register.eq(value)
                value = register
            return value

        # Cycle 0: a slot enters.
        at = {1: intake.stage_1}
        for cycle in range(2, 7):
            at[cycle] = Signal(STAGE, name=f"stage_{cycle}")
            m.d.sync += at[cycle].eq(at[cycle - 1])
        place = {cycle: stage.slot.token[:sizes.place_bits] for cycle, stage in at.items()}
        m.d.comb += [
            touches.touch.eq(self.touch), touches.trade.eq(self.trade), touches.forget.eq(self.forget),
            touches.symbol.eq(intake.symbol), intake.quote.eq(touches.quote),
            intake.now.eq(self.now), intake.free.eq(queue.free), queue.promise.eq(intake.taken),
            intake.finished.eq(reports.finished), intake.orders.eq(Cat(at[cycle].order for cycle in range(1, 6))),
            *(intake.places[cycle - 1].eq(place[cycle]) for cycle in range(1, 6))]
        wiring.connect(m, wiring.flipped(self.i), intake.i)

        # Cycle 1: its limits, and what is at its place. Behind a cycle without a slot, the host reads limits.
        account = {cycle: stage.slot.account[:sizes.account_bits] for cycle, stage in at.items()}
        symbol = {cycle: stage.slot.symbol[:sizes.symbol_bits] for cycle, stage in at.items()}
        limits_2, limits_shown = Signal(LIMITS), Signal()
        m.d.sync += [
            limits_2.eq(limits.limits), limits_shown.eq(~self.i.valid),
            limits.account.eq(Mux(self.i.valid, self.i.payload.account, self.show_account)),
            limits.symbol.eq(Mux(self.i.valid, self.i.payload.symbol, self.show_symbol))]
        m.d.comb += [
            limits.admin.eq(self.admin), limits.symbol_0.eq(intake.symbol), judge.tick_1.eq(limits.tick_1),
            orders.place_1.eq(place[1]), judge.limits_1.eq(limits.limits), judge.limits_2.eq(limits_2),
            judge.entry_2.eq(orders.entry_2), *(getattr(judge, f"stage_{n}").eq(at[n]) for n in range(1, 6)),
            crossing.account_1.eq(account[1]), crossing.symbol_1.eq(symbol[1]), crossing.buy_1.eq(at[1].buy),
            crossing.market_1.eq(at[1].market), crossing.price_1.eq(at[1].slot.price)]

        # Cycle 2: whose sums it is about. While a report is applied they are those of its order.
        entry, two = orders.entry_2, at[2]
        account_2, symbol_2 = Signal(sizes.account_bits), Signal(sizes.symbol_bits)
        replaces = two.order & ~two.new
        m.d.comb += [
            account_2.eq(Mux(reports.under_way, reports.account, account[2])),
            symbol_2.eq(Mux(reports.under_way, reports.symbol, symbol[2])),
            *(getattr(reserve, f"stage_{n}").eq(at[n]) for n in range(2, 6)),
            reserve.account_2.eq(account_2), reserve.symbol_2.eq(symbol_2), reserve.limits_2.eq(limits_2),
            reserve.held_shares_2.eq(Mux(replaces, entry.order.open, 0)),
            reserve.held_notional_2.eq(Mux(replaces, entry.order.notional, 0)),
            reserve.notional_3.eq(judge.notional_3), reserve.no_growth_3.eq(judge.no_growth_3),
            duplicates.order_2.account.eq(account[2]), duplicates.order_2.symbol.eq(symbol[2]),
            *(duplicates.order_2[name].eq(two.slot[name]) for name in ("side", "type", "price", "shares")),
            duplicates.now_2.eq(two.now), duplicates.window_2.eq(held("duplicate", limits.duplicate, 1)),
            crossing.price_2.eq(entry.order.price), crossing.new_2.eq(two.new),
            throttle.admin.eq(self.admin),
            throttle.account.eq(held("throttle_account", Mux(reports.under_way, reports.account, account[3]), 1)),
            throttle.symbol.eq(held("throttle_symbol", Mux(reports.under_way, reports.symbol, symbol[3]), 1)),
            throttle.look.eq(at[4].report),
            limits.window_account.eq(reports.account), limits.window_symbol.eq(reports.symbol)]
        fills_5, disabled_5 = throttle.row.fills, throttle.row.disabled

        # A report goes its own way from here. What the market was on its entry is known when its symbol is.
        m.d.comb += [
            *(getattr(before, name).eq(getattr(self, name)) for name in ("touch", "trade", "forget")),
            before.symbol.eq(reports.symbol),
            reports.start.eq(two.report), reports.stage_2.eq(two), reports.entry_2.eq(entry),
            reports.quote_3.eq(before.quote), reports.window_3.eq(limits.window), reports.throttle_5.eq(throttle.row),
            reports.notional_3.eq(judge.notional_3), reports.pair_6.eq(reserve.pair_5),
            reports.account_6.eq(reserve.account_5)]

        # Cycle 5: the decision.
        five = at[5]
        symbol_is_5 = held("symbol_is", Mux(at[4].symbol_exists, Const(1, sizes.symbols) << symbol[4], 0), 1)
        symbol_killed_4 = at[4].symbol_exists & kills.next_symbols.bit_select(symbol[4], 1)
        account_killed_4 = at[4].account_exists & kills.next_accounts.bit_select(account[4], 1)
        symbol_killed, account_killed = held("symbol_killed", symbol_killed_4, 1), held(
            "account_killed", account_killed_4, 1)
        live, trading, restricted = (Signal(name=name, attrs={"keep": True}) for name in (
            "live_5", "trading_5", "restricted_5"))
        for its, bits in ((live, self.live), (trading, self.trading), (restricted, self.short_restricted)):
            of_symbol = bits & symbol_is_5
            m.d.comb += its.eq(any_kept(m, its.name, [of_symbol[n:n + 2].any() for n in range(0, sizes.symbols, 2)]))
        repeats_5 = held("repeats", at[4].new & at[4].good & (at[4].slot.type < 4), 1)
        found = {
            Rule.GLOBAL_KILL: rule("global_kill", kill.global_kill, killed=kills.killed),
            Rule.SYMBOL_KILL: rule("symbol_kill", kill.symbol_kill, killed=symbol_killed),
            Rule.ACCOUNT_KILL: rule("account_kill", kill.account_kill, killed=account_killed),
            Rule.HEARTBEAT: rule("heartbeat", kill.heartbeat, lost=kills.lost),
            Rule.NOT_LIVE: five.symbol_exists & rule(
                "not_live", market.not_live, live=live, buy=five.buy, sell=five.sell, has_bid=five.quote.bid.has,
                has_ask=five.quote.ask.has),
            Rule.NOT_TRADING: five.symbol_exists & rule("not_trading", market.not_trading, trading=trading),
            Rule.DUPLICATE: repeats_5 & duplicates.broken_5,
            Rule.SELF_TRADE: five.good & crossing.broken_5,
            Rule.SHORT_SALE: five.symbol_exists & rule(
                "price_test", short.price_test, subject=five.subject, restricted=restricted, low=judge.low_5),
            Rule.THROTTLE: five.pair_exists & rule("pair_disabled", kill.throttle, disabled=disabled_5)}
        # The decision. What is known of it in cycle 4 is but one register. Synthesis, which knows of no wires, would
        # take it apart into parts that are of use elsewhere: it is kept together.
        request_4 = at[4].valid & ~at[4].report & ~judge.broken_4
        quote_4 = at[4].quote
        nothing_4 = at[4].symbol_exists & rule(
            "nothing_to_take", market.not_live, live=1, buy=at[4].buy, sell=at[4].sell, has_bid=quote_4.bid.has,
            has_ask=quote_4.ask.has)
        may_5 = held("may", request_4 & at[4].order & ~symbol_killed_4 & ~account_killed_4 & ~nothing_4, 1)
        passes_5 = held("passes", request_4 & ~at[4].order, 1)
        # The sums are told by a tree of their own, which can lie where they do.
        late_5, closed_5, broken_5, after_first_5, accepted_5, barred_5, barred_after_5, taken_5 = (
            Signal(name=name, attrs={"keep": True}) for name in (
                "late_5", "closed_5", "broken_5", "after_first_5", "accepted_5", "barred_5", "barred_after_5",
                "taken_5"))
        m.d.comb += [
            late_5.eq(~may_5 | any_kept(m, "late", [judge.late_5, found[Rule.DUPLICATE], found[Rule.SELF_TRADE], Cat(
                found[name] for name in (Rule.GLOBAL_KILL, Rule.HEARTBEAT, Rule.THROTTLE)).any()])),
            closed_5.eq(five.symbol_exists & ~live | found[Rule.NOT_TRADING] | found[Rule.SHORT_SALE]),
            broken_5.eq(reserve.broken_5), after_first_5.eq(reserve.after_first_5),
            barred_5.eq(reserve.barred_5), barred_after_5.eq(reserve.barred_after_5)]
        request_5 = Signal()
        # The many registers that wait for an accepted NEW have a signal of their own.
        accepted_6, taken_6, new_6, fresh_6, stale_6 = Signal(), Signal(), Signal(), Signal(), Signal(init=1)
        m.d.comb += [request_5.eq(five.valid & ~five.report),
                     accepted_5.eq(~late_5 & ~closed_5 & ~broken_5 & ~(accepted_6 & after_first_5)),
                     taken_5.eq(~late_5 & ~closed_5 & ~barred_5 & ~(taken_6 & barred_after_5))]
        m.d.sync += [accepted_6.eq(accepted_5), taken_6.eq(taken_5), new_6.eq(five.new),
                     fresh_6.eq(accepted_5 & five.new), stale_6.eq(~(accepted_5 & five.new))]
        # The mask is put together a cycle later: there is time for it.
        others = judge.mask_5 | Mux(five.order, Cat(found.get(name, Const(0, 1)) for name in Rule), 0)
        mask_6 = Signal.like(others)
        m.d.comb += mask_6.eq(held("others", others, 1) | reserve.mask_6)

        # Cycle 6: what an accepted order changes; or a report does, when it is done.
        six, effective_6 = at[6], at[6].effective
        notional_6 = held("notional", judge.notional_3, 3)
        applied = reports.applied
        m.d.comb += [
            reserve.accepted_6.eq(accepted_6), reserve.taken_5.eq(taken_5), reserve.taken_6.eq(taken_6),
            duplicates.accepted_6.eq(~stale_6), duplicates.push_6.eq(fresh_6), crossing.accepted_6.eq(accepted_6),
            crossing.place_6.eq(place[6]),
            orders.place_6.eq(place[6]), orders.new_6.eq(~stale_6), orders.replace_6.eq(accepted_6 & ~new_6),
            orders.order_6.used.eq(1), orders.order_6.live.eq(1),
            orders.order_6.tag.eq(six.slot.token[sizes.place_bits:]), orders.order_6.account.eq(account[6]),
            orders.order_6.symbol.eq(symbol[6]), orders.order_6.side.eq(six.slot.side),
            orders.order_6.type.eq(six.slot.type), orders.order_6.open.eq(six.slot.shares),
            orders.order_6.price.eq(effective_6), orders.order_6.notional.eq(notional_6),
            orders.waiting_6.pending.eq(1), orders.waiting_6.open.eq(six.slot.shares),
            orders.waiting_6.price.eq(effective_6), orders.waiting_6.notional.eq(notional_6),
            orders.put.eq(applied), orders.put_place.eq(reports.place), orders.put_entry.eq(reports.entry),
            reserve.put.eq(applied), reserve.put_account.eq(reports.account), reserve.put_symbol.eq(reports.symbol),
            reserve.put_pair_sums.eq(reports.pair), reserve.put_account_sums.eq(reports.account_sums),
            crossing.report_cycle.eq(reports.cycle), crossing.report_account.eq(reports.account),
            crossing.report_symbol.eq(reports.symbol), crossing.report_buy.eq(reports.buy),
            crossing.report_place.eq(reports.place), crossing.put.eq(reports.rests),
            crossing.put_live.eq(reports.entry.order.live), crossing.put_rests.eq(reports.rests_at),
            throttle.put.eq(reports.counted), throttle.put_account.eq(reports.account),
            throttle.put_symbol.eq(reports.symbol), throttle.put_row.eq(reports.throttle),
            kills.shut.eq(reports.shut), kills.shut_account.eq(reports.account),
            kills.shut_reasons.eq(reports.shut_reasons), kills.admin.eq(self.admin), kills.beat.eq(self.beat)]

        # Verdicts: of a request in its cycle 5, of a report in its last.
        shown = {"account": self.show_account, "symbol": self.show_symbol}
        m.d.comb += [
            verdicts.stage_5.eq(five), verdicts.request_5.eq(request_5), verdicts.fault_5.eq(judge.fault_5),
            verdicts.passes_6.eq(accepted_6 | held("passes", passes_5, 1)), verdicts.mask_6.eq(mask_6),
            verdicts.state_5.eq(Cat(live, trading, restricted)), verdicts.notional_5.eq(
                held("notional_5", judge.notional_3, 2)),
            verdicts.pair_5.eq(reserve.pair_5), verdicts.account_5.eq(reserve.account_5), verdicts.fills_5.eq(fills_5),
            verdicts.now.eq(self.now), verdicts.live.eq(self.live), verdicts.trading.eq(self.trading),
            verdicts.short_restricted.eq(self.short_restricted), verdicts.reasons.eq(kills.reasons),
            verdicts.report_done.eq(reports.done), verdicts.report_known.eq(reports.known),
            verdicts.report_matched.eq(reports.matched), verdicts.report_reasons.eq(reports.shut_reasons),
            verdicts.report.eq(reports.verdict),
            queue.put.eq(verdicts.put), queue.item.eq(verdicts.item),
            self.killed.eq(kills.killed), self.lost.eq(kills.lost), self.symbol_kills.eq(kills.symbols),
            self.account_kills.eq(kills.accounts),
            *(port.eq(shown[name]) for name in shown for port in (
                getattr(block, f"shown_{name}") for block in (reserve, throttle, reports)))]
        wiring.connect(m, queue.o, wiring.flipped(self.o))
        limits_wanted = Signal()
        with m.If(self.show):
            m.d.sync += [
                self.shown.pair.eq(reserve.shown_pair), self.shown.account.eq(reserve.shown_account_sums),
                self.shown.symbol.eq(reserve.shown_symbol_sums), self.shown.ledger.eq(reports.shown),
                self.shown.throttle.eq(throttle.shown),
                self.shown.reasons.eq(kills.reasons[self.show_account]),
                self.shown.account_killed.eq(kills.accounts.bit_select(self.show_account, 1)),
                self.shown.symbol_killed.eq(kills.symbols.bit_select(self.show_symbol, 1)),
                self.shown.common.duplicate.eq(limits.duplicate), self.shown.common.heartbeat.eq(kills.period)]
        with m.If((self.show | limits_wanted) & limits_shown):
            m.d.sync += self.shown.limits.eq(limits.limits)
        m.d.sync += [
            limits_wanted.eq((self.show | limits_wanted) & ~limits_shown),
            self.events.eq(verdicts.events), self.events.admin.eq(self.admin.valid),
            Assert(~(accepted_6 & new_6 & crossing.live.bit_select(place[6], 1)),
                   Format("token {:08x} came while its place was live", six.slot.token)),
            Assert(~(accepted_6 & ~new_6 & ~crossing.live.bit_select(place[6], 1)),
                   Format("token {:08x} was replaced while its place was not live", six.slot.token)),
            Assert(accepted_6 == taken_6, Format("sums were told of another decision")),
            Assert(~(reports.done & request_5), Format("a report and a request were decided at once"))]

        under_way = Cat(stage.valid for stage in at.values()).any() | reports.under_way
        m.d[self.always] += Assert(self.awake | ~under_way, Format("the gate rests with a slot in it"))

        # What the proofs in tests/formal are about.
        shut_5 = (kills.killed | kills.lost
                  | (kills.symbols & symbol_is_5).any()
                  | five.account_exists & kills.accounts.bit_select(account[5], 1)
                  | five.symbol_exists & ~(live & trading))
        m.d.sync += [
            Assert(~(accepted_5 & shut_5), Format("an order was accepted while shut")),
            Assert(~(accepted_6 & (mask_6 != 0)), Format("an order was accepted that breaks a rule"))]
        return m
