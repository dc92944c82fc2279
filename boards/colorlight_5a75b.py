"""Colorlight 5A-75B, revision 7.0, with LFE5U-25F: two ports, whose PHYs share reset and management wires.

The receive pins are delayed here, the transmit clock by the PHY. The core runs at half the speed of the line.
"""

from amaranth_boards.colorlight_5a75b_r7_0 import Colorlight_5A75B_R70Platform

from boards.board import Board, Port, normalised

__all__ = ["BOARD"]

BOARD = Board(
    name="colorlight_5a75b", title="Colorlight 5A-75B", phy="B50612D",
    platform=normalised(Colorlight_5A75B_R70Platform), clock_hz=25_000_000, profile="ecp5_25",
    ports=(Port(number=0, rx_taps=80, tx_taps=0), Port(number=1, rx_taps=80, tx_taps=0)), fits=1,
    leds=(("led", 0, ""),), idcode=0x4111_1043, cable=None, crowded=True)
