"""Shapes of parameters and results, and objects to and from their ports."""

import enum
from typing import Annotated, NamedTuple

import pytest

from gateware.hls.errors import Refusal
from gateware.hls.ir import Port
from gateware.hls.types import flatten, pack, ports, shape_of
from wire.ranges import U8, Range


class Side(enum.IntEnum):
    BUY = 1
    SELL = 4


class Marks(enum.IntFlag):
    HALTED = 1
    STALE = 4


class Order(NamedTuple):
    price: Annotated[int, Range(-5, 5)]
    live: bool
    side: Side
    marks: Marks


class Pair(NamedTuple):
    order: Order
    sizes: tuple[U8, U8]


PORTS = [Port("pair.order.price", -5, 5), Port("pair.order.live", 0, 1, True), Port("pair.order.side", 1, 4),
         Port("pair.order.marks", 0, 7), Port("pair.sizes.0", 0, 255), Port("pair.sizes.1", 0, 255)]


def test_fields_become_ports():
    assert list(ports(shape_of(Pair, "pair"), "pair")) == PORTS


def test_fields_of_a_result_have_no_common_name():
    assert [port.name for port in ports(shape_of(tuple[U8, Order], ""), "")] == [
        "0", "1.price", "1.live", "1.side", "1.marks"]
    assert list(ports(shape_of(bool, ""), "")) == [Port("result", 0, 1, True)]


def test_objects_are_packed_and_flattened():
    numbers = dict(zip((port.name for port in PORTS), (-5, 1, 4, 5, 0, 255), strict=True))
    pair = pack(shape_of(Pair, "pair"), "pair", numbers)
    assert pair == Pair(Order(-5, True, Side.SELL, Marks.HALTED | Marks.STALE), (0, 255))
    assert [type(item) for item in pair.order] == [int, bool, Side, Marks]
    assert flatten(shape_of(Pair, "pair"), "pair", pair) == numbers


def test_a_number_between_members_stays_an_integer():
    assert type(pack(shape_of(Side, "side"), "side", {"side": 2})) is int


def test_pack_refuses_numbers_out_of_range():
    with pytest.raises(ValueError, match=r"size must be in 0\.\.255, 256 is not"):
        pack(shape_of(U8, "size"), "size", {"size": 256})


def test_flatten_refuses_another_shape():
    with pytest.raises(TypeError, match="the result must be a Order of 4"):
        flatten(shape_of(Order, ""), "", (1, 2))


class Empty(enum.IntEnum):
    pass


class Strict(enum.IntFlag, boundary=enum.STRICT):
    A = 1


class Loose(NamedTuple):
    size: float


@pytest.mark.parametrize(("annotation", "text"), [
    (int, "x is an int without a range; write Annotated[int, Range(low, high)]"),
    (float, "x has the type float; write bool, Annotated"),
    (str | None, "x has the type str | None"),
    (Annotated[int, "cents"], "write Annotated[int, Range(low, high)]"),
    (Annotated[float, Range(0, 1)], "write Annotated[int, Range(low, high)]"),
    (tuple[U8, ...], "x has the type tuple["),
    (tuple[U8, float], "x[1] has the type float"),
    (Loose, "x.size has the type float"),
    (Annotated[int, Range(0, 2**128)], "the range of x, 0..2**128, has more than 128 bits"),
    (Annotated[int, Range(-1, 2**127)], "has more than 128 bits"),
    (Empty, "Empty has no members"),
    (Strict, "Strict refuses unknown bits; leave its boundary at KEEP"),
])
def test_other_types_are_refused(annotation, text):
    with pytest.raises(Refusal) as refusal:
        shape_of(annotation, "x")
    assert text in str(refusal.value)
