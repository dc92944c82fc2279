"""Symbols followed: which message belongs to which, their locates and their trading states."""

from amaranth.hdl import Assert, Cat, Format, Module, Mux, Signal, unsigned
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Sizes
from gateware.interfaces import MessageStream
from gateware.select import number_of
from wire.itch50 import (
    BOOK_TYPES,
    MESSAGES,
    STATE_TYPES,
    MwcbLevel,
    OperationalAction,
    OperationalMarket,
    RegSho,
    SystemEvent,
    TradingAction,
)
from wire.records import STATE_DOC, TradingState

__all__ = ["NAME_BITS", "LOCATE_BITS", "STATE_WORD", "LOCATE", "SYMBOL_EVENTS", "SymbolConfig", "Symbols"]

_STOCK = MESSAGES["R"].field("stock")
_LOCATE = MESSAGES["R"].field("locate")
#: S and W have their code at the same place, and so have H, Y and h; h has its action behind it.
_EVENT_AT = MESSAGES["S"].field("event").offset
_STATE_AT = MESSAGES["H"].field("state").offset
_ACTION_AT = MESSAGES["h"].field("action").offset
NAME_BITS = 8 * _STOCK.size
LOCATE_BITS = 8 * _LOCATE.size

#: Messages of no symbol that change the state word of every symbol.
_MARKET_TYPES = "SW"
#: Messages of one symbol that belong to the state stage. P changes no state word, but is a trade the book tells of.
_SYMBOL_TYPES = "".join(kind for kind in STATE_TYPES if kind not in _MARKET_TYPES) + "P"

#: The part of a state word (wire/records.py) that messages decide.
STATE_WORD = data.FlexibleLayout(16, {
    name: data.Field(unsigned(width), lsb) for name, (lsb, width) in STATE_DOC.items() if lsb < 16})

#: A locate in force.
LOCATE = data.StructLayout({"locate": LOCATE_BITS, "valid": 1})

#: Each message presented strobes one of these.
SYMBOL_EVENTS = data.StructLayout({"msgs_other_symbol": 1, "msgs_state": 1, "msgs_book": 1, "msgs_ignored": 1})

_TRADING = {TradingAction.HALTED: TradingState.HALTED, TradingAction.PAUSED: TradingState.PAUSED,
            TradingAction.QUOTATION: TradingState.QUOTATION, TradingAction.TRADING: TradingState.TRADING}
_MARKETS = (OperationalMarket.NASDAQ, OperationalMarket.BX, OperationalMarket.PSX)
_PHASES = (SystemEvent.START_OF_MESSAGES, SystemEvent.START_OF_SYSTEM_HOURS, SystemEvent.START_OF_MARKET_HOURS,
           SystemEvent.END_OF_MARKET_HOURS, SystemEvent.END_OF_SYSTEM_HOURS, SystemEvent.END_OF_MESSAGES)
#: After these nothing is traded.
_CLOSED = (SystemEvent.END_OF_SYSTEM_HOURS, SystemEvent.END_OF_MESSAGES)


class SymbolConfig(wiring.Signature):
    """What to follow in entry ``select``; all of it takes force at once, on ``write``.

    name: stock name, first character in bits 7..0, padded with spaces.
    base: lowest tick of the window.
    locate, locate_valid: the symbol's locate, if the host knows it.
    learn: take the locate from the R message with this name.
    enable: follow the symbol.
    """

    def __init__(self, *, profile):
        self.profile = profile
        super().__init__({
            "write": Out(1), "select": Out(range(profile.symbols)), "name": Out(NAME_BITS),
            "base": Out(Sizes(profile).tick_bits), "locate": Out(LOCATE_BITS), "locate_valid": Out(1),
            "learn": Out(1), "enable": Out(1)})

    def __eq__(self, other):
        return isinstance(other, SymbolConfig) and self.members == other.members

    def __repr__(self):
        return f"SymbolConfig(profile={self.profile!r})"


