"""What a board's bitstream holds: clocks, a MAC at every port, and the station that answers there."""

from amaranth.hdl import C, Cat, ClockDomain, DomainRenamer, Elaboratable, Module, Signal
from amaranth.lib import io
from amaranth.lib.wiring import connect

from boards.board import BoardError
from boards.pll import Clocks
from boards.rgmii import RgmiiPins
from gateware.net.ip.responder import Responder
from gateware.net.mac.mac import Mac

__all__ = ["Top"]

#: How long the PHYs are held in reset, and how long a LED shows a frame, in fractions of a second.
RESET_FRACTION, BLINK_FRACTION = 50, 20


class Top(Elaboratable):
    """All of ``board``: port n is a station of its own at ``mac`` + n and ``ip`` + n, and answers ARP and ping.

    LEDs, as many as there are: every port has a gigabit link; a good frame came; one with an error came; a request was
    dropped. The PHYs are in reset for the first 20 ms. Reset: when the PLL has no lock.
    """

    def __init__(self, board, *, mac: int, ip: int):
        ports = len(board.ports)
        if not 0 <= mac < (1 << 48) - ports or mac >> 40 & 1:
            raise BoardError(f"MAC address must be one of a single station, not {mac:#014x}")
        if not 0 < ip < 0xE000_0000 - ports:
            raise BoardError(f"IP address must be one of a single station, not {ip:#010x}")
        self.board, self.mac, self.ip = board, mac, ip

    def elaborate(self, platform):
        m = Module()
        board = self.board
        m.submodules.clock = clock = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
        m.submodules.clocks = clocks = Clocks(clock_hz=board.clock_hz, core_hz=board.core_hz)
        m.domains.sync, m.domains.tx = sync, tx = ClockDomain("sync"), ClockDomain("tx")
        m.d.comb += [clocks.clock.eq(clock.i), sync.clk.eq(clocks.core_clk), tx.clk.eq(clocks.tx_clk)]

        macs, responders = [], []
        for port in board.ports:
            n, domain = port.number, f"rx{port.number}"
            pins = platform.request("rgmii", n, dir=dict.fromkeys(
                ("rx_clk", "rx_ctl", "rx_data", "tx_clk", "tx_ctl", "tx_data"), "-"))
            m.submodules[f"pins{n}"] = shell = RgmiiPins(
                pins, rx_taps=port.rx_taps, tx_taps=port.tx_taps, domain=domain)
            m.domains += (rx := ClockDomain(domain, reset_less=True))
            m.d.comb += rx.clk.eq(shell.rx_clk)
            mac, responder = Mac(hz=board.core_hz), Responder()
            m.submodules[f"mac{n}"] = DomainRenamer({"rx": domain})(mac)
            m.submodules[f"responder{n}"] = responder
            connect(m, shell.rx, mac.rx)
            connect(m, mac.tx, shell.tx)
            connect(m, mac.o, responder.i)
            connect(m, responder.o, mac.i)
            m.d.comb += [responder.mac.eq(C(self.mac + n, 48)), responder.ip.eq(C(self.ip + n, 32))]
            macs.append(mac)
            responders.append(responder)

        self._reset_phys(m, platform)
        good = Cat(mac.events.good for mac in macs).any()
        bad = Cat(mac.events[name] for mac in macs for name in ("fcs", "coding", "lost", "jabbers", "fragments")).any()
        busy = Cat(responder.events.busy for responder in responders).any()
        shown = [Cat(mac.status.gigabit for mac in macs).all(), *(
            self._stretch(m, name, event) for name, event in (("good", good), ("bad", bad), ("busy", busy)))]
        for (name, number, part), value in zip(board.leds, shown, strict=False):
            resource = platform.request(name, number, dir={part: "-"} if part else "-")
            m.submodules[f"{name}{number}"] = led = io.Buffer("o", getattr(resource, part) if part else resource)
            m.d.comb += led.o.eq(value)
        return m

    def _reset_phys(self, m, platform):
        """Hold all PHYs in reset for a while; their management wires rest."""
        cycles = self.board.core_hz // RESET_FRACTION
        waited = Signal(range(cycles + 1))
        with m.If(waited != cycles):
            m.d.sync += waited.eq(waited + 1)
        for number in sorted(number for name, number in platform.resources if name == "phy"):
            wires = platform.request("phy", number, dir={"rst": "-", "mdc": "-", "mdio": "-"})
            m.submodules[f"phy_reset{number}"] = reset = io.Buffer("o", wires.rst)
            m.submodules[f"phy_mdc{number}"] = mdc = io.Buffer("o", wires.mdc)
            m.d.comb += [reset.o.eq(waited != cycles), mdc.o.eq(0)]

    def _stretch(self, m, name, event):
        """Return a level that stands for a while after every ``event``."""
        cycles = self.board.core_hz // BLINK_FRACTION
        left = Signal(range(cycles + 1), name=f"{name}_left")
        with m.If(event):
            m.d.sync += left.eq(cycles)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        return left != 0
