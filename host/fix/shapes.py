"""Shapes of messages: the same type and tags in the same order, as one counterparty writes the same thing again and
again.

A shape is one regular expression. It matches a whole message of the shape whose values are what they must be, and knows
where they are; no value becomes an object before somebody reads it.
"""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Forms", "Shape", "Shapes"]

#: Given MsgType and tags, returns for each tag a pattern of values that are right; None if the message is wrong
#: whatever its values are, or nobody asks.
Forms = Callable[[bytes, tuple[int, ...]], Sequence[bytes] | None]
#: Shapes that are kept, fields of the longest, and sequences of tags that were seen once.
_MOST, _LONGEST, _ONCE = 128, 256, 512
_ANY = b"[^\x01]*+"


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape.

    fullmatch: returns the match of the fields between two places of a message, from MsgType on, with the values of the
    tags as its groups. groups: number of the group with the first value of a tag. checked: a match means that nothing
    is wrong with type, tags and values.
    """

    msg_type: bytes
    tags: tuple[int, ...]
    fullmatch: Callable[[bytes, int, int], re.Match[bytes] | None]
    groups: dict[int, int]
    checked: bool


@lru_cache(maxsize=512)
def _shape(msg_type: bytes, tags: tuple[int, ...], values: tuple[bytes, ...] | None) -> Shape:
    # A field that has matched is never tried another way.
    fields = (b"(?>%d=(%b)\x01)" % pair for pair in zip(tags, values or (_ANY,) * len(tags), strict=True))
    pattern = re.compile(b"35=%b\x01%b" % (re.escape(msg_type), b"".join(fields)))
    groups = {tag: group for group, tag in reversed(list(enumerate(tags, 1)))}
    return Shape(msg_type, tags, pattern.fullmatch, groups, values is not None)


def _unchecked(msg_type: bytes, tags: tuple[int, ...]) -> None:
    return None


class Shapes:
    """The shapes that came at least twice, so many at the most that nobody can fill the memory with them.

    known: by the number of SOH in the whole message. lengths: tags of length fields; what has one has no shape, for the
    data field behind it may contain anything.
    """

    def __init__(self, lengths: Container[int], forms: Forms = _unchecked) -> None:
        self.known: dict[int, list[Shape]] = {}
        self._lengths, self._forms = lengths, forms
        self._kept: set[tuple[bytes, tuple[int, ...]]] = set()
        self._once: set[tuple[bytes, tuple[int, ...]]] = set()

    def learn(self, msg_type: bytes, fields: Sequence[tuple[int, bytes]], count: int) -> None:
        """Take note of a message with ``fields`` between MsgType and CheckSum, and ``count`` SOH."""
        if len(self._kept) == _MOST or len(fields) > _LONGEST:
            return
        tags = tuple([tag for tag, _ in fields])
        key = msg_type, tags
        if key in self._kept:
            return
        if key not in self._once:
            if len(self._once) == _ONCE:
                self._once.clear()
            self._once.add(key)
        elif not any(tag in self._lengths for tag in tags):
            self._once.remove(key)
            self._kept.add(key)
            values = self._forms(msg_type, tags)
            self.known.setdefault(count, []).append(
                _shape(msg_type, tags, None if values is None else tuple(values)))
