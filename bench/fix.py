"""The FIX codec beside simplefix and the Python binding of QuickFIX.

    python -m bench.fix [--messages 20000] [--runs 9] [--json OUT|-]

Encode: one NewOrderSingle of 181 bytes, 18 fields, from its values, which are bytes where the library takes bytes.
The template is given the time in ns and the price in 1/10,000, and writes them; the others get them written. All must
give the same bytes.

Decode: one ExecutionReport of 241 bytes, 24 fields, from its bytes, and 16 of its fields read, as order management
reads them. All must read the same values. QuickFIX does not validate here; our validation is shown by itself.

CPU time, medians over ``--runs`` runs, and the least of them, which a busy machine disturbs least; in each run every
library has its turn, so that all see the same machine.
Without the quickfix wheel its lines are left out.
"""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import simplefix
from rich.console import Console
from rich.table import Table

from host.fix.encode import encode
from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.template import OrderTemplate
from host.fix.timestamp import stamp
from host.fix.validate import check, forms
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag
from wire.fix.types import MsgType

__all__ = ["main"]

AIM_ENCODE_US, AIM_TIMES_SIMPLEFIX = 1.0, 10
BEGIN = b"FIX.4.4"
NOW = 1_795_271_400_123_000_000
HEADER = [(Tag.SenderCompID, b"TICKGATE"), (Tag.TargetCompID, b"EXCHANGE")]
ORDER = [(Tag.Account, b"ACC12345"), (Tag.HandlInst, b"1"), (Tag.OrdType, b"2"), (Tag.Symbol, b"AAPL"),
         (Tag.TimeInForce, b"0")]
REPORT = [(Tag.MsgSeqNum, b"1234"), *HEADER, (Tag.SendingTime, stamp(NOW)), (Tag.AvgPx, b"185.25"),
          (Tag.ClOrdID, b"C0000001234"), (Tag.CumQty, b"100"), (Tag.ExecID, b"E0000012345"), (Tag.LastPx, b"185.25"),
          (Tag.LastQty, b"100"), (Tag.OrderID, b"O000009876"), (Tag.OrderQty, b"300"), (Tag.OrdStatus, b"1"),
          (Tag.OrdType, b"2"), (Tag.Price, b"185.30"), (Tag.Side, b"1"), (Tag.Symbol, b"AAPL"),
          (Tag.TransactTime, stamp(NOW)), (Tag.ExecType, b"F"), (Tag.LeavesQty, b"200")]
#: What order management reads of a report.
READ = tuple(map(int, (Tag.MsgSeqNum, Tag.ClOrdID, Tag.OrderID, Tag.ExecID, Tag.ExecType, Tag.OrdStatus, Tag.Symbol,
                       Tag.Side, Tag.OrderQty, Tag.Price, Tag.LastQty, Tag.LastPx, Tag.CumQty, Tag.LeavesQty, Tag.AvgPx,
                       Tag.TransactTime)))

Subjects = dict[str, Callable[[], Any]]


Figures = dict[str, dict[str, float]]


def microseconds(subjects: Subjects, messages: int, runs: int) -> Figures:
    """Return the CPU time of a call of each subject: the median of all runs, and the least, with the least trouble."""
    times: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(runs):
        for name, subject in subjects.items():
            begin = time.process_time()
            for _ in range(messages):
                subject()
            times[name].append(1e6 * (time.process_time() - begin) / messages)
    return {name: {"median": median(spent), "least": min(spent)} for name, spent in times.items()}


def same(subjects: Subjects) -> None:
    """End the bench if the subjects do not all give the same."""
    results = {name: subject() for name, subject in subjects.items()}
    first = next(iter(results.values()))
    for name, result in results.items():
        if result != first:
            raise SystemExit(f"{name} gives {result!r}, not {first!r}")


def quickfix() -> Any:
    """Return the module, None if it is not installed."""
    try:
        return importlib.import_module("quickfix")
    except ImportError:
        return None