class Symbols(wiring.Component):
    """Finds a message's symbol by its stock locate, learns locates from R messages, keeps the state words.

    Latency: ``valid``, ``hit``, ``index`` and ``base`` two cycles after ``i``; ``events`` and ``state_changed`` three,
    and in that cycle a read port that is given the index reads the new state word. Throughput: one message a cycle.

    A configuration write takes the first cycle behind it in which there is no message, for they share the comparison of
    names, and is in force, whole, for messages presented from the third cycle after that on. A message that is then in
    the pipeline for the entry's former name is one of no followed symbol; one for the same name is kept. A write of the
    name that the entry already has keeps its state word, and without ``locate_valid`` also its locate; another name
    begins with an empty state word. The next write comes when the one before is in force; two R messages are at least
    three cycles apart.

    An R message whose stock name is that of an enabled entry with ``learn`` gives it its locate, for the very next
    message at the latest, and is itself one of that symbol. Neither a locate nor a name to learn is ever held by two
    entries: the newest holder wins, the older one has no valid locate (no ``learn``) any more.

    Reset: no symbol is followed, all state words are 0.

    Members
    -------
    i : messages
    config : configuration
    configured, configured_index : a write is being applied: ``base`` is the new one from the next cycle on
    valid : a message is at the output
    hit, index : it belongs to the followed symbol ``index``; never so for S and W
    base : lowest tick of that symbol's window; arbitrary for R
    events : SYMBOL_EVENTS
    state_changed, state_index : a message that acts on the state word of ``state_index`` has done so
    state_changed_all : S or W has acted on every state word
    followed : symbols that are followed
    trading : symbols whose trading state is TRADING, without operational halt, market-wide breaker or end of day
        (system events E, C); one cycle after ``state_changed``
    short_restricted : symbols under Reg SHO, likewise
    read_index, read_state, read_locate, read_base : read port of the publisher, outputs one cycle after the index
    select, select_state, select_locate : the same for the host
    touch_index, touch_base : ``base`` of a symbol, no latency
    """

    def __init__(self, *, profile):
        self.profile = profile
        self.sizes = Sizes(profile)
        index = range(profile.symbols)
        super().__init__({
            "i": In(MessageStream), "config": In(SymbolConfig(profile=profile)),
            "configured": Out(1), "configured_index": Out(index),
            "valid": Out(1), "hit": Out(1), "index": Out(index), "base": Out(self.sizes.tick_bits),
            "events": Out(SYMBOL_EVENTS),
            "state_changed": Out(1), "state_index": Out(index), "state_changed_all": Out(1),
            "followed": Out(self.profile.symbols), "trading": Out(self.profile.symbols),
            "short_restricted": Out(self.profile.symbols),
            "touch_index": In(index), "touch_base": Out(self.sizes.tick_bits),
            "read_index": In(index), "read_state": Out(STATE_WORD), "read_locate": Out(LOCATE),
            "read_base": Out(self.sizes.tick_bits),
            "select": In(index), "select_state": Out(STATE_WORD), "select_locate": Out(LOCATE)})

    def elaborate(self, platform):
        m = Module()
        count = self.profile.symbols
        message = self.i.p.data

        # What each entry holds.
        enable, learns, known = Signal(count), Signal(count), Signal(count)
        names = [Signal(NAME_BITS, name=f"name_{n}") for n in range(count)]
        locates = [Signal(LOCATE_BITS, name=f"locate_{n}") for n in range(count)]
        m.submodules.bases = bases = memory.Memory(shape=self.sizes.tick_bits, depth=count, init=[])
        base_write, *base_reads = bases.write_port(), *(bases.read_port(domain="comb") for _ in range(3))

        # Configuration: a write waits until no message takes the comparators of names. Is it the name that the entry
        # has? Who else has it? In the cycle behind that, apply.
        fields = data.StructLayout({
            name: member.shape for name, member in self.config.signature.members.items() if name != "write"})
        held, config = Signal(fields), Signal(fields)
        pending, compares, compared = Signal(), Signal(), Signal()
        name_1 = [Signal(count, name=f"name_match_{part}") for part in range(4)]
        same = name_1[0] & name_1[1] & name_1[2] & name_1[3]
        applies, applied, replaced, outdone = Signal(), Signal(count), Signal(count), Signal(count)
        claimed = Signal()
        m.d.sync += [
            compared.eq(compares), applies.eq(compared), claimed.eq(compared & config.locate_valid),
            applied.eq(0), replaced.eq(0), outdone.eq(0)]
        with m.If(self.config.write):
            m.d.sync += [pending.eq(1), *(held[name].eq(getattr(self.config, name)) for name, _ in held.shape())]
        with m.Elif(compares):
            m.d.sync += pending.eq(0)
        with m.If(compares):
            m.d.sync += config.eq(held)
        with m.If(compared):
            for n in range(count):
                chosen = config.select == n
                m.d.sync += [
                    applied[n].eq(chosen), replaced[n].eq(chosen & ~same[n]),
                    outdone[n].eq(~chosen & same[n] & config.learn)]

        # Cycle 0: compare. The name in quarters, so that little logic hangs on the message.
        valid_1, directory_1 = Signal(), Signal()
        kind_1 = Signal(8)
        locate_0, locate_1 = Signal(LOCATE_BITS), Signal(LOCATE_BITS)
        m.d.comb += locate_0.eq(Cat(message[at] for at in reversed(range(_LOCATE.offset, _LOCATE.end))))
        again_1 = Signal()              # same locate as the message before
        quarter = NAME_BITS // 4
        stock = Cat(message[at] for at in range(_STOCK.offset, _STOCK.end))
        found_1, follows_1 = Signal(count), Signal(count)     # has the locate; may be used
        code_1 = {at: Signal(8, name=f"code_{at}_1") for at in (_EVENT_AT, _STATE_AT, _ACTION_AT)}
        directory_0 = Signal()
        asked = Signal(NAME_BITS)       # the name to compare with
        m.d.comb += [
            directory_0.eq(self.i.valid & (message[0] == ord("R"))), compares.eq(pending & ~self.i.valid),
            asked.eq(Mux(self.i.valid, stock, held.name))]
        m.d.sync += [valid_1.eq(self.i.valid), directory_1.eq(directory_0)]
        with m.If(self.i.valid):
            m.d.sync += [
                kind_1.eq(message[0]), locate_1.eq(locate_0), again_1.eq(locate_0 == locate_1),
                *(code.eq(message[at]) for at, code in code_1.items()),
                found_1.eq(Cat(locates[n] == locate_0 for n in range(count))),
                follows_1.eq(enable & known & ~replaced)]
        with m.If(directory_0 | pending):
            for part in range(4):
                bits = slice(part * quarter, (part + 1) * quarter)
                m.d.sync += name_1[part].eq(Cat(asked[bits] == names[n][bits] for n in range(count)) & ~replaced)

        # Cycle 1: learn, encode.
        is_1 = {letter: Signal(name=f"is_{letter}_1") for letter in dict.fromkeys(BOOK_TYPES + STATE_TYPES + "P")}
        m.d.comb += [flag.eq(valid_1 & (kind_1 == ord(letter))) for letter, flag in is_1.items()]
        by_name = Signal(count)
        m.d.comb += by_name.eq(Mux(directory_1, same & learns & enable & ~replaced, 0))
        refused = Signal()              # the host gives that locate away in this cycle
        # Who got a locate from the host in the cycle before, and whether it was this one.
        given_1, gave_same_1, claims_same = Signal(count), Signal(), config.locate == locate_0
        m.d.sync += [
            refused.eq(compared & config.locate_valid & claims_same), given_1.eq(Mux(claimed, applied, 0)),
            gave_same_1.eq(claims_same)]
        learned_2, any_learned_2, learned = Signal(count), Signal(), Signal(count)
        m.d.comb += learned.eq(Mux(refused, 0, by_name & ~Mux(claimed, applied, 0)))
        m.d.sync += [learned_2.eq(learned), any_learned_2.eq(learned.any())]
        with m.If(claimed | directory_1):
            for n in range(count):
                with m.If(claimed & ~applied[n] & (locates[n] == config.locate)
                          | learned.any() & ~learned[n] & Mux(given_1[n], gave_same_1, found_1[n])):
                    m.d.sync += known[n].eq(0)
        with m.If(directory_1):
            for n in range(count):
                with m.If(learned[n]):
                    m.d.sync += [locates[n].eq(locate_1), known[n].eq(1)]
        with m.If(applies):
            m.d.sync += learns.eq(learns & ~outdone)
            for n in range(count):
                with m.If(applied[n]):
                    m.d.sync += [
                        names[n].eq(config.name), learns[n].eq(config.learn), enable[n].eq(config.enable)]
                    with m.If(config.locate_valid):
                        m.d.sync += [locates[n].eq(config.locate), known[n].eq(1)]
                    with m.Elif(replaced[n]):
                        m.d.sync += known[n].eq(0)

        # What the R message in the cycle before has learned, this one's comparison has not seen.
        follows = Signal()
        match = Signal(count)
        m.d.comb += [
            follows.eq(again_1 & any_learned_2),
            match.eq((Mux(follows, learned_2, found_1 & follows_1 & ~learned_2)) & ~replaced)]
        market_1 = is_1["S"] | is_1["W"]
        valid_2, hit_2, index_2 = Signal(), Signal(), Signal.like(self.index)
        m.d.sync += [
            valid_2.eq(valid_1), hit_2.eq(valid_1 & ~market_1 & (match.any() | by_name.any()))]
        with m.If(valid_1):
            m.d.sync += index_2.eq(Mux(by_name.any(), number_of(by_name), number_of(match)))
        m.d.comb += [
            self.valid.eq(valid_2), self.hit.eq(hit_2), self.index.eq(index_2),
            base_write.en.eq(applies), base_write.addr.eq(config.select), base_write.data.eq(config.base),
            base_reads[0].addr.eq(index_2), self.base.eq(base_reads[0].data)]

        # Cycle 2: state words and events.
        is_2 = {letter: Signal(name=f"is_{letter}_2") for letter in STATE_TYPES}
        m.d.sync += [is_2[letter].eq(is_1[letter]) for letter in STATE_TYPES]
        event, code, action = code_1[_EVENT_AT], code_1[_STATE_AT], code_1[_ACTION_AT]
        phase, breach, trading, regsho = Signal(3), Signal(2), Signal(3), Signal(2)
        phase_known, breach_known, regsho_known = Signal(), Signal(), Signal()
        halted = Signal(len(_MARKETS))
        lifted = Signal(len(_MARKETS))
        with m.If(valid_1):
            _decode(m, event, {phase: n for n, phase in enumerate(_PHASES, 1)}, phase, phase_known)
            _decode(m, event, {level: n for n, level in enumerate(MwcbLevel, 1)}, breach, breach_known)
            _decode(m, code, _TRADING, trading, Signal(name="trading_known"))
            _decode(m, code, {action: n for n, action in enumerate(RegSho)}, regsho, regsho_known)
            m.d.sync += [
                *(halted[n].eq((code == ord(market)) & (action == ord(OperationalAction.HALTED)))
                  for n, market in enumerate(_MARKETS)),
                *(lifted[n].eq((code == ord(market)) & (action == ord(OperationalAction.LIFTED)))
                  for n, market in enumerate(_MARKETS))]

        market_state = Signal(data.StructLayout({"system_event": 3, "mwcb": 2}))
        with m.If(is_2["S"] & phase_known):
            m.d.sync += market_state.system_event.eq(phase)
        with m.If(is_2["W"] & breach_known):
            m.d.sync += market_state.mwcb.eq(breach)
        own = data.StructLayout({"trading": 3, "operational_halt": 3, "regsho": 2, "luld_collar": 1, "directory": 1})
        states = [{name: Signal(field.width, name=f"{name}_{n}") for name, field in own} for n in range(count)]
        acts = Signal()
        m.d.comb += acts.eq(hit_2 & Cat(is_2[letter] for letter in STATE_TYPES).any())
        with m.If(acts):
            for n, state in enumerate(states):
                with m.If(index_2 == n):
                    with m.If(is_2["H"]):
                        m.d.sync += state["trading"].eq(trading)
                    with m.If(is_2["h"]):
                        m.d.sync += state["operational_halt"].eq(state["operational_halt"] & ~lifted | halted)
                    with m.If(is_2["Y"] & regsho_known):
                        m.d.sync += state["regsho"].eq(regsho)
                    with m.If(is_2["J"]):
                        m.d.sync += state["luld_collar"].eq(1)
                    with m.If(is_2["R"]):
                        m.d.sync += state["directory"].eq(1)
        with m.If(applies):
            for n, state in enumerate(states):
                with m.If(replaced[n]):
                    m.d.sync += [field.eq(0) for field in state.values()]

        book_2, symbol_2 = Signal(), Signal()
        m.d.sync += [
            book_2.eq(Cat(is_1[letter] for letter in BOOK_TYPES).any()),
            symbol_2.eq(Cat(is_1[letter] for letter in _SYMBOL_TYPES).any())]
        market_2 = is_2["S"] | is_2["W"]
        m.d.sync += [
            self.events.msgs_other_symbol.eq(valid_2 & ~hit_2 & ~market_2),
            self.events.msgs_state.eq(hit_2 & symbol_2 | market_2),
            self.events.msgs_book.eq(hit_2 & book_2),
            self.events.msgs_ignored.eq(hit_2 & ~book_2 & ~symbol_2),
            self.state_changed.eq(acts),
            self.state_changed_all.eq(market_2), self.state_index.eq(index_2)]

        m.d.comb += [self.followed.eq(enable), self.configured.eq(applies), self.configured_index.eq(config.select)]
        for index, word, locate in ((self.read_index, self.read_state, self.read_locate),
                                    (self.select, self.select_state, self.select_locate)):
            m.d.sync += [word.system_event.eq(market_state.system_event), word.mwcb.eq(market_state.mwcb)]
            with m.Switch(index):
                for n, state in enumerate(states):
                    with m.Case(n):
                        m.d.sync += [
                            *(word[name].eq(state[name]) for name, _ in own),
                            locate.eq(Cat(locates[n], known[n]))]
        closed = Cat(market_state.system_event == 1 + _PHASES.index(phase) for phase in _CLOSED).any()
        changed = Signal()
        m.d.sync += changed.eq(acts | market_2 | applies)
        with m.If(changed):
            m.d.sync += [
                *(self.trading[n].eq((state["trading"] == TradingState.TRADING) & ~state["operational_halt"].any()
                                     & ~market_state.mwcb.any() & ~closed) for n, state in enumerate(states)),
                *(self.short_restricted[n].eq(state["regsho"].any()) for n, state in enumerate(states))]
        m.d.comb += [
            base_reads[1].addr.eq(self.read_index), base_reads[2].addr.eq(self.touch_index),
            self.touch_base.eq(base_reads[2].data)]
        m.d.sync += self.read_base.eq(base_reads[1].data)

        m.d.sync += Assert(
            ~(self.config.write & pending & ~compares), Format("a configuration write before the last was taken"))
        m.d.comb += [
            Assert(~valid_1 | ((match & (match - 1)[:count]) == 0), Format("a locate held twice: {:b}", match)),
            Assert((by_name & (by_name - 1)[:count]) == 0, Format("a name to learn held twice: {:b}", by_name))]
        return m


def _decode(m, byte, codes, value, known):
    """Register what ``byte`` stands for in ``value``, 0 for a code not in ``codes``, and whether it is in ``known``."""
    m.d.sync += [value.eq(0), known.eq(0)]
    for code, number in codes.items():
        with m.If(byte == ord(code)):
            m.d.sync += [value.eq(number), known.eq(1)]
