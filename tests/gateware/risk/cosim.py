"""The gate beside the independent gate: the same slots and events, every field of every verdict equal."""

from random import Random

import numpy as np

from sim.gate.events import Wiring
from sim.gate.run import SimulatedGate
from sim.market.risk_flow import RiskFlow, play
from sim.models.risk import RiskGate
from wire.risk import REQUEST_DTYPE

__all__ = ["compare", "describe"]

#: Slots of a stretch, after which the flow goes on from what the model says has happened.
STRETCH = 500


def compare(profile, *, slots, seed, trouble=0.3, pauses=0.0):
    """Run ``slots`` random slots through both. Return (verdicts compared, text of the first difference or "").

    pauses: how often the host does not take a verdict, 0..0.9.
    """
    sizes = {name: getattr(profile, name) for name in ("accounts", "symbols", "open_orders", "duplicates")}
    flow, model, wiring = RiskFlow(seed=seed, trouble=trouble, **sizes), RiskGate(**sizes), Wiring()
    rng = Random(seed)
    ready = np.array([rng.random() >= pauses for _ in range(997)], np.uint8)
    compared = 0
    with SimulatedGate(profile) as gate:
        while compared < slots:
            plan = list(flow.events(STRETCH))
            given = [event for event in plan if event.name == "slot"]
            rows, happens = wiring.wire(event for event in plan if event.name != "slot")
            records = np.frombuffer(b"".join(event.fields["slot"] for event in given), REQUEST_DTYPE)
            verdicts = gate.run(records, [event.cycle for event in given], rows, ready=ready)
            for event in happens:
                play(model, event)
            for slot, verdict in zip(records, verdicts, strict=True):
                expected = model.decide(slot.tobytes(), now=int(verdict["cycles_in"]),
                                        decided=int(verdict["cycles_out"]))
                compared += 1
                wrong = [name for name in verdict.dtype.names if verdict[name] != expected[name]]
                if wrong:
                    return compared, describe(compared, seed, slot, verdict, expected, wrong)
            flow.follow(model, cycle=gate.cycle)
    model.verify()
    return compared, ""


def describe(number, seed, slot, verdict, expected, wrong):
    """Return a text that tells one difference from end to end."""
    lines = [f"seed {seed}, slot {number}: {', '.join(wrong)} differ",
             "slot     " + ", ".join(f"{name} {slot[name]}" for name in slot.dtype.names)]
    for name in verdict.dtype.names:
        mark = "<-- model" if name in wrong else ""
        lines.append(f"{name:14}{int(verdict[name]):>24}  " + (f"{mark} {int(expected[name])}" if mark else ""))
    return "\n".join(lines)
