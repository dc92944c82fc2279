"""The short notation in which the dictionaries are written down, and its compiler.

An entry begins in the first column and goes on in indented lines.

    Header: BeginString! NoHops(HopCompID HopSendingTime)     fields in their order; ! if required; (a group's members)
    @Parties: NoPartyIDs(PartyID PartyIDSource)               a component: stands for its fields where @Parties is named
    D NewOrderSingle: ClOrdID! @Parties @Instrument!          a message; what a component requires is required if it is
    QTY: OrderQty MinQty                                      fields of a type
    Side CHAR: 1=Buy 2=Sell                                   a field with a closed list of values

Message types are D=NewOrderSingle, tags 1-100 or 102.
"""

import re
from collections.abc import Iterator, Mapping

from wire.fix.dictionary import Dictionary, Field, Member, MessageType
from wire.fix.tags import Tag
from wire.fix.types import ADMIN, FieldType

__all__ = ["compile_dictionary"]

_TOKEN = re.compile(r"(?P<name>@?\w+)(?P<required>!?)(?P<open>\(?)|\)(?P<last>!?)")

Tokens = Iterator[re.Match[str]]


def _entries(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield (words before the colon, text behind it) of each entry."""
    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, _, body = entry.partition(":")
        yield head.split(), body


def _members(tokens: Tokens, components: Mapping[str, tuple[Member, ...]]
             ) -> tuple[tuple[Member, ...], bool]:
    """Return the members up to the end or the closing bracket, and whether that bracket says that they are required."""
    members: list[Member] = []
    for token in tokens:
        name = token["name"]
        if name is None:
            return tuple(members), bool(token["last"])
        if name.startswith("@"):
            members += (Member(part.tag, part.required and bool(token["required"]), part.group)
                        for part in components[name])
        elif token["open"]:
            group, needed = _members(tokens, components)
            members.append(Member(int(Tag[name]), needed, group))
        else:
            members.append(Member(int(Tag[name]), bool(token["required"])))
    return tuple(members), False


def _fields(text: str, types: Mapping[bytes, str]) -> dict[int, Field]:
    fields = {}
    for head, body in _entries(text):
        if len(head) == 1:
            for name in body.split():
                fields[int(Tag[name])] = Field(int(Tag[name]), name, FieldType(head[0]), {})
        else:
            name, kind = head
            values = dict(value.split("=", 1) for value in body.split())
            fields[int(Tag[name])] = Field(int(Tag[name]), name, FieldType(kind),
                                           {value.encode(): meaning for value, meaning in values.items()})
    number = int(Tag.MsgType)
    fields[number] = Field(number, "MsgType", FieldType.STRING, types)
    return dict(sorted(fields.items()))


def compile_dictionary(begin_string: bytes, messages: str, fields: str, types: str, tags: str) -> Dictionary:
    """Return the dictionary that the texts tell: messages and components, fields, all message types, all tags."""
    components: dict[str, tuple[Member, ...]] = {}
    layouts = {}
    for head, body in _entries(messages):
        members, _ = _members(_TOKEN.finditer(body), components)
        if len(head) == 1:
            components[head[0]] = members
        else:
            code = head[0].encode()
            layouts[code] = MessageType(code, head[1], code in ADMIN, members)
    names = {code.encode(): name for code, _, name in (entry.partition("=") for entry in types.split())}
    ranges = (entry.partition("-") for entry in tags.split())
    defined = frozenset(tag for first, _, last in ranges for tag in range(int(first), int(last or first) + 1))
    return Dictionary(begin_string, _fields(fields, names), components["Header"], components["Trailer"], layouts,
                      defined)
