"""The book: messages in, best prices and records out."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.decode import Decode
from gateware.book.far import FarLevels
from gateware.book.invariants import Invariants
from gateware.book.levels import Levels, lowest
from gateware.book.operation import Kind, Sizes, delay
from gateware.book.orders import ORDER_EVENTS, OrderTable
from gateware.book.publish import INFO, Publisher
from gateware.book.scan import Scan
from gateware.book.symbols import LOCATE, SYMBOL_EVENTS, SymbolConfig, Symbols
from gateware.book.ticks import Ticks, price_of
from gateware.book.touch import Touch
from gateware.interfaces import TOUCH, TRADE, MessageStream, RecordStream
from wire.records import State

__all__ = ["Book", "BOOK_EVENTS"]

BOOK_EVENTS = data.StructLayout({name: 1 for name in (
    *(name for name, _ in SYMBOL_EVENTS), *(name for name, _ in ORDER_EVENTS), "prices_far", "far_full",
    "level_overflow", "level_underflow", "msgs_clearing", "records_cut")})

#: Cycles from a message to its best price; a Replace takes one more.
DEPTH = 12
#: Cycles by which the far table's cycle 8 is before the commit.
FAR_DELAY = DEPTH - 8
#: A record waits at most so long for messages in flight that change state words.
PATIENCE = 64


class Book(wiring.Component):
    """Symbols, order table, levels, best prices, and a record of the top K after every message of a followed symbol.

    Latency, from a message on ``i``: its best price on ``best`` 12 cycles later (Replace: 13); the record of its book
    is begun as soon as the top K are known, at most 40 cycles after the best price if no other operation comes
    between. Throughput: any mix that ITCH allows at one 64-bit word a cycle; ``i`` is never stalled. Messages of a
    symbol that come faster than records can be written are in its next record together.

    A symbol that is configured anew (another window, say) after it had order messages is incomplete until a clear.

    ``clear`` empties order table, levels and marks while ``clearing`` is high; order messages are dropped and counted
    meanwhile, and make their symbols incomplete. A reset does the same if anything was ever taken.

    Members
    -------
    i : messages
    cycles : cycle counter; a message's ``device_cycles`` is 3 less than the counter in its cycle on ``i``
    config : symbol configuration
    stale, suspect, feed_error : levels that go into every state word
    clear, clearing : start-of-day clear
    select, select_state, select_locate : the host's view of a symbol, one cycle after ``select``
    best_valid, best_row, best : best price of {side, symbol} after an operation
    crossed : symbols whose best bid is at or above the best ask
    touch : a best price as ``best`` tells it, three cycles later
    trade : price of a trade, 12 cycles after its message
    forget : touches and trades are void
    live : symbols that are followed, and whose book may be traded on: none of wire.records.NOT_LIVE
    trading, short_restricted : what their state words said a cycle ago (gateware/book/symbols.py)
    record : words of book records
    events : counted strobes
    """

    def __init__(self, *, profile):
        self.profile = profile
        self.sizes = sizes = Sizes(profile)
        super().__init__({
            "i": In(MessageStream), "cycles": In(64), "config": In(SymbolConfig(profile=profile)),
            "stale": In(1), "suspect": In(1), "feed_error": In(1), "clear": In(1), "clearing": Out(1),
            "select": In(sizes.symbol_bits), "select_state": Out(32), "select_locate": Out(LOCATE),
            "best_valid": Out(1), "best_row": Out(sizes.row_bits), "best": Out(sizes.best),
            "crossed": Out(profile.symbols), "touch": Out(TOUCH(sizes.symbol_bits)),
            "trade": Out(TRADE(sizes.symbol_bits)), "forget": Out(1), "live": Out(profile.symbols),
            "trading": Out(profile.symbols), "short_restricted": Out(profile.symbols),
            "record": Out(RecordStream), "events": Out(BOOK_EVENTS)})

    def elaborate(self, platform):
        m = Module()
        sizes, profile = self.sizes, self.profile
        m.submodules.symbols = symbols = Symbols(profile=profile)
        m.submodules.decode = decode = Decode(sizes=sizes)
        m.submodules.ticks = ticks = Ticks(sizes=sizes)
        m.submodules.orders = orders = OrderTable(sizes=sizes)
        m.submodules.levels = levels = Levels(sizes=sizes)
        m.submodules.far = far = FarLevels(sizes=sizes)
        m.submodules.scan = scan = Scan(sizes=sizes)
        m.submodules.publisher = publisher = Publisher(sizes=sizes)
        scan.connect(levels, far)
        wiring.connect(m, wiring.flipped(self.i), symbols.i)
        wiring.connect(m, wiring.flipped(self.i), decode.i)
        wiring.connect(m, wiring.flipped(self.config), symbols.config)
        wiring.connect(m, publisher.o, wiring.flipped(self.record))

        # Cycles 0 to 5: the operation through the order table. ``second`` tells the halves of a Replace apart.
        second = delay(m, decode.second, DEPTH, "second")
        kind = delay(m, decode.op.kind, 5, "kind")
        is_out = delay(m, decode.op.kind == Kind.OUT, 4, "is_out")
        of_symbol, of_book = delay(m, decode.symbol, 2, "of_symbol"), delay(m, decode.book, 2, "of_book")
        hit_before, index_before, base_before = Signal(), Signal(sizes.symbol_bits), Signal(sizes.tick_bits)
        followed_2 = Signal()
        symbol, base = Signal(sizes.symbol_bits), Signal(sizes.tick_bits)      # cycle 3
        followed = Signal()
        m.d.sync += [
            hit_before.eq(symbols.hit), index_before.eq(symbols.index), base_before.eq(symbols.base),
            symbol.eq(Mux(second[2], index_before, symbols.index)), base.eq(Mux(second[2], base_before, symbols.base)),
            followed.eq(followed_2)]
        m.d.comb += [
            followed_2.eq(Mux(second[2], hit_before, symbols.hit & of_symbol[2]) & ~self.clearing),
            orders.op.eq(decode.op), orders.second.eq(decode.second), orders.reference.eq(decode.reference),
            orders.new_reference.eq(decode.new_reference), ticks.price.eq(decode.price), ticks.base.eq(base),
            orders.symbol.eq(symbol), orders.followed.eq(followed),
            orders.insert_position.eq(ticks.position), orders.insert_on_grid.eq(ticks.on_grid)]
        counts = delay(m, followed & ~is_out[3], DEPTH - 3, "counts")          # cycle 3 on: belongs into the record
        operates = Signal()                                                    # cycle 4
        m.d.sync += operates.eq(followed & (kind[3] != Kind.NONE) & ~is_out[3])
        symbol_at = {3 + n: stage for n, stage in enumerate(delay(m, symbol, DEPTH - 3, "symbol"))}

        # Cycles 4 to 12: levels and best price.
        m.d.comb += [
            levels.row.eq(orders.row), levels.near.eq(~orders.position.far), levels.commit.eq(operates),
            levels.offset.eq(orders.position.pos), levels.level.eq(orders.level),
            # The far table changes as late as the record's header does, so that no record is ahead of itself.
            *(port.eq(delay(m, value, FAR_DELAY, name)[-1]) for port, value, name in (
                (far.row, orders.row, "far_row"), (far.tick, orders.position.pos, "far_tick"),
                (far.below, ticks.below, "far_below"), (far.far, orders.position.far, "far_far"),
                (far.level, orders.level, "far_level"))),
            self.best_valid.eq(levels.best_valid), self.best_row.eq(levels.best_row), self.best.eq(levels.best)]
        far_5 = Signal()
        m.d.sync += far_5.eq(orders.position.far)

        # The price of an order that trades at its own.
        position_5, base_5 = Signal(sizes.position), delay(m, base, 2, "base")[2]
        tick_6 = Signal(sizes.tick_bits)
        at_order = delay(m, decode.trade_at_order, DEPTH, "trade_at_order")
        told = delay(m, decode.trade_told & self.i.valid, 5, "trade_told")
        traded_6 = Signal()
        touched_5 = orders.level.valid & ~orders.level.insert
        m.d.sync += [
            position_5.eq(orders.position),
            tick_6.eq(Mux(position_5.far, position_5.pos, base_5 + position_5.pos[:sizes.window_bits])),
            traded_6.eq((at_order[5] & touched_5 | told[5] & (touched_5 | (kind[5] == Kind.NONE))) & ~second[5])]
        traded = delay(m, traded_6, DEPTH - 6, "traded")[-1]
        tick_10 = delay(m, tick_6, 4, "tick")[-1]
        price_12 = price_of(m, tick_10, sizes)

        # What a message says of itself waits in a small memory, a place for each cycle.
        now = Signal(4)
        m.d.sync += now.eq(now + 1)
        meta = data.StructLayout({
            "feed_seq": 64, "exchange_ns": 48, "cycles": 64, "cause": 8, "price": 32, "shares": 32})
        m.submodules.waiting = waiting = memory.Memory(shape=meta, depth=16, init=[])
        waiting_in, waiting_out = waiting.write_port(), waiting.read_port(domain="comb")
        said = Signal(meta)                                                    # cycle 12
        m.d.sync += said.eq(waiting_out.data)
        m.d.comb += [
            waiting_in.en.eq(self.i.valid), waiting_in.addr.eq(now), waiting_in.data.feed_seq.eq(self.i.p.seq),
            waiting_in.data.exchange_ns.eq(decode.time),
            waiting_in.data.cycles.eq(self.cycles - Publisher.LAT_DECODE),
            waiting_in.data.cause.eq(self.i.p.data[0]), waiting_in.data.price.eq(decode.trade_price),
            waiting_in.data.shares.eq(decode.trade_shares),
            waiting_out.addr.eq(now - (DEPTH - 1) - second[DEPTH - 1])]

        # Cycle 12: commit. From here on a record of this symbol includes the message. What the record told before was
        # read in cycle 11, and so was the place to write to: nothing but the new value stands before the memory.
        commit, market = counts[-1], delay(m, decode.market, DEPTH, "market")
        operated = delay(m, operates, DEPTH - 4, "operates")[-1]
        m.submodules.infos = infos = memory.Memory(shape=INFO, depth=profile.symbols, init=[])
        info_write = infos.write_port()
        info_own, info_scan = infos.read_port(domain="comb"), infos.read_port(domain="comb")
        m.submodules.best_bids = best_bids = memory.Memory(shape=sizes.best, depth=profile.symbols, init=[])
        m.submodules.best_asks = best_asks = memory.Memory(shape=sizes.best, depth=profile.symbols, init=[])
        best_writes = [best_bids.write_port(), best_asks.write_port()]
        best_reads = [best_bids.read_port(domain="comb"), best_asks.read_port(domain="comb")]
        best_others = [best_bids.read_port(domain="comb"), best_asks.read_port(domain="comb")]
        new_info, old_info = Signal(INFO), Signal(INFO)
        sweep, sweeping = Signal(max(sizes.index_bits, len(levels.clear_address))), Signal()
        swept = Signal()
        m.d.sync += [
            swept.eq(sweeping), info_write.en.eq(counts[-2] | sweeping),
            info_write.addr.eq(Mux(sweeping, sweep, symbol_at[DEPTH - 1])),
            old_info.eq(Mux(commit & (symbol_at[DEPTH] == symbol_at[DEPTH - 1]), new_info.as_value(),
                            info_own.data.as_value()))]
        m.d.comb += [
            info_own.addr.eq(symbol_at[DEPTH - 1]), info_write.data.eq(Mux(swept, 0, new_info.as_value())),
            new_info.feed_seq.eq(said.feed_seq), new_info.exchange_ns.eq(said.exchange_ns),
            new_info.cycles.eq(said.cycles), new_info.cause.eq(said.cause),
            new_info.count.eq(old_info.count + operated),
            new_info.last_price.eq(Mux(traded, Mux(at_order[DEPTH], price_12, said.price), old_info.last_price)),
            new_info.last_shares.eq(Mux(traded, said.shares, old_info.last_shares)),
            new_info.lat_best.eq(Mux(second[DEPTH], DEPTH + 1, DEPTH) + Publisher.LAT_DECODE)]
        m.d.comb += [
            orders.clear.eq(sweeping), orders.clear_address.eq(sweep),
            levels.clear.eq(sweeping), levels.clear_address.eq(sweep), far.clear.eq(sweeping)]
        best_symbol, best_side = levels.best_row[:-1], levels.best_row[-1]
        # Memories are read for a scan by registers of their own: there is time until it is done.
        looked_up = delay(m, scan.symbol, 2, "looked_up")
        for side in range(2):
            m.d.comb += [
                best_writes[side].en.eq(sweeping | levels.best_valid & (best_side == side)),
                best_writes[side].addr.eq(Mux(sweeping, sweep, best_symbol)),
                best_writes[side].data.eq(Mux(sweeping, 0, levels.best.as_value())),
                best_others[side].addr.eq(best_symbol), best_reads[side].addr.eq(looked_up[1])]
        bid, ask = Signal(sizes.best), Signal(sizes.best)
        compare, compare_symbol = Signal(), Signal(sizes.symbol_bits)
        m.d.sync += [
            compare.eq(levels.best_valid), compare_symbol.eq(best_symbol),
            bid.eq(Mux(best_side, best_others[0].data.as_value(), levels.best.as_value())),
            ask.eq(Mux(best_side, levels.best.as_value(), best_others[1].data.as_value()))]
        with m.If(compare):
            m.d.sync += self.crossed.bit_select(compare_symbol, 1).eq(bid.any & ask.any & (~bid.rank >= ask.rank))

        # Marks that stay until a clear.
        error, incomplete = Signal(profile.symbols), Signal(profile.symbols)
        lived, dropped = Signal(profile.symbols), Signal()
        with m.If(orders.error):
            m.d.sync += error.eq(error | (1 << symbol_at[5]))
        with m.If(operates):
            m.d.sync += lived.eq(lived | (1 << symbol_at[4]))
        m.d.comb += dropped.eq(symbols.hit & of_book[2] & self.clearing)
        # A symbol that is configured anew while its old window may hold levels cannot be trusted until a clear. The
        # last order that was placed by the old base is seen to live three cycles after the new one is in force.
        configured = delay(m, symbols.configured, 3, "configured")
        configured_index = delay(m, symbols.configured_index, 3, "configured_index")
        anew = [(configured[cycles], configured_index[cycles]) for cycles in (0, 3)]
        causes = (
            (orders.incomplete, symbol_at[5]), (levels.overflow, levels.overflow_row[:-1]),
            (far.full_better, far.touch_row[:-1]), (far.overflow, far.overflow_row[:-1]), (dropped, symbols.index),
            *((strobe & lived.bit_select(symbol, 1), symbol) for strobe, symbol in anew))
        caused = Cat(Cat(strobe & (symbol == n) for strobe, symbol in causes).any() for n in range(profile.symbols))
        m.d.sync += incomplete.eq(incomplete | caused)

        # What the risk gate looks at. It knows marks and states from the cycle after them on.
        m.submodules.touch = touch = Touch(sizes=sizes)
        m.d.comb += [
            touch.best_valid.eq(levels.best_valid), touch.best_row.eq(levels.best_row), touch.best.eq(levels.best),
            symbols.touch_index.eq(levels.best_row[:-1]), touch.base.eq(symbols.touch_base), self.touch.eq(touch.touch),
            self.trade.valid.eq(commit & traded), self.trade.symbol.eq(symbol_at[DEPTH]),
            self.trade.price.eq(new_info.last_price), self.forget.eq(sweeping)]
        shut = self.stale | self.suspect | self.feed_error | self.clearing
        m.d.sync += [
            self.live.eq(Mux(shut, 0, symbols.followed & ~(incomplete | error | self.crossed | far.beyond))),
            self.trading.eq(symbols.trading), self.short_restricted.eq(symbols.short_restricted)]

        # Clear.
        used = Signal(reset_less=True)
        with m.If(self.i.valid):
            m.d.sync += used.eq(1)
        drain, settle = Signal(range(DEPTH + 5)), Signal(2)
        started = Signal()
        m.d.comb += self.clearing.eq(1)
        with m.FSM(name="clear"):
            with m.State("After Reset"):
                m.next = "Follow"
                with m.If(used):
                    m.next = "Drain"
            with m.State("Follow"):
                m.d.comb += self.clearing.eq(0)
                m.d.sync += [drain.eq(0), sweep.eq(0)]
                with m.If(self.clear):
                    m.next = "Drain"
            with m.State("Drain"):
                m.d.sync += drain.eq(drain + 1)
                with m.If(drain == DEPTH + 4):
                    m.d.comb += started.eq(1)
                    m.next = "Sweep"
            with m.State("Sweep"):
                m.d.comb += sweeping.eq(1)
                m.d.sync += sweep.eq(sweep + 1)
                with m.If(sweep.all()):
                    m.next = "Settle"
            with m.State("Settle"):
                # Messages are taken or dropped in their cycle 2: none that read the memories during the sweep is taken.
                m.d.sync += settle.eq(settle + 1)
                with m.If(settle.all()):
                    m.next = "Follow"
        with m.If(started):
            m.d.sync += [error.eq(0), incomplete.eq(0), lived.eq(0), self.crossed.eq(0)]

        # Which symbols have something new to tell.
        news, market_newer = Signal(profile.symbols), Signal(profile.symbols)
        marks = Cat(self.stale, self.suspect, self.feed_error, self.clearing)
        marks_before, remarked = Signal.like(marks), Signal()
        begin, done_with = Signal(), Signal(profile.symbols)
        chosen, any_news = lowest(news)
        turn = Signal(profile.symbols)          # symbols not yet served in this round
        in_turn, any_in_turn = lowest(news & turn)
        scanning = Signal()
        next_symbol, next_valid = Signal(sizes.symbol_bits), Signal()
        m.d.sync += [
            marks_before.eq(marks), remarked.eq(marks != marks_before), next_valid.eq(any_news & ~begin),
            next_symbol.eq(Mux(any_in_turn, in_turn, chosen))]
        with m.If(begin):
            m.d.sync += turn.eq(Mux(any_in_turn, turn, ~0) & ~done_with)
        m.d.comb += done_with.eq(begin << next_symbol)
        fresh = Signal(profile.symbols)
        m.d.comb += fresh.eq(
            (commit << symbol_at[DEPTH])
            | (market[DEPTH] | remarked).replicate(profile.symbols) & symbols.followed)
        m.d.sync += [
            news.eq(news & ~done_with | fresh),
            market_newer.eq(market_newer & ~(commit << symbol_at[DEPTH]) | market[DEPTH].replicate(profile.symbols))]
        # A market message may be right behind a Replace, whose second half is then in the same cycle.
        market_said, market_out = Signal(meta), waiting.read_port(domain="comb")
        m.d.comb += market_out.addr.eq(now - DEPTH)
        with m.If(market[DEPTH]):
            m.d.sync += market_said.eq(market_out.data)

        # Scan and publish.
        state_in_flight = Signal()              # in cycles 1 to 12; no state word is ahead of cycle 2
        acts = Cat(*market[:-1], *delay(m, decode.symbol & ~decode.book, DEPTH - 1, "acts"))
        patience = Signal(range(PATIENCE + 1))
        m.d.sync += state_in_flight.eq(acts.any())
        m.d.comb += [
            begin.eq(next_valid & ~scanning & ~sweeping), scan.start.eq(begin),
            info_scan.addr.eq(looked_up[1]), symbols.read_index.eq(looked_up[2]),
            scan.take.eq(scan.done & publisher.ready & (~state_in_flight | (patience == PATIENCE))),
            publisher.start.eq(scan.take)]
        with m.If(begin):
            m.d.sync += [scan.symbol.eq(next_symbol), scanning.eq(1), patience.eq(0)]
        with m.Elif(scan.take):
            m.d.sync += scanning.eq(0)
        with m.If(scan.done & publisher.ready & (patience != PATIENCE)):
            m.d.sync += patience.eq(patience + 1)
        m.d.sync += scan.base.eq(symbols.read_base)
        subject = publisher.subject
        own = info_scan.data
        m.d.comb += [
            publisher.cycles.eq(self.cycles), publisher.entry.eq(scan.entry),
            scan.entry_address.eq(publisher.entry_address),
            subject.symbol.eq(scan.symbol), subject.locate.eq(symbols.read_locate.locate), subject.base.eq(scan.base),
            subject.bank.eq(scan.bank), subject.info.eq(own), subject.sides.eq(scan.sides),
            *(subject.best[side].eq(best_reads[side].data) for side in range(2)),
            subject.state.eq(symbols.read_state.as_value() | self._flags(
                incomplete.bit_select(looked_up[1], 1), error.bit_select(looked_up[1], 1), Const(0, 1)))]
        with m.If(market_newer.bit_select(looked_up[1], 1)):
            m.d.comb += [
                subject.info.feed_seq.eq(market_said.feed_seq), subject.info.exchange_ns.eq(market_said.exchange_ns),
                subject.info.cycles.eq(market_said.cycles), subject.info.cause.eq(market_said.cause)]

        # The host's view.
        flags = Signal(32)
        m.d.sync += flags.eq(self._flags(*(
            mark.bit_select(self.select, 1) for mark in (incomplete, error, self.crossed))))
        m.d.comb += [
            symbols.select.eq(self.select), self.select_locate.eq(symbols.select_locate),
            self.select_state.eq(symbols.select_state.as_value() | flags)]

        m.d.comb += [
            *(self.events[name].eq(symbols.events[name]) for name, _ in SYMBOL_EVENTS),
            *(self.events[name].eq(orders.events[name]) for name, _ in ORDER_EVENTS),
            self.events.prices_far.eq(orders.level.valid & orders.level.insert & far_5),
            self.events.far_full.eq(far.full), self.events.level_overflow.eq(levels.overflow | far.overflow),
            self.events.level_underflow.eq(levels.underflow), self.events.msgs_clearing.eq(dropped),
            self.events.records_cut.eq(publisher.cut)]

        m.submodules.invariants = invariants = Invariants(sizes=sizes, depth=DEPTH)
        wiring.connect(m, wiring.flipped(self.i), invariants.i)
        m.d.comb += [
            invariants.hit.eq(symbols.hit), invariants.index.eq(symbols.index),
            invariants.clearing.eq(self.clearing), invariants.cleared.eq(started),
            invariants.best_valid.eq(levels.best_valid), invariants.best_symbol.eq(levels.best_row[:-1]),
            invariants.commit.eq(commit), invariants.commit_symbol.eq(symbol_at[DEPTH]),
            invariants.commit_seq.eq(said.feed_seq), invariants.overflow.eq(levels.overflow),
            invariants.underflow.eq(levels.underflow), invariants.start.eq(publisher.start),
            invariants.ready.eq(publisher.ready)]
        return m

    def _flags(self, incomplete, error, crossed):
        """Return the upper half of a state word."""
        bits = {State.STALE: self.stale, State.INCOMPLETE: incomplete, State.CROSSED: crossed,
                State.ERROR: error | self.feed_error, State.SUSPECT: self.suspect, State.CLEARING: self.clearing}
        word = Const(0, 32)
        for flag, value in bits.items():
            word = word | value << (int(flag).bit_length() - 1)
        return word
