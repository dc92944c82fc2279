# Ref: FIX 4.4 volume 4, OrdStatus (39) with its precedence; appendix D, order state change matrices
"""The states of an order and what leads from one to the next, as tables that the order manager and its document share.

An order is in two regions at once: its *working state*, which is the venue's, and the *requests* that wait for the
venue's word. The state that is shown, OrdStatus, is the one of higher precedence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

__all__ = ["CLOSED", "CODES", "OPEN", "PRECEDENCE", "REQUESTS", "TRANSITIONS", "Case", "Event", "Keyed", "Pending",
           "State", "Step", "Transition", "diagram", "follow", "follow_request", "shown"]


class Keyed(Enum):
    """Base of enumerations whose members are keys of tables on the way of every order. Members are equal when they are
    the same, so the hash may be the identity's; Enum's own is the name's, by a call in Python."""

    __hash__ = object.__hash__


class State(Keyed):
    """OrdStatus; the value is its name for people."""

    PENDING_NEW = "Pending New"
    NEW = "New"
    PARTIALLY_FILLED = "Partially Filled"
    FILLED = "Filled"
    DONE_FOR_DAY = "Done For Day"
    CANCELLED = "Cancelled"
    REPLACED = "Replaced"
    PENDING_CANCEL = "Pending Cancel"
    STOPPED = "Stopped"
    REJECTED = "Rejected"
    SUSPENDED = "Suspended"
    CALCULATED = "Calculated"
    EXPIRED = "Expired"
    PENDING_REPLACE = "Pending Replace"


#: OrdStatus (39) to states.
CODES: Mapping[bytes, State] = MappingProxyType({
    b"A": State.PENDING_NEW, b"0": State.NEW, b"1": State.PARTIALLY_FILLED, b"2": State.FILLED,
    b"3": State.DONE_FOR_DAY, b"4": State.CANCELLED, b"5": State.REPLACED, b"6": State.PENDING_CANCEL,
    b"7": State.STOPPED, b"8": State.REJECTED, b"9": State.SUSPENDED, b"B": State.CALCULATED, b"C": State.EXPIRED,
    b"E": State.PENDING_REPLACE})

#: Of two states of one order the greater is shown.
PRECEDENCE: Mapping[State, int] = MappingProxyType({
    State.PENDING_CANCEL: 12, State.PENDING_REPLACE: 11, State.DONE_FOR_DAY: 10, State.CALCULATED: 9, State.FILLED: 8,
    State.STOPPED: 7, State.SUSPENDED: 6, State.CANCELLED: 5, State.EXPIRED: 5, State.PARTIALLY_FILLED: 4,
    State.REPLACED: 3, State.NEW: 2, State.REJECTED: 2, State.PENDING_NEW: 2})

#: In which shares of the order may be executed.
OPEN = frozenset({State.PENDING_NEW, State.NEW, State.REPLACED, State.PARTIALLY_FILLED, State.STOPPED,
                  State.SUSPENDED})
#: Which no execution but a late one leaves.
CLOSED = frozenset({State.CANCELLED, State.REJECTED, State.EXPIRED, State.CALCULATED})


class Event(Keyed):
    """What the venue says of an order, or what we know instead; the value is its name for people."""

    ACK = "acknowledged"
    FILL = "fill"
    REPLACED = "replaced"
    RESTATED = "restated"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    DONE_FOR_DAY = "done for day"
    SUSPENDED = "suspended"
    STOPPED = "stopped"
    CALCULATED = "calculated"
    BUST = "bust"
    CORRECT = "corrected"
    SAID_FILLED = "said to be filled"
    REVIVED = "open after all"


class Case(Keyed):
    """How the order's shares stand after the event; the value is for people."""

    UNFILLED = "open, nothing filled"
    PART = "open, partly filled"
    NONE_LEFT = "nothing open"


@dataclass(frozen=True)
class Transition:
    """In ``state``, ``event`` leads to the state that ``then`` has for the case; a case that it has not is illegal."""

    state: State
    event: Event
    then: Mapping[Case, State]


def _rows(states: str, event: Event, *then: State | None) -> list[Transition]:
    """Return the transitions of ``event`` from each of ``states``. then: for each Case, in order; a single one for
    all; none: the state stays."""
    rows = []
    for name in states.split():
        state = State[name]
        targets = then * len(Case) if len(then) == 1 else then or (state,) * len(Case)
        rows.append(Transition(state, event, MappingProxyType({
            case: target for case, target in zip(Case, targets, strict=True) if target is not None})))
    return rows


_WORKING = "NEW REPLACED PARTIALLY_FILLED"
_ENDED = "CANCELLED EXPIRED REJECTED CALCULATED"
_BY_SHARES = State.NEW, State.PARTIALLY_FILLED, State.FILLED

