"""What a board's bitstream holds: clocks, a station at every port, and behind them feed handler, book and risk gate."""

from dataclasses import replace

from amaranth.hdl import C, Cat, ClockDomain, Elaboratable, Module, Signal
from amaranth.lib import io
from amaranth.lib.wiring import connect

from boards.board import BoardError
from boards.lamps import Lamps
from boards.pll import Clocks, core_clock
from boards.port import GigabitPort
from gateware.device import Device
from gateware.hostlink.station import Station
from gateware.net.ip.responder import Responder
from gateware.net.mac.mdio import divisor
from gateware.net.mac.phys import Phys
from gateware.net.merge import Merge
from wire.etherbone import PORT
from wire.hostlink import STATUS_PHYS
from wire.profiles import PROFILES

__all__ = ["Top"]

#: How long the PHYs are held in reset, in fractions of a second.
RESET_FRACTION = 50


class Top(Elaboratable):
    """All of ``board``, or as many of its ports as fit: port n is a station of its own at ``mac`` + n and ``ip`` + n,
    and answers ARP and ping. The frames of all ports go to one device of the board's profile, whose pages and rings the
    host has at UDP port 1234 of port 0 (gateware/hostlink/station.py).

    host: IP address of who may write; 0: nobody. profile: name of another profile than the board's; its core runs at
    the fastest clock not above its own that the PLL makes. build: what the BUILD register says.

    LEDs: boards/lamps.py. The PHYs are in reset for the first 20 ms, and asked for their links then. Reset: when the
    PLL has no lock.
    """

    def __init__(self, board, *, mac: int, ip: int, host: int = 0, profile: str | None = None, build: int = 0):
        ports = len(board.ports)
        if not 0 <= mac < (1 << 48) - ports or mac >> 40 & 1:
            raise BoardError(f"MAC address must be one of a single station, not {mac:#014x}")
        if not 0 < ip < 0xE000_0000 - ports:
            raise BoardError(f"IP address must be one of a single station, not {ip:#010x}")
        if not 0 <= host < 0xE000_0000:
            raise BoardError(f"the host's IP address must be one of a single station, or 0, not {host:#010x}")
        name = profile or board.profile
        if name not in PROFILES:
            raise BoardError(f"profile must be one of {', '.join(PROFILES)}, not {name!r}")
        self.board, self.mac, self.ip, self.host, self.build = board, mac, ip, host, build
        self.profile = replace(PROFILES[name], clock_hz=core_clock(PROFILES[name].clock_hz))

    def elaborate(self, platform):
        m = Module()
        board, profile = self.board, self.profile
        hz = profile.clock_hz
        m.submodules.clock = clock = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
        m.submodules.clocks = clocks = Clocks(clock_hz=board.clock_hz, core_hz=hz)
        m.domains.sync, m.domains.tx = sync, tx = ClockDomain("sync"), ClockDomain("tx")
        m.d.comb += [clocks.clock.eq(clock.i), sync.clk.eq(clocks.core_clk),
                     sync.rst.eq(clocks.core_reset), tx.clk.eq(clocks.tx_clk)]

        m.submodules.device = device = Device(profile=profile, build=self.build)
        ports, states = [], self._manage_phys(m, platform, hz)
        for port in board.ports[:board.fits]:
            n, domain = port.number, f"rx{port.number}"
            pins = platform.request("rgmii", n, dir=dict.fromkeys(
                ("rx_clk", "rx_ctl", "rx_data", "tx_clk", "tx_ctl", "tx_data"), "-"))
            m.submodules[f"port{n}"] = gigabit = GigabitPort(pins, port=port, hz=hz, domain=domain)
            m.submodules[f"station{n}"] = station = Responder() if ports else Station(profile=profile)
            m.domains += (rx := ClockDomain(domain, reset_less=True))
            connect(m, station.o, gigabit.i)
            m.d.comb += [
                rx.clk.eq(gigabit.rx_clk), station.i.valid.eq(gigabit.o.valid), station.i.p.eq(gigabit.o.p),
                station.mac.eq(C(self.mac + n, 48)), station.ip.eq(C(self.ip + n, 32))]
            if not ports:
                connect(m, station.bus, device.bus)
                connect(m, device.ring, station.ring)
                if profile.accounts:
                    connect(m, device.verdicts, station.verdicts)
                m.d.comb += [
                    station.port.eq(C(PORT, 16)), station.host.eq(C(self.host, 32)),
                    station.mac_events.eq(gigabit.events),
                    station.status[STATUS_PHYS:].eq(Cat(state.as_value() for state in states))]
                link = station
            m.d.comb += link.status[2 * n:2 * n + 2].eq(Cat(gigabit.status.running, gigabit.status.gigabit))
            ports.append(gigabit)
        if len(ports) == 1:
            connect(m, ports[0].o, device.rx)
        else:
            m.submodules.merge = merge = Merge(ports=len(ports))
            for n, gigabit in enumerate(ports):
                connect(m, gigabit.o, merge.i[n])
            connect(m, merge.o, device.rx)

        # As many PHYs as we have ports must have a link, or not answer.
        linked = sum(state.link | ~state.found for state in states) >= board.fits
        m.submodules.lamps = lamps = Lamps(count=len(board.leds), hz=hz)
        m.d.comb += [
            lamps.link.eq(Cat(gigabit.status.gigabit for gigabit in ports).all() & linked),
            lamps.alive.eq(device.health.alive), lamps.stale.eq(device.health.stale),
            lamps.killed.eq(device.health.killed)]
        for n, (name, number, part) in enumerate(board.leds):
            resource = platform.request(name, number, dir={part: "-"} if part else "-")
            m.submodules[f"{name}{number}"] = led = io.Buffer("o", getattr(resource, part) if part else resource)
            m.d.comb += led.o.eq(lamps.o[n])
        return m

    def _manage_phys(self, m, platform, hz):
        """Hold all PHYs in reset for a while, then ask them for ever; return the states of all."""
        cycles = hz // RESET_FRACTION
        waited = Signal(range(cycles + 1))
        with m.If(waited != cycles):
            m.d.sync += waited.eq(waited + 1)
        numbers = sorted(number for name, number in platform.resources if name == "phy")
        states = []
        for number in numbers:
            wires = platform.request("phy", number, dir={"rst": "-", "mdc": "-", "mdio": "-"})
            m.submodules[f"phys{number}"] = phys = Phys(half=divisor(hz), count=len(self.board.ports) // len(numbers))
            m.submodules[f"phy_reset{number}"] = reset = io.Buffer("o", wires.rst)
            m.submodules[f"phy_mdc{number}"] = mdc = io.Buffer("o", wires.mdc)
            m.submodules[f"phy_mdio{number}"] = mdio = io.Buffer("io", wires.mdio)
            m.d.comb += [
                reset.o.eq(waited != cycles), mdc.o.eq(phys.mdc), mdio.o.eq(phys.mdio), mdio.oe.eq(phys.mdio_drive),
                phys.mdio_seen.eq(mdio.i)]
            states += [phys.state[n] for n in range(phys.count)]
        return states
