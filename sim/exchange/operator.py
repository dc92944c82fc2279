"""What operators of the exchange may do, as lines of text: ``halt AAPL T1``, ``faults a:loss=0.1``, ``bust 17``."""

from collections.abc import Callable
from typing import Any

from host.fix.decimals import price_of, shares_of
from sim.exchange.commands import (
    Bust,
    Cancel,
    CloseCross,
    Correct,
    Halt,
    Indicate,
    MassCancel,
    OpenCross,
    Pause,
    Resume,
)
from sim.exchange.events import Rejected
from sim.exchange.lines import Lines
from sim.exchange.venue import Venue
from sim.market.faults import parse_faults
from wire.itch50 import CrossType, RegSho

__all__ = ["HELP", "Operator", "OperatorError"]

HELP = """\
halt SYMBOL [REASON], pause SYMBOL [REASON], resume SYMBOL     trading states
open SYMBOL, close SYMBOL, indicate SYMBOL CROSS               crosses; CROSS is O, C or H
bust MATCH, correct MATCH SHARES PRICE                         trades
cancel REFERENCE, flush [SYMBOL]                               one order; all orders, of a symbol
shortsale SYMBOL ACTION                                        Reg SHO; ACTION is 0, 1 or 2
faults [TEXT]                                                  faults of the lines from now on; none without TEXT
statements                                                     write the end-of-day files, as things stand"""


class OperatorError(ValueError):
    """A line that means nothing here; the text says why."""


class Operator:
    """Does what lines of text ask. write: writes the end-of-day files, and returns what went wrong, as text."""

    def __init__(self, venue: Venue, lines: Lines, write: Callable[[], list[str]]) -> None:
        self._venue, self._lines, self._write = venue, lines, write
        self._locates = {symbol.name: symbol.locate for symbol in venue.engine.symbols}
        symbol, whole = self._symbol, _whole
        self._commands: dict[str, tuple[Callable[..., Any], tuple[Callable[[str], Any], ...], int]] = {
            "halt": (Halt, (symbol, _reason), 1), "pause": (Pause, (symbol, _reason), 1),
            "resume": (Resume, (symbol, _reason), 1), "open": (OpenCross, (symbol,), 1),
            "close": (CloseCross, (symbol,), 1), "indicate": (Indicate, (symbol, _cross), 2),
            "bust": (Bust, (whole,), 1), "correct": (Correct, (whole, _shares, _price), 3),
            "cancel": (lambda reference: Cancel(reference, None), (whole,), 1),
            "flush": (lambda locate=None: MassCancel(None, locate=locate), (symbol,), 0),
        }

    def do(self, line: str, now: int) -> list[str]:
        """Do what ``line`` asks; return what was refused, as text. Raises OperatorError, and then nothing was done."""
        return self.parse(line)(now)

    def parse(self, line: str) -> Callable[[int], list[str]]:
        """Return what ``line`` asks, to be done at a time. Raises OperatorError."""
        name, *words = line.split() or [""]
        if name == "faults":
            return self._faults(" ".join(words))
        if name == "shortsale":
            return self._restrict(words)
        if name == "statements" and not words:
            return lambda _: self._write()
        if name not in self._commands:
            known = ", ".join((*self._commands, "shortsale", "faults", "statements"))
            raise OperatorError(f"{name!r} is none of {known}")
        make, kinds, least = self._commands[name]
        if not least <= len(words) <= len(kinds):
            counts = str(least) if least == len(kinds) else f"{least} to {len(kinds)}"
            raise OperatorError(f"{name} takes {counts} word(s), not {len(words)}")
        command = make(*(kind(word) for kind, word in zip(kinds, words, strict=False)))
        return lambda now: [f"{line}: {event.reason.value}" for event in self._venue.apply(command, now)
                            if isinstance(event, Rejected)]

    def _faults(self, text: str) -> Callable[[int], list[str]]:
        try:
            faults = parse_faults(text)
        except ValueError as error:
            raise OperatorError(str(error)) from None

        def change(now: int) -> list[str]:
            self._lines.set_faults(faults)
            return []
        return change

    def _restrict(self, words: list[str]) -> Callable[[int], list[str]]:
        if len(words) != 2 or words[1] not in set(RegSho):
            raise OperatorError(f"shortsale takes SYMBOL and 0, 1 or 2, not {' '.join(words)!r}")
        locate, action = self._symbol(words[0]), RegSho(words[1])

        def restrict(now: int) -> list[str]:
            self._venue.restrict(locate, action, now)
            return []
        return restrict

    def _symbol(self, word: str) -> int:
        if word not in self._locates:
            raise OperatorError(f"no symbol {word!r}; there is {', '.join(self._locates)}")
        return self._locates[word]


def _whole(word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise OperatorError(f"{word!r} is no number")
    return int(word)


def _reason(word: str) -> str:
    if len(word) > 4 or not word.isascii():
        raise OperatorError(f"a reason has at most 4 characters, not {word!r}")
    return word


def _cross(word: str) -> CrossType:
    if word not in ("O", "C", "H"):
        raise OperatorError(f"a cross is O, C or H, not {word!r}")
    return CrossType(word)


def _shares(word: str) -> int:
    return _number(word, shares_of)


def _price(word: str) -> int:
    return _number(word, price_of)


def _number(word: str, read: Callable[[bytes], int]) -> int:
    try:
        return read(word.encode())
    except ValueError as error:
        raise OperatorError(str(error)) from None
