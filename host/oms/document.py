"""The generated parts of docs/oms.md: ``python -m host.oms.document docs/oms.md`` brings them up to date."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from host.oms.states import PRECEDENCE, REQUESTS, TRANSITIONS, Case, diagram

__all__ = ["document"]


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in [head, ("---",) * len(head), *rows])


def _states() -> str:
    rows = [(row.state.value, row.event.value,
             *(row.then[case].value if case in row.then else "illegal" for case in Case)) for row in TRANSITIONS]
    return "\n\n".join([
        "```mermaid\n" + diagram().rstrip() + "\n```",
        _table(("working state", "event", *(case.value for case in Case)), rows),
        _table(("pending", "step", "then"), [(pending.value, step.value, then.value)
                                             for (pending, step), then in REQUESTS.items()]),
        "Precedence: " + ", ".join(f"{state.value} {rank}" for state, rank in PRECEDENCE.items()) + "."])


def document(text: str) -> str:
    """Return ``text``, the document, with its generated part made anew. Raises ValueError if it has no place for it."""
    pattern = r"(<!-- states: made by host/oms/document.py -->\n).*?(<!-- end of states -->)"
    text, count = re.subn(pattern, lambda found: f"{found[1]}\n{_states()}\n\n{found[2]}", text, flags=re.S)
    if count != 1:
        raise ValueError(f"the document has {count} places for the states, not 1")
    return text


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(document(path.read_text(encoding="utf-8")), encoding="utf-8")
