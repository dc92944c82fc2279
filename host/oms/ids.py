"""Numbers of requests and places in the gate's table of open orders."""

from collections import deque
from collections.abc import Container
from dataclasses import dataclass, field

__all__ = ["IdError", "Ids", "Places", "cl_ord_id", "split"]

_HALF = 32
_TOKENS = 1 << 32


class IdError(Exception):
    """An epoch that is not greater than the last one, or ids that have run out; the text has the number."""


@dataclass(slots=True)
class Ids:
    """Ids of 64 bits: the epoch, which every start of the process makes a greater one, above a sequence.

    So an id is never given twice, even when the end of the journal, and what was numbered there, was lost. It costs an
    addition: there is one writer.
    """

    epoch: int = 0
    sequence: int = 0

    def begin(self, epoch: int) -> None:
        """Begin ``epoch``. Raises IdError if it is not greater than the last, or does not fit 32 bits."""
        if not self.epoch < epoch < 1 << _HALF:
            raise IdError(f"epoch {epoch}: must be greater than {self.epoch}, and of 32 bits")
        self.epoch, self.sequence = epoch, 0

    def take(self) -> int:
        """Return the next id. Raises IdError before the first epoch, and after 2^32 - 1 of them."""
        number = self.next()
        self.sequence += 1
        return number

    def next(self) -> int:
        """Return what ``take`` would. Raises as it does."""
        if not self.epoch or self.sequence >= (1 << _HALF) - 1:
            raise IdError(f"epoch {self.epoch} has no id behind {self.sequence}")
        return self.epoch << _HALF | self.sequence + 1


def split(number: int) -> tuple[int, int]:
    """Return (epoch, sequence) of an id."""
    return number >> _HALF, number & (1 << _HALF) - 1


def cl_ord_id(number: int) -> bytes:
    """Return the ClOrdID of a request: its id in hexadecimal."""
    return b"%016X" % number


@dataclass(slots=True)
class Places:
    """The gate's places: token % places is one's place, token // places how often it was used.

    The place that was freed first is given first, so that the gate keeps a closed order for its busts as long as it
    can. live: place to token, of those that are given. out: places that no token may use any more, because the gate
    says that another order stands there. doubted: those of which it said so once.
    """

    count: int
    free: deque[int] = field(default_factory=deque)
    uses: list[int] = field(default_factory=list)
    live: dict[int, int] = field(default_factory=dict)
    out: list[int] = field(default_factory=list)
    doubted: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free.extend(range(self.count))
        self.uses.extend([0] * self.count)

    def take(self, busy: Container[int]) -> int | None:
        """Return a token at a free place that is not ``busy``; None when there is none."""
        for _ in range(len(self.free)):
            place = self.free.popleft()
            if place in busy:
                self.free.append(place)
                continue
            self.uses[place] = (self.uses[place] + 1) % (_TOKENS // self.count)
            token = self.uses[place] * self.count + place
            self.live[place] = token
            return token
        return None

    def next(self, busy: Container[int]) -> int | None:
        """Return what ``take`` would, if it need not pass over a place."""
        if not self.free or self.free[0] in busy:
            return None
        place = self.free[0]
        return (self.uses[place] + 1) % (_TOKENS // self.count) * self.count + place

    def give(self, token: int) -> None:
        """Take the place of ``token`` back."""
        place = token % self.count
        del self.live[place]
        self.free.append(place)

    def doubt(self, token: int) -> bool:
        """The gate has refused ``token``: its place is taken, or the token is that of the last order there, of which a
        host without its journal knows nothing. The place's next token tells which, so only the second time the place
        is never used again: True."""
        place = token % self.count
        if place not in self.doubted:
            self.doubted.append(place)
            return False
        del self.live[place]
        self.out.append(place)
        return True

    def learn(self, token: int) -> None:
        """A token that nobody remembers to have given was used; no one gets it again."""
        place = token % self.count
        self.uses[place] = max(self.uses[place], token // self.count)

    def last(self, token: int) -> bool:
        """Return whether ``token`` was the last one given for its place, so that the gate still knows it."""
        return self.uses[token % self.count] == token // self.count
