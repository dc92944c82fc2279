"""Frames for a device that takes them from the host (host/device/transport.py: Rx)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

__all__ = ["Frames"]


@dataclass(frozen=True)
class Frames:
    """Frames that go in as soon as they can, in order: what Rx.submit takes. offset, length: of each in ``data``."""

    data: npt.NDArray[np.uint8]
    offset: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]
    cycle: npt.NDArray[np.int64]
    error: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, frames: Sequence[bytes]) -> Self:
        """Return ``frames``, at least one, none of them empty."""
        length = np.array([len(frame) for frame in frames], np.int64)
        return cls(np.frombuffer(b"".join(frames), np.uint8), np.cumsum(length) - length, length,
                   np.zeros(len(frames), np.int64), np.zeros(len(frames), np.uint8))
