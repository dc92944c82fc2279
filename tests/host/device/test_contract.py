"""Generated documents: never stale, and the C header means what NumPy means."""

import shutil
import subprocess
from pathlib import Path

import pytest

from host.device import contract
from wire import itch50, records, registers, risk

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", contract.DOCUMENTS)
def test_committed_document_is_fresh(name):
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == contract.DOCUMENTS[name](), f"docs/{name} is stale: run `make docs`"


def test_only_what_changed_is_written(tmp_path):
    assert [path.name for path in contract.write_documents(tmp_path)] == list(contract.DOCUMENTS)
    assert contract.write_documents(tmp_path) == []
    (tmp_path / "registers.md").write_text("old")
    assert contract.write_documents(tmp_path) == [tmp_path / "registers.md"]


def test_every_register_field_counter_and_message_is_described():
    text = contract.registers_markdown()
    for register in registers.REGISTERS:
        name = register.name.lower() if register.offset >= registers.COUNTER_BASE else register.name
        assert f"| 0x{register.offset:03x} | `{name}` |" in text
        assert all(f"| `{register.name}` | " in text and f"`{bits.name}`" in text for bits in register.bits)
    text = contract.gate_markdown()
    for fields in (risk.REQUEST_FIELDS, risk.REPORT_FIELDS, risk.VERDICT_FIELDS, risk.SHOWN_FIELDS, risk.PAIR_LIMITS):
        assert all(f"| `{field.name}` | " in text for field in fields)
    assert all(f" | {rule.name} |" in text for rule in risk.Rule)
    text = contract.itch50_markdown()
    assert all(f"## {letter}: {layout.name}\n" in text for letter, layout in itch50.MESSAGES.items())


def compiled(tmp_path, language, program):
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("no gcc")
    source, binary = tmp_path / "probe.c", tmp_path / "probe"
    source.write_text(program)
    subprocess.run([gcc, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", language[0], f"-std={language[1]}",
                    f"-I{DOCS}", source, "-o", binary], check=True)
    return subprocess.run([binary], check=True, capture_output=True, text=True).stdout.split()


@pytest.mark.parametrize("language", [("c", "c11"), ("c++", "c++11")], ids="-".join)
def test_c_header_has_the_layout_of_the_dtype(tmp_path, language):
    expressions, expected = [], []
    for levels in (4, 8):
        dtype, struct = records.record_dtype(levels), f"struct tickgate_record_{levels}"
        expressions.append(f"sizeof({struct})")
        expected.append(dtype.itemsize)
        for name, (kind, offset, *_) in dtype.fields.items():
            expressions += [f"offsetof({struct}, {name})", f"sizeof((({struct} *)0)->{name})"]
            expected += [offset, kind.itemsize]
        level = dtype.fields["bids"][0].base
        expressions += [f"offsetof(struct tickgate_level, {name})" for name in level.names]
        expected += [level.fields[name][1] for name in level.names]
    for register in registers.REGISTERS:
        prefix = "COUNTER" if register.offset >= registers.COUNTER_BASE else "REG"
        expressions.append(f"TICKGATE_{prefix}_{register.name}")
        expected.append(register.offset)
        for bits in register.bits:
            expressions.append(f"TICKGATE_{register.name}_{bits.name.upper()}")
            expected.append(((1 << bits.width) - 1) << bits.lsb)
    for field in records.STATE_FIELDS:
        expressions.append(f"TICKGATE_STATE_{field.name.upper()}")
        expected.append(((1 << field.width) - 1) << field.lsb)
    expressions += ["TICKGATE_STATE_NOT_LIVE", "TICKGATE_KIND_FEED", "TICKGATE_EVENT_CLEARED"]
    expected += [int(records.NOT_LIVE), records.RecordKind.FEED, records.FeedEvent.CLEARED]
    for name in ("request", "report", "verdict"):
        dtype = getattr(risk, f"{name.upper()}_DTYPE")
        struct = f"struct tickgate_{name}"
        expressions += [f"sizeof({struct})", *(f"offsetof({struct}, {field})" for field in dtype.names)]
        expected += [dtype.itemsize, *(dtype.fields[field][1] for field in dtype.names)]
    expressions += ["TICKGATE_RULE_THROTTLE", "TICKGATE_PAGE_ADMIN", "TICKGATE_COMMAND_ENABLE_PAIR"]
    expected += [1 << 21, 3, 11]
    expressions += ["TICKGATE_ITCH_ADD_ORDER", "TICKGATE_ITCH_OPERATIONAL_HALT"]
    expected += [ord("A"), ord("h")]

    prints = "\n".join(f'    printf("%llu\\n", (unsigned long long)({expression}));' for expression in expressions)
    program = f'#include <stdio.h>\n#include "tickgate.h"\nint main(void) {{\n{prints}\n    return 0;\n}}\n'
    assert [int(number) for number in compiled(tmp_path, language, program)] == expected
