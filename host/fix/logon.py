"""Whether the first message on a connection may be its Logon, as far as the message alone tells."""

from dataclasses import dataclass

from host.fix import admin
from host.fix.message import Message
from host.fix.settings import Settings
from host.fix.shown import quoted, shown
from host.fix.timers import SECOND
from host.fix.timestamp import parse
from host.fix.validate import Fault, check
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["Refusal", "find_fault", "is_ours", "is_stale", "judge"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a Logon is refused. silent: close without a word, for nothing shows who the other is."""

    text: str
    silent: bool = False


def is_ours(message: Message, settings: Settings) -> bool:
    """Return whether the CompIDs of ``message`` are those of the session."""
    return (message.get(Tag.SenderCompID), message.get(Tag.TargetCompID)) == (settings.target, settings.sender)


def is_stale(message: Message, settings: Settings, now: int) -> bool:
    """Return whether SendingTime is further from ``now`` (ns since 1970) than the settings allow. One that is missing
    or no time is not: that is for the dictionary to say."""
    try:
        sent = parse(message.get(Tag.SendingTime) or b"")
    except ValueError:
        return False
    return 0 < settings.max_latency * SECOND < abs(now - sent)


def find_fault(message: Message, settings: Settings) -> Fault | None:
    """Return what the dictionary finds wrong with ``message``, if it is asked at all and the parser has not yet."""
    return None if message.checked or settings.checks is None else check(message, settings.dictionary, settings.checks)


def judge(message: Message, settings: Settings, now: int) -> Refusal | None:
    """Return why ``message`` cannot be the first, or None. now: ns since 1970."""
    if message.msg_type != MsgType.Logon:
        return Refusal(f"first message is 35={shown(message.msg_type)}, not Logon", silent=True)
    if message.begin_string != settings.begin_string or not is_ours(message, settings):
        return Refusal(f"Logon of another session: {shown(message.begin_string)}, "
                       f"{quoted(message.get(Tag.SenderCompID) or b'')} to "
                       f"{quoted(message.get(Tag.TargetCompID) or b'')}", silent=True)
    seq, interval = admin.number(message, Tag.MsgSeqNum), admin.number(message, Tag.HeartBtInt)
    fault = find_fault(message, settings)
    checks = (
        (seq is None or seq < 1, "MsgSeqNum is missing or no number"),
        (is_stale(message, settings, now), "SendingTime accuracy problem"),
        (interval is not None and interval < 0, "HeartBtInt is negative"),
        (fault is not None, fault.text if fault else ""),
        (interval is None, "HeartBtInt is missing or no number"),
        (message.get(Tag.EncryptMethod) != b"0", "EncryptMethod is not 0, none"),
        (admin.flag(message, Tag.ResetSeqNumFlag) and seq != 1, "ResetSeqNumFlag needs MsgSeqNum 1"),
    )
    return next((Refusal(text) for refused, text in checks if refused), None)
