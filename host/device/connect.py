"""The one place that knows which kinds of device there are."""

import importlib
from pathlib import Path
from typing import cast

from host.device.driver import Device
from host.device.transport import Transport

__all__ = ["KINDS", "open_device"]

#: Kinds of device that can be opened.
KINDS = ("sim",)


def open_device(kind: str = "sim", *, profile: str = "sim", trace: Path | None = None,
                trace_cycles: tuple[int, int | None] = (0, None)) -> Device:
    """Open a device.

    kind: "sim", the gateware Verilated in this process. profile: its sizes (wire/profiles.py).
    trace: waveform file to be written, over the cycles ``trace_cycles`` (from, up to; None: to the end).
    Raises ValueError for an unknown kind, DeviceError when what answers is no device that the driver knows.
    """
    if kind != "sim":
        raise ValueError(f"no device kind {kind!r}; there is {', '.join(KINDS)}")
    simulated = importlib.import_module("sim.device.transport")
    first, last = trace_cycles
    transport = simulated.SimulatedTransport(profile, trace=trace, trace_from=first, trace_to=last)
    return Device(cast(Transport, transport))
