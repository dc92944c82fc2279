"""The event loop that sessions run on: uvloop's, which is compiled, where it is installed; else asyncio's own."""

import asyncio
import importlib
import importlib.util
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["UVLOOP", "run"]

_T = TypeVar("_T")

#: Whether uvloop is installed.
UVLOOP = importlib.util.find_spec("uvloop") is not None


def run(main: Coroutine[Any, Any, _T], *, uvloop: bool = UVLOOP) -> _T:
    """Run ``main`` to its end, as asyncio.run does, and return what it returns."""
    make: Callable[[], asyncio.AbstractEventLoop] | None = None
    if uvloop:
        make = importlib.import_module("uvloop").new_event_loop
    with asyncio.Runner(loop_factory=make) as runner:
        return runner.run(main)
