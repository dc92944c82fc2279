"""The one place that knows which kinds of device there are."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, cast

from host.device.driver import Device, DeviceError
from host.device.pcie import PCI_SCHEME, PcieTransport
from host.device.protocol import SCHEME, default_socket
from host.device.remote import RemoteTransport
from host.device.transport import Transport
from host.device.udp import UDP_SCHEME, UdpTransport
from wire.profiles import PROFILES

__all__ = ["ADDRESSES", "Served", "default_address", "device_errors", "open_device", "serve_device"]

#: Addresses that can be opened.
ADDRESSES = ("sim", f"{SCHEME}PATH", f"{PCI_SCHEME}SLOT", f"{UDP_SCHEME}IP:PORT")
_PCI_DEVICES = Path("/sys/bus/pci/devices")


class Served(Protocol):
    """A device that this process serves to others."""

    @property
    def feed(self) -> list[tuple[str, int]]:
        """Where the feed is listened to: addresses and ports."""

    def serve(self) -> None:
        """Serve until stopped; raises one of ``device_errors`` when the device fails."""

    def stop(self) -> None:
        """Let ``serve`` return; may be called by a signal handler."""

    def close(self) -> None:
        """End the device and remove its socket."""


def default_address() -> str:
    """Return the address of the device to be used when none is named: $TICKGATE_DEVICE, else where one is served."""
    return os.environ.get("TICKGATE_DEVICE") or f"{SCHEME}{default_socket()}"


#: How a transport is made of what follows the scheme; a path goes over one that begins with a slash.
_OPENERS: dict[str, Callable[[str], Transport]] = {
    SCHEME: lambda path: RemoteTransport(Path(path)), PCI_SCHEME: lambda slot: PcieTransport(_PCI_DEVICES / slot),
    UDP_SCHEME: UdpTransport}


def open_device(address: str = "sim", *, profile: str = "sim", trace: Path | None = None,
                trace_cycles: tuple[int, int | None] = (0, None)) -> Device:
    """Open a device.

    address: "sim", the gateware Verilated in this process, "unix:PATH", a device that another process serves at a
    socket, "pci:SLOT", one in a PCIe slot, such as pci:0000:03:00.0, or its folder in sysfs, or "udp:IP:PORT", one on
    Ethernet, such as udp:192.168.1.50:1234; the port may be left out.
    Of the first alone, profile: its sizes (wire/profiles.py);
    trace: waveform file to be written, over the cycles ``trace_cycles`` (from, up to; None: to the end).
    Raises ValueError for an unknown address or profile, OSError when the waveform cannot be written, and one of
    ``device_errors`` when there is no such device or the driver does not know it.
    """
    scheme = next((each for each in _OPENERS if address.startswith(each) and len(address) > len(each)), None)
    if scheme is not None:
        if trace is not None:
            raise ValueError(f"{address}: only a device of this process writes a waveform")
        transport: Transport = _OPENERS[scheme](address.removeprefix(scheme))
        try:
            return Device(transport)
        except BaseException:
            transport.close()
            raise
    if address != "sim":
        raise ValueError(f"no device {address!r}; there is {', '.join(ADDRESSES)}")
    if profile not in PROFILES:
        raise ValueError(f"no profile {profile!r}; there is {', '.join(PROFILES)}")
    first, last = trace_cycles
    try:
        simulated = importlib.import_module("sim.device.transport")
        transport = simulated.SimulatedTransport(profile, trace=trace, trace_from=first, trace_to=last)
    except ModuleNotFoundError as error:
        raise _no_simulator(error) from error
    return Device(transport)


def serve_device(path: Path, *, profile: str, records: Path | None = None, paused: bool = False,
                 feed: Sequence[tuple[str, int]] = (), interface: str = "127.0.0.1") -> Served:
    """Return a simulated device of ``profile``, ready to be served at the socket ``path``.

    records: file of its ring memories, ``path`` with ".records" behind it if None. paused: its time moves only when
    asked. feed: groups or addresses of this machine whose datagrams go into the device; interface: address of the one
    that groups are joined by. Raises OSError that names a path which cannot be had, or ``device_errors``.
    """
    try:
        server = importlib.import_module("sim.device.server")
        return cast(Served, server.open_server(path, profile=profile, records=records, paused=paused, feed=feed,
                                               interface=interface))
    except ModuleNotFoundError as error:
        raise _no_simulator(error) from error


def _no_simulator(error: ModuleNotFoundError) -> DeviceError:
    return DeviceError(f"the simulated device needs tickgate's extra 'sim': no module {error.name!r}")


def device_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions with which a device of any kind opened so far says that it failed."""
    errors: list[type[Exception]] = [DeviceError]
    for module, name in (("sim.device.build", "BuildError"), ("sim.device.model", "GatewareError"),
                         ("sim.device.feed", "FeedError")):
        if module in sys.modules:
            errors.append(getattr(sys.modules[module], name))
    return tuple(errors)
