"""What the order manager may do, and how long it waits."""

from dataclasses import dataclass

__all__ = ["Settings"]

_SECOND = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Times are ns.

    open_orders: places that the gate has. queue: requests that may wait for the gate. gate_window: requests that may be
    in the gate without a verdict. ack_timeout: after which an unanswered request is asked about; queries: how often,
    before an order counts as rejected. cancel_tries: of an order that is to be cancelled. kill_timeout: after which a
    kill goes on without the gate's word, and later reports what is left. mass_status: whether the venue answers
    OrderMassStatusRequest (FIX 4.2 has none). dont_know: whether trades that are not known are
    answered with Q. kill_on_overfill: whether an overfill kills. drop_copies: sessions whose executions are copies.
    The rest is the circuit breaker's.
    rejects: so many within ``window`` open it; slow: so many acknowledgements in a row after ``latency`` or later do;
    disconnects: likewise, within ``window``. cool_down: after which ``probes`` orders are let through, one by one
    acknowledged, before it closes.
    """

    open_orders: int = 256
    queue: int = 256
    gate_window: int = 32
    ack_timeout: int = 2 * _SECOND
    queries: int = 3
    cancel_tries: int = 3
    kill_timeout: int = 5 * _SECOND
    mass_status: bool = True
    dont_know: bool = True
    kill_on_overfill: bool = False
    drop_copies: tuple[int, ...] = ()
    rejects: int = 20
    window: int = 10 * _SECOND
    disconnects: int = 3
    slow: int = 10
    latency: int = _SECOND
    cool_down: int = 5 * _SECOND
    probes: int = 3

    def __post_init__(self) -> None:
        for name, least in (("open_orders", 1), ("queue", 1), ("gate_window", 1), ("ack_timeout", 1), ("queries", 0),
                            ("cancel_tries", 1), ("kill_timeout", 1), ("rejects", 1), ("window", 1),
                            ("disconnects", 1), ("slow", 1), ("latency", 1), ("cool_down", 1), ("probes", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if self.open_orders & (self.open_orders - 1):
            raise ValueError(f"open_orders must be a power of two, not {self.open_orders}")
