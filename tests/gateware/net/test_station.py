"""A ping, and what must come before it, at the pins of a PHY."""

import pytest
from amaranth.hdl import C, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.interfaces import FrameStream
from gateware.net.ip.responder import Responder
from gateware.net.mac.split import SendStream
from tests.gateware.net.ip.packets import BROADCAST, OUR_IP, OURS, PEER, PEER_IP, arp, echo
from tests.gateware.net.mac.line import PREAMBLE, carrier, fcs, gap
from tests.gateware.net.mac.pins import Pins, at

#: Until the receive clock was measured, in bytes.
MEASURE = 150
ASKED = arp(1, to=BROADCAST, sender=PEER, sender_ip=PEER_IP, target=bytes(6), target_ip=OUR_IP)
TOLD = arp(2, to=PEER, sender=OURS, sender_ip=OUR_IP, target=PEER, target_ip=PEER_IP)
PING = echo(8, bytes(range(56)), to=OURS, sender=PEER, source=PEER_IP, destination=OUR_IP)
PONG = echo(0, bytes(range(56)), to=PEER, sender=OURS, source=OUR_IP, destination=PEER_IP)


class Station(wiring.Component):
    """The responder at a fixed address."""

    i: In(FrameStream)
    o: Out(SendStream)

    def elaborate(self, platform):
        m = Module()
        m.submodules.responder = responder = Responder()
        connect(m, flipped(self.i), responder.i)
        connect(m, responder.o, flipped(self.o))
        m.d.comb += [
            responder.mac.eq(C(int.from_bytes(OURS, "big"), 48)), responder.ip.eq(C(int.from_bytes(OUR_IP, "big"), 32))]
        return m


def on_wire(frame: bytes) -> bytes:
    return PREAMBLE + frame + fcs(frame)


@pytest.mark.parametrize("core_ns", [8.0, 16.0])
def test_a_computer_that_pings_is_answered(core_ns):
    spoiled = on_wire(PING)[:-1] + bytes([on_wire(PING)[-1] ^ 1])
    line = gap(MEASURE) + carrier(on_wire(ASKED)) + gap(100) + carrier(spoiled) + gap(12) + carrier(on_wire(PING))
    pins = Pins(core_ns=core_ns, station=Station()).run(8 * len(line) + 1800, line=at(line))
    assert pins.carriers == [[on_wire(TOLD), False], [on_wire(PONG), False]]
    assert pins.events == {"good": 2, "fcs": 1, "sent": 2}
    if core_ns == 8.0:
        # From the last byte of the ping's FCS to the first of the echo's preamble.
        assert 21 <= (pins.carrier_times[-1] - pins.bytes_in[len(line) - 1]) / 8 < 22
