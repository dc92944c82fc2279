"""``tickgate replay``: a file through the device, and what came of it."""

import argparse
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from host.cli.books_csv import BooksWriter
from host.cli.check import Checker
from host.cli.console import result_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.jsonout import result_json, write_json
from host.cli.ladder import books_picture, price_text
from host.cli.output import check_writable, whole_file
from host.cli.recording import PACES, Recording, load, parse_channel, parse_faults
from host.cli.report import counter_sums, print_counters, print_latency, print_speed
from host.cli.serve import add_device_option
from host.cli.session import Result, Session, Sink
from host.cli.symbols import Chosen, choose_symbols
from host.device import connect
from host.device.driver import Capabilities
from wire.profiles import PROFILES

__all__ = ["Plan", "add_parser", "replay", "run"]

#: Books shown at the end when not told otherwise; the busiest symbols.
_SHOWN = 8
#: Destinations named at most that nobody listens to.
_UNHEARD = 4
_TRACE = re.compile(r"(?P<path>.+?)(?::(?P<first>\d+)-(?P<last>\d*))?")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to replay, and how; the command's options, checked.

    file: BinaryFILE or capture. symbols: names or locates, None for all. check: compare with the reference model.
    books, json: files to write, None for none; json "-" is standard output. faults: SPEC or None.
    integrity: "cut-through", "hold" or None to choose by the faults. reorder: keep packets ahead of a gap.
    device: address of the device, None for one of ``profile`` in this process. trace: waveform file and its cycles, or
    None. channels: IP:PORT[:A|B] of a capture. limit: messages at most.
    show: books shown. title: how to call the file.
    """

    file: Path
    symbols: tuple[str, ...] | None = None
    profile: str = "sim"
    device: str | None = None
    check: bool = False
    books: Path | None = None
    json: str | None = None
    faults: str | None = None
    integrity: str | None = None
    reorder: bool = False
    pace: str | None = None
    trace: tuple[Path, int, int | None] | None = None
    channels: tuple[str, ...] = ()
    limit: int | None = None
    show: int = _SHOWN
    title: str | None = None


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``replay`` to the command's sub-commands."""
    parser = commands.add_parser(
        "replay", help="put a file through the device", description="Put a file through the device and show its books.",
        epilog="faults: sections a:, b: and both: of KEY=VALUE, and seed=N, for example "
               "'a:loss=0.01,reorder=0.02,delay=200,silence=1000-2000;b:corrupt=0.001;both:loss=0.0001;seed=7'. "
               "Keys: loss, dup, reorder, reorder_by, delay and jitter (cycles), corrupt, truncate, mac (share of "
               "damaged frames that the MAC reports), silence (frames); both: loss and silence only. With faults, "
               "messages are sent on lines A and B, and what neither brings, the host injects.")
    parser.add_argument("file", type=Path,
                        help="BinaryFILE of ITCH 5.0 (plain or .gz), pcap or pcapng of MoldUDP64 frames")
    parser.add_argument("--symbols", metavar="A,B|all", default="all",
                        help="stock names, or locates such as 13; all (default): the first it has room for")
    parser.add_argument("--profile", default="sim", choices=sorted(PROFILES), help="sizes of the device (default: sim)")
    add_device_option(parser, otherwise="one in this process, of --profile")
    parser.add_argument("--check", action="store_true",
                        help="compare with the reference model after every book message; exit status 1 if they differ")
    parser.add_argument("--books", type=Path, metavar="OUT.csv", help="write the books, one row for each book message")
    parser.add_argument("--json", metavar="OUT|-",
                        help="write the result as JSON (-: to standard output, and nothing else)")
    parser.add_argument("--faults", metavar="SPEC", help="drive lines A and B with faults, see below")
    parser.add_argument("--integrity", choices=("cut-through", "hold"),
                        help="take messages as they come in, or when their frame proved good (default: hold where the "
                             "faults damage frames, else cut-through)")
    parser.add_argument("--reorder", action="store_true",
                        help="keep packets that are ahead of a gap, and replay them when it is filled; messages that "
                             "follow each other at once then share a record")
    parser.add_argument("--pace", choices=PACES,
                        help="settle: one message a packet, and time for its book to settle; line: packets as the "
                             "exchange makes them, at 10 Gbit/s; full: full packets, a word in every cycle (default: "
                             "settle with --check or --books, else line)")
    parser.add_argument("--trace", metavar="FILE.fst[:FROM-[TO]]", help="write a waveform, of these cycles")
    parser.add_argument("--channel", metavar="IP:PORT[:A|B]", action="append", default=[],
                        help="destination to listen to in a capture (default: the most frequent one); may be repeated")
    parser.add_argument("--limit", type=int, metavar="N", help="take only the first N messages")
    parser.add_argument("--show", type=int, metavar="N", default=_SHOWN, help=f"show N books (default: {_SHOWN})")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    symbols: tuple[str, ...] | None = None
    if args.symbols != "all":
        symbols = tuple(filter(None, (name.strip() for name in args.symbols.split(","))))
        if not symbols:
            raise UserError(f"--symbols names no symbol: {args.symbols!r}")
    for name in ("limit", "show"):
        value = getattr(args, name)
        if value is not None and value < (name == "limit"):
            raise UserError(f"--{name} must be at least {int(name == 'limit')}, not {value}")
    return replay(Plan(
        file=args.file, symbols=symbols, profile=args.profile, device=args.device, check=args.check,
        books=args.books, json=args.json,
        faults=args.faults, integrity=args.integrity, reorder=args.reorder, pace=args.pace,
        trace=_trace(args.trace), channels=tuple(args.channel), limit=args.limit, show=args.show))


