"""The order manager's outputs as slots of the gate, and the gate's verdicts as its inputs."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from host.oms.inputs import ReportDone, Verdict
from host.oms.outputs import Report, ToGate
from wire.risk import REPORT_DTYPE, REQUEST_DTYPE, REQUEST_KINDS, Kind, Status

__all__ = ["decision_of", "report_slots", "request_slots"]

Slots = npt.NDArray[Any]

_NS = 1_000_000_000
_KINDS = {int(kind): kind for kind in Kind}
_REQUESTS = frozenset(int(kind) for kind in REQUEST_KINDS)
_NUMBER = (1 << 32) - 1


def request_slots(requests: Iterable[ToGate]) -> Slots:
    """Return slots (REQUEST_DTYPE) for ``requests``."""
    return np.array([(one.client, one.token, one.shares, one.price, 0, one.account, one.symbol, one.kind, one.side,
                      one.type, 0) for one in requests], REQUEST_DTYPE)


def report_slots(reports: Iterable[Report]) -> Slots:
    """Return slots (REPORT_DTYPE) for ``reports``."""
    return np.array([(one.number, one.old_price, one.token, one.shares, one.price, 0, 0, 0, one.kind, 0, 0, 0)
                     for one in reports], REPORT_DTYPE)


def decision_of(verdict: Any, clock_hz: int, now: int) -> Verdict | ReportDone:
    """Return what a record of the verdict ring says. clock_hz: of the device. now: ns since 1970."""
    kind, client, token = int(verdict["kind"]), int(verdict["client"]), int(verdict["token"])
    status, fault = int(verdict["status"]), int(verdict["fault"])
    if kind in _REQUESTS:
        return Verdict(client, _KINDS[kind], token, status == Status.ACCEPTED, int(verdict["mask"]), fault,
                       int(verdict["cycles_out"]) * _NS // clock_hz, now)
    return ReportDone(token, client & _NUMBER, status == Status.APPLIED, fault, now)
