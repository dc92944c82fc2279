from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.models.book import ASK, BID, MESSAGE_LENGTHS, Order, ReferenceBook, WindowView
from tests.models import itch
from wire.itch50 import SIZES
from wire.records import State
from wire.registers import COUNTERS


def run(messages, **options):
    book = ReferenceBook(**options)
    for message in messages:
        book.apply(message)
    return book


def counted(book):
    return {name: n for name, n in book.counters.items() if n and not name.startswith("msgs_")}


def sides(book, locate=1):
    symbol = book.symbols[locate]
    return symbol.bids(), symbol.asks()


START = (itch.add(1, "B", 100, 10000), itch.add(2, "S", 200, 10200, mpid=True), itch.add(3, "B", 50, 10000))
UNTOUCHED = ([(10000, 150, 2)], [(10200, 200, 1)])


def test_tables_agree_with_wire():
    assert MESSAGE_LENGTHS == dict(SIZES)
    assert set(ReferenceBook().counters) <= {name for name, _ in COUNTERS}


def test_orders_build_levels():
    book = run((*START, itch.add(4, "B", 7, 9900), itch.add(5, "S", 9, 10300)))
    assert sides(book) == ([(10000, 150, 2), (9900, 7, 1)], [(10200, 200, 1), (10300, 9, 1)])
    assert book.symbols[1].bids(1) == [(10000, 150, 2)]
    assert book.symbols[1].asks(1) == [(10200, 200, 1)]
    assert book.symbols[1].bids(0) == book.symbols[1].asks(0) == []
    assert book.order(2) == Order(2, 1, ASK, 10200, 200)
    assert [order.reference for order in book.orders(book.symbols[1], BID, 10000)] == [1, 3]
    assert not counted(book)


@pytest.mark.parametrize("message, bids, last", [
    (itch.execute(1, 40), [(10000, 110, 2)], (10000, 40)),
    (itch.execute(1, 100), [(10000, 50, 1)], (10000, 100)),
    (itch.execute_price(1, 40, 9950), [(10000, 110, 2)], (9950, 40)),
    (itch.execute_price(1, 40, 9950, printable="N"), [(10000, 110, 2)], (0, 0)),
    (itch.cancel(1, 99), [(10000, 51, 2)], (0, 0)),
    (itch.cancel(1, 100), [(10000, 50, 1)], (0, 0)),
    (itch.delete(3), [(10000, 100, 1)], (0, 0)),
    (itch.replace(1, 9, 30, 10100), [(10100, 30, 1), (10000, 50, 1)], (0, 0)),
    (itch.replace(1, 9, 30, 10000), [(10000, 80, 2)], (0, 0)),
    (itch.replace(1, 1, 30, 10000), [(10000, 80, 2)], (0, 0)),
    (itch.trade(11, 10123), [(10000, 150, 2)], (10123, 11)),
])
def test_legal_messages(message, bids, last):
    book = run((*START, message))
    symbol = book.symbols[1]
    assert sides(book) == (bids, [(10200, 200, 1)])
    assert (symbol.last_price, symbol.last_shares) == last
    assert not counted(book) and symbol.state == 0


def test_replace_goes_to_the_end_of_the_queue():
    book = run((*START, itch.replace(1, 1, 100, 10000)))
    assert [order.reference for order in book.orders(book.symbols[1], BID, 10000)] == [3, 1]


ERROR, INCOMPLETE = State.ERROR, State.INCOMPLETE
LIMITS = {"ref_bits": 8, "share_bits": 10}


