"""The order manager's outputs as slots of the gate, and the gate's verdicts as its inputs."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

from host.oms.inputs import ReportDone, Verdict
from host.oms.outputs import Report, ToGate
from wire.records import RecordField
from wire.risk import (
    REPORT_DTYPE,
    REPORT_FIELDS,
    REQUEST_DTYPE,
    REQUEST_FIELDS,
    REQUEST_KINDS,
    VERDICT_FIELDS,
    Kind,
    Status,
)

__all__ = ["PACK_REQUEST", "decisions_of", "report_slots", "request_slots"]

Slots = npt.NDArray[Any]

_NS = 1_000_000_000
_KINDS = {int(kind): kind for kind in Kind}
_REQUESTS = frozenset(int(kind) for kind in REQUEST_KINDS)
_NUMBER = (1 << 32) - 1
_ACCEPTED, _APPLIED = int(Status.ACCEPTED), int(Status.APPLIED)

_CODES = {"u1": "B", "<u2": "H", "<u4": "I", "<u8": "Q", "<i8": "q"}


def _struct(fields: tuple[RecordField, ...]) -> Struct:
    return Struct("<" + "".join(_CODES[field.format] for field in fields))


_REQUEST, _REPORT, _VERDICT = _struct(REQUEST_FIELDS), _struct(REPORT_FIELDS), _struct(VERDICT_FIELDS)
#: Packs the fields of a request into a buffer, at a place.
PACK_REQUEST = _REQUEST.pack_into
_NAMES = [field.name for field in VERDICT_FIELDS]
_DECISION = itemgetter(*map(_NAMES.index, ("kind", "client", "token", "status", "fault", "mask", "cycles_out")))


def request_slots(requests: Iterable[ToGate]) -> Slots:
    """Return slots (REQUEST_DTYPE) for ``requests``."""
    return np.frombuffer(b"".join([
        _REQUEST.pack(one.client, one.token, one.shares, one.price, 0, one.account, one.symbol, one.kind, one.side,
                      one.type, 0) for one in requests]), REQUEST_DTYPE)


def report_slots(reports: Iterable[Report]) -> Slots:
    """Return slots (REPORT_DTYPE) for ``reports``."""
    return np.frombuffer(b"".join([
        _REPORT.pack(one.number, one.old_price, one.token, one.shares, one.price, 0, 0, 0, one.kind, 0, 0, 0)
        for one in reports]), REPORT_DTYPE)


def decisions_of(verdicts: Slots, clock_hz: int, now: int) -> Iterator[Verdict | ReportDone]:
    """Yield what records of the verdict ring say. clock_hz: of the device. now: ns since 1970."""
    for found in _VERDICT.iter_unpack(verdicts.tobytes()):
        kind, client, token, status, fault, mask, cycles = _DECISION(found)
        if kind in _REQUESTS:
            yield Verdict(client, _KINDS[kind], token, status == _ACCEPTED, mask, fault, cycles * _NS // clock_hz, now)
        else:
            yield ReportDone(token, client & _NUMBER, status == _APPLIED, fault, now)
