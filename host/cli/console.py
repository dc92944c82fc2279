"""The console on which the command shows its results."""

from rich.console import Console

__all__ = ["PlainConsole", "result_console", "wide_console"]

#: Columns where no terminal limits them.
_WIDE = 200


class PlainConsole(Console):
    """A console that leaves it to the command what becomes of a closed pipe."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError, where Rich would end the process with status 1."""
        self.quiet = True
        raise BrokenPipeError


def result_console(*, quiet: bool = False) -> Console:
    """Return a console on standard output: colours only where that is a terminal, numbers never painted."""
    return PlainConsole(quiet=quiet, highlight=False)


def wide_console() -> Console:
    """Return a console that cuts nothing off where no terminal limits the width."""
    console = result_console()
    if not console.is_terminal:
        console.width = _WIDE
    return console
