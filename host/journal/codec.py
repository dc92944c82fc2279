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
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, IntFlag
from functools import cache, partial
from operator import attrgetter
from typing import Any, NamedTuple, cast, get_type_hints

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
    """How the records of one type lie in bytes. name: of the type. fields: in its order, and as they are stored."""

    def __init__(self, code: int, name: str, fields: Iterable[_Field]) -> None:
        self.code, self.name, self.fields = code, name, tuple(fields)
        self.numbers = [field for field in self.fields if field.kind in _NUMBERS]
        self.texts = [field for field in self.fields if field.kind not in _NUMBERS]
        self.stored = (*self.numbers, *self.texts)
        lengths = f"{len(self.texts)}I"
        self.narrow = struct.Struct(f"<HB{len(self.numbers)}q{lengths}")
        self.wide = struct.Struct(f"<HB{'Qq' * len(self.numbers)}{lengths}")

    def values(self, body: bytes) -> list[Any]:
        """Return ints, then bytes and str, in the order of ``numbers`` and ``texts``. Raises CodecError."""
        is_wide, count = body[2] == _WIDE, len(self.numbers)
        form = self.wide if is_wide else self.narrow
        try:
            _, _, *found = form.unpack_from(body)
            if is_wide:
                halves = found[:2 * count]
                found[:2 * count] = [low + (high << 64) for low, high in zip(halves[::2], halves[1::2], strict=True)]
            start = form.size
            for place, field in enumerate(self.texts, count):
                end = start + found[place]
                found[place] = body[start:end].decode() if field.kind == "str" else body[start:end]
                start = end
        except (struct.error, UnicodeDecodeError) as error:
            raise CodecError(f"{self.name}: {error}") from None
        if start != len(body) or body[2] > _WIDE:
            raise CodecError(f"{self.name}: {len(body)} bytes of form {body[2]}, not {start}")
        return found

    def shown(self, body: bytes) -> dict[str, Any]:
        """Return {field: value for people}: names of members, text of bytes, in the order of the type."""
        given = {field.name: _shown(field, value) for field, value in zip(self.stored, self.values(body), strict=True)}
        return {field.name: given[field.name] for field in self.fields}


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
        self._writers = {each: _writer(one, each) for each, one in zip(given, self.layouts, strict=True)}

    def encode(self, record: object) -> bytes:
        """Return ``record`` as bytes. Its fields must be what their annotations say. Raises CodecError."""
        writer = self._writers.get(type(record))
        if writer is None:
            raise CodecError(f"{type(record).__name__} is not among {', '.join(self.types)}")
        return writer(record)


    def packer(self, kind: type) -> Callable[..., bytes]:
        """Return what makes the bytes of a record of ``kind`` of its fields' values, given in order; it raises
        struct.error where one does not fit into 64 bits. Raises TypeError for a type that has texts."""
        layout = next(one for each, one in zip(self.types.values(), self.layouts, strict=True) if each is kind)
        if layout.texts:
            raise TypeError(f"{layout.name} has texts: {', '.join(field.name for field in layout.texts)}")
        return partial(layout.narrow.pack, layout.code, _NARROW)


class Reader:
    """Reads what a codec of the given ``schema``, ours or an older one, has written."""

    def __init__(self, schema: bytes, codec: Codec, *, only_known: bool = False) -> None:
        """only_known: what is of a type that ``codec`` has not is passed over. Raises CodecError."""
        self._makers: list[Callable[[bytes], Any]] = []
        for layout in layouts(schema):
            made = codec.types.get(layout.name)
            if made is not None:
                _check_follows(layout, made)
                self._makers.append(_maker(layout, made))
            elif only_known:
                self._makers.append(lambda _: None)
            else:
                raise CodecError(f"the type {layout.name} is not known")

    def decode(self, body: bytes) -> Any:
        """Return the record that ``body`` is, None for one that is passed over. Raises CodecError."""
        if len(body) < _HEAD.size or (code := _HEAD.unpack_from(body)[0]) >= len(self._makers):
            raise CodecError(f"{body[:_HEAD.size].hex()} begins no record")
        return self._makers[code](body)


@cache
def _hints(made: type) -> dict[str, Any]:
    return get_type_hints(made)


@cache
def _fields(made: type) -> tuple[_Field, ...]:
    if not dataclasses.is_dataclass(made) or not made.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{made.__name__} is no frozen dataclass")
    hints = _hints(made)
    return tuple(_field(made, field.name, hints[field.name]) for field in dataclasses.fields(made))


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


def _writer(layout: Layout, made: type) -> Callable[[Any], bytes]:
    """Return what makes bytes of a record of ``made``, of this layout."""
    code, pack, wide, hints = layout.code, layout.narrow.pack, layout.wide, _hints(made)
    numbers, texts = _getter(layout.numbers), _getter(layout.texts)
    turns = [(place, _plain(hints[field.name])) for place, field in enumerate(layout.numbers)
             if not issubclass(hints[field.name], int)]
    encoders = [_encoder(hints[field.name]) for field in layout.texts]

    def write(record: Any) -> bytes:
        try:
            found: Sequence[Any] = numbers(record)
            if turns:
                found = list(found)
                for place, turn in turns:
                    found[place] = turn(found[place])
            raw = [encode(text) for encode, text in zip(encoders, texts(record), strict=True)]
            try:
                return pack(code, _NARROW, *found, *map(len, raw)) + b"".join(raw)
            except struct.error:
                halves = (half for value in found for half in (value & _LOW, value >> 64))
                return wide.pack(code, _WIDE, *halves, *map(len, raw)) + b"".join(raw)
        except (struct.error, TypeError, KeyError, UnicodeEncodeError) as error:
            raise CodecError(f"{record!r} cannot be written: {error}") from None

    def write_numbers(record: Any) -> bytes:
        try:
            return pack(code, _NARROW, *numbers(record))
        except struct.error:
            return write(record)
    return write if turns or layout.texts else write_numbers


def _plain(kind: type[Enum]) -> Callable[[Any], Any]:
    """Return what makes the value of a member of ``kind``; it may raise KeyError."""
    return {member: member.value for member in kind}.__getitem__


def _encoder(kind: Any) -> Callable[[Any], bytes]:
    """Return what makes bytes of a text of ``kind``."""
    if issubclass(kind, Enum):
        return {member: member.value.encode() for member in kind}.__getitem__
    return str.encode if kind is str else bytes.__bytes__


def _maker(layout: Layout, made: type) -> Callable[[bytes], Any]:
    """Return what makes records of ``made`` from bytes of this layout."""
    hints = _hints(made)
    names = [field.name for field in layout.stored]
    turns = [(place, _turn(hints[name])) for place, name in enumerate(names) if hints[name] not in (int, bytes, str)]

    def make(body: bytes) -> Any:
        values = layout.values(body)
        try:
            for place, turn in turns:
                values[place] = turn(values[place])
            return made(**dict(zip(names, values, strict=True)))
        except KeyError as error:
            raise CodecError(f"{layout.name}: {error} is not a valid {hints[names[place]].__name__}") from None
        except ValueError as error:
            raise CodecError(f"{layout.name}: {error}") from None
    return make


def _turn(kind: Any) -> Callable[[Any], Any]:
    """Return what makes a value of ``kind``, bool or an enum, of an int or str; it may raise KeyError."""
    if kind is bool or issubclass(kind, IntFlag):
        return cast(Callable[[Any], Any], kind)
    return {member.value: member for member in kind}.__getitem__


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
