"""``tickgate hls``: what it prints, writes and refuses."""

import json
import re
from pathlib import Path

import pytest

from host.cli.main import main

RULE = '''"""A rule."""

from typing import Annotated, NamedTuple

from wire.ranges import U32, Range


class Order(NamedTuple):
    buy: bool
    price: U32


def far(order: Order, best: U32, points: Annotated[int, Range(0, 10_000)]) -> bool:
    room = best * points // 10_000
    return order.price > best + room if order.buy else order.price < best - room


def average(a: U32, b: U32) -> U32:
    return (a + b) / 2
'''


@pytest.fixture
def rule(tmp_path: Path) -> str:
    path = tmp_path / "collar.py"
    path.write_text(RULE)
    return f"{path}:far"


def test_the_schedule_is_printed(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hls", rule, "--clock", "125", "--arrival", "best=2"]) == 0
    out = capsys.readouterr().out
    assert "far on ECP5-8 at 125 MHz: 8.00 ns a cycle" in out
    assert re.search(r"order\.price +32 +0\.\.4294967295", out) and "2 cycles later" in out
    assert re.search(r"stage 1 +\d\.\d\d ns", out) and "room = best * points // 10_000" in out
    assert re.search(r"latency \d+ cycles = \d+\.\d ns", out)


def test_json_holds_the_same_and_adds_up(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "far.json"
    assert main(["hls", rule, "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["rule"] == "far" and found["clock_mhz"] == 156.25 and found["period_ns"] == 6.4
    assert found["latency_cycles"] == len(found["stages"]) > 1
    assert sum(stage["registers"] for stage in found["stages"]) == found["registers"]
    assert max(stage["ns"] for stage in found["stages"]) == found["longest_ns"] <= found["budget_ns"]
    assert [port["name"] for port in found["inputs"]] == ["order.buy", "order.price", "best", "points"]
    assert str(found["latency_cycles"]) in capsys.readouterr().out
    assert main(["hls", rule, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_verilog_is_written(rule: str, tmp_path: Path) -> None:
    out = tmp_path / "far.v"
    assert main(["hls", rule, "--verilog", str(out)]) == 0
    assert "module far(" in out.read_text()


def test_a_rule_can_be_named_by_module(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hls", "rules.size:max_shares", "--clock", "200"]) == 0
    assert "return shares > limit" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, text", [
    (["no_such_module:rule"], "no module 'no_such_module'"), (["no/such/file.py:rule"], "No such file"),
    (["{file}"], "must be module:function"), (["{file}:nothing"], "has no function 'nothing'; it has"),
    (["{file}:average"], "collar.py:19: return (a + b) / 2"), (["{file}:far", "--clock", "0"], "above 0 MHz"),
    (["{file}:far", "--clock", "2000"], "2000 MHz leaves"),
    (["{file}:far", "--arrival", "bset=1"], "no input 'bset'; it has best"),
    (["{file}:far", "--arrival", "best"], "PORT=CYCLES"), (["{file}:far", "--json", "/no/such/folder/x"], "No such"),
    (["{file}:far", "--json", "-", "--verilog", "-"], "cannot both")])
def test_mistakes_are_told_in_a_line_or_two(arguments: list[str], text: str, rule: str,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    file = rule.rpartition(":")[0]
    assert main(["hls", *(argument.format(file=file) for argument in arguments)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tickgate: ") and len(error.splitlines()) <= 2
    assert text in error


def test_a_module_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.py"
    path.write_text("def rule(:\n")
    assert main(["hls", f"{path}:rule"]) == 2
    assert "does not load: SyntaxError" in capsys.readouterr().err
