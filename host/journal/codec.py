"""Frozen dataclasses of ints, bools, enums, bytes and str, to bytes and back; the bytes come with their own schema.

A record is its code (the place of its type in the schema, u16) and form (u8), then its fields: first, in the order of
the dataclass, the numbers (int, bool and enum of ints: i64; in the wide form u64 low and i64 high) and the u32 lengths
of the texts (bytes, str and enum of str, UTF-8), then the texts; all little-endian. The form is wide when a number does
not fit into 64 bits, and only then.

**Versions.** The schema names types, fields and members of enums, so that bytes can be read without the classes, and by
later ones: a field that came later takes its default. What the classes do not know any more (a type, a field, a
member), or know otherwise, is an error, before anything is read.
"""

import dataclasses
import json
import struct
from collections.abc import Callable, Iterable
from enum import Enum, IntFlag
from operator import attrgetter
from typing import Any, NamedTuple, get_type_hints

__all__ = ["Codec", "CodecError", "Layout", "Reader", "layouts"]

_HEAD = struct.Struct("<HB")
_NARROW, _WIDE = 0, 1
_LOW = (1 << 64) - 1
_NUMBERS = ("int", "bool", "flags")


class CodecError(ValueError):
    """A value that cannot be written, bytes that are no record, or a schema that ours cannot follow."""


class _Field(NamedTuple):
    """kind: int, bool, flags, bytes or str. members: of an enum, {name: value}."""

    name: str
    kind: str
    members: dict[str, Any]


class Layout:
    """How the records of one type lie in bytes. name: of the type. names: of its fields, in its order."""

    def __init__(self, code: int, name: str, fields: Iterable[_Field]) -> None:
        self.code, self.name, self.fields = code, name, tuple(fields)
        self.names = tuple(field.name for field in self.fields)
        self.numbers = [field for field in self.fields if field.kind in _NUMBERS]
        self.texts = [field for field in self.fields if field.kind not in _NUMBERS]
        lengths = f"{len(self.texts)}I"
        self.narrow = struct.Struct(f"<HB{len(self.numbers)}q{lengths}")
        self.wide = struct.Struct(f"<HB{'Qq' * len(self.numbers)}{lengths}")

    def values(self, body: bytes) -> dict[str, Any]:
        """Return {field: int, bool, bytes or str}, numbers first. Raises CodecError."""
        wide, count = body[2] == _WIDE, len(self.numbers)
        form = self.wide if wide else self.narrow
        try:
            _, _, *found = form.unpack_from(body)
            if wide:
                found[:2 * count] = [low + (high << 64) for low, high in zip(found[0:2 * count:2],
                                                                            found[1:2 * count:2], strict=True)]
            given: dict[str, Any] = {field.name: bool(value) if field.kind == "bool" else value
                                     for field, value in zip(self.numbers, found, strict=False)}
            start = form.size
            for field, size in zip(self.texts, found[count:], strict=True):
                text = body[start:start + size]
                given[field.name] = text.decode() if field.kind == "str" else text
                start += size
        except (struct.error, UnicodeDecodeError) as error:
            raise CodecError(f"{self.name}: {error}") from None
        if start != len(body) or body[2] not in (_NARROW, _WIDE):
            raise CodecError(f"{self.name}: {len(body)} bytes of form {body[2]}, not {start}")
        return given

    def shown(self, body: bytes) -> dict[str, Any]:
        """Return {field: value for people}: names of members, text of bytes, in the order of the type."""
        given = self.values(body)
        return {field.name: _shown(field, given[field.name]) for field in self.fields}


def layouts(schema: bytes) -> list[Layout]:
    """Return the layouts that ``schema`` tells of, by code. Raises CodecError."""
    try:
        return [Layout(code, one["name"], (_Field(*field) for field in one["fields"]))
                for code, one in enumerate(json.loads(schema))]
    except (ValueError, TypeError, KeyError) as error:
        raise CodecError(f"no schema: {error}") from None


class Codec:
    """Writes records of ``types``. schema: what is needed to read them."""

    def __init__(self, types: Iterable[type]) -> None:
        """Raises TypeError for a type that is no frozen dataclass of the kinds above, or whose name is not its own."""
        given = tuple(types)
        self.types = {each.__name__: each for each in given}
        if len(self.types) != len(given):
            raise TypeError(f"two types of one name are among {[each.__name__ for each in given]}")
        self.layouts = [Layout(code, each.__name__, _fields(each)) for code, each in enumerate(given)]
        self.schema = json.dumps([{"name": one.name, "fields": one.fields} for one in self.layouts],
                                 separators=(",", ":")).encode()
        self._writers = {each: _writer(one) for each, one in zip(given, self.layouts, strict=True)}

    def encode(self, record: object) -> bytes:
        """Return ``record`` as bytes. Its fields must be what their annotations say. Raises CodecError."""
        writer = self._writers.get(type(record))
        if writer is None:
            raise CodecError(f"{type(record).__name__} is not among {', '.join(self.types)}")
        return writer(record)