@pytest.mark.parametrize("message, counter, mark", [
    (itch.execute(9, 1), "orders_unknown", ERROR),
    (itch.execute_price(9, 1, 10000), "orders_unknown", ERROR),
    (itch.cancel(9, 1), "orders_unknown", ERROR),
    (itch.delete(9), "orders_unknown", ERROR),
    (itch.delete(1 << 40), "orders_unknown", ERROR),
    (itch.replace(9, 10, 5, 10000), "orders_unknown", ERROR),
    (itch.replace(9, 1, 0, 1), "orders_unknown", ERROR),
    (itch.add(1, "B", 5, 9900), "orders_duplicate", ERROR),
    (itch.add(1, "S", 5, 10300, mpid=True), "orders_duplicate", ERROR),
    (itch.execute(1, 0), "orders_zero_shares", ERROR),
    (itch.execute_price(1, 0, 10000), "orders_zero_shares", ERROR),
    (itch.cancel(9, 0), "orders_zero_shares", ERROR),
    (itch.add(4, "B", 0, 10000), "orders_zero_shares", ERROR),
    (itch.add(1, "b", 0, 0), "orders_side", ERROR),
    (itch.add(4, "B", 10, 0), "prices_off_grid", INCOMPLETE),
    (itch.add(1, "B", 10, 10001), "prices_off_grid", INCOMPLETE),
    (itch.add(256, "B", 1024, 10001), "orders_reference", INCOMPLETE),
    (itch.add(1, "B", 1024, 10001), "orders_shares", INCOMPLETE),
])
def test_refused_messages_change_nothing(message, counter, mark):
    book = run((*START, message), **LIMITS)
    symbol = book.symbols[1]
    assert sides(book) == UNTOUCHED
    assert counted(book) == {counter: 1}
    assert symbol.state == mark and symbol.error == (mark is ERROR) and symbol.incomplete == (mark is INCOMPLETE)
    assert (symbol.last_price, symbol.last_shares) == (0, 0)
    book.apply(itch.delete(1))
    assert symbol.state == mark, "marks stay"


@pytest.mark.parametrize("new, shares, price, counter, mark", [
    (9, 0, 10000, "orders_zero_shares", ERROR),
    (2, 10, 10000, "orders_duplicate", ERROR),
    (256, 10, 10000, "orders_reference", INCOMPLETE),
    (9, 1024, 10000, "orders_shares", INCOMPLETE),
    (9, 10, 0, "prices_off_grid", INCOMPLETE),
    (9, 10, 10050, "prices_off_grid", INCOMPLETE),
])
def test_refused_replace_removes_the_old_order(new, shares, price, counter, mark):
    book = run((*START, itch.replace(1, new, shares, price)), **LIMITS)
    assert sides(book) == ([(10000, 50, 1)], [(10200, 200, 1)])
    assert counted(book) == {counter: 1} and book.symbols[1].state == mark
    assert book.order(1) is None and book.order(9) is None


@pytest.mark.parametrize("message, last", [
    (itch.execute(1, 101), (10000, 101)), (itch.execute_price(1, 101, 9950), (9950, 101)),
    (itch.cancel(1, 101), (0, 0)),
])
def test_over_execution_takes_what_there_is(message, last):
    book = run((*START, message))
    symbol = book.symbols[1]
    assert sides(book) == ([(10000, 50, 1)], [(10200, 200, 1)])
    assert counted(book) == {"orders_over_executed": 1} and symbol.error and book.order(1) is None
    assert (symbol.last_price, symbol.last_shares) == last


def test_reference_of_another_symbol():
    book = run((*START, itch.delete(1, locate=2), itch.add(1, "B", 5, 500, locate=3)))
    assert sides(book) == UNTOUCHED and not book.symbols[1].error
    assert counted(book) == {"orders_unknown": 1, "orders_duplicate": 1}
    assert book.symbols[2].error and book.symbols[3].error and sides(book, 3) == ([], [])


def test_crossed_comes_and_goes():
    book = run(START)
    states = [book.apply(message).state for message in (
        itch.add(4, "B", 1, 10100), itch.add(5, "B", 1, 10200), itch.delete(5), itch.add(6, "S", 1, 9000))]
    assert states == [0, State.CROSSED, 0, State.CROSSED]
    assert book.symbols[1].crossed


def test_symbols_not_followed_are_ignored():
    book = run((*START, itch.add(1, "B", 1, 100, locate=2), itch.trade(1, 100, locate=2),
                itch.stock_message("N", "TEST", b"A", locate=2), itch.stock_message("N", "TEST", b"A"),
                itch.stock_message("V", "", bytes(16), locate=0), itch.system("Q")), locates=[1])
    assert list(book.symbols) == [1] and sides(book) == UNTOUCHED
    assert {name: n for name, n in book.counters.items() if n} == {
        "msgs_decoded": 9, "msgs_book": 3, "msgs_other_symbol": 4, "msgs_ignored": 1, "msgs_state": 1}


def test_locate_is_learned_by_name():
    directory = itch.stock_message("R", "ABC", bytes(20), locate=7)
    book = run((itch.add(1, "B", 1, 100, locate=7), itch.system("O"), directory, itch.add(1, "B", 1, 100, locate=7)),
               names=["ABC"])
    symbol = book.names["ABC"]
    assert symbol.locate == 7 and book.symbols == {7: symbol}
    assert symbol.state == State.DIRECTORY | 1 << 8
    assert symbol.bids() == [(100, 1, 1)] and book.counters["msgs_other_symbol"] == 1


