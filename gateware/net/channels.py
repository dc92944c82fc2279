"""The channel table: which destinations are ours, and which line they carry."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["CHANNEL", "ChannelMatch"]

#: One entry of the table. ``ip`` as a number, 224.0.0.1 is 0xe0000001; ``line``: 0 is A, 1 is B.
CHANNEL = data.StructLayout({"ip": 32, "port": 16, "line": 1, "enable": 1})


class ChannelMatch(wiring.Component):
    """Compares a frame's destination with the table; of several entries that match, the first wins.

    The address comes first. The port comes with it or later, either ``early``, before the frame's ``settle``, or
    ``late``, in that very cycle. Latency: ``line`` answers in the cycle of ``settle``; ``line`` is then held, and
    ``missed`` follows one cycle later and is held, until the next ``settle``. Throughput: one frame every two cycles.
    A table that changes while a frame's headers pass gives an arbitrary answer for this frame.

    Members
    -------
    channel : the table
    address, address_valid : destination address, strobe; forgets the early port
    early, early_valid : destination port, strobe; may coincide with ``address_valid``
    late, late_valid : destination port in the cycle of ``settle``
    settle : the frame's headers are complete
    line : line of the first entry that matches, 0 when there is none
    missed : no enabled entry matches
    """

    def __init__(self, *, channels: int):
        if channels < 1:
            raise ValueError(f"channels must be at least 1, not {channels}")
        self.channels = channels
        super().__init__({
            "channel": In(data.ArrayLayout(CHANNEL, channels)),
            "address": In(32), "address_valid": In(1),
            "early": In(16), "early_valid": In(1),
            "late": In(16), "late_valid": In(1),
            "settle": In(1), "line": Out(1), "missed": Out(1)})

    def elaborate(self, platform):
        m = Module()
        address_fits, port_fits, hit = Signal(self.channels), Signal(self.channels), Signal(self.channels)
        for n in range(self.channels):
            entry = self.channel[n]
            with m.If(self.address_valid):
                m.d.sync += [address_fits[n].eq(entry.enable & (entry.ip == self.address)), port_fits[n].eq(0)]
            with m.If(self.early_valid):
                m.d.sync += port_fits[n].eq(entry.port == self.early)

            # Which entries stand behind an earlier one for the same destination is known before the port comes, so that
            # of those left at most one hits, and nothing but a gate for each entry comes behind the late port.
            same_port = Signal(n, name=f"same_port{n}")
            m.d.sync += same_port.eq(Cat(self.channel[k].port == entry.port for k in range(n)))
            stands = address_fits[n] & ~(same_port & address_fits[:n]).any()
            m.d.comb += hit[n].eq(stands & (port_fits[n] | self.late_valid & (entry.port == self.late)))

        line, held = Signal(), Signal()
        m.d.comb += [
            line.eq(Cat(hit[n] & self.channel[n].line for n in range(self.channels)).any()),
            self.line.eq(Mux(self.settle, line, held))]
        with m.If(self.settle):
            m.d.sync += [held.eq(line), self.missed.eq(~hit.any())]
        return m
