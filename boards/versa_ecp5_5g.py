"""Lattice ECP5-5G Versa, with LFE5UM5G-45F: two ports, each PHY with wires of its own. The PHYs delay both clocks."""

from amaranth_boards.versa_ecp5_5g import VersaECP55GPlatform

from boards.board import Board, Port, normalised

__all__ = ["BOARD"]

BOARD = Board(
    name="versa_ecp5_5g", title="ECP5-5G Versa", phy="88E1512", platform=normalised(VersaECP55GPlatform),
    clock_hz=100_000_000, profile="ecp5_45", idcode=0x8111_2043, cable="ft2232",
    ports=(Port(number=0, rx_taps=0, tx_taps=0), Port(number=1, rx_taps=0, tx_taps=0)), fits=2,
    leds=tuple(("led", n, "") for n in range(4)))
