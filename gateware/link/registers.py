"""The register block, made from the table in wire/registers.py."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from gateware.interfaces import RegisterBus
from gateware.select import one_of
from wire.pages import BUS_BITS, Page
from wire.registers import ADDRESS_BITS, COUNTER_BASE, COUNTERS, REGISTERS

__all__ = ["READ_LATENCY", "WRITE_LATENCY", "register_shape", "Registers"]

WORD_BYTES = 4
WORD_BITS = 8 * WORD_BYTES

#: Cycles from ``w_en`` to the cycle in which the new value stands on the register's port, with its strobe.
WRITE_LATENCY = 3

#: Cycles from ``r_en`` to ``r_valid``. A register is sampled two cycles before that: late enough for a read in the
#: cycle after a write to see what the write has caused up to six cycles behind its strobe, anywhere in the device.
READ_LATENCY = 10
_SAMPLED = READ_LATENCY - 2

#: Words whose values are joined in one cycle; the groups are joined in the next.
_GROUP = 8

_COUNTED = frozenset(name.upper() for name, _ in COUNTERS)


def register_shape(register):
    """Return the shape of a register's port: its fields if it has any, else a number of its size."""
    width = 8 * register.size
    if not register.bits:
        return unsigned(width)
    return data.FlexibleLayout(width, {bits.name: data.Field(unsigned(bits.width), bits.lsb) for bits in register.bits})


def _used(register):
    """Mask of the bits that a register has."""
    if not register.bits:
        return (1 << 8 * register.size) - 1
    return sum(((1 << bits.width) - 1) << bits.lsb for bits in register.bits)


