"""Tables of a TOML file read strictly: every key is known, of its type and in its range, or the error says where."""

import difflib
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

__all__ = ["ConfigError", "Table", "read_toml"]


class ConfigError(Exception):
    """The configuration makes no sense; the text names file, table, key and value, in one line."""


class Table:
    """A table whose keys are taken one by one; ``done`` refuses those that are left.

    where: the file and the table, for errors. folder: what relative paths begin at.
    """

    def __init__(self, where: str, content: Mapping[str, Any], folder: Path) -> None:
        self.where, self.folder = where, folder
        self._content = dict(content)
        self._known: dict[str, None] = {}

    def error(self, key: str, text: str) -> ConfigError:
        """Return an error about ``key``."""
        return ConfigError(f"{self.where}: {key}: {text}")

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text that is not empty; without ``default`` it must be there."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value and default != ""):
            raise self.error(key, f"must be a text, not {_show(value)}")
        return value

    def choice(self, key: str, choices: Collection[str], default: str | None = None) -> str:
        """Take one of ``choices``."""
        value = self._take(key, default)
        if not isinstance(value, str) or value not in choices:
            raise self.error(key, f"must be one of {', '.join(choices)}, not {_show(value)}")
        return value

    def number(self, key: str, default: int | None = None, *, least: int = 0, most: int = 2**31 - 1) -> int:
        """Take a whole number from ``least`` to ``most``."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.error(key, f"must be a whole number from {least} to {most}, not {_show(value)}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """Take true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.error(key, f"must be true or false, not {_show(value)}")
        return value

    def path(self, key: str) -> Path | None:
        """Take a path, if it is there; a relative one begins at ``folder``."""
        return self.folder / self.text(key) if self._is_there(key) else None

    def items(self, key: str) -> list[Any] | None:
        """Take a list, if it is there."""
        if not self._is_there(key):
            return None
        value = self._take(key, None)
        if not isinstance(value, list):
            raise self.error(key, f"must be a list, not {_show(value)}")
        return value

    def table(self, key: str) -> "Table | None":
        """Take a table, if it is there."""
        if not self._is_there(key):
            return None
        value = self._take(key, None)
        if not isinstance(value, dict):
            raise self.error(key, f"must be a table, not {_show(value)}")
        return Table(f"{self.where}: {key}", value, self.folder)

    def rest(self) -> dict[str, Any]:
        """Take all that is left."""
        left, self._content = self._content, {}
        return left

    def done(self) -> None:
        """Raise ConfigError when a key is left that nobody knows."""
        for key in self._content:
            near = difflib.get_close_matches(key, self._known, 1)
            raise self.error(key, f"there is no such key; {f'{near[0]}?' if near else 'known are '}"
                                  f"{'' if near else ', '.join(self._known)}")

    def _is_there(self, key: str) -> bool:
        self._known[key] = None
        return key in self._content

    def _take(self, key: str, default: Any) -> Any:
        self._known[key] = None
        value = self._content.pop(key, default)
        if value is None:
            raise self.error(key, "is missing")
        return value


def read_toml(path: Path) -> dict[str, Any]:
    """Return what the TOML file ``path`` holds. Raises ConfigError; OSError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is no TOML: {error}") from None


def _show(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
