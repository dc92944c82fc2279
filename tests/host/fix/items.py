"""The list of what a session must get right, and the tests that show each point; parts of docs/fix.md are made of it.

A test says "Item 7" or "Items 7, 36 and 43" at the beginning of its docstring. ``python -m tests.host.fix.items``
brings docs/fix.md up to date, which names the tests of the session alone.
"""

import ast
import re
from pathlib import Path

from host.fix.states import TRANSITIONS, diagram

__all__ = ["ITEMS", "document", "shown_by"]

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[2] / "docs" / "fix.md"

ITEMS = {
    1: "the first message must be Logon", 2: "wrong CompIDs at logon", 3: "a second connection of the same identity",
    4: "a Logon with wrong SendingTime, length or BeginString", 5: "a Logon whose number is too high",
    6: "a Logon whose number is too low", 7: "resets (141=Y), at logon and later", 8: "HeartBtInt",
    9: "no Logon in time, or not an authentic one", 10: "one ResendRequest; later messages wait for their turn",
    11: "no second request for the same gap; chunks", 12: "a ResendRequest while we wait for a resend",
    13: "ranges of a ResendRequest", 14: "the form of a replay", 15: "which messages are sent again",
    16: "live messages during a replay", 17: "old orders that the application will not have sent again",
    18: "gap fills in turn, ahead, behind", 19: "SequenceReset-Reset", 20: "a gap fill that does not go forward",
    21: "numbers that are too low, duplicates or not", 22: "OrigSendingTime of possible duplicates",
    23: "possible resends of the application", 24: "a wrong CheckSum", 25: "a wrong BodyLength",
    26: "first fields out of order", 27: "garbled fields", 28: "numbers that are none, or missing, or huge",
    29: "BeginString changes", 30: "CompIDs change", 31: "SendingTime is off", 32: "heartbeats", 33: "silence",
    34: "TestRequests", 35: "logout", 36: "sending while logged out", 37: "Rejects", 38: "what is wrong with a field",
    39: "order of fields; routing", 40: "unknown and unsupported message types",
    41: "what is written down, and when", 42: "death at any point", 43: "schedules", 44: "numbers that contradict",
    45: "789 and 369", 46: "a stream cut anywhere", 47: "two sessions on one port", 48: "a clock that steps back",
}
_CLAIM = re.compile(r"Items? ([0-9]+(?:(?:, | and )[0-9]+)*)")


def shown_by(files: str = "test_*.py") -> dict[int, list[tuple[str, str]]]:
    """Return (file, test) of each item, by the docstrings of the tests in ``files``."""
    found: dict[int, list[tuple[str, str]]] = {}
    for path in sorted(HERE.glob(files)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                claim = _CLAIM.match(ast.get_docstring(node) or "")
                for number in re.findall("[0-9]+", claim[1]) if claim else ():
                    found.setdefault(int(number), []).append((path.name, node.name))
    return found


def states() -> str:
    """Return the states as a diagram and a table."""
    rows = [f"| {each.state.value} | {each.event.value} | {each.then.value} | {each.doc} |" for each in TRANSITIONS]
    return "\n".join(["```mermaid", diagram().rstrip(), "```", "", "| state | event | next | what is done |",
                      "|---|---|---|---|", *rows])


def items() -> str:
    """Return the list of items, each with the names of its tests, which are sentences."""
    shown = shown_by("test_session_*.py")
    lines = []
    for number, title in ITEMS.items():
        lines.append(f"{number}. **{title}**")
        for file in sorted({file for file, _ in shown[number]}):
            names = [name.removeprefix("test_").replace("_", " ") for each, name in shown[number] if each == file]
            lines.append(f"    - `{file}`: " + "; ".join(names))
    return "\n".join(lines)


def document(text: str) -> str:
    """Return ``text``, the document, with its generated parts made anew."""
    for name, part in (("states", states()), ("items", items())):
        pattern = rf"(<!-- {name}: made by tests/host/fix/items.py -->\n).*?(<!-- end of {name} -->)"
        text, count = re.subn(pattern, lambda found, part=part: f"{found[1]}\n{part}\n\n{found[2]}", text, flags=re.S)
        assert count == 1, name
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(document(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
