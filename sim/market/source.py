"""Market files: their bytes, plain or gzip, and the error that says where one of them is wrong."""

import os
import zlib
from dataclasses import dataclass
from pathlib import Path

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


def write_source(path: str | os.PathLike[str], parts: "list[NDArray[np.uint8]]") -> None:
    """Write ``parts`` one behind the other to ``path``, as gzip if its name ends with ``.gz``. Raises OSError.

    The same content gives the same file: no name and no time is stored.
    """
    path = Path(path)
    with path.open("wb") as file:
        if path.suffix != ".gz":
            for part in parts:
                file.write(memoryview(np.ascontiguousarray(part)))
            return
        packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        for part in parts:
            file.write(packer.compress(memoryview(np.ascontiguousarray(part))))
        file.write(packer.flush())
