"""The times of a session: they never run backwards, whatever the wall clock does."""

__all__ = ["SECOND", "Timers"]

SECOND = 1_000_000_000


class Timers:
    """Time that passes (ns): the wall clock's steps forward, its steps back left out.

    sent, heard: when something was last transmitted, or came. entered: when the state was. tested: when the
    TestRequest that is unanswered was sent. asked: when the ResendRequest that is unanswered was, or was last
    followed by a message that helped.
    """

    def __init__(self) -> None:
        self.sent = self.heard = self.entered = 0
        self.tested: int | None = None
        self.asked: int | None = None
        self.time = 0
        self._wall: int | None = None

    def observe(self, now: int) -> None:
        """Take the wall clock, ns since 1970."""
        if self._wall is not None and now > self._wall:
            self.time += now - self._wall
        self._wall = now

    def connected(self) -> None:
        """Begin anew, with a connection."""
        self.sent = self.heard = self.entered = self.time
        self.tested = self.asked = None

    def wall(self, time: int) -> int:
        """Return what the wall clock will show at ``time``, if it does not step, ns since 1970."""
        return (self._wall or 0) + time - self.time
