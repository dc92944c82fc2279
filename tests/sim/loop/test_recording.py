"""A backtest: a strategy in a recorded market, by the gateware and the exchange's matching."""

import pytest

from host.fix.tables import ConfigError
from host.journal.journal import read_journal
from host.oms.inputs import Intend
from host.run.ledger import INPUTS
from host.strategy.hold import Hold, HoldParameters
from host.strategy.interface import Strategy
from sim.loop.check import differences, reconciled
from sim.loop.recording import Recording
from sim.loop.world import World
from sim.market.binaryfile import write_binaryfile
from sim.market.messages import Messages
from wire import itch50
from wire.itch50 import Side as BookSide

SECOND = 1_000_000_000
OPEN = 34_200


def message(letter, seconds, locate=13, **fields):
    return itch50.pack(letter, locate=locate, timestamp=(OPEN + seconds) * SECOND, **fields)


def order(seconds, reference, side, price, shares=100, stock="AAPL", locate=13):
    return message("A", seconds, locate, reference=reference, side=side, price=price, shares=shares, stock=stock)


@pytest.fixture
def record(tmp_path):
    """A bid at 50.00 and an ask at 50.02; the bid is executed, the ask leaves. Another symbol has one order."""
    path = tmp_path / "day.itch"
    write_binaryfile(path, Messages.of([
        order(1, 4, "B", 500_000), order(1, 8, "S", 500_200), order(2, 12, "B", 100_000, stock="MSFT", locate=7),
        message("E", 6, reference=4, shares=80, match=1), message("D", 8, reference=8)]))
    return path


class Joiner(Strategy):
    """Bids a cent above the best bid, once."""

    def __init__(self):
        self.fills = []

    def on_book(self, symbol):
        touch = self.context.views.touch(symbol)
        if touch and not self.context.orders:
            self.context.buy(symbol, 30, touch[0] + 100)

    def on_fill(self, order, tell):
        self.fills.append((tell.shares, tell.price))


def test_our_order_is_filled_by_a_recorded_execution(record, tmp_path):
    joiner = Joiner()
    with World(Recording(path=record, symbols=("AAPL",), profile="tiny").setup(), [joiner], tmp_path / "j") as world:
        world.run(world.exchange.midnight + (OPEN + 7) * SECOND)
        engine = world.exchange.venue.engine
        assert joiner.fills == [(30, 500_100)] and world.symbols == ("AAPL",)
        assert engine.best(1, BookSide.BUY) == (500_000, 50)
        world.run()
        assert world.ledger.positions.position(0, 0).shares == 30
        assert not reconciled(world) and not differences(world)


def test_the_busiest_symbols_are_taken_and_the_day_may_end_early(record, tmp_path):
    assert [one.name for one in Recording(path=record, profile="tiny").setup().exchange.symbols] == ["AAPL", "MSFT"]
    assert [one.name for one in Recording(path=record, most=1, profile="tiny").setup().exchange.symbols] == ["AAPL"]
    joiner = Joiner()
    with World(Recording(path=record, seconds=3, profile="tiny").setup(), [joiner], tmp_path / "j") as world:
        world.run()
        assert not joiner.fills and not differences(world)
        assert any(isinstance(entry.record, Intend) for entry in read_journal(world.journal.path, INPUTS))


def test_a_symbol_without_orders_is_refused(record, tmp_path):
    with pytest.raises(ConfigError, match="has no orders of 'IBM'; there is AAPL, MSFT"):
        Recording(path=record, symbols=("IBM",)).setup()
    empty = tmp_path / "empty.itch"
    write_binaryfile(empty, Messages.of([message("S", 0, 0, event="O")]))
    with pytest.raises(ConfigError, match="has no orders"):
        Recording(path=empty).setup()


def test_in_a_real_market(data_dir, tmp_path):
    path = data_dir / "itch50_aapl_20200130" / "locate-13-10k.bin"
    with World(Recording(path=path, seconds=60).setup(), [Hold(HoldParameters(shares=10))], tmp_path / "j") as world:
        world.run()
        assert world.symbols == ("AAPL",) and world.loop.counts["records"] > 50
        assert world.ledger.positions.position(0, 0).shares == 10
        assert not reconciled(world) and not differences(world)
