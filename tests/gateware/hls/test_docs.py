"""docs/hls.md says what is true: its rule, its test, what the command prints, the name of what it imports."""

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest

from gateware.hls.report import report, schedule_of
from host.cli.main import main

TEXT = (Path(__file__).parents[3] / "docs" / "hls.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|console)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def rules(tmp_path, monkeypatch):
    """The document's rule as ``my_rules`` in the current folder."""
    (tmp_path / "my_rules.py").write_text(BLOCKS[0][1])
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    yield tmp_path
    sys.modules.pop("my_rules", None)


def test_the_rule_passes_its_test(rules):
    names: dict = {}
    exec(BLOCKS[1][1], names)
    names["test_ten_basis_points"]()


def test_the_command_prints_what_is_shown(rules, capsys):
    command, expected = BLOCKS[2][1].split("\n", 1)
    assert main(command.removeprefix("$ tickgate ").split()) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == expected.splitlines()


def test_the_schedule_is_the_one_of_the_figures(rules):
    found = report(schedule_of("my_rules.py:too_wide", clock_mhz=156.25))
    assert f"latency {found['latency_cycles']} cycles" in TEXT


def test_what_is_imported_exists():
    for kind, block in BLOCKS:
        for node in ast.walk(ast.parse(block)) if kind == "python" else ():
            if isinstance(node, ast.ImportFrom) and node.module != "my_rules":
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names)
