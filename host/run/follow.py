"""The device set up to follow the symbols and lines that a host trades by."""

from collections.abc import Sequence
from dataclasses import dataclass

from host.device.driver import Device, DeviceError, SymbolSetting
from wire.ipv4 import ip_address

__all__ = ["Followed", "follow"]

#: Packets ahead of a gap after which books count as stale.
_PATIENCE = 64
#: Cycles after which what was written is in force.
_SETTLED = 64


@dataclass(frozen=True, kw_only=True)
class Followed:
    """A symbol. reference: price, 1/10,000, that the middle of its window is to be near to."""

    name: str
    reference: int


def follow(device: Device, symbols: Sequence[Followed], lines: Sequence[tuple[str, int]]) -> bool:
    """Let ``device`` follow ``symbols``, by their order, and take the feed's ``lines`` A and B; from message 1 on.

    One that takes frames already is left as it is, for its books live on: return False. Raises DeviceError when that
    one takes other lines, and when there are more symbols or lines than the device has.
    """
    capabilities = device.capabilities
    if len(symbols) > capabilities.symbols or len(lines) > capabilities.channels:
        raise DeviceError(f"{len(symbols)} symbols and {len(lines)} lines are more than the device's "
                          f"{capabilities.symbols} and {capabilities.channels}")
    if device.fields("CONTROL")["enable"]:
        _check(device, lines)
        return False
    device.make_empty()
    half = capabilities.window // 2 * capabilities.tick
    for index, symbol in enumerate(symbols):
        base = max(symbol.reference - half, 0)
        device.follow(index, SymbolSetting(name=symbol.name, base=base - base % capabilities.tick))
    for index, (host, port) in enumerate(lines):
        device.set_channel(index, host, port, "AB"[index])
    device.set_gap(packets=_PATIENCE, cycles=0)
    device.set_silence(0)
    device.resync(1)
    device.set_mode(enable=True, reorder=True)
    device.transport.run(_SETTLED)
    return True


def _check(device: Device, lines: Sequence[tuple[str, int]]) -> None:
    for index, (host, port) in enumerate(lines):
        there = device.read(f"CHANNEL{index}_IP"), device.fields(f"CHANNEL{index}_PORT")["port"]
        if there != (ip_address(host), port):
            raise DeviceError(f"the device takes another line {'AB'[index]} than {host}:{port}; serve it anew, or let "
                              f"the host have the lines that it takes (CHANNEL{index}_IP {there[0]:#010x}, "
                              f"port {there[1]})")
