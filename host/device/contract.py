"""The contract with the host as documents: Markdown tables and a C header, rendered from ``wire/``.

``python -m host.device.contract FOLDER`` writes all of them; the committed ones lie in ``docs/``.
"""

import sys
from collections.abc import Iterable
from enum import Enum, Flag
from pathlib import Path

import numpy as np

from wire import itch50, pages, records, registers, risk
from wire.fields import Field
from wire.profiles import PROFILES

__all__ = ["DOCUMENTS", "registers_markdown", "records_markdown", "gate_markdown", "itch50_markdown", "c_header",
           "write_documents"]

_GENERATED = "Generated from wire/ by `make docs`; do not edit."
_C_TYPES = {"u1": "uint8_t", "<u2": "uint16_t", "<u4": "uint32_t", "<u8": "uint64_t", "<i8": "int64_t"}
#: Records of the risk gate: C name, fields, size.
_GATE_RECORDS = (
    ("request", risk.REQUEST_FIELDS, risk.REQUEST_DTYPE.itemsize),
    ("report", risk.REPORT_FIELDS, risk.REPORT_DTYPE.itemsize),
    ("verdict", risk.VERDICT_FIELDS, risk.VERDICT_DTYPE.itemsize))
#: Its enumerations, by prefix in C.
_GATE_CODES: tuple[tuple[str, type[Enum]], ...] = (
    ("SLOT", risk.Kind), ("SIDE", risk.Side), ("ORDER", risk.OrderType), ("STATUS", risk.Status), ("RULE", risk.Rule),
    ("FAULT", risk.Fault), ("SHUT", risk.Shut), ("COMMAND", pages.Command), ("PAGE", pages.Page))


def registers_markdown() -> str:
    """Return docs/registers.md: registers, their fields, counters."""
    plain = [r for r in registers.REGISTERS if r.offset < registers.COUNTER_BASE]
    counters = [r for r in registers.REGISTERS if r.offset >= registers.COUNTER_BASE]
    lines = [
        "# Registers", "", _GENERATED, "",
        f"Contract version {registers.CONTRACT_VERSION}. Little-endian, 32 bit; byte addresses of "
        f"{registers.ADDRESS_BITS} bits. A 64-bit register takes two words; reading the lower latches the upper. "
        "Reading has no other effect. Writing a read-only register, or an address without a register, does nothing and "
        "is counted in `bus_errors`.", "",
        "Access: `ro` read only; `rw` read and write; `wo` command, the write acts and reads give 0.", "",
        *_table(("offset", "register", "bytes", "access", "reset", "meaning"), (
            (f"0x{r.offset:03x}", f"`{r.name}`", r.size, r.access, f"{r.reset:#x}" if r.reset >> 30 else r.reset, r.doc)
            for r in plain)),
        "", "## Fields", "",
        *_table(("register", "bits", "field", "meaning"), (
            (f"`{r.name}`", _bits(b.lsb, b.width), f"`{b.name}`", b.doc) for r in plain for b in r.bits)),
        "", "## Counters", "",
        "64 bit each, read only, 0 after reset. They do not wrap in the life of a device.", "",
        *_table(("offset", "counter", "counts"), (
            (f"0x{r.offset:03x}", f"`{r.name.lower()}`", r.doc) for r in counters)),
    ]
    return _text(lines)


def records_markdown() -> str:
    """Return docs/records.md: ring records, state word, enumerations."""
    lines = [
        "# Ring records", "", _GENERATED, "",
        "The device writes fixed-size records into a ring in the host's memory; record n (counted from 1) lies in "
        "entry (n - 1) modulo the ring's entries. `seq` is written last: a host that sees the number it waits for has "
        "the whole record, and one that sees a greater number was lapped. Little-endian.", "",
        *_table(("offset", "field", "type", "meaning"), _record_rows()),
        "", "`bids` and `asks` hold K levels each, best first; a level that does not exist is all zero:", "",
        *_table(("offset", "field", "type", "meaning"), (
            (f"+{4 * n}", f"`{f.name}`", _C_TYPES[f.format], f.doc) for n, f in enumerate(records.LEVEL_FIELDS))),
        "", "A record is filled up to a power of two:", "",
        *_table(("K", "bytes", "`asks` at", "profiles"), (
            (k, records.record_dtype(k).itemsize, records.HEADER_BYTES + k * records.LEVEL_BYTES,
             ", ".join(p.name for p in PROFILES.values() if p.levels == k)) for k in _level_counts())),
        "", "## State word", "",
        "A book is live when none of " + ", ".join(
            f"`{name.lower()}`" for name in _flag_names(records.NOT_LIVE)) + " is set.", "",
        *_table(("bits", "field", "meaning"), (
            (_bits(f.lsb, f.width), f"`{f.name}`", f.doc) for f in records.STATE_FIELDS)),
    ]
    for code in (records.RecordKind, records.FeedEvent, records.TradingState):
        lines += ["", f"## {code.__name__}", "",
                  *_table(("value", "name", "meaning"), ((m.value, m.name, m.doc) for m in code))]
    return _text(lines)


