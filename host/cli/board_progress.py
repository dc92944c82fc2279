"""How far a bitstream is, on standard error: bars on a terminal, else a line for each thing that is done."""

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

__all__ = ["Progress"]


class Progress:
    """Takes the steps of a build, several at a time, from any thread."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bars = Bars(TextColumn("{task.description:10}"), BarColumn(bar_width=24), TimeElapsedColumn(),
                          TextColumn("{task.fields[text]}", markup=False), console=self._console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._bars.stop()

    def step(self, step: Any) -> None:
        """Show ``step``, a boards.build.Step."""
        if not self._console.is_terminal:
            if step.share is None or step.share == 1.0:
                self._console.print(f"{step.name}: {step.text}", soft_wrap=True, markup=False)
            return
        if step.name not in self._tasks:
            self._tasks[step.name] = self._bars.add_task(step.name, total=None, text="")
        self._bars.update(self._tasks[step.name], text=step.text,
                          **({} if step.share is None else {"completed": step.share, "total": 1.0}))
