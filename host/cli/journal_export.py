"""``tickgate journal export``: records of one type as a table in a file, CSV or Parquet."""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from host.cli.errors import UserError
from host.cli.output import check_writable, whole_file
from host.journal.journal import Shown, show_journal
from host.journal.log import LogError

__all__ = ["add_arguments", "export"]

#: Records in memory at a time.
_BATCH = 1 << 16
_HEAD = ("number", "written_ns")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``export`` but for the journal."""
    parser.add_argument("--type", required=True, metavar="TYPE", help="type of record, as `journal verify` names them")
    into = parser.add_mutually_exclusive_group(required=True)
    into.add_argument("--csv", type=Path, metavar="FILE", help="comma-separated values, with a line of names")
    into.add_argument("--parquet", type=Path, metavar="FILE", help="Apache Parquet (pip install tickgate[parquet])")


def export(args: argparse.Namespace) -> int:
    """Write the file. Raises UserError; OSError."""
    path: Path = args.csv or args.parquet
    check_writable(path)
    try:
        lines = (shown for shown in show_journal(args.journal) if shown.what == args.type)
        first = next(lines, None)
        if first is None:
            raise UserError(f"{args.journal}: holds no record of type {args.type}")
        columns = [*_HEAD, *first.fields]
        batches = _batches(first, lines, columns)
        count = _write_csv(path, columns, batches) if args.csv else _write_parquet(path, columns, batches)
    except LogError as error:
        raise UserError(str(error)) from None
    sys.stdout.write(f"{count:,} records of type {args.type} written to {path}\n")
    return 0


def _batches(first: Shown, rest: Iterable[Shown], columns: list[str]) -> Iterator[list[list[Any]]]:
    """Yield rows, so many at a time. Raises UserError where the fields change."""
    batch = [_row(first, columns)]
    lines = iter(rest)
    while batch:
        batch.extend(_row(shown, columns) for shown in islice(lines, _BATCH - len(batch)))
        yield batch
        batch = [_row(shown, columns) for shown in islice(lines, 1)]


def _row(shown: Shown, columns: list[str]) -> list[Any]:
    if [*_HEAD, *shown.fields] != columns:
        raise UserError(f"record {shown.number} has the fields {', '.join(shown.fields)}; those before had "
                        f"{', '.join(columns[len(_HEAD):])}")
    return [shown.number, shown.time_ns, *shown.fields.values()]


def _write_csv(path: Path, columns: list[str], batches: Iterable[list[list[Any]]]) -> int:
    count = 0
    with whole_file(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for batch in batches:
            writer.writerows(batch)
            count += len(batch)
    return count


def _write_parquet(path: Path, columns: list[str], batches: Iterable[list[list[Any]]]) -> int:
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise UserError("--parquet needs pyarrow: pip install tickgate[parquet]") from None
    count, writer, part = 0, None, path.with_name(path.name + ".part")
    try:
        for batch in batches:
            try:
                arrays = [arrow.array(column) for column in zip(*batch, strict=True)]
                table = arrow.Table.from_arrays(arrays, names=columns)
                writer = writer or parquet.ParquetWriter(part, table.schema)
                writer.write_table(table)
            except (arrow.ArrowException, OverflowError) as error:
                raise UserError(f"records {batch[0][0]} to {batch[-1][0]} do not go into Parquet: {error}") from None
            count += len(batch)
        if writer is not None:
            writer.close()
            writer = None
            part.replace(path)
    finally:
        if writer is not None:
            writer.close()
        part.unlink(missing_ok=True)
    return count
