"""The cocotb side of bench/sim.py: the same words into the same gateware, no more Python in the loop than it takes."""

import json
import os
import time
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge


@cocotb.test()
async def drive(dut):
    """Configure the device, drive the words of ``$BENCH_WORDS`` cycle by cycle, note the time it took."""
    job = np.load(os.environ["BENCH_WORDS"])
    for name in ("bus__addr", "bus__w_en", "bus__w_data", "bus__r_en", "rx__valid", "rx__p"):
        getattr(dut, name).value = 0
    Clock(dut.clk, 8, unit="ns").start()
    dut.rst.value = 1
    await ClockCycles(dut.clk, 4)
    dut.rst.value = 0
    for addr, value in job["writes"].tolist():
        dut.bus__addr.value, dut.bus__w_data.value, dut.bus__w_en.value = addr, value, 1
        await RisingEdge(dut.clk)
    dut.bus__w_en.value = 0
    await ClockCycles(dut.clk, int(job["settle"]))

    cycles = [-1 if not valid else low | high << 64 for valid, low, high in job["words"].tolist()]
    valid, word, edge = dut.rx__valid, dut.rx__p, RisingEdge(dut.clk)
    ring_valid, ring_addr, ring_data = dut.ring__valid, dut.ring__addr, dut.ring__data
    ring: dict[int, int] = {}
    written, before = 0, time.process_time()
    for packed in cycles:
        if packed < 0:
            valid.value = 0
        else:
            valid.value = 1
            word.value = packed
        await edge
        if ring_valid.value:
            ring[ring_addr.value.to_unsigned()] = ring_data.value.to_unsigned()
            written += 1
    seconds = time.process_time() - before
    Path(os.environ["BENCH_RESULT"]).write_text(json.dumps({"seconds": seconds, "ring_words": written}))