def replay(plan: Plan, *, console: Console | None = None) -> int:
    """Replay as ``plan`` says, show the result on ``console``, and return the exit status.

    Raises UserError, OSError, or one of ``connect.device_errors``.
    """
    console = console or result_console(quiet=plan.json == "-")
    for path in (plan.books, plan.json, plan.trace and plan.trace[0]):
        if path is not None and path != "-":
            check_writable(Path(path))
    faults, damaging = parse_faults(plan.faults) if plan.faults is not None else (None, False)
    pace = plan.pace or ("settle" if plan.check or plan.books else "line")
    hold = plan.integrity == "hold" or plan.integrity is None and damaging
    recording = load(plan.file, [parse_channel(text) for text in plan.channels], limit=plan.limit)
    if recording.captured and faults is not None:
        raise UserError("--faults needs a file of messages: a capture is replayed as it was captured")

    with ExitStack() as stack:
        path, first, last = plan.trace or (None, 0, None)
        try:
            device = stack.enter_context(connect.open_device(
                plan.device or "sim", profile=plan.profile, trace=path, trace_cycles=(first, last)))
        except ValueError as error:
            raise UserError(f"--device: {error}") from None
        capabilities = device.capabilities
        chosen, left_out = choose_symbols(recording.flow, plan.symbols, capacity=capabilities.symbols,
                                          window=capabilities.window, tick=capabilities.tick)
        _print_plan(console, plan, recording, chosen, left_out, capabilities, pace=pace, hold=hold)
        # Books that turn suspect are all published anew, which may take the place of a message's own record, and
        # messages replayed from memory follow each other at once.
        strict = pace == "settle" and not (recording.captured or plan.reorder) and (hold or not damaging)
        checker = Checker(chosen, capabilities, strict=strict) if plan.check else None
        writer = None
        if plan.books is not None:
            out = stack.enter_context(whole_file(plan.books))
            writer = BooksWriter(out, chosen, levels=capabilities.levels)
        sinks: list[Sink] = [sink for sink in (checker, writer) if sink is not None]
        progress = stack.enter_context(_progress(len(recording.flow), show=plan.json != "-"))
        task = progress.task_ids[0]
        result = Session(device, recording, chosen, pace=pace, hold=hold, reorder=plan.reorder, faults=faults,
                         sinks=sinks, progress=lambda done: progress.update(task, completed=done)).run()

    _print_result(console, plan, chosen, result, capabilities)
    failures = _failures(recording, result, checker, writer, strict=strict)
    _print_verdict(console, result, checker, failures, strict=strict)
    if plan.json is not None:
        value = result_json(result, path=plan.file, profile=plan.device or plan.profile, capabilities=capabilities,
                            chosen=chosen, left_out=left_out, checker=checker, options={
                                "pace": pace, "integrity": "hold" if hold else "cut-through", "faults": plan.faults})
        if plan.json == "-":
            write_json(sys.stdout, value)
        else:
            with whole_file(Path(plan.json)) as file:
                write_json(file, value)
    return CHECK_FAILED if failures else 0