def _parts(register):
    """Yield (word address, part) of a register's words, lower first."""
    for part in range(register.size // WORD_BYTES):
        yield register.offset // WORD_BYTES + part, part


class Registers(wiring.Component):
    """Decodes page REGISTERS of the bus and holds what the host has written there. Other pages read as 0.

    Every register of the table but the counters has a port of its name in lower case, of the shape ``register_shape``:
    an output for ``rw`` and ``wo``, an input for ``ro``, none where ``constants`` gives the value. Those that can be
    written also have an output ``<name>_written``, which strobes in the cycle in which the port first shows what was
    written. A ``wo`` port is 0 but in that cycle. A read of a ``wo`` register, of an address without register or of one
    that is no multiple of 4 gives 0; a write to the latter two, or to an ``ro`` register, does nothing but strobe
    ``error``. Bits that a register does not have read as 0.

    Latency: READ_LATENCY and WRITE_LATENCY cycles. Throughput: a read and a write a cycle. Reading the lower word of an
    ``ro`` register of 64 bits latches its upper word, for the reads of an upper word that follow; ``rw`` ones need no
    latch.
    Reset: the values of the table. ``counters`` is how many of the table's counters there are; the rest read as 0.

    Members
    -------
    bus : the bus
    counter_read, counter_index, counter : port of the counters; lower half of a total a cycle after ``counter_read``,
        upper half in the next, unless there was another
    error : a write hit no writable register
    """

    def __init__(self, *, constants, counters):
        known = {register.name for register in REGISTERS if register.access == "ro"} - _COUNTED
        for name, value in constants.items():
            if name not in known:
                raise ValueError(f"constants may name registers that are read-only, not {name!r}")
            if not 0 <= value < 1 << 8 * next(r.size for r in REGISTERS if r.name == name):
                raise ValueError(f"constant {name} must fit its register, not {value}")
        self.constants = {r.name: r.reset for r in REGISTERS if r.name in known and r.reset} | dict(constants)
        if COUNTER_BASE & (COUNTER_BASE - 1) or len(COUNTERS) * 2 * WORD_BYTES > COUNTER_BASE:
            raise ValueError(f"COUNTER_BASE must be a power of two with room for the counters, not {COUNTER_BASE}")
        if not 1 < counters <= len(COUNTERS):
            raise ValueError(f"counters must be 2..{len(COUNTERS)}, not {counters}")
        self.counters = counters
        ports = {}
        for register in self._own():
            name = register.name.lower()
            if register.access == "ro":
                ports[name] = In(register_shape(register))
            else:
                ports[name] = Out(register_shape(register))
                ports[f"{name}_written"] = Out(1)
        super().__init__({
            "bus": In(RegisterBus), "counter_read": Out(1), "counter_index": Out(ceil_log2(counters)),
            "counter": In(WORD_BITS), "error": Out(1), **ports})

    def _own(self):
        """Registers that have a port."""
        return [r for r in REGISTERS if r.name not in _COUNTED and r.name not in self.constants]

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        low = ceil_log2(WORD_BYTES)

        # Write: register the bus, select, act.
        address, w_en, w_data = Signal(BUS_BITS), Signal(), Signal(WORD_BITS)
        act, act_data, hits = Signal(), Signal(WORD_BITS), []
        m.d.sync += [
            address.eq(bus.addr), w_en.eq(bus.w_en & (bus.addr[ADDRESS_BITS:] == Page.REGISTERS)),
            w_data.eq(bus.w_data), act.eq(w_en), act_data.eq(w_data)]
        for register in self._own():
            if register.access == "ro":
                continue
            name = register.name.lower()
            value = Signal(8 * register.size, name=name, init=register.reset if register.access == "rw" else 0)
            written = []
            for word, part in _parts(register):
                hit = Signal(name=f"write_{name}_{part}")
                with m.If(w_en | act):
                    m.d.sync += hit.eq(w_en & (address == word << low))
                mask = _used(register) >> WORD_BITS * part & (1 << WORD_BITS) - 1
                if register.access == "wo":
                    m.d.sync += value.word_select(part, WORD_BITS).eq(0)
                with m.If(hit):
                    m.d.sync += value.word_select(part, WORD_BITS).eq(act_data & mask)
                written.append(hit)
            hits += written
            m.d.sync += getattr(self, f"{name}_written").eq(Cat(written).any())
            m.d.comb += getattr(self, name).eq(value)
        m.d.sync += self.error.eq(act & ~Cat(hits).any())

        # Read: wait for what a write before may cause, select, join in groups, join the groups.
        asks, asked = Signal(_SAMPLED - 1), [bus.addr]
        for cycle in range(1, _SAMPLED):
            asked.append(Signal(BUS_BITS, name=f"asked_{cycle}"))
            m.d.sync += asked[cycle].eq(asked[cycle - 1])
        m.d.sync += asks.eq(Cat(bus.r_en, asks))
        select = asked[-1]
        answer = Signal()
        m.d.sync += answer.eq(asks[-1])

        def selected(word, name):
            hit = Signal(name=f"read_{name}")
            with m.If(asks[-1]):
                m.d.sync += hit.eq(select == word << low)
            return hit

        words, uppers, latched = [], [], []
        for register in REGISTERS:
            if register.name in _COUNTED or register.access == "wo":
                continue
            name = register.name.lower()
            if register.name in self.constants:
                value = Const(self.constants[register.name], 8 * register.size)
            else:
                value = Signal(8 * register.size, name=f"{name}_value")
                m.d.comb += value.eq(getattr(self, name))
            for word, part in _parts(register):
                hit = selected(word, f"{name}_{part}")
                if register.access == "ro" and part:
                    latched.append(hit)
                    continue
                words.append((hit, value.word_select(part, WORD_BITS)))
                if register.access == "ro" and register.size > WORD_BYTES:
                    uppers.append((hit, value[WORD_BITS:]))

        # Counters lie in the upper part of the address space, from a power of two on: one bit tells them. Two cycles
        # ahead of all else they are told apart and asked, so that both halves are there when a register is sampled.
        base_bit, early = ceil_log2(COUNTER_BASE), asked[_SAMPLED - 3]
        found = [Signal(2, name=f"read_counter_{stage}") for stage in (2, 1, 0)]
        counts = asks[_SAMPLED - 4] & (early[base_bit:] == 1) & (early[:low] == 0) & (
            early[low + 1:base_bit] < self.counters)
        lower_half = Signal(WORD_BITS)
        m.d.sync += [
            found[0].eq(Cat(counts & ~early[low], counts & early[low])), lower_half.eq(self.counter),
            *(later.eq(now) for now, later in zip(found, found[1:], strict=False))]
        m.d.comb += [
            self.counter_read.eq(found[0][0]), self.counter_index.eq(asked[_SAMPLED - 2][low + 1:base_bit])]
        words.append((found[-1][0], lower_half))
        uppers.append((found[-1][0], self.counter))
        latched.append(found[-1][1])

        groups = [_join(m, answer, words[n:n + _GROUP], f"group_{n}") for n in range(0, len(words), _GROUP)]
        upper_groups = [
            _join(m, answer, uppers[n:n + _GROUP], f"upper_group_{n}") for n in range(0, len(uppers), _GROUP)]
        joins, load, recall = Signal(), Signal(), Signal()
        m.d.sync += [
            joins.eq(answer), load.eq(answer & Cat(hit for hit, _ in uppers).any()), recall.eq(Cat(latched).any())]
        upper = Signal(WORD_BITS)
        with m.If(load):
            m.d.sync += upper.eq(reduce(or_, upper_groups))
        m.d.sync += bus.r_valid.eq(joins)
        with m.If(joins):
            m.d.sync += bus.r_data.eq(reduce(or_, groups) | Mux(recall, upper, 0))
        return m


def _join(m, answer, choices, name):
    """Register the value whose select bit is set, 0 if none is, when there is an answer to give."""
    joined = Signal(WORD_BITS, name=name)
    with m.If(answer):
        m.d.sync += joined.eq(one_of(*zip(*choices, strict=True)))
    return joined
