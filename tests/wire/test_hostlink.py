"""The link's registers: no two in one place, and those that the documents tell of."""

import re
from pathlib import Path

import pytest

from wire.hostlink import BASE, REGISTERS, address
from wire.pages import BUS_BITS

NET = Path(__file__).parents[2] / "docs" / "net.md"


def test_they_do_not_overlap() -> None:
    words = [register.offset + 4 * n for register in REGISTERS for n in range(register.size // 4)]
    assert len(set(words)) == len(words) and not any(word % 4 for word in words) and 1 << BUS_BITS <= BASE


def test_the_document_has_them_all() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| 0x(\w+) \| (.*) \|$", NET.read_text(encoding="utf-8"), re.MULTILINE)
    assert [(name, int(offset, 16), doc) for name, offset, doc in rows] == [
        (register.name, register.offset, register.doc) for register in REGISTERS]


def test_addresses() -> None:
    assert address("LAST_EVENT") == 0x1_0010
    with pytest.raises(KeyError, match="NOTHING"):
        address("NOTHING")