class Reader:
    """Reads what a codec of the given ``schema``, ours or an older one, has written."""

    def __init__(self, schema: bytes, codec: Codec, *, only_known: bool = False) -> None:
        """only_known: what is of a type that ``codec`` has not is passed over. Raises CodecError."""
        self._makers: list[tuple[Layout, type] | None] = []
        self._enums: dict[str, list[tuple[str, type[Enum]]]] = {}
        for layout in layouts(schema):
            made = codec.types.get(layout.name)
            if made is None and not only_known:
                raise CodecError(f"the type {layout.name} is not known")
            self._makers.append(None if made is None else (layout, made))
            if made is not None:
                _check_follows(layout, made)
                self._enums[layout.name] = [(name, kind) for name, kind in get_type_hints(made).items()
                                            if isinstance(kind, type) and issubclass(kind, Enum)]

    def decode(self, body: bytes) -> Any:
        """Return the record that ``body`` is, None for one that is passed over. Raises CodecError."""
        if len(body) < _HEAD.size or (code := _HEAD.unpack_from(body)[0]) >= len(self._makers):
            raise CodecError(f"{body[:_HEAD.size].hex()} begins no record")
        if (maker := self._makers[code]) is None:
            return None
        layout, made = maker
        values = layout.values(body)
        try:
            for name, kind in self._enums[layout.name]:
                if name in values:
                    values[name] = kind(values[name])
            return made(**values)
        except ValueError as error:
            raise CodecError(f"{layout.name}: {error}") from None


def _fields(made: type) -> list[_Field]:
    if not dataclasses.is_dataclass(made) or not made.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{made.__name__} is no frozen dataclass")
    hints = get_type_hints(made)
    return [_field(made, field.name, hints[field.name]) for field in dataclasses.fields(made)]


def _field(made: type, name: str, kind: Any) -> _Field:
    if kind in (int, bool, bytes, str):
        return _Field(name, kind.__name__, {})
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = {member: each.value for member, each in kind.__members__.items()}
        for each in (int, str):
            if all(type(value) is each for value in members.values()):
                return _Field(name, "flags" if issubclass(kind, IntFlag) else each.__name__, members)
    raise TypeError(f"{made.__name__}.{name} is of {kind}; it must be int, bool, bytes, str, or an enum of int or str")


def _check_follows(layout: Layout, made: type) -> None:
    """Raise CodecError when ``made`` cannot take all that ``layout`` holds."""
    ours = {field.name: field for field in _fields(made)}
    for field in layout.fields:
        mine = ours.pop(field.name, None)
        if mine is None:
            raise CodecError(f"{layout.name} has no field {field.name}")
        if mine.kind != field.kind or not mine.members.items() >= field.members.items():
            raise CodecError(f"{layout.name}.{field.name} was {field.kind} {field.members or ''}, and is {mine.kind} "
                             f"{mine.members or ''}")
    for later in dataclasses.fields(made):
        if later.name in ours and later.default is dataclasses.MISSING:
            raise CodecError(f"{layout.name}.{later.name} came later, and has no default")


def _writer(layout: Layout) -> Callable[[Any], bytes]:
    """Return what makes bytes of a record of this layout."""
    code, pack, wide = layout.code, layout.narrow.pack, layout.wide
    numbers, texts = _getter(layout.numbers), _getter(layout.texts)
    is_str = [field.kind == "str" for field in layout.texts]

    def write(record: Any) -> bytes:
        try:
            raw = [text.encode() if each else text for text, each in zip(texts(record), is_str, strict=True)]
            try:
                return b"".join((pack(code, _NARROW, *numbers(record), *map(len, raw)), *raw))
            except struct.error:
                halves = (half for value in numbers(record) for half in (value & _LOW, value >> 64))
                return b"".join((wide.pack(code, _WIDE, *halves, *map(len, raw)), *raw))
        except (struct.error, TypeError, AttributeError, UnicodeEncodeError) as error:
            raise CodecError(f"{record!r} cannot be written: {error}") from None
    return write


def _getter(fields: list[_Field]) -> Callable[[Any], tuple[Any, ...]]:
    names = [field.name for field in fields]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _shown(field: _Field, value: Any) -> Any:
    if field.kind == "flags":
        return "|".join(name for name, bit in field.members.items() if bit and value & bit == bit)
    if isinstance(value, bytes):
        return value.decode("ascii", "backslashreplace")
    return next((name for name, each in field.members.items() if each == value), value)
