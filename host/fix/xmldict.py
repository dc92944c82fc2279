# Ref: the data dictionary files of QuickFIX (spec/FIX44.xml), which many venues publish for their dialects
"""A venue's own dictionary, from a QuickFIX-style XML file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from wire.fix.dictionary import Dictionary, Field, Member, MessageType
from wire.fix.types import FieldType

__all__ = ["XmlError", "load"]

_REQUIRED = {"Y": True, "N": False}
_CATEGORY = {"admin": True, "app": False}


class XmlError(Exception):
    """The file is no dictionary; the text names file, line and what is wrong there."""


@dataclass(slots=True)
class _Element:
    """An element of the file and its line."""

    tag: str
    given: dict[str, str]
    line: int
    parts: list["_Element"] = field(default_factory=list)


def _parse(path: Path) -> _Element:
    """Return the root of the file."""
    root = _Element("", {}, 0)
    open_elements = [root]
    parser = expat.ParserCreate()

    def start(tag: str, given: dict[str, str]) -> None:
        element = _Element(tag, given, parser.CurrentLineNumber)
        open_elements[-1].parts.append(element)
        open_elements.append(element)

    def declared(*_: object) -> NoReturn:
        raise XmlError(f"{path}:{parser.CurrentLineNumber}: entities are not allowed")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: open_elements.pop()
    parser.EntityDeclHandler = declared
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise XmlError(f"{path}: {error.strerror}") from None
    except expat.ExpatError as error:
        raise XmlError(f"{path}:{error.lineno}: {expat.ErrorString(error.code)}") from None
    return root.parts[0]


class _Reader:
    """Makes a dictionary of the elements."""

    def __init__(self, path: Path, root: _Element) -> None:
        self.path, self.root = path, root
        self.fields: dict[str, Field] = {}
        self.components: dict[str, _Element] = {}

    def fail(self, element: _Element, text: str) -> NoReturn:
        raise XmlError(f"{self.path}:{element.line}: <{element.tag}>: {text}")

    def given(self, element: _Element, name: str) -> str:
        """Return an attribute that must be there."""
        value = element.given.get(name)
        if not value:
            self.fail(element, f"has no {name}")
        return value

    def part(self, name: str) -> _Element:
        """Return a child of the root."""
        for element in self.root.parts:
            if element.tag == name:
                return element
        self.fail(self.root, f"has no <{name}>")

    def read_field(self, element: _Element) -> Field:
        number, name, kind = (self.given(element, key) for key in ("number", "name", "type"))
        if not (number.isascii() and number.isdigit() and 0 < int(number[:10]) < 10**9):
            self.fail(element, f"{name}: {number!r} is no tag")
        if kind not in FieldType.__members__:
            self.fail(element, f"{name}: unknown type {kind!r}")
        values = {self.given(value, "enum").encode(): value.given.get("description", "") for value in element.parts
                  if value.tag == "value"}
        return Field(int(number), name, FieldType[kind], values)

    def read_fields(self) -> dict[int, Field]:
        by_tag: dict[int, Field] = {}
        for element in self.part("fields").parts:
            made = self.read_field(element)
            if made.name in self.fields or made.tag in by_tag:
                self.fail(element, f"{made.name} ({made.tag}) is defined twice")
            self.fields[made.name] = by_tag[made.tag] = made
        return by_tag

    def members(self, element: _Element, required: bool = True, inside: tuple[str, ...] = ()) -> tuple[Member, ...]:
        """Return the members of a message, component or group; what a component requires is required if it is."""
        found: list[Member] = []
        for part in element.parts:
            name, flag = self.given(part, "name"), part.given.get("required", "N")
            if flag not in _REQUIRED:
                self.fail(part, f"{name}: required is {flag!r}, not Y or N")
            needed = required and _REQUIRED[flag]
            if part.tag == "component":
                if name not in self.components:
                    self.fail(part, f"unknown component {name!r}")
                if name in inside:
                    self.fail(part, f"component {name!r} contains itself")
                found += self.members(self.components[name], needed, (*inside, name))
                continue
            if part.tag not in ("field", "group"):
                self.fail(part, "is neither field, group nor component")
            if name not in self.fields:
                self.fail(part, f"unknown field {name!r}")
            group = self.members(part, True, inside) if part.tag == "group" else ()
            if part.tag == "group" and not group:
                self.fail(part, f"group {name!r} is empty")
            found.append(Member(self.fields[name].tag, needed, group))
        return tuple(found)

    def read_message(self, element: _Element) -> MessageType:
        category = self.given(element, "msgcat")
        if category not in _CATEGORY:
            self.fail(element, f"msgcat is {category!r}, not admin or app")
        return MessageType(self.given(element, "msgtype").encode(), self.given(element, "name"), _CATEGORY[category],
                           self.members(element))

    def read(self) -> Dictionary:
        if self.root.tag != "fix":
            self.fail(self.root, "is not <fix>")
        begin_string = "{}.{}.{}".format(self.root.given.get("type", "FIX"),
                                         *(self.given(self.root, key) for key in ("major", "minor")))
        fields = self.read_fields()
        self.components = {self.given(element, "name"): element for part in self.root.parts if part.tag == "components"
                           for element in part.parts}
        messages: dict[bytes, MessageType] = {}
        for element in self.part("messages").parts:
            made = self.read_message(element)
            if made.code in messages:
                self.fail(element, f"message type {made.code.decode()} is defined twice")
            messages[made.code] = made
        if "MsgType" not in self.fields:
            self.fail(self.root, "has no field MsgType")
        types = self.fields["MsgType"]
        names = dict(types.values) | {code: message.name for code, message in messages.items()}
        fields[types.tag] = Field(types.tag, types.name, types.type, names)
        return Dictionary(begin_string.encode(), fields, self.members(self.part("header")),
                          self.members(self.part("trailer")), messages, frozenset(fields))


def load(path: str | Path) -> Dictionary:
    """Return the dictionary in the file at ``path``. XmlError names what is wrong with it.

    Required are <fix major minor> and in it <header>, <messages>, <fields> and <trailer>; <components> may be there.
    """
    where = Path(path)
    return _Reader(where, _parse(where)).read()
