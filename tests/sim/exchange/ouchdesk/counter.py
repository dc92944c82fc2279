"""Users at the exchange's OUCH desk, and what each was told."""

from sim.exchange.commands import OpenCross
from sim.exchange.ouchdesk.desk import OuchDesk
from sim.exchange.ouchdesk.orders import OuchUser
from tests.sim.exchange.trading import START, SYMBOLS, new_venue
from wire import ouch50

__all__ = ["Counter", "values"]


class Counter:
    """A venue that trades, its OUCH desk, and what each user was told since the last request."""

    def __init__(self, **options):
        self.venue = new_venue()
        self.users = [OuchUser(name=name, password="", session=f"S{name}", **options) for name in ("A", "B")]
        self.flushed = []
        self.desk = OuchDesk(self.venue, self.users, self.flushed.append)
        self.now, self.read = START, {}
        self.venue.begin(self.now)
        for symbol in SYMBOLS:
            self.venue.apply(OpenCross(symbol.locate), self.now)

    def ask(self, name, letter, *, options=None, **fields):
        self.now += 1000
        self.news()
        self.desk.take(name, ouch50.pack_inbound(letter, options=options, **fields), self.now)
        return self.news()[name]

    def enter(self, name, user_ref, side="B", quantity=100, price=500_000, symbol="AAPL", tif="0", **more):
        return self.ask(name, "O", **{"user_ref": user_ref, "side": side, "quantity": quantity, "symbol": symbol,
                                      "price": price, "time_in_force": tif, "clordid": f"C{user_ref}"} | more)

    def replace(self, name, original, user_ref, quantity, price, tif="0", **more):
        return self.ask(name, "U", original_user_ref=original, user_ref=user_ref, quantity=quantity, price=price,
                        time_in_force=tif, clordid=f"C{user_ref}", **more)

    def news(self):
        """Return what each user was told since the last call, decoded."""
        found = {}
        for user in self.users:
            first = self.read.get(user.name, 0)
            found[user.name] = [ouch50.unpack_outbound(raw) for raw in user.stream.messages[first:]]
            self.read[user.name] = len(user.stream.messages)
        return found


def values(message, *names):
    return (message["type"], *(message[name] for name in names))