def gate_markdown() -> str:
    """Return docs/gate.md: pages, slots, verdicts, limits and codes of the risk gate."""
    page = 1 << registers.ADDRESS_BITS
    lines = [
        "# Risk gate: pages, slots, verdicts, limits", "", _GENERATED, "",
        "[risk.md](risk.md) tells what they mean. Little-endian.", "",
        "## Pages", "",
        f"The register bus has pages of {page} bytes, so that an operating system can say which process writes what. "
        "Pages but the first read as 0.", "",
        *_table(("address", "page", "holds"), (
            (f"{p * page:#06x}", f"`{p.name}`", text) for p, text in zip(pages.Page, (
                "registers (registers.md)", f"{pages.SLOTS} slots for requests", f"{pages.SLOTS} slots for reports; "
                f"any write to {pages.HEARTBEAT:#x} of it is the host's heartbeat", "limits and kills, behind a key"),
                strict=True))), "",
        f"Slot n lies at byte {pages.SLOT_BYTES} n of its page. The write of its last word publishes it; the slot is "
        "the host's again when its verdict is there. A write before that does nothing and is counted in "
        "`risk_overruns`. A kind that does not belong on the page is taken as 0, which is malformed.",
    ]
    for name, fields, size in _GATE_RECORDS:
        offsets = np.dtype([(f.name, f.format) for f in fields]).fields
        assert offsets is not None
        lines += ["", f"## {name.capitalize()}", "", f"{size} bytes.", "",
                  *_table(("offset", "field", "type", "meaning"), (
                      (offsets[f.name][1], f"`{f.name}`", _C_TYPES[f.format], f.doc) for f in fields))]
    lines += [
        "", "Verdict n (counted from 1) lies in entry (n - 1) modulo VERDICT_ENTRIES of a ring in the host's memory.",
        "", "## Admin page", "", *_table(("offset", "register", "bytes", "access", "meaning"), (
            (f"0x{r.offset:03x}", f"`{r.name}`", r.size, r.access, r.doc) for r in pages.ADMIN_REGISTERS)),
        "", "A row of limits is replaced whole by a command. Its fields lie from bit 0 of ROW0 on, without gaps:"]
    for command, row in pages.ROW_FIELDS.items():
        lsb, rows = 0, []
        for limit in row:
            rows.append((_bits(lsb, limit.bits), f"`{limit.name}`", limit.doc))
            lsb += limit.bits
        lines += ["", f"### {command.name}", "", *_table(("bits", "field", "meaning"), rows)]
    lines += [
        "", "## What can be read back", "",
        "A write to RISK_SELECT takes down the state and the limits of an account and a symbol in one cycle; RISK_WORD "
        "and RISK_DATA read them word by word.", "",
        *_table(("words", "field", "signed", "meaning"), (
            (_bits(f.word, f.words), f"`{f.name}`", "yes" if f.signed else "", f.doc) for f in risk.SHOWN_FIELDS)),
        "", "## Codes"]
    for _, code in _GATE_CODES[:-1]:
        lines += ["", f"### {code.__name__}", "", *_table(("value", "name"), (
            (f"{m.value:#x}" if issubclass(code, Flag) else m.value, m.name) for m in code))]
    return _text(lines)


