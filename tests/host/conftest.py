"""Streams of messages and devices in memory for the tests of the host."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host.device import connect
from host.device.driver import Device
from tests.host.fake import FakeTransport
from wire.binaryfile import join_binaryfile
from wire.itch50 import pack

_BEGIN_NS = 34_200_000_000_000


class Stream:
    """ITCH messages, one after the other, a microsecond apart."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def put(self, type: str, locate: int = 1, **fields: object) -> None:
        self.messages.append(pack(type, locate=locate, timestamp=_BEGIN_NS + 1000 * len(self.messages), **fields))

    def directory(self, stock: str, locate: int) -> None:
        self.put("R", locate, stock=stock, market_category="Q", financial_status="N", round_lot_size=100,
                 round_lots_only="N", issue_classification="C", issue_subtype="Z", authenticity="P",
                 short_sale_threshold="N", ipo_flag="N", luld_tier="1", etp_flag="N", etp_leverage=0, inverse="N")

    def add(self, reference: int, side: str, shares: int, price: int, *, stock: str = "ALFA", locate: int = 1) -> None:
        self.put("A", locate, reference=reference, side=side, shares=shares, stock=stock, price=price)

    def write(self, path: Path) -> Path:
        path.write_bytes(join_binaryfile(self.messages))
        return path


@pytest.fixture
def stream() -> Stream:
    """Two symbols; A, E, U, X, D on the first, A on the second, which is announced by no directory message."""
    one = Stream()
    one.put("S", 0, event="Q")
    one.directory("ALFA", 1)
    one.put("H", 1, stock="ALFA", state="T", reserved=" ", reason="")
    one.add(1, "B", 300, 1_000_000)
    one.add(2, "S", 200, 1_000_500)
    one.add(3, "B", 50, 1_000_000)
    one.put("E", reference=2, shares=120, match=7)
    one.put("U", reference=3, new_reference=5, shares=75, price=999_900)
    one.add(9, "S", 10, 250_000, stock="BETA", locate=2)
    one.put("X", reference=1, shares=100)
    one.put("D", reference=5)
    return one


@pytest.fixture
def transports(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[FakeTransport]]:
    """Return a function that makes the command open devices in memory, and gives the list of those it opened."""
    def use(**options: object) -> list[FakeTransport]:
        opened: list[FakeTransport] = []

        def open_device(kind: str = "sim", *, profile: str = "sim", **_: object) -> Device:
            opened.append(FakeTransport(profile, **options))
            return Device(opened[-1])

        monkeypatch.setattr(connect, "open_device", open_device)
        return opened
    return use