def _trace(text: str | None) -> tuple[Path, int, int | None] | None:
    if text is None:
        return None
    found = _TRACE.fullmatch(text)
    if found is None:
        raise UserError("--trace names no file")
    first, last = int(found["first"] or 0), int(found["last"]) if found["last"] else None
    if last is not None and last <= first:
        raise UserError(f"--trace: cycles {first}-{last} are none")
    return Path(found["path"]), first, last


def _progress(total: int, *, show: bool) -> Progress:
    """Return a progress bar on standard error, where that is a terminal."""
    console = Console(stderr=True)
    bar = Progress(TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console,
                   disable=not (show and console.is_terminal), transient=True)
    bar.add_task("replay", total=total)
    return bar


def _print_plan(console: Console, plan: Plan, recording: Recording, chosen: list[Chosen], left_out: int,
                capabilities: Capabilities, *, pace: str, hold: bool) -> None:
    source = f"{recording.frames:,} frames, " if recording.captured else ""
    console.print(Text.assemble((plan.title or str(plan.file), "bold"), f"  {source}{len(recording.flow):,} messages"),
                  soft_wrap=True)
    console.print(Text(
        f"device {plan.device or plan.profile}: {capabilities.symbols} symbols, {capabilities.levels} levels, "
        f"{capabilities.order_slots:,} order slots, window {capabilities.window:,} ticks of "
        f"{price_text(capabilities.tick)}, {capabilities.clock_hz / 1e6:g} MHz; pace {pace}, "
        f"{'hold' if hold else 'cut-through'}", "dim"), soft_wrap=True)
    if recording.captured:
        console.print(Text(f"channels {', '.join(map(str, recording.channels))}; sequence from {recording.first_seq}",
                           "dim"), soft_wrap=True)
    if recording.unheard:
        more = len(recording.unheard) - _UNHEARD
        console.print(Text(f"not listened to: {', '.join(recording.unheard[:_UNHEARD])}"
                           f"{f' and {more} more' if more > 0 else ''}; --channel names what to listen to", "yellow"),
                      soft_wrap=True)
    if recording.missing:
        console.print(Text(f"the capture lacks {recording.missing:,} messages: books are true only as far as it goes",
                           "yellow"), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("symbol", "locate", "by", "window", "prices inside"):
        table.add_column(title, justify="right" if title in ("locate", "prices inside") else "left")
    for symbol in chosen[:plan.show]:
        top = symbol.base + (capabilities.window - 1) * capabilities.tick
        table.add_row(escape(symbol.name), str(symbol.locate), "R message" if symbol.learned else "locate",
                      f"{price_text(symbol.base)} .. {price_text(top)}", f"{symbol.covered:,} of {symbol.prices:,}")
    if chosen:
        console.print(table)
    if len(chosen) > plan.show:
        console.print(Text(f"... and {len(chosen) - plan.show} more", "dim"))
    if left_out:
        console.print(Text(f"{left_out:,} more symbols were left out: the device follows {capabilities.symbols}",
                           "yellow"))
    console.print()


def _print_result(console: Console, plan: Plan, chosen: list[Chosen], result: Result,
                  capabilities: Capabilities) -> None:
    print_counters(console, result.counters)
    print_latency(console, result.latency, capabilities)
    if result.feed_events:
        told = ", ".join(f"{number:,} {name}" for name, number in result.feed_events.items())
        console.print(Text.assemble(("feed events ", "bold cyan"), told), soft_wrap=True)
    if result.injected:
        console.print(Text.assemble(("recovered ", "bold cyan"), f"{result.injected:,} messages that neither line "
                                    "brought in time were injected by the host"), soft_wrap=True)
    if result.resyncs:
        console.print(Text.assemble(("resync ", "bold cyan"), (
            f"{result.resyncs:,} {'time' if result.resyncs == 1 else 'times'} the device was told to go on behind "
            "messages that the file lacks", "yellow")), soft_wrap=True)
    print_speed(console, result, capabilities)
    if plan.trace:
        path, first, last = plan.trace
        end = result.first_cycle + result.cycles
        console.print(Text.assemble(
            ("trace ", "bold cyan"), f"{path}: cycles {first:,} to {end if last is None else min(last, end):,}; "
            f"the replay went from {result.first_cycle:,} to {end:,}") if first < end else Text(
            f"trace {path} is empty: the replay ended in cycle {end:,}, before {first:,}", "yellow"), soft_wrap=True)
    console.print()
    busiest = sorted(result.books, key=lambda index: -int(result.books[index]["aux"][0]))[:plan.show]
    if busiest:
        console.print(books_picture(console, [(chosen[index].name, result.books[index]) for index in sorted(busiest)]))
        console.print()


def _failures(recording: Recording, result: Result, checker: Checker | None, writer: BooksWriter | None, *,
              strict: bool) -> list[str]:
    """Return what went wrong, one line each. strict: every book message must have a record."""
    failures = [f"{one.name}: {one.whole:,} is not the sum of its parts" for one in counter_sums(result.counters)
                if not one.holds]
    missed = len(recording.flow) - result.messages
    wrong = [(missed, "messages were never taken"),
             (result.lost, "ring records were overwritten before they were read"),
             (result.stray, "records belong to no book message of a followed symbol")]
    if checker is not None:
        wrong.append((checker.mismatches, "messages after which device and model differ"))
        if strict:
            wrong.append((checker.missing, "book messages without a record to compare"))
    if writer is not None:
        wrong.append((writer.incomplete, "book messages without a row, for want of a settled record"))
    return failures + [f"{number:,} {what}" for number, what in wrong if number]


def _print_verdict(console: Console, result: Result, checker: Checker | None, failures: list[str], *,
                   strict: bool) -> None:
    if checker is not None:
        for index, text in checker.shown:
            console.print(Text(f"message {index}", "bold red"))
            console.print(Text(text), soft_wrap=True)
            console.print()
        more = checker.mismatches + checker.missing * strict - len(checker.shown)
        if more > 0:
            console.print(Text(f"... and {more:,} more", "red"))
        console.print(Text.assemble(
            ("check ", "bold cyan"), f"{result.book_messages:,} book messages: {checker.compared:,} compared, ",
            (f"{checker.mismatches:,} mismatches", "bold red" if checker.mismatches else "bold green"),
            ", ", (f"{result.not_live:,} not live", "yellow" if result.not_live else ""),
            f", {result.without_record:,} without a record, {result.cut:,} cut short"),
            soft_wrap=True)
    for failure in failures:
        console.print(Text(f"FAILED: {failure}", "bold red"), soft_wrap=True)
    if failures and console.quiet:
        sys.stderr.writelines(f"tickgate: {failure}\n" for failure in failures)
