"""What drives a participant, be it on a virtual clock or on the wall clock."""

from collections.abc import Sequence
from typing import Protocol

from sim.exchange.commands import Command
from sim.exchange.events import Event

__all__ = ["Participant"]


class Participant(Protocol):
    """One who acts of himself.

    Whoever drives it calls ``act`` when the time ``due`` has come, applies what it returns, and gives the outcome of
    every command of anybody, its own among them, to ``saw``, before it acts again.
    """

    def due(self) -> int | None:
        """Return when it acts next, ns, never less than before; None when it never will."""

    def act(self) -> Command | None:
        """Return what it does at ``due``, None for nothing; ``due`` moves on."""

    def saw(self, events: Sequence[Event]) -> None:
        """Take notice of what happened."""
