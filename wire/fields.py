"""What a wire format is made of: fields at fixed offsets, and layouts of them.

A layout is the one definition of a format. Host and simulator take its NumPy dtype and its ``pack`` and ``unpack``;
gateware takes ``layout.field(name).offset`` and ``.size``. All integers are unsigned and big-endian.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kind", "Field", "Layout", "WireError", "set_u48", "u48", "uint"]

#: ``uint``: a number; ``alpha``: ASCII, left-justified, space-padded; ``price4``, ``price8``: a number of 1/10^4,
#: 1/10^8; ``time6``: nanoseconds since midnight in six bytes.
Kind = Literal["uint", "alpha", "price4", "price8", "time6"]

_WORDS = {1: "u1", 2: ">u2", 4: ">u4", 8: ">u8"}
#: The same of ``struct``; six bytes, and text, are bytes there.
_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}


class WireError(ValueError):
    """Bytes, or values for them, that do not fit a wire format."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a layout.

    name: identifier.
    offset, size: bytes from the layout's begin, and length in bytes.
    kind: how the bytes are read.
    unit: unit of a number, or "" for a plain count or code.
    lo, hi: least and greatest number allowed, both inclusive; unused for ``alpha``.
    doc: what it means.
    codes: the values an ``alpha`` may have, or None for free text.
    default: value that ``pack`` takes when none is given; None: it must be given.
    """

    name: str
    offset: int
    size: int
    kind: Kind
    unit: str
    lo: int
    hi: int
    doc: str
    codes: type[Enum] | None = None
    default: int | str | None = None

    @property
    def end(self) -> int:
        """Offset of the first byte behind the field."""
        return self.offset + self.size

    @cached_property
    def allowed(self) -> frozenset[str] | None:
        """Values of ``codes`` without their padding, or None for free text."""
        return None if self.codes is None else frozenset(str(code.value).rstrip() for code in self.codes)

    @property
    def is_bytes(self) -> bool:
        """Whether it is bytes in ``Layout.codec``, and no number."""
        return self.kind == "alpha" or self.size not in _FORMATS

    @cached_property
    def codes_bytes(self) -> dict[str, bytes]:
        """The field's bytes for each of ``codes``; nothing for free text."""
        return {text: text.ljust(self.size).encode("ascii") for text in self.allowed or ()}

    def encode(self, value: Any) -> bytes:
        """Return the field's bytes for ``value`` (int, or str for ``alpha``). Raises WireError naming both."""
        if self.kind == "alpha":
            if not isinstance(value, str):
                raise WireError(f"{self.name} must be a str, not {value!r}")
            text = value.rstrip(" ")
            if not text.isascii() or len(text) > self.size or not text.isprintable():
                raise WireError(f"{self.name} must be at most {self.size} printable ASCII characters, not {value!r}")
            if self.allowed is not None and text not in self.allowed:
                raise WireError(f"{self.name} must be one of {sorted(self.allowed)}, not {value!r}")
            return text.ljust(self.size).encode("ascii")
        number = _as_int(self.name, value)
        if not self.lo <= number <= self.hi:
            raise WireError(f"{self.name} must be {self.lo}..{self.hi}, not {number}")
        return number.to_bytes(self.size, "big")

    def decode(self, data: bytes | memoryview) -> int | str:
        """Return the value of the field's bytes: int, or str without its padding. Ranges and codes are not checked.

        Bytes beyond ASCII are read as Latin-1, so nothing is lost and nothing raises.
        """
        if self.kind == "alpha":
            return str(data, "latin-1").rstrip(" ")
        return int.from_bytes(data, "big")


def uint(name: str, offset: int, size: int, doc: str, *, unit: str = "", lo: int = 0) -> Field:
    """Return a field that holds any number of ``size`` bytes from ``lo`` on."""
    return Field(name=name, offset=offset, size=size, kind="uint", unit=unit, lo=lo, hi=(1 << 8 * size) - 1, doc=doc)


