"""Random ITCH order flow for a book test: legal or not, with everything on few orders, levels and symbols."""

import random

from wire.itch50 import MESSAGES

__all__ = ["Traffic", "message"]


def message(kind, **fields):
    """Return the bytes of a message, whatever the values; fields that are not given are zero bytes."""
    data = bytearray(MESSAGES[kind].size)
    for name, value in {"type": kind, **fields}.items():
        field = MESSAGES[kind].field(name)
        data[field.offset:field.offset + field.size] = (
            value.ljust(field.size).encode() if isinstance(value, str) else value.to_bytes(field.size, "big"))
    return bytes(data)


class Traffic:
    """A stream of messages over ``symbols`` locates (1..symbols), prices on the cent grid around ``middle``.

    illegal: share of messages that contradict the book. far: share of inserts outside a window of ``span`` ticks.
    hot: share of messages that act on the order or price of the message before.
    """

    def __init__(self, seed, *, symbols=3, middle=5_000, span=60, orders=20, illegal=0.0, far=0.0, hot=0.5):
        self.random = random.Random(seed)
        self.symbols, self.middle, self.span, self.target = symbols, middle, span, orders
        self.illegal, self.far, self.hot = illegal, far, hot
        self.live = {}
        self.reference = 4
        self.time = 34_200_000_000_000
        self.last = None

    def _price(self):
        if self.random.random() < self.far:
            return self.random.choice((1, 2, self.middle - self.span, self.middle + self.span, 1_999_999_99 // 10))
        return self.middle + self.random.randrange(-self.span // 2, self.span // 2)

    def _insert(self, locate, side):
        price = self._price()
        if self.last in self.live and self.random.random() < self.hot / 2:
            price = self.live[self.last][2]
        self.reference += self.random.choice((1, 4, 4, 4))
        return self.reference, [locate, side, price, self.random.randrange(1, 1000)]

    def next(self):
        """Return the next message."""
        choose = self.random.random
        self.time += self.random.randrange(1, 10**6)
        common = {"timestamp": self.time}
        if choose() < 0.03:
            return self._other(common)
        if choose() < self.illegal:
            return self._illegal(common)
        grow = len(self.live) < self.target * (0.5 + choose())
        if not self.live or grow and choose() < 0.7:
            locate = self.random.randrange(1, self.symbols + 1)
            if self.last in self.live and choose() < self.hot:
                locate = self.live[self.last][0]
            reference, order = self._insert(locate, self.random.choice("BS"))
            self.live[reference] = order
            self.last = reference
            kind = self.random.choice("AAAF")
            return message(kind, locate=locate, reference=reference, side=order[1], shares=order[3],
                        price=order[2] * 100, **common)
        reference = self.last if self.last in self.live and choose() < self.hot else self.random.choice(list(self.live))
        self.last = reference
        order = self.live[reference]
        locate, _, price, shares = order
        kind = self.random.choice("DDDDUUUUEECX")
        if kind == "D":
            del self.live[reference]
            return message("D", locate=locate, reference=reference, **common)
        if kind == "U":
            del self.live[reference]
            new, new_order = self._insert(locate, order[1])
            if choose() < 0.2:
                new_order[2] = price
            self.live[new] = new_order
            self.last = new
            return message("U", locate=locate, reference=reference, new_reference=new, shares=new_order[3],
                        price=new_order[2] * 100, **common)
        amount = shares if choose() < 0.4 else self.random.randrange(1, shares + 1)
        order[3] -= amount
        if not order[3]:
            del self.live[reference]
        extra = {"C": {"printable": self.random.choice("YN"), "price": price * 100 + 1}}.get(kind, {})
        return message(kind, locate=locate, reference=reference, shares=amount, **extra, **common)

    def _other(self, common):
        kind = self.random.choice("HYPSJLh")
        locate = self.random.randrange(1, self.symbols + 2)
        fields = {"H": {"state": self.random.choice("HPQT")}, "Y": {"action": self.random.choice("012")},
                  "P": {"side": "B", "shares": 5, "price": 123_400}, "S": {"event": self.random.choice("OSQM")},
                  "h": {"market": self.random.choice("QBX"), "action": self.random.choice("HT")}}.get(kind, {})
        return message(kind, locate=0 if kind == "S" else locate, **fields, **common)

    def _illegal(self, common):
        locate = self.random.randrange(1, self.symbols + 2)
        kind = self.random.choice("AAADEXUU")
        reference = self.random.choice([3, 2**40 + 5, 2**17, *list(self.live)[:3]])
        shares = self.random.choice((0, 1, 10**5, 2**31, 2**20))
        price = self.random.choice((0, 50, 2_000_000_100, 500_000, 4_294_967_295 // 100 * 100))
        if kind == "A":
            return message("A", locate=locate, reference=reference, side=self.random.choice("BSX"),
                        shares=shares, price=price, **common)
        if kind == "U":
            return message("U", locate=locate, reference=reference, new_reference=reference + 1,
                        shares=shares, price=price, **common)
        extra = {} if kind == "D" else {"shares": shares}
        return message(kind, locate=locate, reference=reference, **extra, **common)