def measure_encode(messages: int, runs: int) -> Figures:
    """Return us for a NewOrderSingle, from its values to its bytes."""
    template = OrderTemplate(BEGIN, MsgType.NewOrderSingle, HEADER + ORDER, FIX44)
    written = stamp(NOW)
    changing = [(Tag.MsgSeqNum, b"1234"), (Tag.SendingTime, written), (Tag.ClOrdID, b"C0000001234"),
                (Tag.OrderQty, b"300"), (Tag.Price, b"185.25"), (Tag.Side, b"1"), (Tag.TransactTime, written)]
    header = {member.tag for member in FIX44.header}
    pairs = [(int(tag), value) for tag, value in
             sorted(HEADER + ORDER + changing, key=lambda pair: (pair[0] not in header, pair[0]))]

    def by_simplefix() -> bytes:
        message = simplefix.FixMessage()
        message.append_pair(8, BEGIN)
        message.append_pair(35, MsgType.NewOrderSingle)
        for tag, value in pairs:
            message.append_pair(tag, value)
        return bytes(message.encode())

    subjects: Subjects = {
        "template": lambda: template.encode(1234, NOW, b"C0000001234", b"1", 300, 1_852_500),
        "encode": lambda: encode(BEGIN, Message(MsgType.NewOrderSingle, pairs), FIX44),
        "simplefix": by_simplefix,
    }
    engine = quickfix()
    if engine is not None:
        texts = [(tag, value.decode(), tag in header) for tag, value in pairs]

        def by_quickfix() -> bytes:
            message = engine.Message()
            first = message.getHeader()
            first.setField(8, "FIX.4.4")
            first.setField(35, "D")
            for tag, value, before in texts:
                (first if before else message).setField(tag, value)
            return bytes(message.toString().encode())

        subjects["quickfix"] = by_quickfix
    same(subjects)
    return microseconds(subjects, messages, runs)


def measure_decode(messages: int, runs: int) -> Figures:
    """Return us for an ExecutionReport, from its bytes to the values of the fields that are read."""
    raw = encode(BEGIN, Message(MsgType.ExecutionReport, REPORT), FIX44)
    checking, parser, theirs = Parser(forms=forms(FIX44)), Parser(), simplefix.FixParser()

    def by_session() -> list[bytes | None]:
        get = checking.feed(raw)[0].get
        return [get(tag) for tag in READ]

    def by_parser() -> list[bytes | None]:
        get = parser.feed(raw)[0].get
        return [get(tag) for tag in READ]

    def by_simplefix() -> list[bytes | None]:
        theirs.append_buffer(raw)
        get = theirs.get_message().get
        return [get(tag) for tag in READ]

    subjects: Subjects = {"session": by_session, "parser": by_parser, "simplefix": by_simplefix}
    same(subjects)
    engine = quickfix()
    if engine is not None:
        text = raw.decode()

        def by_quickfix() -> list[str]:
            message = engine.Message()
            message.setString(text, False)
            number = message.getHeader().getField(READ[0])
            return [number, *[message.getField(tag) for tag in READ[1:]]]

        if [value.encode() for value in by_quickfix()] != by_session():
            raise SystemExit("quickfix reads other values")
        subjects["quickfix"] = by_quickfix
    parsed = Message(MsgType.ExecutionReport, REPORT)
    return microseconds(subjects | {"validation": lambda: check(parsed, FIX44)}, messages, runs)


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.fix", description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000, help="messages in a run")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    options = parser.parse_args(argv)
    report = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(),
              "encode_us": measure_encode(options.messages, options.runs),
              "decode_us": measure_decode(options.messages, options.runs)}
    show(report, Console(file=sys.stderr if options.json == "-" else sys.stdout))
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


#: How the subjects are called in the tables.
NAMES = {"template": "tickgate, template", "encode": "tickgate, any message", "session": "tickgate, validating",
         "parser": "tickgate, not validating", "validation": "(validation of an unknown shape)"}


def show(report: dict[str, Any], console: Console) -> None:
    """Print the figures."""
    for title, figures in (("NewOrderSingle, values to bytes", report["encode_us"]),
                           ("ExecutionReport, bytes to 16 values", report["decode_us"])):
        table = Table(title=f"{title}: CPU time of one message")
        for column in ("what", "us", "least", "simplefix takes", "quickfix takes"):
            table.add_column(column, justify="left" if column == "what" else "right")
        for name, spent in figures.items():
            others = [f"{figures[other]['median'] / spent['median']:.1f} x"
                      if other in figures and name != "validation" else "" for other in ("simplefix", "quickfix")]
            table.add_row(NAMES.get(name, name), f"{spent['median']:.2f}", f"{spent['least']:.2f}", *others)
        console.print(table)
    console.print(f"(aims: a template in {AIM_ENCODE_US} us, {AIM_TIMES_SIMPLEFIX} times as fast as simplefix; "
                  "a report as fast as quickfix)")


if __name__ == "__main__":
    main()
