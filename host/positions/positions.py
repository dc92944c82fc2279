"""Positions, profit, cash and fees per account and symbol: a fold of what was booked.

**State = fold(bookings).** ``book`` has no clock and no I/O, so the same bookings in the same order give the same
state, byte for byte (``dump``). A bust makes the state what it would be without the fill, a correction what it would be
had the fill been right at once; where several correct one fill, the one booked last counts.

**Any order.** A BUST or CORRECT that comes before its fill is an alarm and waits for it. No alarm changes a position:
what cannot be right is not applied, and said.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, replace
from enum import Enum
from fractions import Fraction

from host.positions.booked import Booked, BookedKind
from host.positions.lots import Lots
from host.positions.trade import Trade

__all__ = ["AlarmKind", "BookingAlarm", "Position", "Positions"]


class AlarmKind(Enum):
    """What was wrong with a booking; the value says it to people."""

    DUPLICATE = "was booked before, the same"
    CONFLICT = "its exec_id was booked before, for something else"
    UNKNOWN = "no fill of this exec_ref_id is known; it waits for one"
    LATE = "applied now, to a fill that came after it"
    BUSTED_TWICE = "the fill is busted already"
    CORRECTS_BUSTED = "the fill is busted; the correction does not count"
    SUPERSEDED = "the fill was corrected by one that was booked later; that one counts"
    OTHER_FILL = "account, symbol or side is not the fill's; it does not count"


@dataclass(frozen=True, slots=True)
class BookingAlarm:
    """Something that a person must look into. But for LATE, ``booked`` has changed nothing."""

    kind: AlarmKind
    booked: Booked

    def __str__(self) -> str:
        ref = f" of {self.booked.exec_ref_id}" if self.booked.exec_ref_id else ""
        return f"{self.booked.kind.name} {self.booked.exec_id}{ref}: {self.kind.value}"


@dataclass(frozen=True, slots=True)
class Position:
    """Of an account in a symbol. shares: negative when short. Money is in 1/10,000 of a dollar.

    cost: of the open shares, by first in, first out; negative when short: what they have brought in. realised: profit
    before fees. bought, sold: notional of all that was. trades: how many count.
    """

    account: int
    symbol: int
    shares: int = 0
    cost: int = 0
    realised: int = 0
    fees: int = 0
    bought: int = 0
    sold: int = 0
    trades: int = 0

    @property
    def cash(self) -> int:
        """What the trades have brought in, less what they cost and the fees: realised - cost - fees."""
        return self.sold - self.bought - self.fees

    @property
    def average(self) -> int:
        """The average price of the open shares, rounded to the nearest 1/10,000, to even if there are two; 0 when flat.

        For people: nothing is computed from it. cost / shares is exact.
        """
        return round(Fraction(self.cost, self.shares)) if self.shares else 0

    def unrealised(self, mark: int) -> int:
        """Return the profit if the open shares were closed at ``mark``, 1/10,000."""
        return self.shares * mark - self.cost


class _Pair:
    """Trades of one account and symbol, folded when somebody looks: busts of many fills cost one fold."""

    def __init__(self) -> None:
        self.exec_ids: list[str] = []
        self.renew()

    def renew(self) -> None:
        """Begin the fold anew: a trade has changed."""
        self.lots = Lots()
        self.folded = self.fees = self.bought = self.sold = self.trades = 0

    def fold(self, trades: dict[str, Trade]) -> None:
        """Take in what is new."""
        for exec_id in self.exec_ids[self.folded:]:
            trade = trades[exec_id]
            shares = trade.signed_shares
            if not shares:
                continue
            self.lots.trade(shares, trade.price)
            self.trades += 1
            self.fees += trade.fee
            if shares > 0:
                self.bought += shares * trade.price
            else:
                self.sold -= shares * trade.price
        self.folded = len(self.exec_ids)


class Positions:
    """See above. alarms: how many there were of each kind."""

    def __init__(self) -> None:
        self.alarms = dict.fromkeys(AlarmKind, 0)
        #: exec_id -> place among all bookings, booking.
        self._booked: dict[str, tuple[int, Booked]] = {}
        self._trades: dict[str, Trade] = {}
        #: exec_id of a fill, or of a correction -> exec_id of the fill.
        self._fill_of: dict[str, str] = {}
        #: exec_id of a fill -> place among all bookings of the correction that counts.
        self._corrected: dict[str, int] = {}
        #: exec_id that is waited for -> what waits, in the order in which it came.
        self._waiting: dict[str, list[Booked]] = {}
        self._pairs: dict[tuple[int, int], _Pair] = {}
        self._apply: dict[BookedKind, Callable[[Booked], AlarmKind | None]] = {
            BookedKind.FILL: self._fill, BookedKind.BUST: self._amend, BookedKind.CORRECT: self._amend}

    def book(self, booked: Booked) -> tuple[BookingAlarm, ...]:
        """Take a booking; return what is wrong with it, and what waited for it."""
        if booked.exec_id in self._booked:
            same = self._booked[booked.exec_id][1] == booked
            return self._alarmed(BookingAlarm(AlarmKind.DUPLICATE if same else AlarmKind.CONFLICT, booked))
        self._booked[booked.exec_id] = len(self._booked), booked
        wrong = self._apply[booked.kind](booked)
        alarms = [] if wrong is None else [BookingAlarm(wrong, booked)]
        ready = self._waiting.pop(booked.exec_id, []) if booked.exec_id in self._fill_of else []
        for late in ready:
            wrong = self._amend(late)
            alarms.append(BookingAlarm(AlarmKind.LATE if wrong is None else wrong, late))
            ready.extend(self._waiting.pop(late.exec_id, []) if late.exec_id in self._fill_of else [])
        return self._alarmed(*alarms)

    def position(self, account: int, symbol: int) -> Position:
        """Return the position of an account in a symbol, flat where nothing was booked."""
        pair = self._pairs.get((account, symbol))
        if pair is None:
            return Position(account, symbol)
        pair.fold(self._trades)
        lots = pair.lots
        return Position(account, symbol, lots.shares, lots.cost, lots.realised, pair.fees, pair.bought, pair.sold,
                        pair.trades)

    def lots(self, account: int, symbol: int) -> tuple[tuple[int, int], ...]:
        """Return shares (negative: sold) and price of each open lot, the oldest first."""
        pair = self._pairs.get((account, symbol))
        if pair is None:
            return ()
        pair.fold(self._trades)
        return pair.lots.open

    def __iter__(self) -> Iterator[Position]:
        """Yield the position of every pair that was booked, by account and symbol."""
        return (self.position(*pair) for pair in sorted(self._pairs))

    def trades(self) -> Iterator[Trade]:
        """Yield every fill as it is known now, busted ones too, in the order in which they were booked."""
        return iter(self._trades.values())

    @property
    def waiting(self) -> list[Booked]:
        """The busts and corrections whose fill is not known."""
        return [booked for some in self._waiting.values() for booked in some]

    def dump(self) -> bytes:
        """Return all of the state, canonically: equal states, and only these, have equal bytes."""
        held = {"booked": [astuple(booked) for _, booked in self._booked.values()],
                "trades": [astuple(trade) for trade in self._trades.values()],
                "waiting": [astuple(booked) for booked in self.waiting],
                "positions": [(astuple(position), self.lots(position.account, position.symbol)) for position in self],
                "alarms": {kind.name: count for kind, count in self.alarms.items()}}
        return json.dumps(held, separators=(",", ":")).encode()

    def _fill(self, booked: Booked) -> AlarmKind | None:
        self._trades[booked.exec_id] = Trade(booked.exec_id, booked.account, booked.symbol, booked.side, booked.shares,
                                             booked.price, booked.fee, booked.time_ns)
        self._fill_of[booked.exec_id] = booked.exec_id
        self._pairs.setdefault((booked.account, booked.symbol), _Pair()).exec_ids.append(booked.exec_id)
        return None

    def _amend(self, booked: Booked) -> AlarmKind | None:
        """Bust or correct a fill, if it is known."""
        exec_id = self._fill_of.get(booked.exec_ref_id)
        if exec_id is None:
            self._waiting.setdefault(booked.exec_ref_id, []).append(booked)
            return AlarmKind.UNKNOWN
        trade, busts = self._trades[exec_id], booked.kind == BookedKind.BUST
        if (trade.account, trade.symbol, trade.side) != (booked.account, booked.symbol, booked.side):
            return AlarmKind.OTHER_FILL
        if not busts:
            self._fill_of[booked.exec_id] = exec_id
        if trade.busted:
            return AlarmKind.BUSTED_TWICE if busts else AlarmKind.CORRECTS_BUSTED
        if busts:
            self._trades[exec_id] = replace(trade, busted=True)
        elif self._corrected.get(exec_id, -1) > self._booked[booked.exec_id][0]:
            return AlarmKind.SUPERSEDED
        else:
            self._corrected[exec_id] = self._booked[booked.exec_id][0]
            self._trades[exec_id] = replace(trade, shares=booked.shares, price=booked.price, fee=booked.fee)
        self._pairs[trade.account, trade.symbol].renew()
        return None

    def _alarmed(self, *alarms: BookingAlarm) -> tuple[BookingAlarm, ...]:
        for alarm in alarms:
            self.alarms[alarm.kind] += 1
        return alarms
