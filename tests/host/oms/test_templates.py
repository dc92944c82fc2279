"""Orders by template: byte for byte what the session would encode."""

from hypothesis import given
from hypothesis import strategies as st

from host.fix.outputs import Transmit
from host.fix.session import Session
from host.fix.settings import Settings
from host.fix.store import MemoryStore
from host.oms.fix import FixOrders, Names
from host.oms.inputs import TimeInForce
from host.oms.outputs import ToVenue, VenueKind
from host.oms.templates import OrderTemplates
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.risk import OrderType, Side

NOW = 1_792_000_000_123_456_789
ID = st.text("ABC0123456789-/%=", min_size=1, max_size=20).map(str.encode)
REQUESTS = st.builds(
    ToVenue, kind=st.sampled_from(VenueKind), request=st.just(5), cl_ord_id=ID,
    orig_cl_ord_id=st.one_of(st.just(b""), ID), order_id=st.one_of(st.just(b""), ID), account=st.integers(0, 1),
    symbol=st.integers(0, 1), side=st.sampled_from(Side), type=st.sampled_from(OrderType),
    time_in_force=st.sampled_from(TimeInForce), shares=st.integers(1, 1_000_000), price=st.integers(0, 10**10))


def session(dictionary, **options):
    settings = Settings(begin_string=dictionary.begin_string, sender=b"US", target=b"VENUE", initiator=True,
                        dictionary=dictionary, **options)
    return settings, Session(settings, MemoryStore())


def kept(session, send, now):
    """Return what the session would transmit: what it keeps of what it is given without a connection."""
    seq = session._core.store.next_out
    assert not any(isinstance(output, Transmit) for output in send(now))
    return dict(session._core.store.stored(seq, seq))[seq]


@given(requests=st.lists(REQUESTS, min_size=1, max_size=8), dictionary=st.sampled_from([FIX42, FIX44]),
       digits=st.sampled_from([3, 6, 9]), own=st.sampled_from([3, 9]),
       header=st.sampled_from([(), ((50, b"desk"), (57, b"x"))]), later=st.integers(0, 3 * 10**9))
def test_an_order_by_template_is_the_one_that_the_session_encodes(requests, dictionary, digits, own, header, later):
    orders = FixOrders(names=Names((b"MAIN", b"O=%"), (b"AAPL", b"MSFT")), begin_string=dictionary.begin_string,
                       digits=own)
    settings, plain = session(dictionary, digits=digits, header=header)
    _, fast = session(dictionary, digits=digits, header=header)
    templates = OrderTemplates(orders, settings)
    now = NOW
    for request in requests:
        make = templates.maker(request)
        named = request.kind in (VenueKind.REPLACE, VenueKind.CANCEL)
        if make is None:
            assert (request.kind in (VenueKind.STATUS, VenueKind.MASS_STATUS)
                    or named is not bool(request.orig_cl_ord_id) or request.order_id)
            continue
        message = orders.message(request, now)
        assert kept(fast, lambda at, make=make: fast.send_made(make, at), now) == kept(
            plain, lambda at, message=message: plain.send(message, at), now)
        now += later


@given(REQUESTS)
def test_a_session_that_counts_in_each_header_has_no_templates(request):
    orders = FixOrders(names=Names((b"MAIN", b"OTHER"), (b"AAPL", b"MSFT")), begin_string=b"FIX.4.4")
    settings, _ = session(FIX44, last_processed=True)
    assert OrderTemplates(orders, settings).maker(request) is None