def itch50_markdown() -> str:
    """Return docs/itch50.md: every message with its fields, and the codes."""
    lines = [
        "# ITCH 5.0", "", _GENERATED, "",
        "Big-endian, unsigned. `alpha` is ASCII, left-justified, padded with spaces. `price4` and `price8` count "
        "1/10^4 and 1/10^8. `time6` counts nanoseconds since midnight Eastern in six bytes.", "",
        *_table(("type", "message", "bytes", "meaning"), (
            (f"`{letter}`", layout.name, layout.size, layout.doc) for letter, layout in itch50.MESSAGES.items())),
        "", "## Common to all", "", *_field_table(itch50.MESSAGES["S"].fields[:4]),
    ]
    codes: dict[str, type[Enum]] = {}
    for letter, layout in itch50.MESSAGES.items():
        lines += ["", f"## {letter}: {layout.name}", "", f"{layout.size} bytes; {layout.doc}.", "",
                  *_field_table(layout.fields[4:])]
        codes |= {f.codes.__name__: f.codes for f in layout.fields if f.codes is not None}
    lines += ["", "## Codes"]
    for name, code in codes.items():
        lines += ["", f"### {name}", "", *_table(("code", "meaning"), (
            (f"`{m.value}`" if str(m.value).strip() else "space", m.name.lower().replace("_", " ")) for m in code))]
    return _text(lines)


def c_header() -> str:
    """Return docs/tickgate.h: register offsets and masks, state bits, enumerations and records, for C11 and C++11."""
    lines = [
        f"/* {_GENERATED.replace('`', '')} */",
        "#ifndef TICKGATE_H", "#define TICKGATE_H", "",
        "#include <assert.h>", "#include <stddef.h>", "#include <stdint.h>", "",
        f"#define TICKGATE_MAGIC {registers.MAGIC:#x}u",
        f"#define TICKGATE_CONTRACT_VERSION {registers.CONTRACT_VERSION}u", "",
        "/* Registers: byte offsets, little-endian. */",
    ]
    for register in registers.REGISTERS:
        counter = register.offset >= registers.COUNTER_BASE
        name = f"TICKGATE_{'COUNTER' if counter else 'REG'}_{register.name}"
        lines.append(f"#define {name} 0x{register.offset:03x}u /* {register.access}, {8 * register.size} bit: "
                     f"{register.doc} */")
        lines += _masks([(f"{register.name}_{b.name}", b.lsb, b.width, b.doc) for b in register.bits])
    lines += ["", "/* State word of a symbol. */",
              *_masks([(f"STATE_{f.name}", f.lsb, f.width, f.doc) for f in records.STATE_FIELDS]),
              f"#define TICKGATE_STATE_NOT_LIVE {int(records.NOT_LIVE):#010x}u /* any: the book is not live */"]
    for prefix, code in (("KIND", records.RecordKind), ("EVENT", records.FeedEvent), ("TRADING", records.TradingState)):
        lines += ["", f"enum tickgate_{prefix.lower()} {{",
                  *(f"    TICKGATE_{prefix}_{m.name} = {m.value}, /* {m.doc} */" for m in code), "};"]
    lines += ["", "/* ITCH message types, as in a record's cause. */", "enum tickgate_itch {",
              *(f"    TICKGATE_ITCH_{_upper(layout.name)} = '{letter}'," for letter, layout in itch50.MESSAGES.items()),
              "};"]
    lines += ["", "struct tickgate_level {",
              *(f"    {_C_TYPES[f.format]} {f.name}; /* {f.doc} */" for f in records.LEVEL_FIELDS), "};"]
    for k in _level_counts():
        lines += ["", *_c_record(k)]
    for prefix, gate_code in _GATE_CODES:
        lines += ["", f"enum tickgate_{prefix.lower()} {{",
                  *(f"    TICKGATE_{prefix}_{m.name} = {m.value:#x}," for m in gate_code), "};"]
    lines += ["", f"#define TICKGATE_PAGE_BYTES {1 << registers.ADDRESS_BITS:#x}u",
              f"#define TICKGATE_SLOTS {pages.SLOTS}u",
              f"#define TICKGATE_HEARTBEAT {pages.HEARTBEAT:#x}u /* in page REPORTS */",
              *(f"#define TICKGATE_ADMIN_{r.name} {r.offset:#05x}u /* {r.doc} */" for r in pages.ADMIN_REGISTERS)]
    for name, fields, size in _GATE_RECORDS:
        lines += ["", f"struct tickgate_{name} {{",
                  *(f"    {_C_TYPES[f.format]} {f.name}; /* {f.doc} */" for f in fields), "};",
                  f'static_assert(sizeof(struct tickgate_{name}) == {size}, "tickgate_{name}");']
    lines += ["", "#endif"]
    return _text(lines)


