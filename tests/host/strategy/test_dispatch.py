"""Callbacks and views, from records made by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.oms.inputs import IntentKind
from host.oms.outputs import Reason, Tell, TellKind
from host.oms.states import State as OrderState
from host.strategy.dispatch import Dispatch
from host.strategy.interface import Context, ContextError, Strategy
from host.strategy.views import Views, ViewsError
from tests.host.strategy.desk import LIVE, SYMBOLS, book, feed, records, views
from wire.records import FeedEvent, State, TradingState


class Scribe(Strategy):
    """Writes down all it hears; asks for an order at each book of symbol 1."""

    def __init__(self, wanted=()):
        self.heard, self.wanted = [], wanted

    def on_book(self, symbol):
        self.heard.append(("book", symbol, self.context.views.touch(symbol)))
        if symbol == 1:
            self.context.buy(1, 100, 5)

    def on_trade(self, symbol, price, shares):
        self.heard.append(("trade", symbol, price, shares))

    def on_state(self, symbol, state):
        self.heard.append(("state", symbol, state))

    def on_timer(self, now):
        self.heard.append(("timer", now))


def seat(wanted=()):
    seen = views()
    scribe = Scribe(wanted)
    return scribe, Dispatch(seen, [(scribe, Context(seen))])


def test_a_record_becomes_state_trade_and_book():
    scribe, dispatch = seat()
    assert dispatch.events(records(book(2, cause=b"E", last=(7, 8))), 5) == 1
    assert scribe.heard == [("state", 2, LIVE), ("trade", 2, 7, 8), ("book", 2, (10_0000, 100, 10_0100, 100))]
    assert scribe.context.now == 5


def test_it_stops_after_the_record_that_made_intents():
    scribe, dispatch = seat()
    rows = records(book(0), book(1), book(2))
    assert dispatch.events(rows, 0) == 2 and dispatch.wanting
    assert [intent.symbol for intent in scribe.context.take()] == [1]
    assert dispatch.events(rows[2:], 0) == 1 and not dispatch.wanting


def test_only_what_is_wanted_is_told():
    scribe, dispatch = seat((3,))
    dispatch.events(records(book(0), book(3), book(2)), 0)
    assert [event[:2] for event in scribe.heard] == [("state", 3), ("book", 3)]


@pytest.mark.parametrize("event", [FeedEvent.STALE, FeedEvent.SILENT, FeedEvent.SUSPECT, FeedEvent.SESSION_ENDED])
def test_a_feed_that_is_down_shuts_every_symbol(event):
    scribe, dispatch = seat()
    dispatch.events(records(book(0), book(2)), 0)
    scribe.heard.clear()
    dispatch.events(records(feed(event)), 0)
    assert ("state", 0, LIVE | State.STALE) in scribe.heard
    assert all(dispatch.views.touch(symbol) is None for symbol in range(SYMBOLS))
    assert not dispatch.views.open().any()


def test_the_feed_comes_back_when_every_reason_is_gone():
    seen = views()
    seen.update(records(book(0), feed(FeedEvent.STALE), feed(FeedEvent.SILENT), feed(FeedEvent.RECOVERED)))
    assert seen.touch(0) is None
    seen.update(records(feed(FeedEvent.HEARD)))
    assert seen.touch(0)
    seen.update(records(feed(FeedEvent.SUSPECT), feed(FeedEvent.RECOVERED)))
    assert seen.touch(0) is None
    seen.update(records(feed(FeedEvent.CLEARED)))
    assert seen.touch(0)


def test_a_stale_book_record_is_fresh_again_with_the_feed():
    seen = views()
    seen.update(records(feed(FeedEvent.STALE), book(0, state=LIVE | State.STALE), feed(FeedEvent.RECOVERED)))
    assert seen.touch(0)


def test_after_lost_records_each_symbol_waits_for_its_next():
    scribe, dispatch = seat()
    dispatch.events(records(book(0), book(2), feed(FeedEvent.STALE)), 0)
    dispatch.lapsed(1)
    dispatch.events(records(feed(FeedEvent.RECOVERED)), 2)
    assert dispatch.views.touch(0) is None
    dispatch.events(records(book(0)), 3)
    assert dispatch.views.touch(0) and dispatch.views.touch(2) is None


@pytest.mark.parametrize("change", [
    {"state": LIVE | State.STALE}, {"state": LIVE | State.INCOMPLETE}, {"state": LIVE | State.CROSSED},
    {"state": LIVE | State.ERROR}, {"state": LIVE | State.SUSPECT}, {"state": LIVE | State.CLEARING},
    {"state": TradingState.HALTED}, {"state": TradingState.PAUSED}, {"state": TradingState.QUOTATION}, {"state": 0},
    {"state": LIVE | State.OPERATIONAL_HALT_Q}, {"state": LIVE | 1 << 12}, {"state": LIVE | 5 << 8},
    {"state": LIVE | 6 << 8}, {"bids": ()}, {"asks": ()}, {"bids": ((10_0100, 1),)}])
def test_no_touch_where_no_order_should_go(change):
    seen = views()
    seen.update(records(book(0)))
    assert seen.touch(0) and seen.open()[0]
    seen.update(records(book(0, **change)))
    assert seen.touch(0) is None and not seen.open()[0]


def test_records_of_another_device_are_refused():
    seen = Views(SYMBOLS, 8)
    with pytest.raises(ViewsError, match="256 bytes are not of 8 levels"):
        seen.update(records(book(0)))
    small = Views(2, 4)
    with pytest.raises(ViewsError, match="symbol 3, where 2"):
        small.update(records(book(3)))
    with pytest.raises(ViewsError, match="symbol 3, where 2"):
        Dispatch(small, []).events(records(book(3)), 0)
    with pytest.raises(ValueError, match="not 257"):
        Views(257, 4)


def test_two_strategies_need_two_numbers():
    seen = views()
    with pytest.raises(ValueError, match="number of its own"):
        Dispatch(seen, [(Scribe(), Context(seen)), (Scribe(), Context(seen))])


def test_news_of_orders_that_are_nobodys():
    scribe, dispatch = seat()
    news = Tell(TellKind.FILL, 0, 0, 5, IntentKind.NEW, OrderState.FILLED, 1, 1, 1, 0, Reason.NONE, 0, 0, "", 0)
    dispatch.tell(news, 0)
    assert not scribe.heard
    with pytest.raises(ContextError, match="no strategy 2, whose order 5 is"):
        dispatch.tell(news._replace(strategy=2), 0)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        Context(views(), strategy=0)


def test_the_arrays_are_views():
    seen = views()
    arrays = seen.bid_price, seen.ask_shares, seen.last_price
    seen.update(records(book(1, bids=((9_0000, 5), (8_9900, 6)), asks=((9_0100, 7),), last=(3, 4))))
    assert arrays[0][1].tolist() == [9_0000, 8_9900, 0, 0] and arrays[1][1, 0] == 7 and arrays[2][1] == 3
    assert all(np.shares_memory(array, seen.rows) for array in arrays)


RECORD = st.one_of(
    st.builds(book, st.integers(0, SYMBOLS - 1), st.sampled_from(((), ((99, 5),), ((99, 5), (98, 1)))),
              st.sampled_from((((100, 7),), ())), state=st.sampled_from((LIVE, LIVE | State.STALE, 1)),
              cause=st.sampled_from((b"A", b"E"))),
    st.builds(feed, st.sampled_from(list(FeedEvent))))


@given(st.lists(RECORD, max_size=30), st.lists(st.integers(0, 30), max_size=5))
def test_what_is_heard_does_not_depend_on_how_records_are_batched(rows, cuts):
    one, by_one = seat()
    for row in rows:
        by_one.events(row, 0)
        one.context.take()
    many, in_batches = seat()
    edges = sorted({0, len(rows), *(min(cut, len(rows)) for cut in cuts)})
    for begin, end in zip(edges, edges[1:], strict=False):
        batch = records(*rows[begin:end])
        while len(batch):
            batch = batch[in_batches.events(batch, 0):]
            many.context.take()
    assert one.heard == many.heard
    bulk, at_once = seat()
    at_once.latest(records(*rows), 0)
    assert at_once.views.rows.tobytes() == by_one.views.rows.tobytes() == in_batches.views.rows.tobytes()
    assert at_once.views.down == by_one.views.down
    assert [at_once.views.touch(symbol) is not None for symbol in range(SYMBOLS)] == by_one.views.open().tolist()
