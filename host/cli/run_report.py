"""``tickgate report``: what a run was like, as a page and as a picture, from its journal."""

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from host.cli.console import result_console
from host.cli.errors import UserError
from host.cli.output import check_writable, whole_file
from host.cli.risk_common import add_limits, read_limits
from host.journal.log import LogError
from host.oms.ids import IdError
from host.oms.oms import OmsError
from host.report.data import Market, Names, RunData, Traded
from host.report.history import read_history
from host.report.marketfile import MarketFileError, load_market, market_path
from host.run.ledger import LedgerError

__all__ = ["add_parser", "drawing", "write_report"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``report`` to the command's sub-commands."""
    parser = commands.add_parser(
        "report", help="a run as a page and a picture: latencies, book, positions, orders",
        description="Make a self-contained HTML page, and a PNG, of a run from its journal, and from what was recorded "
                    "of the market beside it (JOURNAL.market.npz). docs/report.md tells what is to be seen.")
    parser.add_argument("journal", type=Path, metavar="JOURNAL")
    parser.add_argument("--html", type=Path, metavar="FILE", help="the page (default: JOURNAL.html, without --png)")
    parser.add_argument("--png", type=Path, metavar="FILE", help="the picture")
    parser.add_argument("--market", type=Path, metavar="FILE",
                        help="what was recorded of the market (default: JOURNAL.market.npz, if there is one)")
    parser.add_argument("--title", metavar="TEXT", help="of the report (default: the journal's name)")
    add_limits(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    html: Path | None = args.html
    if html is None and args.png is None:
        html = args.journal.with_name(f"{args.journal.name}.html")
    drawing()
    for path in filter(None, (html, args.png)):
        check_writable(path)
    traded, market = _traded(args.journal), _market(args)
    data = RunData(title=args.title or args.journal.name, traded=traded, market=market, names=_names(args, market))
    write_report(data, html=html, png=args.png)
    console = result_console()
    for text in data.missing:
        console.print(text, soft_wrap=True, markup=False)
    for path in filter(None, (html, args.png)):
        console.print(f"written: {path}", soft_wrap=True, markup=False)
    return 0


def drawing() -> tuple[Any, Any]:
    """Return the modules that draw pages and pictures. Raises UserError where Matplotlib is not installed."""
    try:
        return import_module("host.report.page"), import_module("host.report.picture")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "matplotlib":
            raise
        raise UserError("a report needs Matplotlib: pip install tickgate[report]") from None


def write_report(data: RunData, *, html: Path | None = None, png: Path | None = None) -> None:
    """Write the page and the picture of a run, those that are wanted. Raises as ``drawing``; OSError."""
    page, picture = drawing()
    if html is not None:
        with whole_file(html) as file:
            page.write_html(data, file)
    if png is not None:
        picture.write_png(data, png)


def _traded(path: Path) -> Traded:
    try:
        traded = read_history(path)
    except (LogError, OmsError, IdError) as error:
        text = str(error)
        raise UserError(text if str(path) in text else f"{path}: {text}") from None
    except LedgerError as error:
        raise UserError(f"{path}: {error}; the order manager that wrote it had other settings") from None
    if not traded.inputs:
        raise UserError(f"{path}: holds nothing to report")
    return traded


def _market(args: argparse.Namespace) -> Market | None:
    path: Path = args.market or market_path(args.journal)
    if args.market is None and not path.exists():
        return None
    try:
        return load_market(path)
    except MarketFileError as error:
        raise UserError(str(error)) from None


def _names(args: argparse.Namespace, market: Market | None) -> Names:
    """Return the names that were recorded, else those of the limits."""
    if market is not None:
        return market.names
    limits = read_limits(args.limits)
    if limits is None:
        return Names()

    def by_index(named: dict[int, str]) -> tuple[str, ...]:
        return tuple(named.get(index, f"#{index}") for index in range(max(named, default=-1) + 1))

    return Names(by_index({account.index: account.name for account in limits.accounts}),
                 by_index({symbol.index: symbol.name for symbol in limits.symbols}))
