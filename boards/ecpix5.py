"""LambdaConcept ECPIX-5, with LFE5UM5G-85F: one port. We delay the transmit clock, the PHY the receive clock.

Revision 03 has another cable, ft4232.
"""

from amaranth_boards.ecpix5 import ECPIX585Platform

from boards.board import Board, Port, normalised

__all__ = ["BOARD"]

BOARD = Board(
    name="ecpix5", title="ECPIX-5", phy="KSZ9031RNX", platform=normalised(ECPIX585Platform), clock_hz=100_000_000,
    profile="ecp5_85", ports=(Port(number=0, rx_taps=0, tx_taps=80),), fits=1, idcode=0x8111_3043, cable="ecpix5-debug",
    leds=(("rgb_led", 0, "g"), ("rgb_led", 1, "g"), ("rgb_led", 2, "r"), ("rgb_led", 3, "r")))
