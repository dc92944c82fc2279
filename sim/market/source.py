"""Market files: their bytes, plain or gzip, and the error that says where one of them is wrong."""

import os
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["MarketFileError", "Source", "read_head", "read_source", "write_source"]

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31          # zlib: gzip header and trailer, largest window
_GZIP_STEP = 1 << 20
_GZIP_LEVEL = 4


class MarketFileError(ValueError):
    """A file is not what it should be.

    path: the file.
    offset: byte at which it is wrong, counted in the unpacked content for a .gz (``packed`` false).
    """

    def __init__(self, path: str | os.PathLike[str], offset: int, reason: str):
        self.path = Path(path)
        self.offset = offset
        self.reason = reason
        super().__init__(f"{self.path}, byte {offset}: {reason}")


@dataclass(frozen=True, eq=False)
class Source:
    """Content of a file.

    path: the file.
    data: uint8[], its bytes, unpacked; read-only.
    torn: None, or why ``data`` is not all of it (a gzip stream that ends early or is damaged).
    """

    path: Path
    data: NDArray[np.uint8]
    torn: str | None = None


def read_head(path: str | os.PathLike[str], size: int) -> bytes:
    """Return the first ``size`` bytes of the content of ``path``, unpacked; fewer if there are no more.

    Raises OSError when it cannot be read.
    """
    with Path(path).open("rb") as file:
        raw = file.read(_GZIP_STEP)
    if not raw.startswith(_GZIP_MAGIC):
        return raw[:size]
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(raw, size)
    except zlib.error:
        return b""


def read_source(path: str | os.PathLike[str]) -> Source:
    """Return the content of ``path``; a file that begins with the gzip magic is unpacked.

    Raises OSError when it cannot be read.
    """
    path = Path(path)
    raw = path.read_bytes()
    if not raw.startswith(_GZIP_MAGIC):
        return Source(path, np.frombuffer(raw, np.uint8))
    parts: list[bytes] = []
    torn = None
    position = 0
    while position < len(raw) and torn is None:
        unpacker = zlib.decompressobj(_GZIP_WINDOW)
        while not unpacker.eof:
            step = raw[position:position + _GZIP_STEP]
            if not step:
                torn = f"the gzip stream ends early, at byte {position} of the packed file"
                break
            try:
                parts.append(unpacker.decompress(step))
            except zlib.error as error:
                torn = f"the gzip stream is damaged near byte {position} of the packed file ({error})"
                break
            position += len(step) - len(unpacker.unused_data)
    return Source(path, np.frombuffer(b"".join(parts), np.uint8), torn)


def write_source(path: str | os.PathLike[str], parts: Iterable[NDArray[np.uint8]], *,
                 packed: bool | None = None) -> int:
    """Write ``parts`` one behind the other to ``path``; return their bytes, before packing.

    packed: whether as gzip; None for what the name says (``.gz``). The same content gives the same file: no name and no
    time is stored. A regular file appears under its name only when it is whole; what was there before stays until then.
    Raises OSError when it cannot be written.
    """
    path = Path(path)
    if packed is None:
        packed = path.suffix == ".gz"
    direct = path.exists() and not path.is_file()
    written = path if direct else path.with_name(path.name + ".part")
    try:
        with written.open("wb") as file:
            size = _write(file, parts, packed)
        if not direct:
            written.replace(path)
    except BrokenPipeError:
        raise
    except OSError as error:
        error.filename = os.fspath(path)
        raise
    finally:
        if not direct:
            written.unlink(missing_ok=True)
    return size


def _write(file: BinaryIO, parts: Iterable[NDArray[np.uint8]], packed: bool) -> int:
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW) if packed else None
    size = 0
    for part in parts:
        plain = memoryview(np.ascontiguousarray(part))
        file.write(plain if packer is None else packer.compress(plain))
        size += len(part)
    if packer is not None:
        file.write(packer.flush())
    return size