@pytest.mark.parametrize("messages, fields", [
    ([itch.stock_message("H", "T", b"T     ")], 4),
    ([itch.stock_message("H", "T", b"H     ")], 1),
    ([itch.stock_message("H", "T", b"P     ")], 2),
    ([itch.stock_message("H", "T", b"Q     ")], 3),
    ([itch.stock_message("H", "T", b"T     "), itch.stock_message("H", "T", b"?     ")], 0),
    ([itch.stock_message("h", "T", b"QH"), itch.stock_message("h", "T", b"XH")], 0b101 << 3),
    ([itch.stock_message("h", "T", tail) for tail in (b"BH", b"BT", b"ZH")], 0),
    ([itch.stock_message("Y", "T", b"1")], 1 << 6),
    ([itch.stock_message("Y", "T", tail) for tail in (b"1", b"2", b"?")], 2 << 6),
    ([itch.stock_message("Y", "T", b"2"), itch.stock_message("Y", "T", b"0")], 0),
    ([itch.system(event) for event in "OSQ"], 3 << 8),
    ([itch.system(event) for event in "MEC?"], 6 << 8),
    ([itch.mwcb("1"), itch.mwcb("3"), itch.mwcb("4")], 3 << 12),
    ([itch.stock_message("J", "T", bytes(16))], 1 << 11),
    ([itch.stock_message("R", "T", bytes(20))], 1 << 14),
])
def test_state_word(messages, fields):
    book = run((*START, *messages), locates=[1, 2])
    assert book.symbols[1].state == fields
    everywhere = fields if messages[0][0] in b"SW" else 0
    assert book.symbols[2].state == everywhere
    assert sides(book) == UNTOUCHED


def test_bad_length_and_unknown_type():
    book = run(START)
    assert book.apply(b"Z" + bytes(11)) is None and book.apply(b"z" + bytes(200)) is None
    assert not book.symbols[1].error and book.counters["msgs_unknown_type"] == 2
    for number, message in enumerate((itch.delete(1) + b"x", b"", b"S", b"Z" + bytes(10)), 1):
        assert book.apply(message) is None
        assert book.symbols[1].error and book.counters["msgs_bad_length"] == number and sides(book) == UNTOUCHED
    assert book.apply(itch.add(8, "B", 1, 100, locate=5)).error


def test_clear_forgets_book_and_marks():
    book = run((*START, itch.stock_message("H", "T", b"T     "), itch.delete(9), itch.add(4, "B", 1, 1)))
    assert book.symbols[1].error and book.symbols[1].incomplete
    book.clear()
    assert len(book) == 0 and sides(book) == ([], []) and book.symbols[1].state == 4
    book.apply(itch.add(1, "B", 100, 10000))
    assert sides(book) == ([(10000, 100, 1)], [])


def test_bad_tick_is_refused():
    with pytest.raises(ValueError, match="tick must be at least 1, not 0"):
        ReferenceBook(tick=0)


def test_window_view():
    prices = (100, 500, 600, 1200, 1300)      # window: ticks 5..12
    book = run([itch.add(n, "B", 1, price) for n, price in enumerate(prices)]
               + [itch.add(10 + n, "S", 1, price) for n, price in enumerate(prices)]).symbols[1]
    view = WindowView(base=5, window=8)
    assert view.split(book, BID) == (1, 3, 1) and view.split(book, ASK) == (1, 3, 1)
    assert view.far(book) == 4 and view.incomplete(book, levels=3)
    worse = WindowView(base=5, window=16)
    bids = run([itch.add(n, "B", 1, price) for n, price in enumerate(prices)]).symbols[1]
    assert worse.split(bids, BID) == (0, 4, 1)
    assert not worse.incomplete(bids, levels=4) and worse.incomplete(bids, levels=5, overflowed=True)


