"""The strategy that docs/strategy.md writes does what it says."""

import re
from pathlib import Path

from tests.host.strategy.broker import Broker
from tests.host.strategy.desk import book

DOCS = Path(__file__).parents[3] / "docs" / "strategy.md"


def test_the_example_trades():
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.S)
    names = {"__name__": "dip"}
    exec(compile(code, str(DOCS), "exec"), names)
    broker = Broker(names["Dip"](names["DipParameters"](symbols=(1,))))
    near, far = (book(1, ((990_000, 9),), ((ask, 9),), last=(1_000_000, 1)) for ask in (996_000, 995_000))
    assert broker.see(near) == []
    assert broker.see(far) == [("NEW", "BUY", 100, 995_000)]
    assert broker.see(far) == []
    broker.fill(1, 100)
    assert broker.see(far) == []
