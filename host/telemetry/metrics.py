# Ref: Prometheus, text exposition format; naming: base units, counters end in _total
"""All metrics by name, and how values of them become the text that Prometheus reads."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector

__all__ = ["CONTENT_TYPE", "METRICS", "Metric", "Sample", "render"]

CONTENT_TYPE: str = CONTENT_TYPE_LATEST
_PROCESS = ProcessCollector(registry=None)


class Metric(NamedTuple):
    """A metric. labels: their names, in the order of a sample's values."""

    name: str
    labels: tuple[str, ...]
    doc: str

    @property
    def kind(self) -> str:
        """Of Prometheus: counter or gauge."""
        return "counter" if self.name.endswith("_total") else "gauge"


class Sample(NamedTuple):
    """A value of a metric, and those of its labels. Seconds, dollars and ratios are floats: they are for people."""

    name: str
    value: float
    labels: tuple[str, ...] = ()


METRICS = {name: Metric(name, tuple(labels.split()), doc) for name, labels, doc in (
    ("tickgate_snapshot_timestamp_seconds", "", "when these values were gathered, seconds since 1970"),
    ("tickgate_done_total", "what", "what the loop has done"),
    ("tickgate_alarms_total", "kind", "alarms by kind"),
    ("tickgate_log_lines_lost_total", "", "lines of the event log that could not be written"),
    ("tickgate_session_up", "", "1 when the session to the venue stands and nothing is missing"),
    ("tickgate_trading_open", "", "1 when all is reconciled and orders may go out"),
    ("tickgate_kills", "", "kills in force in the order manager"),
    ("tickgate_breaker", "state", "1 for the state of the circuit breaker"),
    ("tickgate_recovery_breaks", "", "what does not agree after the start"),
    ("tickgate_open_orders", "", "orders of which shares may still be filled"),
    ("tickgate_unresolved_orders", "", "orders of which nobody knows how they stand"),
    ("tickgate_requests", "place", "requests without an answer, by where they are"),
    ("tickgate_reports_unconfirmed", "", "reports that the gate has not confirmed"),
    ("tickgate_gate_short_pairs", "", "pairs of account and symbol of which the gate's position is wrong"),
    ("tickgate_illegal_transitions_total", "", "transitions of orders that are in no table"),
    ("tickgate_position_shares", "account symbol", "shares held, negative when short"),
    ("tickgate_realised_dollars", "account symbol", "realised profit or loss"),
    ("tickgate_fees_dollars", "account symbol", "fees"),
    ("tickgate_clock_error_seconds", "clock", "by how much the clock is known to be wrong at most"),
    ("tickgate_latency_seconds", "stage quantile", "of orders since the start, by stage"),
    ("tickgate_latencies_total", "stage", "orders measured"),
    ("tickgate_latencies_backwards_total", "stage", "orders whose later time is the earlier: clocks disagree"),
    ("tickgate_journal_records_total", "", "records appended to the journal since it was made"),
    ("tickgate_journal_bytes", "", "size of the journal"),
    ("tickgate_journal_unsynced_seconds", "", "how long the oldest record that the disk lacks has been waiting; not "
     "there when the journal leaves it to the kernel"),
    ("tickgate_journal_broken", "", "1 when the disk has failed"),
    ("tickgate_feed", "condition", "1 when it is so: the fields of STATUS"),
    ("tickgate_book_live", "symbol", "1 when the book may be traded on, as far as feed and gateware know"),
    ("tickgate_records_lost_total", "", "records of the event ring that were overwritten before they were read"),
    ("tickgate_verdicts_lost_total", "", "verdicts of the gate that were overwritten before they were read"),
    ("tickgate_device_total", "counter", "counters of the device, docs/registers.md"),
    ("tickgate_gate_shut", "cause", "1 when it shuts the gate: the fields of RISK_STATUS"),
    ("tickgate_limit_used_ratio", "account symbol limit", "how much of a limit is used; 1 is all of it"),
)}


def render(samples: Iterable[Sample]) -> bytes:
    """Return ``samples``, and what the kernel says of the process, as Prometheus reads them. Raises KeyError for a name
    that is not in METRICS, ValueError for labels that are not the metric's."""
    families: dict[str, Family] = {}
    for name, value, labels in samples:
        metric = METRICS[name]
        family = families.get(name)
        if family is None:
            family = families[name] = Family(name.removesuffix("_total"), metric.doc, metric.kind)
        family.add_sample(name, dict(zip(metric.labels, labels, strict=True)), value)
    return generate_latest(_Gathered([*families.values(), *_PROCESS.collect()]))


class _Gathered(CollectorRegistry):
    """Families that were gathered already."""

    def __init__(self, families: list[Family]) -> None:
        super().__init__()
        self._families = families

    def collect(self) -> Iterator[Family]:
        """Yield them."""
        return iter(self._families)