#: What is written under which name.
DOCUMENTS = {"registers.md": registers_markdown, "records.md": records_markdown, "gate.md": gate_markdown,
             "itch50.md": itch50_markdown, "tickgate.h": c_header}


def write_documents(folder: Path) -> list[Path]:
    """Write all documents into ``folder``, which must exist; return those that changed."""
    changed = []
    for name, render in DOCUMENTS.items():
        path, text = folder / name, render()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> list[str]:
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return ["| " + " | ".join(row) + " |" for row in [list(head), ["---"] * len(head), *cells]]


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _bits(lsb: int, width: int) -> str:
    return str(lsb) if width == 1 else f"{lsb + width - 1}..{lsb}"


def _flag_names(flags: records.State) -> list[str]:
    return [flag.name for flag in records.State if flag in flags and flag.name is not None]


def _level_counts() -> list[int]:
    return sorted({profile.levels for profile in PROFILES.values()})


def _record_rows() -> list[tuple[object, ...]]:
    dtype = records.record_dtype(records.MAX_LEVELS)
    assert dtype.fields is not None
    rows: list[tuple[object, ...]] = [
        (dtype.fields[f.name][1], f"`{f.name}`", _C_TYPES[f.format], f.doc) for f in records.HEADER_FIELDS]
    return [*rows, (records.HEADER_BYTES, "`bids`", "level[K]", "best bids, highest price first"),
            (f"{records.HEADER_BYTES} + {records.LEVEL_BYTES} K", "`asks`", "level[K]",
             "best asks, lowest price first")]


def _field_table(fields: Iterable[Field]) -> list[str]:
    rows = []
    for f in fields:
        meaning = f.doc + (f" ({f.unit})" if f.unit else "")
        allowed = f.codes.__name__ if f.codes is not None else ""
        if f.kind != "alpha" and f.hi != (1 << 8 * f.size) - 1:
            allowed = f"{f.lo}..{f.hi}"
        rows.append((f.offset, f.size, f"`{f.name}`", f.kind, allowed, meaning))
    return _table(("offset", "bytes", "field", "kind", "values", "meaning"), rows)


def _masks(fields: list[tuple[str, int, int, str]]) -> list[str]:
    lines = []
    for name, lsb, width, doc in fields:
        lines.append(f"#define TICKGATE_{name.upper()} {((1 << width) - 1) << lsb:#010x}u /* {doc} */")
        if width > 1:
            lines.append(f"#define TICKGATE_{name.upper()}_SHIFT {lsb}")
    return lines


def _upper(name: str) -> str:
    return "".join("_" + c if c.isupper() and n else c for n, c in enumerate(name)).upper()


def _c_record(levels: int) -> list[str]:
    dtype = records.record_dtype(levels)
    assert dtype.fields is not None
    name = f"tickgate_record_{levels}"
    used = records.HEADER_BYTES + 2 * levels * records.LEVEL_BYTES
    filling = [f"    uint8_t filling[{dtype.itemsize - used}];"] if dtype.itemsize > used else []
    return [
        f"/* Ring record with {levels} levels a side. */", f"struct {name} {{",
        *(f"    {_C_TYPES[f.format]} {f.name}; /* {f.doc} */" for f in records.HEADER_FIELDS),
        f"    struct tickgate_level bids[{levels}];", f"    struct tickgate_level asks[{levels}];", *filling, "};",
        f'static_assert(sizeof(struct {name}) == {dtype.itemsize}, "{name}");',
        *(f'static_assert(offsetof(struct {name}, {field}) == {entry[1]}, "{name}.{field}");'
          for field, entry in dtype.fields.items()),
    ]


if __name__ == "__main__":
    for written in write_documents(Path(sys.argv[1])):
        print(written)
