"""What people may ask of a living host: how it stands, and the acts by which they shut and open it."""

from collections.abc import Callable
from typing import Any

from host.oms.book import Phase
from host.oms.fix import Names
from host.oms.inputs import Accept, Kill, Resume
from host.oms.order import Flag
from host.risk.gate import Gate
from host.run.loop import Loop

__all__ = ["ACTS", "Attendant", "shut_by"]

Answer = dict[str, Any]
Pair = tuple[int, int]

#: What changes something, and needs a reason.
ACTS = ("kill", "resume", "accept")
_SHUT = {"killed": "the global kill", "lost": "the lost heartbeat", "account_kills": "kills of accounts",
         "symbol_kills": "kills of symbols"}


class _Refusal(Exception):
    """What was asked for is not done; the text says why."""


def shut_by(gate: Gate) -> list[str]:
    """Return, in words, by what the gate is shut."""
    status = gate.status()
    return [text for name, text in _SHUT.items() if status[name]]


class Attendant:
    """Answers questions: a dict with ``do``, and for acts ``reason``, ``account`` and ``symbol`` (names). An answer is
    a dict too; with ``error``, nothing was done. An act is answered when it is in the journal, with the name of who
    asked.

    resumed: is called when trading as a whole is resumed.
    """

    def __init__(self, loop: Loop, gate: Gate, names: Names, now: Callable[[], int],
                 resumed: Callable[[], object]) -> None:
        """names: by the gate's indices. now: the loop's clock."""
        self._loop, self._gate, self._now, self._resumed = loop, gate, now, resumed
        self._accounts = [name.decode() for name in names.accounts]
        self._symbols = [name.decode() for name in names.symbols]
        self._acts: dict[str, Callable[[Answer, str, str], Answer]] = {
            "kill": self._kill, "resume": self._resume, "accept": self._accept}

    def answer(self, question: dict[str, Any], by: str) -> Answer:
        """Do what is asked for. by: who asks. Raises what the loop raises."""
        act = question.get("do")
        if act == "status":
            return self.status()
        reason = question.get("reason")
        if act not in ACTS:
            return {"error": f"{act!r} is not among status, {', '.join(ACTS)}"}
        if not isinstance(reason, str) or not reason.strip():
            return {"error": "a reason is needed"}
        try:
            answer = self._acts[act](question, reason, by)
        except _Refusal as error:
            return {"error": str(error)}
        self._loop.ledger.commit()
        return answer

    def status(self) -> Answer:
        """Return how the host stands."""
        book = self._loop.ledger.oms.book
        return {"trading": book.phase.value, "breaker": book.breaker.state.value, "breaks": self._breaks(),
                "accepted": [f"{self._pair(pair)}: {more} more at the venue" for pair, more in book.excused.items()],
                "kills": [{"of": self._pair(pair), "by": kill.by, "reason": kill.reason, "since": kill.since}
                          for pair, kill in book.kills.items()],
                "gate": shut_by(self._gate), "open": sum(order.open for order in book.orders.values())}

    def _kill(self, question: Answer, reason: str, by: str) -> Answer:
        pair = self._meant(question)
        self._loop.take(Kill(*pair, reason, by, self._now()))
        return {"done": f"killed {self._pair(pair)}"}

    def _resume(self, question: Answer, reason: str, by: str) -> Answer:
        """The gate is the administrator's: it must be open, so that this act is the last, and the one that opens."""
        pair = self._meant(question)
        if pair not in self._loop.ledger.oms.book.kills:
            raise _Refusal(f"{self._pair(pair)}: no such kill of the host is in force")
        if self._gate_shut(pair):
            raise _Refusal(f"{self._pair(pair)}: the gate is shut; `tickgate risk resume` opens it, and comes first")
        self._loop.take(Resume(*pair, reason, by, self._now()))
        if pair == (-1, -1):
            self._resumed()
        return {"done": f"resumed {self._pair(pair)}"}

    def _accept(self, question: Answer, reason: str, by: str) -> Answer:
        """What was seen is named, so that nothing is accepted that came up meanwhile."""
        breaks = self._breaks()
        if not breaks or self._loop.ledger.oms.book.phase is not Phase.RECOVERING:
            raise _Refusal("there is nothing to accept")
        if question.get("breaks") != breaks:
            raise _Refusal(f"other breaks than those were seen: {'; '.join(breaks)}")
        self._loop.take(Accept(reason, by, self._now()))
        return {"done": f"accepted: {'; '.join(breaks)}"}

    def _gate_shut(self, pair: Pair) -> bool:
        account, symbol = pair
        shown = self._gate.show(max(account, 0), max(symbol, 0))
        return bool(self._gate.status()["killed"] or (account >= 0 and shown["account_killed"])
                    or (symbol >= 0 and shown["symbol_killed"]))

    def _breaks(self) -> list[str]:
        """Return the breaks that hold a recovery up, with names."""
        book = self._loop.ledger.oms.book
        ours = book.recovery
        if not ours.breaks:
            return []
        found = [f"positions: {ours.lacking}"] if ours.lacking else []
        for pair, (there, here) in ours.differences.items():
            excused = book.excused.get(pair, 0)
            found.append(f"{self._pair(pair)}: the venue has {there}, the host {here}"
                         + (f" and {excused} accepted" if excused else ""))
        return found + [f"order {order.id:016X} is unresolved" for order in book.orders.values()
                        if order.flags & Flag.UNRESOLVED]

    def _meant(self, question: Answer) -> Pair:
        return (self._index("account", question.get("account"), self._accounts),
                self._index("symbol", question.get("symbol"), self._symbols))

    def _index(self, what: str, name: object, known: list[str]) -> int:
        if name is None:
            return -1
        if name not in known:
            raise _Refusal(f"no {what} {name!r}; there are {', '.join(known)}")
        return known.index(str(name))

    def _pair(self, pair: Pair) -> str:
        """Return what to call a pair of indices, -1 for all."""
        account, symbol = pair
        said = [names[index] for names, index in ((self._accounts, account), (self._symbols, symbol)) if index >= 0]
        return " ".join(said) or "all"
