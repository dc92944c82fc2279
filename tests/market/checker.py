"""A plain second opinion on an order flow: what each message may do to a book. Independent of generator and models."""

from dataclasses import dataclass, field

__all__ = ["BookChecker"]


def _number(message: bytes, offset: int, size: int) -> int:
    return int.from_bytes(message[offset:offset + size], "big")


@dataclass
class BookChecker:
    """Follows all orders; every method that sees something illegal raises AssertionError.

    orders: reference -> [locate, is_buy, shares, price]. levels: (locate, is_buy) -> price -> orders. order: references
    of a level in time priority.
    """

    orders: dict[int, list] = field(default_factory=dict)
    levels: dict[tuple[int, bool], dict[int, list[int]]] = field(default_factory=dict)
    used: int = -1
    time: int = 0
    halted: set[int] = field(default_factory=set)
    low_bits: dict[int, int] = field(default_factory=dict)
    matches: set[int] = field(default_factory=set)
    live_most: int = 0

    def apply(self, message: bytes) -> None:
        """Take one message."""
        kind, locate, time = chr(message[0]), _number(message, 1, 2), _number(message, 5, 6)
        assert time >= self.time, "time runs backwards"
        self.time = time
        if kind in "AF":
            self._add(locate, _number(message, 11, 8), message[19:20] == b"B", _number(message, 20, 4),
                      _number(message, 32, 4))
            assert message[19:20] in (b"B", b"S")
        elif kind in "ECX":
            shares = _number(message, 19, 4)
            order = self._get(locate, _number(message, 11, 8))
            assert 0 < shares <= order[2] if kind != "X" else 0 < shares < order[2], f"{kind} of {shares} at {order}"
            if kind in "EC":
                assert locate not in self.halted, "execution in a halt"
                self._match(_number(message, 23, 8))
                self._first_in_line(_number(message, 11, 8), order)
            order[2] -= shares
            if not order[2]:
                self._remove(locate, _number(message, 11, 8))
        elif kind == "D":
            self._remove(locate, _number(message, 11, 8))
        elif kind == "U":
            old = self._get(locate, _number(message, 11, 8))
            self._remove(locate, _number(message, 11, 8))
            self._add(locate, _number(message, 19, 8), old[1], _number(message, 27, 4), _number(message, 31, 4))
        elif kind in "PQ":
            self._match(_number(message, 36 if kind == "P" else 31, 8))
            assert kind != "P" or (_number(message, 11, 8) == 0 and message[19:20] == b"B")
        elif kind == "B":
            assert _number(message, 11, 8) in self.matches, "a trade is broken that was not"
        elif kind in "Hh":
            state = message[19:20] if kind == "H" else message[20:21]
            (self.halted.discard if state == b"T" else self.halted.add)(locate)
        self.live_most = max(self.live_most, len(self.orders))

    def spread(self, locate: int) -> int | None:
        """Best ask less best bid, None when a side is empty."""
        bids, asks = self.levels.get((locate, True)), self.levels.get((locate, False))
        return min(asks) - max(bids) if bids and asks else None

    def _match(self, number: int) -> None:
        assert number not in self.matches
        self.matches.add(number)

    def _get(self, locate: int, reference: int) -> list:
        assert reference in self.orders, f"order {reference} is unknown"
        assert self.orders[reference][0] == locate
        return self.orders[reference]

    def _first_in_line(self, reference: int, order: list) -> None:
        level = self.levels[order[0], order[1]]
        assert order[3] == (max if order[1] else min)(level), "an execution behind the best price"
        assert level[order[3]][0] == reference, "an execution out of turn"

    def _add(self, locate: int, reference: int, buy: bool, shares: int, price: int) -> None:
        assert reference > self.used, "references must rise"
        self.used = reference
        assert self.low_bits.setdefault(locate, reference % 4) == reference % 4
        assert shares > 0 and 0 < price <= 2_000_000_000 and price % 100 == 0
        other = self.levels.get((locate, not buy))
        assert not other or (price < min(other) if buy else price > max(other)), "the book crosses"
        self.orders[reference] = [locate, buy, shares, price]
        self.levels.setdefault((locate, buy), {}).setdefault(price, []).append(reference)

    def _remove(self, locate: int, reference: int) -> None:
        _, buy, _, price = self._get(locate, reference)
        del self.orders[reference]
        level = self.levels[locate, buy]
        level[price].remove(reference)
        if not level[price]:
            del level[price]
