"""What the exchange publishes, read by another author's decoder, and held against the events and our own tables."""

from collections import Counter

import itch.messages as itchfeed
import pytest

from sim.exchange import events as happened
from sim.exchange.commands import Halt
from sim.exchange.events import Landing, Liquidity
from tests.sim.exchange.trading import MIDNIGHT, SYMBOLS, Displayed, Flow, engine_levels, new_venue
from tests.wire.test_third_party import COMMON, NAMES
from wire import itch50, moldudp64
from wire.itch50 import RegSho, Side

NAME_OF = {symbol.locate: symbol.name for symbol in SYMBOLS}


def decoded(message):
    """Return type and fields of ``message`` as itchfeed reads them, under our names."""
    letter = chr(message[0])
    theirs = itchfeed.messages[message[:1]](message)
    assert theirs.message_size == len(message)
    fields = {"locate": theirs.stock_locate, "tracking": theirs.tracking_number, "timestamp": theirs.timestamp}
    for field in itch50.MESSAGES[letter].fields[4:]:
        value = getattr(theirs, (NAMES[letter].get(field.name) or COMMON[field.name])[0])
        fields[field.name] = value.decode().rstrip(" ") if isinstance(value, bytes) else value
    return letter, fields


def expected(event, ns):
    """Return (type, fields) of each message that ``event`` must give, from what the tables of ITCH say."""
    head = {"locate": getattr(event, "locate", 0), "tracking": 0, "timestamp": ns}
    stock = {"stock": NAME_OF.get(head["locate"])}
    match event:
        case happened.Added():
            order = head | stock | {"reference": event.reference, "side": event.side.value, "shares": event.shares,
                                    "price": event.price}
            yield ("F", order | {"attribution": event.attribution}) if event.attribution else ("A", order)
        case happened.Executed(displayed=True, liquidity=Liquidity.CROSS):
            yield "C", head | {"reference": event.reference, "shares": event.shares, "match": event.match,
                               "printable": "N", "price": event.price}
        case happened.Executed(displayed=True):
            yield "E", head | {"reference": event.reference, "shares": event.shares, "match": event.match}
        case happened.Canceled(displayed=True, leaves=0):
            yield "D", head | {"reference": event.reference}
        case happened.Canceled(displayed=True):
            yield "X", head | {"reference": event.reference, "shares": event.shares}
        case happened.Replaced(displayed=True, landing=Landing.MOVED):
            yield "U", head | {"reference": event.old_reference, "new_reference": event.reference,
                               "shares": event.shares, "price": event.price}
        case happened.Replaced(displayed=True, landing=Landing.ENTERED):
            yield "D", head | {"reference": event.old_reference}
        case happened.Replaced(displayed=True) if event.shares != event.old_shares:
            yield "X", head | {"reference": event.reference, "shares": event.old_shares - event.shares}
        case happened.CrossTrade():
            yield "Q", head | stock | {"shares": event.shares, "price": event.price, "match": event.match,
                                       "cross_type": event.cross_type.value}
        case happened.Imbalance():
            yield "I", head | stock | {"paired_shares": event.paired_shares, "imbalance_shares": event.imbalance_shares,
                                       "direction": event.direction.value, "far_price": event.far_price,
                                       "near_price": event.near_price, "reference_price": event.reference_price,
                                       "cross_type": event.cross_type.value, "variation": event.variation.value.strip()}
        case happened.StateChanged():
            yield "H", head | stock | {"state": event.state.value, "reserved": "", "reason": event.reason}
        case happened.Broken():
            yield "B", head | {"match": event.match}
        case happened.Corrected():
            yield "B", head | {"match": event.match}
            yield "P", head | stock | {"reference": 0, "side": "B", "shares": event.shares, "price": event.price,
                                       "match": event.new_match}


@pytest.mark.parametrize("seed", range(3))
def test_another_decoder_reads_what_the_engine_did_field_by_field(seed):
    venue = new_venue()
    flow = Flow(seed, venue)
    packets = []
    venue.outlets.append(lambda sent, now: packets.extend(sent))
    venue.begin(flow.now)
    opening = [decoded(message) for message in venue.feed.messages]
    assert [letter for letter, _ in opening] == list("S" + "RHY" * len(SYMBOLS) + "S")
    assert [fields["stock"] for letter, fields in opening if letter == "R"] == [symbol.name for symbol in SYMBOLS]
    told = []
    venue.listen(lambda events, now: told.extend((event, now - MIDNIGHT) for event in events))
    for _ in range(1500):
        before = len(venue.feed.messages)
        told.clear()
        flow.step()
        made = [decoded(message) for message in venue.feed.messages[before:]]
        assert made[0][0] == "Y" if not told and made else made == [
            message for event, ns in told for message in expected(event, ns)]
    venue.end(flow.now)
    letters = Counter(chr(message[0]) for message in venue.feed.messages)
    assert set(letters) == set("SRHYAFECXDUPQBI"), letters
    sent = [moldudp64.unpack(packet) for packet in packets]
    assert [message for packet in sent for message in packet.messages] == venue.feed.messages
    assert sent[-1].count == moldudp64.END_OF_SESSION and sent[-1].sequence == venue.feed.next


@pytest.mark.parametrize("seed", range(2))
def test_every_message_is_what_our_own_tables_say(seed):
    venue = new_venue()
    flow = Flow(seed, venue)
    flow.begin()
    for _ in range(500):
        flow.step()
    for message in venue.feed.messages:
        fields = itch50.unpack(message)
        assert itch50.pack(fields.pop("type"), **fields) == message


@pytest.mark.parametrize("seed", range(2))
def test_events_tell_the_whole_displayed_book(seed):
    venue = new_venue()
    flow, book = Flow(seed, venue), Displayed()
    venue.listen(lambda events, now: [book.apply(event) for event in events])
    flow.begin()
    for _ in range(800):
        flow.step()
        for symbol in SYMBOLS:
            for side in Side:
                assert book.levels(symbol.locate, side) == engine_levels(venue.engine, symbol.locate, side)


def test_a_snapshot_tells_states_and_restrictions_as_they_are_now():
    venue = new_venue()
    Flow(0, venue).begin()
    venue.apply(Halt(2), venue.midnight + 40_000_000_000_000)
    venue.restrict(7, RegSho.INTRADAY_DROP, venue.midnight + 40_000_000_000_000)
    told = [decoded(message) for message in venue.snapshot(venue.midnight + 41_000_000_000_000)[:-1]]
    assert told[0][0] == "S" and told[0][1]["event"] == "Q"
    assert {fields["locate"]: fields["state"] for letter, fields in told if letter == "H"} == {1: "T", 2: "H", 7: "T"}
    assert {fields["locate"]: fields["action"] for letter, fields in told if letter == "Y"} == {1: "0", 2: "0", 7: "1"}


def test_a_time_outside_the_day_is_refused():
    venue = new_venue()
    for ns in (-1, itch50.NS_PER_DAY):
        with pytest.raises(ValueError, match=f"{ns} ns since midnight"):
            venue.begin(MIDNIGHT + ns)
