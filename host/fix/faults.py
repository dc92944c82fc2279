# Ref: FIX 4.4, volume 2, Reject (reasons of SessionRejectReason, 373)
"""What can be wrong with a message by the dictionary, and what of it is tolerated."""

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Checks", "Fault", "Reason"]


class Reason(IntEnum):
    """SessionRejectReason (373), as far as one message alone can tell. FIX 4.2 has none above 11."""

    INVALID_TAG = 0
    REQUIRED_TAG_MISSING = 1
    NOT_OF_THIS_MESSAGE = 2
    UNDEFINED_TAG = 3
    NO_VALUE = 4
    VALUE = 5
    FORMAT = 6
    MESSAGE_TYPE = 11
    REPEATED = 13
    ORDER = 14
    GROUP_ORDER = 15
    GROUP_COUNT = 16


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a message.

    reason, tag, text: SessionRejectReason (373), RefTagID (371) and Text (58) of a Reject. If ``business``, a
    BusinessMessageReject is the answer, and ``reason`` its BusinessRejectReason (380).
    """

    reason: int
    tag: int | None
    text: str
    business: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What is tolerated of a counterparty.

    user: user-defined fields (5000 and up) that the dictionary does not have. unknown: other fields that are not of
    the message. order: whether header, body and trailer must not be mixed. values: whether a value must be one of the
    field's list.
    """

    user: bool = True
    unknown: bool = False
    order: bool = True
    values: bool = True
