"""The states of a FIX session and what leads from one to the next, as a table that session and document share.

Ref: FIX 4.4 volume 2, "FIX Session Protocol"; FIX session-level test cases. A gap that is being filled, a TestRequest
that is unanswered and a replay under way are not states: they go on beside them.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["BEFORE_LOGON", "LOGGED_ON", "TRANSITIONS", "Event", "State", "StateError", "Transition", "diagram",
           "follow"]


class StateError(Exception):
    """An input that the session cannot have in its state; the text names both."""


class State(Enum):
    """Where a session is; the value is its name for people."""

    DISCONNECTED = "Disconnected"
    LOGON_AWAITED = "Logon Awaited"
    LOGON_SENT = "Logon Sent"
    ACTIVE = "Active"
    RESET_SENT = "Reset Sent"
    LOGOUT_SENT = "Logout Sent"
    LOGOUT_ANSWERED = "Logout Answered"
    DROPPED = "Dropped"


class Event(Enum):
    """What changes the state; the value is its name for people."""

    ACCEPT = "connect (acceptor)"
    INITIATE = "connect (initiator)"
    LOGON = "good Logon"
    ASK_RESET = "reset is asked for"
    LOGOUT = "logout is asked for"
    LOGOUT_HEARD = "Logout comes"
    DROP = "error or timeout"
    GONE = "disconnected"


@dataclass(frozen=True)
class Transition:
    """In ``state``, ``event`` leads to ``then``; ``doc`` says what is done."""

    state: State
    event: Event
    then: State
    doc: str


#: Before the first good Logon of the counterparty.
BEFORE_LOGON = frozenset({State.LOGON_AWAITED, State.LOGON_SENT})
#: Where messages have their usual meaning.
LOGGED_ON = frozenset({State.ACTIVE, State.RESET_SENT, State.LOGOUT_SENT, State.LOGOUT_ANSWERED})

TRANSITIONS = (
    Transition(State.DISCONNECTED, Event.ACCEPT, State.LOGON_AWAITED, "wait for the first message"),
    Transition(State.DISCONNECTED, Event.INITIATE, State.LOGON_SENT, "send Logon"),
    Transition(State.LOGON_AWAITED, Event.LOGON, State.ACTIVE, "answer with Logon, then ask for what is missing"),
    Transition(State.LOGON_AWAITED, Event.DROP, State.DROPPED, "close, with a Logout where one is due"),
    Transition(State.LOGON_AWAITED, Event.GONE, State.DISCONNECTED, "nothing"),
    Transition(State.LOGON_SENT, Event.LOGON, State.ACTIVE, "ask for what is missing, send what waited"),
    Transition(State.LOGON_SENT, Event.LOGOUT_HEARD, State.DROPPED, "refused: close"),
    Transition(State.LOGON_SENT, Event.DROP, State.DROPPED, "close, with a Logout where one is due"),
    Transition(State.LOGON_SENT, Event.GONE, State.DISCONNECTED, "nothing"),
    Transition(State.ACTIVE, Event.LOGON, State.ACTIVE, "with 141=Y: both numbers to 1, answer with Logon"),
    Transition(State.ACTIVE, Event.ASK_RESET, State.RESET_SENT, "outbound number to 1, send Logon with 141=Y"),
    Transition(State.ACTIVE, Event.LOGOUT, State.LOGOUT_SENT, "send Logout"),
    Transition(State.ACTIVE, Event.LOGOUT_HEARD, State.LOGOUT_ANSWERED, "answer with Logout, wait for the close"),
    Transition(State.ACTIVE, Event.DROP, State.DROPPED, "close, with a Logout where one is due"),
    Transition(State.ACTIVE, Event.GONE, State.DISCONNECTED, "nothing"),
    Transition(State.RESET_SENT, Event.LOGON, State.ACTIVE, "inbound number to 1, send what waited"),
    Transition(State.RESET_SENT, Event.LOGOUT, State.LOGOUT_SENT, "send Logout"),
    Transition(State.RESET_SENT, Event.LOGOUT_HEARD, State.LOGOUT_ANSWERED, "answer with Logout, wait for the close"),
    Transition(State.RESET_SENT, Event.DROP, State.DROPPED, "close, with a Logout where one is due"),
    Transition(State.RESET_SENT, Event.GONE, State.DISCONNECTED, "nothing"),
    Transition(State.LOGOUT_SENT, Event.LOGOUT_HEARD, State.DROPPED, "answered: close"),
    Transition(State.LOGOUT_SENT, Event.DROP, State.DROPPED, "close"),
    Transition(State.LOGOUT_SENT, Event.GONE, State.DISCONNECTED, "nothing"),
    Transition(State.LOGOUT_ANSWERED, Event.DROP, State.DROPPED, "close"),
    Transition(State.LOGOUT_ANSWERED, Event.GONE, State.DISCONNECTED, "nothing"),
    Transition(State.DROPPED, Event.GONE, State.DISCONNECTED, "nothing"),
)

_NEXT = {(each.state, each.event): each.then for each in TRANSITIONS}


def follow(state: State, event: Event) -> State:
    """Return the state that ``event`` leads to from ``state``. Raises StateError when none is in the table."""
    try:
        return _NEXT[state, event]
    except KeyError:
        raise StateError(f"{event.value}: impossible while {state.value}") from None


def diagram() -> str:
    """Return the table as a Mermaid state diagram."""
    def name(state: State) -> str:
        return state.value.replace(" ", "")

    lines = ["stateDiagram-v2", *(f'    state "{state.value}" as {name(state)}' for state in State),
             f"    [*] --> {name(State.DISCONNECTED)}"]
    return "\n".join(lines + [f"    {name(each.state)} --> {name(each.then)}: {each.event.value}"
                              for each in TRANSITIONS if each.event != Event.GONE]) + "\n"
