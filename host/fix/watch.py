"""What a session does when time passes and nothing else happens."""

from collections.abc import Iterator
from enum import Enum

from host.fix.settings import Settings
from host.fix.states import BEFORE_LOGON, State
from host.fix.timers import SECOND, Timers

__all__ = ["Due", "dues"]

#: What may pass without a sign from the counterparty, in tenths of HeartBtInt.
_GRACE = 12


class Due(Enum):
    """What is due."""

    REPLAY = "the next slice of a replay"
    LOGON = "no Logon came in time"
    LOGOUT = "no Logout, or no end of the connection, came in time"
    HEARTBEAT = "nothing was sent for HeartBtInt"
    TEST = "nothing came for HeartBtInt and 20 %"
    SILENT = "nothing came for as long again after a TestRequest"
    RESEND = "nothing came of what a ResendRequest asked for"


def dues(state: State, timers: Timers, settings: Settings, heartbeat: int,
         replaying: bool) -> Iterator[tuple[int, Due]]:
    """Yield what will be due, and when, by ``timers``. heartbeat: HeartBtInt in force, seconds."""
    if state in (State.DISCONNECTED, State.DROPPED):
        return
    if replaying:
        yield timers.time, Due.REPLAY
    if state in BEFORE_LOGON or state == State.RESET_SENT:
        yield timers.entered + settings.logon_timeout * SECOND, Due.LOGON
    if state in (State.LOGOUT_SENT, State.LOGOUT_ANSWERED):
        yield timers.entered + settings.logout_timeout * SECOND, Due.LOGOUT
    if state in (State.ACTIVE, State.RESET_SENT) and heartbeat:
        grace = heartbeat * SECOND * _GRACE // 10
        yield timers.sent + heartbeat * SECOND, Due.HEARTBEAT
        if timers.tested is None:
            yield timers.heard + grace, Due.TEST
        else:
            yield timers.tested + grace, Due.SILENT
    if state == State.ACTIVE and timers.asked is not None:
        yield timers.asked + settings.resend_timeout * SECOND, Due.RESEND
