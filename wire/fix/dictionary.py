"""What a version of FIX, or a venue, defines: fields, messages, groups."""

from collections.abc import Mapping
from dataclasses import dataclass

from wire.fix.types import FieldType

__all__ = ["Dictionary", "Field", "Member", "MessageType"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field. values: what each allowed value means; empty when every value of the type is allowed."""

    tag: int
    name: str
    type: FieldType
    values: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class Member:
    """A field of a message or of a group's entry. A group's member is its NumInGroup field, and ``group`` has the
    members of an entry, in their order: every entry begins with the first of them."""

    tag: int
    required: bool
    group: tuple["Member", ...] = ()


@dataclass(frozen=True, slots=True)
class MessageType:
    """A message. code: the value of MsgType. admin: one of the session's own. members: its body."""

    code: bytes
    name: str
    admin: bool
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Dictionary:
    """fields: by tag, of the messages with a layout. messages: by code, those with a layout.

    The values of MsgType (35) are all message types that the version defines, and ``defined`` are the tags of all its
    fields, also where there is no layout here.
    """

    begin_string: bytes
    fields: Mapping[int, Field]
    header: tuple[Member, ...]
    trailer: tuple[Member, ...]
    messages: Mapping[bytes, MessageType]
    defined: frozenset[int]
