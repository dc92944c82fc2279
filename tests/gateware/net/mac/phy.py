"""A PHY as its two management wires see it, written from clause 22."""

__all__ = ["Phy"]


class Phy:
    """Answers at ``address``; ``registers`` holds those that were written or set. ``edge`` is called at rising MDC."""

    def __init__(self, address: int):
        self.address = address
        self.registers: dict[int, int] = {}
        self.writes: list[tuple[int, int]] = []
        self.drives: int | None = None
        self._ones, self._bits, self._reply = 0, "", ""

    def edge(self, bit: int, driven: bool) -> None:
        """Take the wire's level at a rising edge; ``drives`` is then what the PHY puts on it, None for nothing."""
        self.drives = None
        if self._reply:
            assert not driven, "both ends drive the wire"
            self.drives, self._reply = int(self._reply[0]), self._reply[1:]
            return
        if not self._bits:
            if bit:
                self._ones += 1
                return
            if self._ones < 32:
                self._ones = 0
                return
        self._bits += str(bit)
        self._take()

    def _take(self) -> None:
        bits = self._bits
        if len(bits) == 2 and bits != "01":
            self._bits, self._ones = "", 0
        if len(bits) == 14 and bits[2:4] == "10" and int(bits[4:9], 2) == self.address:
            value = self.registers.get(int(bits[9:14], 2), 0xFFFF)
            self.drives = None
            self._reply, self._bits, self._ones = f"0{value:016b}", "", 0
        if len(bits) == 32:
            if bits[2:4] == "01" and int(bits[4:9], 2) == self.address:
                assert bits[14:16] == "10"
                self.registers[int(bits[9:14], 2)] = int(bits[16:], 2)
                self.writes.append((int(bits[9:14], 2), int(bits[16:], 2)))
            self._bits, self._ones = "", 0
