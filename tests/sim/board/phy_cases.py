"""cocotb tests of a board at its pins: what a PHY of cocotbext-eth says to it, and hears."""

import logging
import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Timer
from cocotbext.eth import GmiiFrame, RgmiiPhy

from tests.sim.board.questions import asked, ping

MICROSECOND = 1_000_000_000
PORTS = 2
#: Longest wait for an answer.
WAIT = 40 * MICROSECOND


async def power_up(dut) -> list[RgmiiPhy]:
    """Start all clocks, let the PLL lock, wait until the receivers know their clocks; return the PHYs."""
    dut.pll_lock.value = 0
    for pin, name in ((dut.pll_tx, "TX_HALF_FS"), (dut.pll_core, "CORE_HALF_FS")):
        Clock(pin, 2 * int(os.environ[name]), "fs").start()
    phys = []
    for n in range(PORTS):
        pins = (getattr(dut, f"{way}_{what}{n}") for way in ("tx", "rx") for what in ("data", "ctl", "clk"))
        phys.append(RgmiiPhy(*pins, speed=1000e6))
    logging.getLogger("cocotb").setLevel(logging.WARNING)
    await Timer(MICROSECOND, "fs")
    dut.pll_lock.value = 1
    await Timer(2 * MICROSECOND, "fs")
    return phys


async def answers(phy: RgmiiPhy, count: int) -> list[bytes]:
    """Return ``count`` frames that the PHY heard, each with the right check sequence."""
    heard = []
    for _ in range(count):
        await phy.tx.wait(WAIT, "fs")
        frame = phy.tx.recv_nowait()
        assert frame.check_fcs() and not any(frame.error or ())
        heard.append(bytes(frame.get_payload()))
    return heard


@cocotb.test()
async def both_ports_answer(dut):
    phys = await power_up(dut)
    for n, phy in enumerate(phys):
        for question, answer in (asked(n), ping(n, bytes(range(40))), ping(n, bytes(300))):
            await phy.rx.send(GmiiFrame.from_payload(question))
            assert await answers(phy, 1) == [answer]


@cocotb.test()
async def abutting_pings_in_both_ports(dut):
    phys = await power_up(dut)
    for n, phy in enumerate(phys):
        for _ in range(12):
            phy.rx.send_nowait(GmiiFrame.from_payload(ping(n, bytes(20))[0]))
    await Timer(30 * MICROSECOND, "fs")
    for n, phy in enumerate(phys):
        assert phy.tx.count() >= 4
        assert set(await answers(phy, phy.tx.count())) == {ping(n, bytes(20))[1]}


@cocotb.test()
async def a_frame_with_a_wrong_check_sequence_is_not_answered(dut):
    phy, _ = await power_up(dut)
    question, answer = ping(0, b"x")
    chance = random.Random(3)
    for _ in range(10):
        spoiled = GmiiFrame.from_payload(question)
        spoiled.data[chance.randrange(8, len(spoiled.data))] ^= 1 << chance.randrange(8)
        await phy.rx.send(spoiled)
    await Timer(20 * MICROSECOND, "fs")
    assert phy.tx.empty()
    await phy.rx.send(GmiiFrame.from_payload(question))
    assert await answers(phy, 1) == [answer]
