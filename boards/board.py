# Ref: Lattice FPGA-DS-02012, "ECP5 and ECP5-5G Family" (delay taps, PLL)
"""What a board is to us: its ports, clocks and pins, all named alike."""

from dataclasses import dataclass

from amaranth.build import Attrs, Clock, Pins, PinsN, Resource, Subsignal

from gateware.ram import VerilogPlatform

__all__ = ["BoardError", "Port", "Board", "RX_HZ", "TAP_PS", "normalised"]

#: The receive clock of a gigabit link.
RX_HZ = 125_000_000
#: Nominal delay of a tap of an I/O delay cell, of which there are 127.
TAP_PS = 25


class BoardError(Exception):
    """A board is not known, or its description is not what it must be."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """A gigabit port: number of its ``rgmii`` resource, and how much the FPGA delays, in taps of 25 ps.

    RGMII needs the clock about 2 ns behind the data, in both directions; whatever the FPGA does not delay the PHY does.
    """

    number: int
    rx_taps: int
    tx_taps: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board. clock_hz: of its oscillator. profile: sizes of the device and clock of its core, in wire/profiles.py.
    fits: how many of its ports the design has, from the first on; a small FPGA has no room for all. crowded: the design
    is made small rather than fast.
    leds: as (resource, number, component), with the meanings and in the order of boards/lamps.py. idcode: what the FPGA
    answers by JTAG. cable: what openFPGALoader calls the cable that is on the board, None when one must be connected.
    Raises BoardError when the design would have no port, or more than there are.
    """

    name: str
    title: str
    phy: str
    platform: type
    clock_hz: int
    profile: str
    ports: tuple[Port, ...]
    fits: int
    leds: tuple[tuple[str, int, str], ...]
    idcode: int
    cable: str | None
    crowded: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.fits <= len(self.ports):
            raise BoardError(f"{self.name}: fits must be 1..{len(self.ports)}, its ports, not {self.fits}")


def normalised(platform):
    """Return ``platform``, a class of amaranth-boards, with its Ethernet resources as ours.

    ``rgmii`` n has ``rx_clk``, ``rx_ctl``, ``rx_data`` and the same for ``tx``, whatever they are called there, with a
    clock constraint on the receive clock, which is missing there. ``phy`` n has ``rst``, ``mdc`` and ``mdio``; PHYs
    that share these wires are one resource. All else stays. The platform takes memories as Verilog
    (``gateware.ram.VERILOG_RAM``). Raises BoardError when a pin is missing.
    """
    resources, managed = [], []
    for resource in platform.resources:
        if resource.name == "eth_sgmii":
            continue
        if resource.name != "eth_rgmii":
            resources.append(resource)
            continue
        pins = {inner.name.replace("ctrl", "ctl"): inner.ios[0] for inner in resource.ios}
        needed = [f"{way}_{what}" for way in ("rx", "tx") for what in ("clk", "ctl", "data")]
        missing = [name for name in [*needed, "rst", "mdc", "mdio"] if name not in pins]
        if missing:
            raise BoardError(f"{platform.__name__}: eth_rgmii {resource.number} has no {', '.join(missing)}")
        attributes = Attrs(**resource.attrs)
        resources.append(Resource(
            "rgmii", resource.number,
            *(Subsignal(name, _pins(pins[name]), *([Clock(RX_HZ)] if name == "rx_clk" else [])) for name in needed),
            attributes))
        wires = tuple(_pins(pins[name]) for name in ("rst", "mdc", "mdio"))
        if str(wires) not in managed:
            parts = (Subsignal(name, io) for name, io in zip(("rst", "mdc", "mdio"), wires, strict=True))
            resources.append(Resource("phy", len(managed), *parts, attributes))
            managed.append(str(wires))
    return type(platform.__name__, (platform, VerilogPlatform), {"resources": resources})


def _pins(pins):
    make = PinsN if pins.invert else Pins
    return make(" ".join(pins.names), dir=pins.dir)