@dataclass(frozen=True)
class Layout:
    """A fixed record: ``fields`` in order without gap or overlap, ``size`` bytes in all.

    Raises ValueError when the fields do not tile the size.
    """

    name: str
    fields: tuple[Field, ...]
    size: int
    doc: str

    def __post_init__(self) -> None:
        end = 0
        for field in self.fields:
            if field.offset != end:
                raise ValueError(f"{self.name}.{field.name} must be at {end}, not {field.offset}")
            end = field.end
        if end != self.size:
            raise ValueError(f"{self.name} must be {end} bytes, not {self.size}")
        if len(self._by_name) != len(self.fields):
            raise ValueError(f"{self.name} has a field name twice")

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name: field for field in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields, in order."""
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """Return the field called ``name``. Raises KeyError that names it."""
        try:
            return self._by_name[name]
        except KeyError:
            raise KeyError(f"{self.name} has no field {name!r}") from None

    @cached_property
    def dtype(self) -> np.dtype[np.void]:
        """Packed big-endian dtype of ``size`` bytes.

        Numbers of 1, 2, 4 and 8 bytes and text are fields of their name. A six-byte number ``x`` is two fields,
        ``x_hi`` (upper 16 bits) and ``x_lo`` (lower 32); ``u48`` joins and ``set_u48`` splits them.
        """
        names, formats, offsets = [], [], []
        for field in self.fields:
            if field.kind == "alpha":
                parts = [(field.name, f"S{field.size}", 0)]
            elif field.size == 6:
                parts = [(f"{field.name}_hi", ">u2", 0), (f"{field.name}_lo", ">u4", 2)]
            else:
                parts = [(field.name, _WORDS[field.size], 0)]
            for name, form, shift in parts:
                names.append(name)
                formats.append(form)
                offsets.append(field.offset + shift)
        return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": self.size})

    @cached_property
    def codec(self) -> struct.Struct:
        """The record for those in a hurry, unchecked: numbers as they are, text and six-byte numbers as their bytes."""
        return struct.Struct(">" + "".join(f"{f.size}s" if f.is_bytes else _FORMATS[f.size] for f in self.fields))

    def pack(self, values: Mapping[str, Any]) -> bytes:
        """Return the record's bytes. Raises WireError naming the field that is missing, unknown or out of range."""
        row = [values.get(name, default) for name, default in self._defaults]
        try:
            for place, encode, _ in self._converters:
                row[place] = encode(row[place])
            if all(type(row[place]) is int and low <= row[place] <= high for place, low, high in self._ranges) and (
                    values.keys() <= self._by_name.keys()):
                return self.codec.pack(*row)
        except (WireError, KeyError, TypeError):
            pass  # said below, with the field's name
        return self._pack_each(values)

    def check_text(self, values: Mapping[str, Any]) -> None:
        """Raise WireError for a text of ``values``, all of them there, that ``pack`` would not take."""
        for field, codes in self._texts:
            if values[field.name] not in codes:
                field.encode(values[field.name])

    @cached_property
    def _texts(self) -> tuple[tuple[Field, frozenset[str]], ...]:
        return tuple((field, field.allowed or frozenset()) for field in self.fields if field.kind == "alpha")

    def _pack_each(self, values: Mapping[str, Any]) -> bytes:
        """Return the same, field by field: slower, and with words for what is wrong."""
        unknown = values.keys() - self._by_name.keys()
        if unknown:
            raise WireError(f"{self.name} has no field {min(unknown)!r} (value {values[min(unknown)]!r})")
        parts = []
        for field in self.fields:
            value = values.get(field.name, field.default)
            if value is None:
                raise WireError(f"{self.name} lacks a value for {field.name!r}")
            try:
                parts.append(field.encode(value))
            except WireError as error:
                raise WireError(f"{self.name}: {error}") from None
        return b"".join(parts)

    def unpack(self, data: bytes | bytearray | memoryview, offset: int = 0) -> dict[str, Any]:
        """Return the values of the record that begins at ``offset`` of ``data``.

        Numbers are int, text is str without padding. Raises WireError when ``data`` ends before the record.
        """
        if offset < 0 or len(data) - offset < self.size:
            raise WireError(f"{self.name} needs {self.size} bytes at {offset}, not {len(data) - offset}")
        row = list(self.codec.unpack_from(data, offset))
        for place, _, decode in self._converters:
            row[place] = decode(row[place])
        return dict(zip(self._by_name, row, strict=True))

    @cached_property
    def _defaults(self) -> tuple[tuple[str, int | str | None], ...]:
        return tuple((field.name, field.default) for field in self.fields)

    @cached_property
    def _converters(self) -> tuple[tuple[int, Callable[[Any], bytes], Callable[[bytes], int | str]], ...]:
        """Place of each field that is bytes in ``codec``, and what makes it so, and its value of them."""
        return tuple((place, field.codes_bytes.__getitem__ if field.codes_bytes else field.encode, field.decode)
                     for place, field in enumerate(self.fields) if field.is_bytes)

    @cached_property
    def _ranges(self) -> tuple[tuple[int, int, int], ...]:
        return tuple((place, field.lo, field.hi) for place, field in enumerate(self.fields) if not field.is_bytes)


def _as_int(name: str, value: Any) -> int:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise WireError(f"{name} must be an int, not {value!r}")


def u48(rows: NDArray[np.void], name: str) -> NDArray[np.uint64]:
    """Return the six-byte numbers ``name`` of structured ``rows`` as uint64, in the shape of ``rows``."""
    return (rows[f"{name}_hi"].astype(np.uint64) << np.uint64(32)) | rows[f"{name}_lo"].astype(np.uint64)


def set_u48(rows: NDArray[np.void], name: str, values: Any) -> None:
    """Set the six-byte numbers ``name`` of structured ``rows`` to ``values`` (0..2^48-1, broadcast).

    Raises WireError naming the first value that does not fit.
    """
    numbers = np.asarray(values)
    if not np.issubdtype(numbers.dtype, np.integer):
        raise WireError(f"{name} must be integers, not {numbers.dtype}")
    bad = numbers[(numbers < 0) | (numbers >= 1 << 48)]
    if bad.size:
        raise WireError(f"{name} must be 0..{(1 << 48) - 1}, not {int(bad.flat[0])}")
    wide = numbers.astype(np.uint64)
    rows[f"{name}_hi"] = wide >> np.uint64(32)
    rows[f"{name}_lo"] = wide & np.uint64(0xFFFFFFFF)