TRANSITIONS = (
    *_rows("PENDING_NEW", Event.ACK, State.NEW, State.PARTIALLY_FILLED, None),
    *_rows("PARTIALLY_FILLED FILLED", Event.ACK),
    *_rows(f"PENDING_NEW {_WORKING}", Event.FILL, None, State.PARTIALLY_FILLED, State.FILLED),
    *_rows("SUSPENDED", Event.FILL, None, State.SUSPENDED, State.FILLED),
    *_rows("STOPPED", Event.FILL, None, State.STOPPED, State.FILLED),
    *_rows("FILLED", Event.FILL, None, State.FILLED, State.FILLED),
    *_rows(f"DONE_FOR_DAY {_ENDED}", Event.FILL),
    *_rows(f"{_WORKING} FILLED SUSPENDED", Event.REPLACED, State.REPLACED, State.PARTIALLY_FILLED, State.FILLED),
    *_rows("STOPPED", Event.REPLACED, State.STOPPED, State.STOPPED, State.FILLED),
    *_rows(f"PENDING_NEW {_WORKING} SUSPENDED STOPPED DONE_FOR_DAY", Event.RESTATED,
           State.NEW, State.PARTIALLY_FILLED, State.CANCELLED),
    *_rows(f"PENDING_NEW {_WORKING} SUSPENDED STOPPED DONE_FOR_DAY", Event.CANCELLED, State.CANCELLED),
    *_rows("PENDING_NEW NEW", Event.REJECTED, State.REJECTED),
    *_rows(f"PENDING_NEW {_WORKING} SUSPENDED STOPPED DONE_FOR_DAY", Event.EXPIRED, State.EXPIRED),
    *_rows(f"{_WORKING} FILLED SUSPENDED STOPPED", Event.DONE_FOR_DAY, State.DONE_FOR_DAY),
    *_rows(f"PENDING_NEW {_WORKING} STOPPED", Event.SUSPENDED, State.SUSPENDED),
    *_rows(f"{_WORKING} SUSPENDED", Event.STOPPED, State.STOPPED),
    *_rows("DONE_FOR_DAY FILLED", Event.CALCULATED, State.CALCULATED),
    *_rows("PARTIALLY_FILLED", Event.BUST, *_BY_SHARES),
    *_rows("FILLED", Event.BUST, State.NEW, State.PARTIALLY_FILLED, State.CANCELLED),
    *_rows(f"SUSPENDED STOPPED DONE_FOR_DAY {_ENDED}", Event.BUST),
    *_rows("PARTIALLY_FILLED FILLED", Event.CORRECT, *_BY_SHARES),
    *_rows(f"SUSPENDED STOPPED DONE_FOR_DAY {_ENDED}", Event.CORRECT),
    *_rows(f"{_WORKING} PENDING_NEW SUSPENDED STOPPED", Event.SAID_FILLED, State.FILLED),
    *_rows("REJECTED", Event.REVIVED, State.NEW, State.PARTIALLY_FILLED, None),
)

_NEXT = {(row.state, row.event): row.then for row in TRANSITIONS}


def follow(state: State, event: Event, case: Case) -> State | None:
    """Return the working state that ``event`` leads to from ``state``; None when none is in the table."""
    return _NEXT.get((state, event), {}).get(case)


class Pending(Keyed):
    """Which requests wait for the venue; the value is for people."""

    NONE = "No Request"
    REPLACE = "Replace Asked"
    CANCEL = "Cancel Asked"
    BOTH = "Replace And Cancel Asked"


class Step(Keyed):
    """What happens to the requests of an order; the value is for people."""

    ASK_REPLACE = "replace asked"
    ASK_CANCEL = "cancel asked"
    END_REPLACE = "replace answered"
    END_CANCEL = "cancel answered"


#: (pending, step) to what is pending then; what is not here is illegal.
REQUESTS: Mapping[tuple[Pending, Step], Pending] = MappingProxyType({
    (Pending.NONE, Step.ASK_REPLACE): Pending.REPLACE,
    (Pending.NONE, Step.ASK_CANCEL): Pending.CANCEL,
    (Pending.REPLACE, Step.ASK_CANCEL): Pending.BOTH,
    (Pending.REPLACE, Step.END_REPLACE): Pending.NONE,
    (Pending.CANCEL, Step.END_CANCEL): Pending.NONE,
    (Pending.BOTH, Step.END_REPLACE): Pending.CANCEL,
    (Pending.BOTH, Step.END_CANCEL): Pending.REPLACE,
})
_SHOWN_AS = {Pending.REPLACE: State.PENDING_REPLACE, Pending.CANCEL: State.PENDING_CANCEL,
             Pending.BOTH: State.PENDING_CANCEL}


def follow_request(pending: Pending, step: Step) -> Pending | None:
    """Return what is pending after ``step``; None when the step is illegal."""
    return REQUESTS.get((pending, step))


def shown(working: State, pending: Pending) -> State:
    """Return the state of higher precedence: OrdStatus as we see it."""
    request = _SHOWN_AS.get(pending)
    return working if request is None or PRECEDENCE[working] >= PRECEDENCE[request] else request


def diagram() -> str:
    """Return both tables as a Mermaid state diagram; a transition that stays in its state is left out."""
    def name(value: State | Pending) -> str:
        return str(value.value).replace(" ", "")

    lines = ["stateDiagram-v2", "    state Order {"]
    used = [state for state in State if state not in _SHOWN_AS.values()]
    lines += [f'        state "{state.value}" as {name(state)}' for state in used]
    lines.append(f"        [*] --> {name(State.PENDING_NEW)}")
    for row in TRANSITIONS:
        for then in dict.fromkeys(row.then.values()):
            if then is not row.state:
                cases = [case.value for case, target in row.then.items() if target is then]
                when = "" if len(cases) == len(row.then) else f" ({' or '.join(cases)})"
                lines.append(f"        {name(row.state)} --> {name(then)}: {row.event.value}{when}")
    lines.append("        --")
    lines += [f'        state "{pending.value}" as {name(pending)}' for pending in Pending]
    lines.append(f"        [*] --> {name(Pending.NONE)}")
    lines += [f"        {name(pending)} --> {name(then)}: {step.value}" for (pending, step), then in REQUESTS.items()]
    return "\n".join([*lines, "    }"]) + "\n"
