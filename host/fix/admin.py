"""The session's own messages, without their headers, and reading numbers and flags out of any message.

Ref: FIX 4.4 volume 2, "Administrative messages"; FIX 4.2 the same, with fewer reasons of rejection.
"""

from host.fix.message import Message
from host.fix.routing import way_back
from host.fix.settings import Settings
from host.fix.validate import Fault
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["business_reject", "flag", "gap_fill", "heartbeat", "is_reset", "logon", "logout", "number", "reject",
           "resend_request", "test_request"]

#: No sequence number, length or interval has more digits.
_MOST_DIGITS = 18


def number(message: Message, tag: int) -> int | None:
    """Return the whole number that field ``tag`` holds, or None if there is none, or it is no such number."""
    value = message.get(tag)
    digits = value[1:] if value is not None and value[:1] == b"-" else value
    if value is None or not digits or not digits.isdigit() or len(digits) > _MOST_DIGITS:
        return None
    return int(value)


def flag(message: Message, tag: int) -> bool:
    """Return whether the Boolean field ``tag`` is there and Y."""
    return message.get(tag) == b"Y"


def is_reset(message: Message) -> bool:
    """Return whether ``message`` is a SequenceReset that does not fill a gap."""
    return message.msg_type == MsgType.SequenceReset and not flag(message, Tag.GapFillFlag)


def logon(settings: Settings, heartbeat_s: int, *, reset: bool, next_expected: int) -> Message:
    """Return a Logon. next_expected: goes into 789, where the settings have it."""
    fields: list[tuple[int, bytes]] = [(Tag.EncryptMethod, b"0"), (Tag.HeartBtInt, b"%d" % heartbeat_s)]
    if reset:
        fields.append((Tag.ResetSeqNumFlag, b"Y"))
    if settings.next_expected:
        fields.append((Tag.NextExpectedMsgSeqNum, b"%d" % next_expected))
    fields += [(tag, value) for tag, value in ((Tag.Username, settings.username), (Tag.Password, settings.password))
               if value]
    return Message(MsgType.Logon, fields)


def logout(text: str) -> Message:
    """Return a Logout that says ``text``, if any."""
    return Message(MsgType.Logout, _text(text))


def heartbeat(test_id: bytes | None = None) -> Message:
    """Return a Heartbeat, in answer to the TestRequest ``test_id`` if given."""
    return Message(MsgType.Heartbeat, [] if test_id is None else [(Tag.TestReqID, test_id)])


def test_request(test_id: bytes) -> Message:
    """Return a TestRequest."""
    return Message(MsgType.TestRequest, [(Tag.TestReqID, test_id)])


def resend_request(begin: int, end: int) -> Message:
    """Return a ResendRequest for ``begin`` to ``end``, inclusive."""
    return Message(MsgType.ResendRequest, [(Tag.BeginSeqNo, b"%d" % begin), (Tag.EndSeqNo, b"%d" % end)])


def gap_fill(new: int) -> Message:
    """Return a SequenceReset that fills a gap up to ``new``, the next number."""
    return Message(MsgType.SequenceReset, [(Tag.GapFillFlag, b"Y"), (Tag.NewSeqNo, b"%d" % new)])


def reject(fault: Fault, message: Message, seq: int, dictionary: Dictionary) -> Message:
    """Return the Reject of ``message``, number ``seq``. A reason that the FIX version has no code for is left out."""
    fields = _about(message, seq)
    if fault.tag is not None:
        fields.append((Tag.RefTagID, b"%d" % fault.tag))
    fields += _reason(Tag.SessionRejectReason, fault.reason, dictionary)
    return Message(MsgType.Reject, fields + _text(fault.text))


def business_reject(reason: int, text: str, message: Message, seq: int) -> Message:
    """Return the BusinessMessageReject of ``message``, number ``seq``, for ``reason`` (380)."""
    return Message(MsgType.BusinessMessageReject, [
        *_about(message, seq), (Tag.BusinessRejectReason, b"%d" % reason), *_text(text)])


def _about(message: Message, seq: int) -> list[tuple[int, bytes]]:
    """Return what says which message is refused, and where the answer goes: each field once, and none empty, whatever
    the message has."""
    fields = {int(Tag.RefSeqNum): b"%d" % seq, int(Tag.RefMsgType): message.msg_type} | dict(way_back(message))
    return [pair for pair in fields.items() if pair[1]]


def _reason(tag: int, reason: int, dictionary: Dictionary) -> list[tuple[int, bytes]]:
    value = b"%d" % reason
    field = dictionary.fields.get(tag)
    return [(tag, value)] if field is not None and (not field.values or value in field.values) else []


def _text(text: str) -> list[tuple[int, bytes]]:
    """Return ``text`` as field 58, in the printable characters of ASCII."""
    plain = "".join(char if " " <= char <= "~" else "?" for char in text)
    return [(Tag.Text, plain.encode())] if plain else []
