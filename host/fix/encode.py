# Ref: FIX 4.4, volume 1, "FIX message format" (order of fields, groups, data fields); volume 2, header and trailer
"""Messages to bytes."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from host.fix.checksum import TRAILERS, checksum
from host.fix.datafields import data_fields, length_fields
from host.fix.message import Message
from host.fix.shown import quoted, shown
from wire.fix.dictionary import Dictionary, Member
from wire.fix.tags import Tag

__all__ = ["EncodeError", "encode"]

#: A field's tag and its place in the message.
Place = tuple[int, int]
Members = Mapping[int, Member]
#: Written by ``encode`` itself.
_OWN = frozenset(map(int, (Tag.BeginString, Tag.BodyLength, Tag.MsgType, Tag.CheckSum)))


class EncodeError(ValueError):
    """The message cannot be put on the wire; the text names the field."""


@lru_cache(maxsize=1024)
def _layout(dictionary: Dictionary, code: bytes) -> tuple[Members, Members | None, dict[int, int]]:
    """Return header and body members by tag (no body: unknown type), and the trailer's tags with their places."""
    message = dictionary.messages.get(code)
    return ({member.tag: member for member in dictionary.header},
            {member.tag: member for member in message.members} if message else None,
            {member.tag: place for place, member in enumerate(dictionary.trailer)})


@lru_cache(maxsize=1024)
def _group(member: Member) -> tuple[frozenset[int], Members, dict[int, int]]:
    """Return all tags inside a group, at any depth, its members by tag, and their places in an entry."""
    inside = {part.tag for part in member.group}
    for part in member.group:
        if part.group:
            inside |= _group(part)[0]
    return (frozenset(inside), {part.tag: part for part in member.group},
            {part.tag: place for place, part in enumerate(member.group)})


def _blocks(fields: Sequence[Place], members: Members, data: Mapping[int, int], key: Callable[[int], int]
            ) -> list[Place]:
    """Return ``fields`` sorted by ``key`` of their tags, where a group, or a length and its data, moves as one."""
    blocks: list[tuple[int, list[Place]]] = []
    at = 0
    while at < len(fields):
        tag = fields[at][0]
        end = at + 1
        member = members.get(tag)
        block = [fields[at]]
        if member is not None and member.group:
            inside = _group(member)[0]
            while end < len(fields) and fields[end][0] in inside:
                end += 1
            block += _entries(fields[at + 1:end], member, data)
        elif end < len(fields) and data.get(tag) == fields[end][0]:
            block.append(fields[end])
            end += 1
        blocks.append((key(tag), block))
        at = end
    blocks.sort(key=lambda item: item[0])
    return [pair for _, block in blocks for pair in block]


def _entries(fields: Sequence[Place], group: Member, data: Mapping[int, int]) -> list[Place]:
    """Return the entries of ``group``, each in the dictionary's order."""
    _, members, places = _group(group)
    delimiter = group.group[0].tag
    if fields and fields[0][0] != delimiter:
        raise EncodeError(f"field {fields[0][0]}: an entry of group {group.tag} begins with {delimiter}")
    begins = [at for at, (tag, _) in enumerate(fields) if tag == delimiter] + [len(fields)]
    return [pair for begin, end in zip(begins, begins[1:], strict=False)
            for pair in _blocks(fields[begin:end], members, data, lambda tag: places.get(tag, len(places)))]


@lru_cache(maxsize=1024)
def _plan(dictionary: Dictionary, msg_type: bytes, tags: tuple[int, ...]) -> tuple[tuple[int, ...], bytes, bool]:
    """Return, for a message whose fields have the tags ``tags``, in what order they are written, the text with places
    for their values, and whether there are data fields among them."""
    if not msg_type or b"\x01" in msg_type:
        raise EncodeError(f"MsgType {quoted(msg_type)}: not to be sent")
    header, body, trailer = _layout(dictionary, msg_type)
    data = data_fields(dictionary)
    first: list[Place] = []
    middle: list[Place] = []
    last: list[Place] = []
    inside: frozenset[int] = frozenset()
    for at, tag in enumerate(tags):
        if tag in _OWN or tag < 1:
            raise EncodeError(f"field {tag}: not to be given")
        if tag in header:
            first.append((tag, at))
            inside = _group(header[tag])[0]
        elif tag in inside:
            first.append((tag, at))
        elif tag in trailer:
            last.append((tag, at))
        else:
            middle.append((tag, at))
    order = _blocks(first, header, data, int)
    order += middle if body is None else _blocks(middle, body, data, int)
    order += sorted(last, key=lambda place: trailer[place[0]])
    text = b"35=" + msg_type.replace(b"%", b"%%") + b"\x01" + b"".join(b"%d=%%b\x01" % tag for tag, _ in order)
    return tuple(at for _, at in order), text, not length_fields(dictionary).keys().isdisjoint(tags)


def _check(fields: Sequence[tuple[int, bytes]], lengths: Mapping[int, int]) -> None:
    """Raise EncodeError for a value that cannot be written."""
    before: tuple[int, bytes] = (0, b"")
    for pair in fields:
        tag, value = pair
        length = lengths.get(tag)
        if length is not None and before[0] == length:
            if before[1] != b"%d" % len(value):
                raise EncodeError(f"field {tag}: {len(value)} bytes, but {length}={shown(before[1])}")
        elif b"\x01" in value:
            raise EncodeError(f"field {tag}: SOH in {quoted(value)}")
        if not value:
            raise EncodeError(f"field {tag}: no value")
        before = pair


def encode(begin_string: bytes, message: Message, dictionary: Dictionary) -> bytes:
    """Return the whole message: 8, 9, 35, header fields by tag, body by tag, trailer, 10.

    A repeating group stays behind its NumInGroup field, entry by entry as given, the fields of an entry in the order
    of ``dictionary``. The body of a message of a type without layout in ``dictionary`` keeps the order given, for its
    groups are unknown; so do fields of the same tag. EncodeError: a field 8, 9, 35 or 10, an empty value, SOH in a
    value that is not a data field behind its length, a data field whose length is another.
    """
    fields = message.fields
    order, form, data = _plan(dictionary, message.msg_type, tuple([tag for tag, _ in fields]))
    text = form % tuple([fields[at][1] for at in order])
    if data or b"=\x01" in text or text.count(b"\x01") > len(order) + 1:
        _check(fields, length_fields(dictionary))
    whole = b"8=%b\x019=%d\x01%b" % (begin_string, len(text), text)
    return whole + TRAILERS[checksum(whole)]
