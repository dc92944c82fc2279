"""Shapes of messages: the same tags in the same order, as one counterparty writes the same thing again and again.

A shape is one regular expression, which cuts all values out of a message at once.
"""

import re
from collections.abc import Callable, Container, Sequence
from functools import lru_cache

__all__ = ["Shapes"]

#: Returns the match of the fields between two places, with MsgType and then the values of the tags as its groups.
Matcher = Callable[[bytes, int, int], re.Match[bytes] | None]
#: Shapes that are kept, fields of the longest, and sequences of tags that were seen once.
_MOST, _LONGEST, _ONCE = 128, 256, 512


@lru_cache(maxsize=512)
def _matcher(tags: tuple[int, ...]) -> Matcher:
    fields = b"".join(b"%d=([^\x01]*+)\x01" % tag for tag in (35, *tags))
    return re.compile(fields).fullmatch


class Shapes:
    """The shapes that came at least twice, so many at the most that nobody can fill the memory with them.

    known: by the number of SOH in the whole message. lengths: tags of length fields; what has one has no shape, for the
    data field behind it may contain anything.
    """

    def __init__(self, lengths: Container[int]) -> None:
        self.known: dict[int, list[tuple[Matcher, tuple[int, ...]]]] = {}
        self._lengths = lengths
        self._count = 0
        self._once: set[tuple[int, ...]] = set()

    def learn(self, fields: Sequence[tuple[int, bytes]], count: int) -> None:
        """Take note of a message with ``fields`` between MsgType and CheckSum, and ``count`` SOH."""
        if self._count == _MOST or len(fields) > _LONGEST:
            return
        tags = tuple([tag for tag, _ in fields])
        if tags not in self._once:
            if len(self._once) == _ONCE:
                self._once.clear()
            self._once.add(tags)
        elif not any(tag in self._lengths for tag in tags):
            self._once.remove(tags)
            self._count += 1
            self.known.setdefault(count, []).append((_matcher(tags), tags))
