"""docs/oms.md is made of the tables, and names tests that there are."""

import ast
import re
from pathlib import Path

import pytest

from host.oms.document import document

HERE = Path(__file__).parent
TEXT = (HERE.parents[2] / "docs" / "oms.md").read_text(encoding="utf-8")


def test_the_states_in_the_document_are_those_of_the_tables():
    assert document(TEXT) == TEXT, "stale: run python -m host.oms.document docs/oms.md"


def test_every_test_that_the_document_names_exists():
    names = {node.name for path in HERE.glob("test_*.py")
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    assert named <= names, sorted(named - names)


def test_every_file_that_the_document_names_exists():
    folder = HERE.parents[2] / "host" / "oms"
    for name in re.findall(r"`(\w+\.py)`", TEXT):
        assert (folder / name).exists(), name


def test_a_text_without_a_place_for_the_states_is_refused():
    with pytest.raises(ValueError, match="0 places"):
        document("nothing")
