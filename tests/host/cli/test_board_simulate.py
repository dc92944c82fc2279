"""``tickgate board simulate``: what it refuses. The board on an interface: tests/sim/board/test_tap.py."""

import re

import pytest

from host.cli.main import main


@pytest.mark.parametrize("options, message", [
    (["nothing", "--tap", "tg0"], "board must be one of .*colorlight_5a75b.*, not 'nothing'"),
    (["ecpix5", "--tap", "tg0", "--tap", "tg1"], "ecpix5's design has 1 of its ports, not 2"),
    (["ecpix5", "--tap", "a/b"], "an interface's name must have 1..15 characters, not 'a/b'"),
    (["ecpix5", "--tap", "tg0", "--address", "192.168.1.1"], "--address must be IP/BITS, .* not '192.168.1.1'"),
    (["ecpix5", "--tap", "tg0", "--address", "192.168.1/24"], "--address: IPv4 address must be .* not '192.168.1'"),
    (["ecpix5", "--tap", "tg0", "--mac", "1"], "MAC address must be .* not '1'"),
])
def test_mistakes_are_told(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", "simulate", *options]) == 2
    told = capsys.readouterr().err
    assert told.startswith("tickgate: ") and told.count("\n") == 1
    assert re.search(message, told), told
