"""End-of-day files in a folder: one of each counterparty, always whole."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

__all__ = ["FolderError", "make_folder", "write_statements"]


class FolderError(Exception):
    """The folder of the end-of-day files cannot be had; the text names it."""


def make_folder(folder: Path) -> None:
    """Make ``folder``, unless it is there. Raises FolderError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"statements: {folder}: {error.strerror}") from None


def write_statements(folder: Path, texts: Mapping[str, str]) -> list[str]:
    """Write each text into ``folder``, as NAME.csv (what no file's name may hold as %XX), in the place of an older one.
    Return what went wrong, a line each."""
    wrong = []
    for name, text in texts.items():
        path = folder / f"{quote(name, safe=' ')}.csv"
        try:
            new = path.with_suffix(".new")
            new.write_text(text, encoding="utf-8")
            new.replace(path)
        except OSError as error:
            wrong.append(f"statements: {path}: {error.strerror}")
    return wrong
