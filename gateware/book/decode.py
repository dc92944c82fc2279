"""From a whole ITCH message to an operation on the order table."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Kind, Sizes
from gateware.book.orders import OPERATION
from gateware.interfaces import MessageStream
from wire.itch50 import BOOK_TYPES, MESSAGES

__all__ = ["Decode", "integer"]

_KINDS = {"A": Kind.ADD, "F": Kind.ADD, "E": Kind.REDUCE, "C": Kind.REDUCE, "X": Kind.REDUCE, "D": Kind.DELETE,
          "U": Kind.OUT}
#: Messages beside the book's that belong to a symbol's record: they change its state word, or are a trade.
_SYMBOL_TYPES = "RHhYJP"
_MARKET_TYPES = "SW"


def integer(message, kind, name):
    """Return the big-endian field ``name`` of a ``kind`` message as a value, from its bytes ``message``."""
    field = MESSAGES[kind].field(name)
    return Cat(message[at] for at in reversed(range(field.offset, field.offset + field.size)))


class Decode(wiring.Component):
    """Fields normalised by type. A Replace becomes two operations: out in its own cycle, in in the next.

    Latency: none for ``op``, ``price`` (one cycle for the second half of a Replace). Throughput: as messages may come:
    order messages at least two cycles apart.

    Members
    -------
    i : messages
    op : operation on the order table, NONE where there is none
    price : of an insert
    second : ``op`` is the second half of a Replace
    reference, new_reference : ``op.ref`` of a message itself, and of the second half one cycle later
    entered : a message or the second half of a Replace is here
    book, symbol, market : in the message's cycle: it is an order message, one of those or of R H h Y J P, one of S W
    trade_at_order, trade_told : the message is a trade at its order's price (E), or tells the price (C printable, P)
    trade_price, trade_shares : of such a trade
    time : ns since midnight
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        super().__init__({
            "i": In(MessageStream), "op": Out(OPERATION(sizes)), "price": Out(32), "second": Out(1), "entered": Out(1),
            "reference": Out(sizes.profile.ref_bits), "new_reference": Out(sizes.profile.ref_bits),
            "book": Out(1), "symbol": Out(1), "market": Out(1),
            "trade_at_order": Out(1), "trade_told": Out(1), "trade_price": Out(32), "trade_shares": Out(32),
            "time": Out(48)})

    def elaborate(self, platform):
        m = Module()
        ref_bits = self.sizes.profile.ref_bits
        message = self.i.p.data
        is_ = {letter: Signal(name=f"is_{letter}") for letter in BOOK_TYPES + _SYMBOL_TYPES + _MARKET_TYPES}
        m.d.comb += [flag.eq(message[0] == ord(letter)) for letter, flag in is_.items()]
        add = is_["A"] | is_["F"]

        second = Signal()
        new_ref, new_fits, new_shares, new_price = Signal(ref_bits), Signal(), Signal(32), Signal(32)
        new_reference = integer(message, "U", "new_reference")
        m.d.sync += [
            second.eq(self.i.valid & is_["U"]), new_ref.eq(new_reference), new_fits.eq(new_reference[ref_bits:] == 0),
            new_shares.eq(integer(message, "U", "shares")), new_price.eq(integer(message, "U", "price"))]
        reference = integer(message, "A", "reference")
        side = message[MESSAGES["A"].field("side").offset]
        kind = Signal(Kind)
        with m.If(second):
            m.d.comb += kind.eq(Kind.IN)
        with m.Elif(self.i.valid):
            for letter, value in _KINDS.items():
                with m.If(is_[letter]):
                    m.d.comb += kind.eq(value)
        reduced = integer(message, "X", "shares")
        m.d.comb += [
            self.op.kind.eq(kind), self.op.ref.eq(Mux(second, new_ref, reference)),
            self.op.ref_fits.eq(Mux(second, new_fits, reference[ref_bits:] == 0)),
            self.op.shares.eq(Mux(second, new_shares, Mux(add, integer(message, "A", "shares"), reduced))),
            self.op.side.eq(side == ord("S")), self.op.side_valid.eq((side == ord("S")) | (side == ord("B"))),
            self.price.eq(Mux(second, new_price, integer(message, "A", "price"))),
            self.second.eq(second), self.reference.eq(reference), self.new_reference.eq(new_reference),
            self.entered.eq(self.i.valid | second),
            self.book.eq(self.i.valid & Cat(is_[letter] for letter in BOOK_TYPES).any()),
            self.symbol.eq(self.i.valid & Cat(is_[letter] for letter in BOOK_TYPES + _SYMBOL_TYPES).any()),
            self.market.eq(self.i.valid & Cat(is_[letter] for letter in _MARKET_TYPES).any()),
            self.trade_at_order.eq(is_["E"]),
            self.trade_told.eq(is_["P"] | is_["C"] & (message[MESSAGES["C"].field("printable").offset] == ord("Y"))),
            self.trade_price.eq(Mux(is_["P"], integer(message, "P", "price"), integer(message, "C", "price"))),
            self.trade_shares.eq(Mux(is_["P"], integer(message, "P", "shares"), reduced)),
            self.time.eq(integer(message, "A", "timestamp"))]
        return m
