"""Seeded bugs in the gateware, each of which a test must catch (``make mutants``).

Among them are those that public FPGA books are known for: a Delete that is missing or clears its level, an execution
that wipes the order, a side taken from the message, an order table indexed by low bits.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("wire", "rules", "gateware", "sim", "host", "tests", "pyproject.toml")
SECONDS = 600


@dataclass(frozen=True)
class Mutant:
    """``old`` in ``file``, where it stands once, becomes ``new``; then ``test`` must fail."""

    name: str
    file: str
    old: str
    new: str
    test: str


BOOK = "tests/gateware/book/test_book.py"
SETTLED = f"{BOOK}::test_settled_records_show_the_whole_book_after_every_message"
PACKED = f"{BOOK}::test_packed_messages_never_show_a_false_level"
ORDERS, LEVELS, DECODE = "gateware/book/orders.py", "gateware/book/levels.py", "gateware/book/decode.py"
SCAN, FAR, TOP = "gateware/book/scan.py", "gateware/book/far.py", "gateware/book/book.py"

MUTANTS = (
    Mutant("Delete is missing", DECODE, '"D": Kind.DELETE,\n', "\n", SETTLED),
    Mutant("Cancel is missing", DECODE, '"X": Kind.REDUCE, ', "", SETTLED),
    Mutant("execution wipes the order", ORDERS, "dies.eq(~reduce | (asked >= entry.shares))", "dies.eq(1)", SETTLED),
    Mutant("Delete clears the level", LEVELS, "new_cell.orders.eq(orders)",
           "new_cell.orders.eq(Mux(change.orders[-1], 0, orders))", SETTLED),
    Mutant("side taken from the message", ORDERS, "Mux(inserts, insert_side, entry.side)", "insert_side", SETTLED),
    Mutant("new order of a Replace always buys", ORDERS, "Mux(op[3].kind == Kind.IN, entry.side, op[3].side)",
           "Mux(op[3].kind == Kind.IN, 0, op[3].side)", SETTLED),
    Mutant("Replace leaves the old order", DECODE, '"U": Kind.OUT}', '"U": Kind.NONE}', SETTLED),
    Mutant("unknown reference taken for known", ORDERS, "found.eq(exists & (entry.symbol == symbol_4) & op_4.ref_fits)",
           "found.eq(1)", f"{PACKED}[options1]"),
    Mutant("low bits index the table", ORDERS, "                    folded = folded ^ tag[tap]\n",
           "                    folded = folded\n", f"{BOOK}::test_references_that_differ_by_a_stride_all_find_room"),
    Mutant("duplicate Add taken", ORDERS, "self.insert_on_grid & ~exists & target.any()",
           "self.insert_on_grid & target.any()", f"{BOOK}::test_a_reference_in_use_is_refused"),
    Mutant("full table goes unmarked", ORDERS, "m.d.sync += [events.orders_table_full.eq(1), incomplete.eq(1)]",
           "m.d.sync += [events.orders_table_full.eq(1)]",
           f"{BOOK}::test_a_full_table_is_counted_and_marks_the_symbol_incomplete"),
    Mutant("order of zero shares taken", ORDERS, "~op[3].ref_fits | (op[3].shares == 0)", "~op[3].ref_fits",
           f"{BOOK}::test_an_order_of_zero_shares_is_refused"),
    Mutant("order of the operation before unseen", ORDERS, "for distance in range(1, 6):\n",
           "for distance in range(2, 6):\n", f"{BOOK}::test_an_order_may_be_replaced_and_deleted_two_cycles_later"),
    Mutant("order three operations before unseen", ORDERS, "forward[2:].any() & far_forward.exists", "0",
           f"{PACKED}[options3]"),
    Mutant("cell two operations before unseen", LEVELS, "for d in (4, 3, 2):\n            cell_choice",
           "for d in (4, 3):\n            cell_choice", f"{PACKED}[options3]"),
    Mutant("word of the operation before unseen", LEVELS, "word.eq(Mux(same_word_7, new_word, base_word))",
           "word.eq(base_word)", SETTLED),
    Mutant("summary not settled", LEVELS, "(same_row[1] & occupied).replicate(words) & select[8]),",
           "summary & select[8]),", f"{BOOK}::test_a_sweep_by_packed_deletes_leaves_every_best_price_exact"),
    Mutant("scan shows what changed behind it", SCAN, "m.d.sync += known.limit.eq(levels.touch_rank)",
           "m.d.sync += known.limit.eq(known.limit)", PACKED),
    Mutant("level better than the window ignored", FAR, "better[n].eq(~outside)", "better[n].eq(0)",
           f"{PACKED}[options2]"),
    Mutant("best of a row from its first word only", LEVELS, "take_own.eq(own_stands & own_before_other",
           "take_own.eq(own_stands", SETTLED),
    Mutant("non-printable execution taken for a trade", DECODE,
           "is_[\"C\"] & (message[MESSAGES[\"C\"].field(\"printable\").offset] == ord(\"Y\"))", "is_[\"C\"]",
           f"{PACKED}[options0]"),
    Mutant("crossed book goes unmarked", "gateware/book/publish.py", "(offsets[0] >= offsets[1])",
           "(offsets[0] > offsets[1] + 7)", f"{BOOK}::test_a_crossed_book_says_so"),
)


@pytest.mark.mutants
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_seeded_bug_is_caught(mutant, tmp_path):
    for room in ROOMS:
        source = ROOT / room
        if source.is_dir():
            shutil.copytree(source, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, tmp_path / room)
    path = tmp_path / mutant.file
    text = path.read_text()
    assert text.count(mutant.old) == 1, f"{mutant.old!r} must stand once in {mutant.file}"
    path.write_text(text.replace(mutant.old, mutant.new))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", mutant.test],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=SECONDS,
        check=False)
    output = result.stdout[-2000:] + result.stderr[-2000:]
    assert result.returncode == 1, f"{mutant.test} passes, or did not run:\n{output}"


def test_every_mutant_still_applies():
    """Cheap, so that the list does not rot between runs of ``make mutants``."""
    for mutant in MUTANTS:
        count = (ROOT / mutant.file).read_text().count(mutant.old)
        assert count == 1, f"{mutant.name}: {mutant.old!r} stands {count} times in {mutant.file}"
        file, _, name = mutant.test.partition("::")
        assert name.split("[")[0] in (ROOT / file).read_text(), f"{mutant.name}: no test {mutant.test}"