class NaiveBook:
    """All orders in one list; everything is found by walking it. Says what the contract's table says, line by line."""

    def __init__(self, tick, ref_bits, share_bits):
        self.orders, self.counters, self.marks, self.last = [], Counter(), Counter(), {}
        self.tick, self.ref_bits, self.share_bits = tick, ref_bits, share_bits

    def blame(self, locate, counter, mark):
        self.counters[counter] += 1
        self.marks[locate] |= mark

    def add(self, locate, ref, side, shares, price):
        if side not in ("B", "S"):
            self.blame(locate, "orders_side", ERROR)
        elif shares == 0:
            self.blame(locate, "orders_zero_shares", ERROR)
        elif ref.bit_length() > self.ref_bits:
            self.blame(locate, "orders_reference", INCOMPLETE)
        elif shares.bit_length() > self.share_bits:
            self.blame(locate, "orders_shares", INCOMPLETE)
        elif price == 0 or price % self.tick != 0:
            self.blame(locate, "prices_off_grid", INCOMPLETE)
        elif any(order["ref"] == ref for order in self.orders):
            self.blame(locate, "orders_duplicate", ERROR)
        else:
            self.orders.append({"ref": ref, "locate": locate, "side": side, "shares": shares, "price": price})

    def take(self, locate, ref, shares):
        """Take ``shares`` (None: all) from an order; return it as it was, or None."""
        if shares == 0:
            self.blame(locate, "orders_zero_shares", ERROR)
            return None
        found = [order for order in self.orders if order["ref"] == ref and order["locate"] == locate]
        if not found:
            self.blame(locate, "orders_unknown", ERROR)
            return None
        before = dict(found[0])
        if shares is not None and shares > before["shares"]:
            self.blame(locate, "orders_over_executed", ERROR)
        if shares is None or shares >= before["shares"]:
            self.orders.remove(found[0])
        else:
            found[0]["shares"] -= shares
        return before

    def apply(self, kind, locate, ref, new, side, shares, price, printable):
        if kind in "AF":
            self.add(locate, ref, side, shares, price)
        elif kind == "D":
            self.take(locate, ref, None)
        elif kind == "U":
            old = self.take(locate, ref, None)
            if old:
                self.add(locate, new, old["side"], shares, price)
        else:
            order = self.take(locate, ref, shares)
            if order and kind == "E":
                self.last[locate] = (order["price"], shares)
            if order and kind == "C" and printable == "Y":
                self.last[locate] = (price, shares)

    def side(self, locate, side):
        mine = [order for order in self.orders if order["locate"] == locate and order["side"] == side]
        prices = sorted({order["price"] for order in mine}, reverse=side == "B")
        return [(price, sum(order["shares"] for order in mine if order["price"] == price),
                 sum(order["price"] == price for order in mine)) for price in prices]


#: Few references, prices and sizes, so that messages meet; now and then one that is refused.
REFERENCE = st.sampled_from((*range(1, 7), *range(1, 7), *range(1, 7), 0, 15, 16))
SHARES = st.sampled_from((*range(1, 8), *range(1, 8), 0, 8))
PRICE = st.sampled_from((*(100, 200, 300, 400) * 5, 0, 150))
OPERATION = st.tuples(st.sampled_from("AAAAAFFEECCXXDUUU"), st.sampled_from((1, 1, 1, 2)), REFERENCE, REFERENCE,
                      st.sampled_from("BBBBBBBSSSSSSSx"), SHARES, PRICE, st.sampled_from("YYN"))


def encode(kind, locate, ref, new, side, shares, price, printable):
    match kind:
        case "A" | "F":
            return itch.add(ref, side, shares, price, locate=locate, mpid=kind == "F")
        case "E":
            return itch.execute(ref, shares, locate=locate)
        case "C":
            return itch.execute_price(ref, shares, price, printable=printable, locate=locate)
        case "X":
            return itch.cancel(ref, shares, locate=locate)
        case "D":
            return itch.delete(ref, locate=locate)
        case "U":
            return itch.replace(ref, new, shares, price, locate=locate)


@settings(max_examples=60, deadline=None)
@given(st.lists(OPERATION, min_size=30, max_size=120))
def test_equals_naive_recomputation(operations):
    limits = {"tick": 100, "ref_bits": 4, "share_bits": 3}
    book, naive = ReferenceBook(locates=[1, 2], **limits), NaiveBook(**limits)
    for operation in operations:
        book.apply(encode(*operation))
        naive.apply(*operation)
        for locate, symbol in book.symbols.items():
            bids, asks = naive.side(locate, "B"), naive.side(locate, "S")
            assert (symbol.bids(), symbol.asks()) == (bids, asks)
            assert (symbol.bids(2), symbol.asks(2)) == (bids[:2], asks[:2])
            crossed = State.CROSSED if bids and asks and bids[0][0] >= asks[0][0] else 0
            assert symbol.state == naive.marks[locate] | crossed
            assert (symbol.last_price, symbol.last_shares) == naive.last.get(locate, (0, 0))
        assert len(book) == len(naive.orders)
        assert counted(book) == naive.counters
