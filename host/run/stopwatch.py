"""How long parts of the host take, by the wall clock: their methods are watched from outside, so that what is not
watched costs nothing."""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from host.run.loop import Loop

__all__ = ["STAGES", "Stopwatch"]

#: What is watched, and its name: every call is timed. A stage holds those that it calls, the journal's append for one.
STAGES = {"apply": "strategies told of book events", "take": "order manager, an input",
          "commit": "journal, a commit", "send": "FIX message to the venue",
          "send_made": "FIX order to the venue"}


class Stopwatch:
    """Tells ``note`` a stage, when a call of it ended, ns since 1970 by the loop's clock, and how many ns it took."""

    def __init__(self, note: Callable[[str, int, int], object], clock: Callable[[], int]) -> None:
        self._note, self._clock = note, clock

    def watch(self, loop: Loop) -> None:
        """Watch ``loop`` from now on, for all its life."""
        for owner, method in ((loop.dispatch, "apply"), (loop.ledger, "take"), (loop.ledger, "commit"),
                              (loop.venue, "send"), (loop.venue, "send_made")):
            setattr(owner, method, self._timed(getattr(owner, method), STAGES[method]))

    def _timed(self, act: Callable[..., Any], stage: str) -> Callable[..., Any]:
        note, clock, now = self._note, self._clock, perf_counter_ns

        def acting(*args: Any) -> Any:
            begin = now()
            done = act(*args)
            note(stage, clock(), now() - begin)
            return done
        return acting
