# Ref: IEEE Std 802.3-2018, clause 22.2.4.2.13 (link status) and table 40-3 (1000BASE-T status)
"""Asks PHYs how they are, for ever."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.net.mac.mdio import Mdio

__all__ = ["STATE", "Phys"]

STATUS, LINK = 1, 2
PARTNER, PARTNER_GIGABIT = 10, 11
#: ``found``: a PHY answers. ``link``: it has a link. ``gigabit``: whoever is at the other end can do 1000BASE-T.
STATE = data.StructLayout({"found": 1, "link": 1, "gigabit": 1})


class Phys(wiring.Component):
    """Looks for PHYs at all ``addresses`` of two management wires, and keeps the state of the first ``count`` of them,
    in the order of their addresses; so nobody need know how a board has strapped them.

    Nothing is written: delays and speeds stay as the board's straps have them. Latency: a state is at most one round
    old, which takes 128 times ``half`` cycles and a few for each address, and as many again for each PHY. A link that
    was lost and came back shows as lost for one round. Errors: of a PHY that no longer answers all is 0 from the next
    round on. Reset: all 0.

    Members
    -------
    state : of each PHY
    mdc, mdio, mdio_drive, mdio_seen : wires, as of Mdio
    """

    def __init__(self, *, half: int, count: int, addresses: int = 32):
        if not 1 <= addresses <= 32:
            raise ValueError(f"addresses must be 1..32, not {addresses}")
        if not 1 <= count <= addresses:
            raise ValueError(f"count must be 1..{addresses}, not {count}")
        self.half, self.count, self.addresses = half, count, addresses
        super().__init__({
            "state": Out(data.ArrayLayout(STATE, count)),
            "mdc": Out(1), "mdio": Out(1, init=1), "mdio_drive": Out(1), "mdio_seen": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.mdio = mdio = Mdio(half=self.half)
        m.d.comb += [
            self.mdc.eq(mdio.mdc), self.mdio.eq(mdio.mdio), self.mdio_drive.eq(mdio.mdio_drive),
            mdio.mdio_seen.eq(self.mdio_seen)]

        address, partner, waiting = Signal(range(self.addresses)), Signal(), Signal()
        number, link = Signal(range(self.count + 1)), Signal()
        m.d.comb += [
            mdio.i.valid.eq(~waiting), mdio.i.payload.phy.eq(address), mdio.i.payload.register.eq(STATUS)]
        with m.If(partner):
            m.d.comb += mdio.i.payload.register.eq(PARTNER)
        with m.If(mdio.i.valid & mdio.i.ready):
            m.d.sync += waiting.eq(1)
        with m.If(mdio.o.valid):
            answer = mdio.o.p
            m.d.sync += [waiting.eq(0), partner.eq(0)]
            with m.If(~partner & ~answer.silent & (number != self.count)):
                m.d.sync += [partner.eq(1), link.eq(answer.data[LINK])]
            with m.Else():
                m.d.sync += address.eq(address + 1)
                with m.If(partner):
                    m.d.sync += number.eq(number + 1)
                    for n in range(self.count):
                        with m.If(number == n):
                            m.d.sync += [
                                self.state[n].found.eq(~answer.silent), self.state[n].link.eq(link & ~answer.silent),
                                self.state[n].gigabit.eq(answer.data[PARTNER_GIGABIT] & ~answer.silent)]
                with m.If(address == self.addresses - 1):
                    m.d.sync += [address.eq(0), number.eq(0)]
                    for n in range(self.count):
                        with m.If((number + partner) <= n):
                            m.d.sync += self.state[n].eq(0)
        return m
