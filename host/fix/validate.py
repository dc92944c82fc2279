# Ref: FIX 4.4, volume 2, Reject and Business Message Reject
"""A message against a dictionary."""

from host.fix.faults import Checks, Fault, Reason
from host.fix.message import Message
from host.fix.shapes import Forms
from host.fix.structure import structure
from host.fix.values import blame
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag

__all__ = ["Checks", "Fault", "Reason", "check", "forms"]

#: BusinessRejectReason: the message type is one of the version, but not of ours.
UNSUPPORTED_TYPE = 3
STRICT = Checks()


def check(message: Message, dictionary: Dictionary, checks: Checks = STRICT) -> Fault | None:
    """Return the first thing that is wrong with ``message``, in the order of its fields; None if nothing is.

    What is missing is looked for when all that is there is right. A tag that no field has is invalid (0) below 5000,
    and undefined (3) from there on if ``checks.user`` does not let it pass. A type of message that the version has and
    ``dictionary`` has no layout for, or one that begins with U, is unsupported (business); any other, unknown (11).
    What the tags of a message say is worked out once for all messages with the same tags.
    """
    code, fields = message.msg_type, message.fields
    if code not in dictionary.messages:
        return _unknown_type(code, dictionary)
    steps, fault = structure(dictionary, checks, code, tuple([tag for tag, _ in fields]))
    for (tag, value), (values, test, _) in zip(fields, steps, strict=False):
        if value not in values and not test(value):
            return blame(dictionary.fields.get(tag), tag, value, checks.values)
    if fault is not None and len(steps) < len(fields) and not fields[len(steps)][1]:
        return blame(None, *fields[len(steps)], checks.values)
    return fault


def forms(dictionary: Dictionary, checks: Checks = STRICT) -> Forms:
    """Return what gives the parser the patterns of values, so that what matches them need not be checked."""
    def patterns(code: bytes, tags: tuple[int, ...]) -> list[bytes] | None:
        if code not in dictionary.messages:
            return None
        steps, fault = structure(dictionary, checks, code, tags)
        return None if fault is not None else [step.pattern for step in steps]

    return patterns


def _unknown_type(code: bytes, dictionary: Dictionary) -> Fault:
    if not code:
        return Fault(int(Reason.NO_VALUE), int(Tag.MsgType), "Tag specified without a value")
    if code in dictionary.fields[Tag.MsgType].values or code.startswith(b"U"):
        return Fault(UNSUPPORTED_TYPE, None, "Unsupported message type", business=True)
    return Fault(int(Reason.MESSAGE_TYPE), int(Tag.MsgType), "Invalid MsgType")
