"""Rows of sums, exact for orders that follow each other in every cycle."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Sums"]


class Sums(wiring.Component):
    """Rows of sums, all 0 when the device is configured; a reset leaves them alone.

    A slot's key is given in its cycle 2. In cycle 4 its row is known but for what the slot right before it does, in
    cycle 5 whole. In cycle 5 it is known whether it is accepted, in cycle 6 its row as it becomes then. This is taken
    on, if the key is the same, by those behind it and by the memory. Throughput: a slot a cycle.

    A write from elsewhere (``put``) must come while no slot is in cycles 3 to 6; it is read by one which is in cycle 3
    in the next cycle or later.

    Members
    -------
    key_2 : key of the slot in cycle 2
    row_4, row_5 : row of the slot in cycle 4, without the slot before it; of that in cycle 5, whole
    follows_4 : the slot in cycle 4 has the same key as that before it
    accepted_5 : the slot in cycle 5 is accepted
    after_6, accepted_6 : the row after the slot in cycle 6, and whether it was accepted
    put, put_key, put_row : write
    shown_key, shown : the row in the memory, for reading out
    """

    def __init__(self, *, layout, depth: int):
        self.layout, self.depth = layout, depth
        key = range(depth)
        super().__init__({
            "key_2": In(key), "row_4": Out(layout), "row_5": Out(layout), "follows_4": Out(1),
            "accepted_5": In(1), "after_6": In(layout), "accepted_6": In(1),
            "put": In(1), "put_key": In(key), "put_row": In(layout),
            "shown_key": In(key), "shown": Out(layout)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.rows = rows = memory.Memory(shape=self.layout, depth=self.depth, init=[])
        write, read, show = rows.write_port(), rows.read_port(domain="comb"), rows.read_port(domain="comb")
        key = {2: self.key_2}
        for cycle in range(3, 7):
            key[cycle] = Signal.like(self.key_2, name=f"key_{cycle}")
            m.d.sync += key[cycle].eq(key[cycle - 1])
        # A slot takes on the row of that in cycle 6 in each of its cycles 3 to 5. Whether it does has a register of its
        # own, since many bits wait for it; it is cleared if the key is another.
        same_3, take = Signal(), {cycle: Signal(name=f"take_{cycle}") for cycle in (3, 4, 5)}
        m.d.sync += [same_3.eq(key[2] == key[4]), self.follows_4.eq(key[3] == key[4])]
        for cycle, same in ((3, key[2] == key[5]), (4, same_3), (5, self.follows_4)):
            m.d.sync += take[cycle].eq(0)
            with m.If(same):
                m.d.sync += take[cycle].eq(self.accepted_5)
        found = {3: read.data}
        for cycle in (4, 5):
            found[cycle] = Signal(self.layout, name=f"found_{cycle}")

        def taken(cycle):
            return Mux(take[cycle], self.after_6.as_value(), found[cycle].as_value())

        m.d.comb += [
            read.addr.eq(key[3]), self.row_4.eq(taken(4)), self.row_5.eq(taken(5)),
            write.en.eq(self.accepted_6 | self.put), write.addr.eq(Mux(self.put, self.put_key, key[6])),
            write.data.eq(Mux(self.put, self.put_row.as_value(), self.after_6.as_value())),
            show.addr.eq(self.shown_key), self.shown.eq(show.data)]
        m.d.sync += [found[4].eq(taken(3)), found[5].eq(self.row_4)]
        return m
