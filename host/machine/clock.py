# Ref: adjtimex(2); MiFID II RTS 25
"""What the kernel knows of the error of its clock."""

import ctypes
import os
from dataclasses import dataclass

__all__ = ["ClockState", "clock_state"]

_UNSYNCHRONISED, _ERROR = 0x40, 5


class _Timex(ctypes.Structure):
    _fields_ = [
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("constant", ctypes.c_long),
        ("precision", ctypes.c_long), ("tolerance", ctypes.c_long), ("seconds", ctypes.c_long),
        ("fraction", ctypes.c_long), ("tick", ctypes.c_long), ("pps", ctypes.c_long * 12), ("rest", ctypes.c_int * 16)]


@dataclass(frozen=True, kw_only=True)
class ClockState:
    """synchronised: something (NTP, PTP) keeps the clock. error: ns by which it may be wrong at most, as the kernel
    reckons; without synchronisation it grows, and means nothing."""

    synchronised: bool
    error: int


def clock_state() -> ClockState:
    """Ask the kernel. Raises OSError."""
    libc, found = ctypes.CDLL(None, use_errno=True), _Timex()
    state = libc.adjtimex(ctypes.byref(found))
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "adjtimex")
    return ClockState(synchronised=state != _ERROR and not found.status & _UNSYNCHRONISED, error=found.maxerror * 1_000)
