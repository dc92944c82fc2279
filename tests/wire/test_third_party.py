"""ITCH messages encoded and decoded by two other authors: their bytes, our fields, and the other way round."""

import itch.messages as itchfeed
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meatpy.itch50 import itch50_market_message as meatpy

from tests.wire.examples import layout_values
from wire import itch50

# Our field: itchfeed's attribute, and MeatPy's.
COMMON = {
    "locate": ("stock_locate", "stock_locate"), "tracking": ("tracking_number", "tracking_number"),
    "timestamp": ("timestamp", "timestamp"), "stock": ("stock", "stock"), "side": ("buy_sell_indicator", "bsindicator"),
    "reference": ("order_reference_number", "order_ref"), "shares": ("shares", "shares"), "price": ("price", "price"),
    "match": ("match_number", "match"), "cross_type": ("cross_type", "cross_type"),
}
NAMES = {
    "S": {"event": ("event_code", "code")},
    "R": {"market_category": ("market_category", "category"),
          "financial_status": ("financial_status_indicator", "status"),
          "round_lot_size": ("round_lot_size", "lotsize"), "round_lots_only": ("round_lots_only", "lotsonly"),
          "issue_classification": ("issue_classification", "issue_class"),
          "issue_subtype": ("issue_sub_type", "issue_sub"), "authenticity": ("authenticity", "authenticity"),
          "short_sale_threshold": ("short_sale_threshold_indicator", "shortsale_thresh"),
          "ipo_flag": ("ipo_flag", "ipo_flag"), "luld_tier": ("luld_ref", "luld_ref"),
          "etp_flag": ("etp_flag", "etp_flag"), "etp_leverage": ("etp_leverage_factor", "etp_leverage"),
          "inverse": ("inverse_indicator", "inverse_ind")},
    "H": {"state": ("trading_state", "state"), "reserved": ("reserved", "reserved"), "reason": ("reason", "reason")},
    "Y": {"action": ("reg_sho_action", "action")},
    "L": {"mpid": ("mpid", "mpid"), "primary": ("primary_market_maker", "primary_market_maker"),
          "mode": ("market_maker_mode", "market_maker_mode"), "state": ("market_participant_state", "state")},
    "V": {"level_1": ("level1_price", "level1"), "level_2": ("level2_price", "level2"),
          "level_3": ("level3_price", "level3")},
    "W": {"level": ("breached_level", "breached_level")},
    "K": {"release_time": ("ipo_release_time", "ipo_quotation_release_time"),
          "qualifier": ("ipo_release_qualifier", "ipo_quotation_release_qualifier"),
          "price": ("ipo_price", "ipo_price")},
    "J": {"reference_price": ("auction_collar_reference_price", "auction_collar_ref_price"),
          "upper_price": ("upper_auction_collar_price", "upper_auction_collar_price"),
          "lower_price": ("lower_auction_collar_price", "lower_auction_collar_price"),
          "extension": ("auction_collar_extention", "auction_collar_extension")},
    "h": {"market": ("market_code", "halt_status"), "action": ("operational_halt_action", "halt_reason")},
    "A": {}, "F": {"attribution": ("attribution", "attribution")},
    "E": {"shares": ("executed_shares", "shares")},
    "C": {"shares": ("executed_shares", "shares"), "printable": ("printable", "printable"),
          "price": ("execution_price", "execution_price")},
    "X": {"shares": ("cancelled_shares", "canceled_shares")}, "D": {},
    "U": {"reference": ("order_reference_number", "original_ref"),
          "new_reference": ("new_order_reference_number", "new_ref")},
    "P": {}, "Q": {"price": ("cross_price", "cross_price")}, "B": {},
    "I": {"paired_shares": ("paired_shares", "paired_shares"),
          "imbalance_shares": ("imbalance_shares", "imbalance_shares"),
          "direction": ("imbalance_direction", "imbalance_direction"), "far_price": ("far_price", "far_price"),
          "near_price": ("near_price", "near_price"),
          "reference_price": ("current_reference_price", "current_ref_price"),
          "variation": ("variation_indicator", "price_variation_indicator")},
    "N": {"interest": ("interest_flag", "interest")},
    # MeatPy's O is another message, of 52 bytes; it is not compared.
    "O": {"open_eligibility": ("open_eligibility_status", ""), "minimum_price": ("minimum_allowable_price", ""),
          "maximum_price": ("maximum_allowable_price", ""), "near_price": ("near_execution_price", ""),
          "near_time": ("near_execution_time", ""), "lower_price": ("lower_price_range_collar", ""),
          "upper_price": ("upper_price_range_collar", "")},
}
ITCHFEED, MEATPY = 0, 1


def theirs(letter, values, author):
    """Their attributes for our values: text as padded bytes."""
    attributes = {}
    for name, value in values.items():
        field = itch50.MESSAGES[letter].field(name)
        names = NAMES[letter].get(name) or COMMON[name]
        attributes[names[author]] = value.ljust(field.size).encode() if field.kind == "alpha" else value
    return attributes


def itchfeed_bytes(letter, values):
    return itchfeed.create_message(letter.encode(), **theirs(letter, values, ITCHFEED)).to_bytes()


def attribute(message, name):
    value = getattr(message, name)
    return value.encode() if isinstance(value, str) else value


def test_all_types_are_compared():
    assert set(NAMES) == set(itch50.MESSAGES)
    assert {chr(letter) for letter in itchfeed.AllMessages} == set(itch50.MESSAGES)


@pytest.mark.parametrize("letter", NAMES)
@settings(max_examples=25)
@given(draw=st.data())
def test_itchfeed(letter, draw):
    values = draw.draw(layout_values(itch50.MESSAGES[letter], without=("type",)))
    data = itchfeed_bytes(letter, values)
    assert itch50.unpack(data) == {"type": letter, **values}
    assert itch50.pack(letter, **values) == data
    decoded = itchfeed.messages[letter.encode()](itch50.pack(letter, **values))
    for name, value in theirs(letter, values, ITCHFEED).items():
        assert attribute(decoded, name) == value, name


@pytest.mark.parametrize("letter", sorted(NAMES.keys() - {"O"}))
@settings(max_examples=25)
@given(draw=st.data())
def test_meatpy(letter, draw):
    values = draw.draw(layout_values(itch50.MESSAGES[letter], without=("type",)))
    data = itch50.pack(letter, **values)
    message = meatpy.ITCH50MarketMessage.from_bytes(data)
    for name, value in theirs(letter, values, MEATPY).items():
        assert attribute(message, name) == value, name
    assert message.to_bytes() == data
