"""The table of open orders."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.ram import Ram
from gateware.risk.interfaces import Sizes

__all__ = ["Orders"]


class Orders(wiring.Component):
    """One entry for each place; none was ever used when the device is configured; a reset leaves them alone.

    Latency: an entry is read in a slot's cycle 1 and there in cycle 2; what is written is read from the next cycle on,
    what is read in the cycle of its writing is anything. Throughput: one read and one write a cycle.

    Members
    -------
    place_1 : whose entry is ``entry_2`` a cycle later
    entry_2 : the entry
    place_6 : where a request writes
    new_6, order_6 : strobe, an order comes, with nothing filled and no replace
    replace_6, waiting_6 : strobe, a replace waits
    put, put_place, put_entry : strobe, a report changes an entry; never together with a request
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        place = sizes.place_bits
        super().__init__({
            "place_1": In(place), "entry_2": Out(sizes.entry),
            "place_6": In(place), "new_6": In(1), "order_6": In(sizes.order),
            "replace_6": In(1), "waiting_6": In(sizes.replace),
            "put": In(1), "put_place": In(place), "put_entry": In(sizes.entry)})

    def elaborate(self, platform):
        m = Module()
        place = Signal(self.sizes.place_bits)
        m.d.comb += place.eq(Mux(self.put, self.put_place, self.place_6))
        for name, layout, asked, word in (
                ("order", self.sizes.order, self.new_6, self.order_6.as_value()),
                ("replace", self.sizes.replace, self.new_6 | self.replace_6,
                 Mux(self.new_6, 0, self.waiting_6.as_value())),
                ("history", self.sizes.history, self.new_6, 0)):
            m.submodules[name] = rows = Ram(width=layout.size, depth=self.sizes.orders)
            m.d.comb += [
                rows.r_addr.eq(self.place_1), self.entry_2[name].eq(rows.r_data), rows.w_addr.eq(place),
                rows.w_en.eq(asked | self.put),
                rows.w_data.eq(Mux(self.put, self.put_entry[name].as_value(), word))]
        return m
