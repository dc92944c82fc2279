"""FIX messages for people: names for tags and values, and filters."""

import argparse
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from host.cli.errors import UserError
from host.fix.message import Message
from host.fix.shown import shown
from host.fix.xmldict import XmlError, load
from wire.fix.dictionary import Dictionary, Member
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag

__all__ = ["Filter", "add_dictionary", "add_filters", "dictionary_of", "field_lines", "fields_text", "filter_of",
           "masked", "read_dictionary", "type_name"]

#: What nobody is shown.
_SECRET = {int(Tag.Password): b"***", 925: b"***"}
#: Header fields that a line has elsewhere, or that say nothing new.
_LEFT_OUT = frozenset({8, 9, 10, 34, 35, 49, 52, 56})
#: Characters of the longest MsgType; more is a name.
_LONGEST_CODE = 2
_DICTIONARIES = {each.begin_string: each for each in (FIX42, FIX44)}


def add_dictionary(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a dictionary."""
    parser.add_argument("--dictionary", type=Path, metavar="XML",
                        help="a QuickFIX dictionary for the names (default: that of the message's version)")


def read_dictionary(path: Path | None) -> Dictionary | None:
    """Return the dictionary in the file ``path``, if given. Raises UserError."""
    try:
        return load(path) if path else None
    except XmlError as error:
        raise UserError(str(error)) from None


def dictionary_of(message: Message, given: Dictionary | None) -> Dictionary:
    """Return the dictionary for ``message``: the one ``given``, or that of its version; 4.4 for others."""
    return given or _DICTIONARIES.get(message.begin_string, FIX44)


def type_name(message: Message, dictionary: Dictionary) -> str:
    """Return the name of the message's type, or the code of an unknown one."""
    known = dictionary.messages.get(message.msg_type)
    return known.name if known else f"35={shown(message.msg_type)}"


def _field(tag: int, value: bytes, dictionary: Dictionary) -> tuple[str, str]:
    """Return the name of a field and what its value means."""
    field = dictionary.fields.get(tag)
    value = _SECRET.get(tag, value)
    return (field.name, field.values.get(value) or shown(value)) if field else (str(tag), shown(value))


def fields_text(message: Message, dictionary: Dictionary) -> Text:
    """Return the fields of ``message`` as one line: names and meanings, without those that every message has."""
    text = Text()
    for tag, value in message.fields:
        if tag not in _LEFT_OUT:
            name, meaning = _field(tag, value, dictionary)
            text.append(" " if text else "").append(f"{name}=", "dim").append(meaning)
    return text


def field_lines(message: Message, dictionary: Dictionary) -> Iterator[Text]:
    """Yield a line for each field: number, name, value, meaning; the members of a group are indented."""
    known = dictionary.messages.get(message.msg_type)
    depths = _depths((*dictionary.header, *(known.members if known else ())))
    for tag, value in message.fields:
        name, meaning = _field(tag, value, dictionary)
        text = Text("  " * depths.get(tag, 0)).append(f"{tag:>5} ", "dim").append(f"{name} ", "cyan")
        raw = shown(_SECRET.get(tag, value))
        yield text.append(raw, "bold").append(f" {meaning}" if meaning != raw else "")


def _depths(members: tuple[Member, ...], depth: int = 0) -> dict[int, int]:
    """Return how deep in groups each tag stands."""
    found: dict[int, int] = {}
    for member in members:
        found[member.tag] = depth
        found |= _depths(member.group, depth + 1)
    return found


def masked(message: Message) -> bytes:
    """Return the bytes of a received ``message``, its password covered."""
    raw = message.raw
    for tag, value in message.fields:
        if tag in _SECRET:
            raw = raw.replace(b"\x01%d=%b\x01" % (tag, value), b"\x01%d=%b\x01" % (tag, _SECRET[tag]))
    return raw


# Filters


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which messages are wanted. types: names and codes in lower case. fields: (name or number, value)."""

    types: frozenset[str]
    fields: tuple[tuple[str, str], ...]
    first: int
    last: int | None
    application: bool

    def takes(self, message: Message, dictionary: Dictionary) -> bool:
        """Return whether ``message`` is wanted."""
        known = dictionary.messages.get(message.msg_type)
        if self.application and known is not None and known.admin:
            return False
        names = {message.msg_type.decode("latin-1").lower(), type_name(message, dictionary).lower()}
        if self.types and not names & self.types:
            return False
        if self.first > 0 or self.last is not None:
            seq = message.get(Tag.MsgSeqNum) or b""
            if not seq.isdigit() or not self.first <= int(seq) <= (int(seq) if self.last is None else self.last):
                return False
        return all(any(_is(tag, given, name, value, dictionary) for tag, given in message.fields)
                   for name, value in self.fields)


def _is(tag: int, given: bytes, name: str, value: str, dictionary: Dictionary) -> bool:
    own, meaning = _field(tag, given, dictionary)
    return name.lower() in (own.lower(), str(tag)) and value in (meaning, given.decode("utf-8", errors="replace"))


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose messages."""
    parser.add_argument("--type", action="append", default=[], metavar="TYPE",
                        help="messages of this type: a name such as NewOrderSingle, or its code; may be repeated")
    parser.add_argument("--field", action="append", default=[], metavar="TAG=VALUE",
                        help="messages with this field: by number or name, 54=1 or Side=Buy; may be repeated")
    parser.add_argument("--seq", metavar="FIRST-LAST", help="messages with these MsgSeqNums: 7, 7-9, 7-")
    parser.add_argument("--application", action="store_true", help="no messages of the session's own")


def filter_of(args: argparse.Namespace, given: Dictionary | None) -> Filter:
    """Return what the options of ``add_filters`` choose. given: the dictionary of the messages, if there is one; else
    that of their version is. Raises UserError, also for a name that no type or field of them has."""
    pairs = [text.partition("=") for text in args.field]
    for (name, equals, _), text in zip(pairs, args.field, strict=True):
        if not name or not equals:
            raise UserError(f"--field must be TAG=VALUE, not {text!r}")
    first, last = _range(args.seq) if args.seq else (0, None)
    types = [name for text in args.type for name in text.split(",")]
    dictionaries = [given] if given else list(_DICTIONARIES.values())
    known = {each.name for one in dictionaries for each in one.messages.values()}
    for name in types:
        if len(name) > _LONGEST_CODE and name.lower() not in {each.lower() for each in known}:
            raise UserError(f"--type: no message is called {name!r}{_nearest(name, known)}")
    fields = {each.name for one in dictionaries for each in one.fields.values()}
    for name, _, _ in pairs:
        if not name.isdecimal() and name.lower() not in {each.lower() for each in fields}:
            raise UserError(f"--field: no field is called {name!r}{_nearest(name, fields)}")
    return Filter(types=frozenset(map(str.lower, types)), first=first, last=last,
                  fields=tuple((name, value) for name, _, value in pairs), application=args.application)


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return a question behind ``name``, which is not known, where something similar is."""
    names = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), names, 1)
    return f"; {names[near[0]]}?" if near else ""


def _range(text: str) -> tuple[int, int | None]:
    first, dash, last = text.partition("-")
    if not all(part.isascii() and part.isdecimal() for part in (first, last or "0")):
        raise UserError(f"--seq must be numbers such as 7, 7-9 or 7-, not {text!r}")
    return int(first), int(last) if last else None if dash else int(first)
