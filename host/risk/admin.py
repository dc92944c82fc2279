"""The admin page: limits, kills and what lifts them. Only who maps that page and has its key can use it."""

from collections.abc import Mapping

from host.device.driver import Device, DeviceError
from host.risk.rows import row_words
from wire.pages import ADMIN_REGISTERS, ROW_FIELDS, Command, Page
from wire.registers import ADDRESS_BITS

__all__ = ["Admin"]

_BASE = Page.ADMIN << ADDRESS_BITS
_ADDRESS = {register.name: _BASE + register.offset for register in ADMIN_REGISTERS}
_KEY_BITS = 64


class Admin:
    """The opened admin page of a device. ``lock`` closes it; so does leaving a ``with`` block, and the device itself
    when wire.pages.OPEN_CYCLES have gone by without a command: each gives the key anew."""

    def __init__(self, device: Device, key: int) -> None:
        """Unlock the page. The first key that a device is given after its reset is its key from then on.

        Raises ValueError for a key that is not 1..2**64 - 1, DeviceError when it is not the device's.
        """
        if not 1 <= key < 1 << _KEY_BITS:
            raise ValueError("a key is a number from 1 to 2**64 - 1")
        self._device, self._key = device, key
        capability = device.fields("CAP_RISK")
        if not capability["decision"]:
            raise DeviceError("the device has no risk gate")
        self._accounts = 1 << capability["log2_accounts"]
        self._give(key)
        if device.fields("RISK_STATUS")["locked"]:
            raise DeviceError("the risk gate's admin page does not take this key, and is locked")

    def __enter__(self) -> "Admin":
        return self

    def __exit__(self, *_: object) -> None:
        self.lock()

    def lock(self) -> None:
        """Lock the page until the key is given again. The device counts this as a refused write."""
        self._give(0)

    def command(self, command: Command, *, account: int = 0, symbol: int = 0,
                row: Mapping[str, int] | None = None) -> None:
        """Let the gate do ``command``; for one that sets a row of limits, ``row`` holds the whole row by field.

        Raises ValueError for an account or symbol that the gate does not have, a row that does not fit or is given
        without need; DeviceError when somebody else has locked the page meanwhile.
        """
        if not 0 <= account < self._accounts:
            raise ValueError(f"account must be 0..{self._accounts - 1}, not {account}")
        symbols = self._device.capabilities.symbols
        if not 0 <= symbol < symbols:
            raise ValueError(f"symbol must be 0..{symbols - 1}, not {symbol}")
        if (row is not None) != (command in ROW_FIELDS):
            raise ValueError(f"{command.name} takes {'a' if command in ROW_FIELDS else 'no'} row")
        transport = self._device.transport
        self._give(self._key)
        transport.write(_ADDRESS["SELECT"], account | symbol << 16)
        if row is not None:
            transport.write_words(_ADDRESS["ROW0"], row_words(ROW_FIELDS[command], row))
        transport.write(_ADDRESS["COMMAND"], command)
        if self._device.fields("RISK_STATUS")["locked"]:
            raise DeviceError(f"{command.name} may not have been done: the admin page was locked meanwhile")

    def _give(self, key: int) -> None:
        self._device.transport.write(_ADDRESS["KEY"], key & 0xFFFF_FFFF)
        self._device.transport.write(_ADDRESS["KEY"] + 4, key >> 32)
