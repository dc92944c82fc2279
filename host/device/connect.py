"""The one place that knows which kinds of device there are."""

import importlib
import sys
from pathlib import Path
from typing import cast

from host.device.driver import Device, DeviceError
from host.device.transport import Transport
from wire.profiles import PROFILES

__all__ = ["KINDS", "device_errors", "open_device"]

#: Kinds of device that can be opened.
KINDS = ("sim",)


def open_device(kind: str = "sim", *, profile: str = "sim", trace: Path | None = None,
                trace_cycles: tuple[int, int | None] = (0, None)) -> Device:
    """Open a device.

    kind: "sim", the gateware Verilated in this process. profile: its sizes (wire/profiles.py).
    trace: waveform file to be written, over the cycles ``trace_cycles`` (from, up to; None: to the end).
    Raises ValueError for an unknown kind or profile, OSError when the waveform cannot be written, and one of
    ``device_errors`` when there is no such device or the driver does not know it.
    """
    if kind != "sim":
        raise ValueError(f"no device kind {kind!r}; there is {', '.join(KINDS)}")
    if profile not in PROFILES:
        raise ValueError(f"no profile {profile!r}; there is {', '.join(PROFILES)}")
    first, last = trace_cycles
    try:
        simulated = importlib.import_module("sim.device.transport")
        transport = simulated.SimulatedTransport(profile, trace=trace, trace_from=first, trace_to=last)
    except ModuleNotFoundError as error:
        raise DeviceError(f"the simulated device needs tickgate's extra 'sim': no module {error.name!r}") from error
    return Device(cast(Transport, transport))


def device_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions with which a device of any kind opened so far says that it failed."""
    errors: list[type[Exception]] = [DeviceError]
    for module, name in (("sim.device.build", "BuildError"), ("sim.device.model", "GatewareError")):
        if module in sys.modules:
            errors.append(getattr(sys.modules[module], name))
    return tuple(errors)
