"""A host in this process, on a device of its own: how it ends when a strategy has a fault."""

import asyncio
import re
from dataclasses import replace

from host.device.connect import open_device
from host.run.live import Live
from host.run.liveconfig import load
from host.strategy.interface import Strategy
from tests.host.run.test_liveconfig import SHIPPED, written


class Faulty(Strategy):
    """Asks for a symbol that there is not, at each timer."""

    def __init__(self):
        self.timers = 0

    def on_timer(self, now):
        self.timers += 1
        self.context.buy(999, 100, 5)


def test_a_strategy_that_asks_for_nonsense_is_told_in_one_line_and_the_host_ends_in_good_order(tmp_path, monkeypatch):
    monkeypatch.setattr("host.run.live.open_device", lambda _: open_device(profile="tiny"))
    text = SHIPPED.replace('metrics = "127.0.0.1:9464"\n', "").replace('INTC = "24.80"\n', "")
    path = written(tmp_path, text.replace("port = 9878", "port = 1"))
    limits = tmp_path / "live-limits.toml"
    limits.write_text(re.sub(r"\[[\w.]*INTC\]\n(.+\n)+", "", limits.read_text()))
    config = load(path)
    faulty, well = Faulty(), Faulty()
    well.on_timer = lambda now: None
    lines = []

    async def main():
        async with Live(replace(config, strategies=((faulty, 0), (well, 0))), 271828, lines.append) as live:
            assert not live.gate.status()["killed"]
            await live.trade()
        return live

    live = asyncio.run(main())
    assert live.fault.startswith("strategy 1: a buy order of symbol 999: symbol must be 0..") and faulty.timers == 1
    assert lines.count(f"{live.fault}; it is told nothing any more, and the host ends") == 1
    assert any(line.startswith("gate shut, 0 orders cancelled or filled, 0 left") for line in lines)
    assert (tmp_path / "live" / "events.jsonl").read_text().splitlines()[-1].find(live.fault) > 0
