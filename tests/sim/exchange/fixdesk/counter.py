"""Participants at the exchange's FIX desk, and a dictionary's eye on all that it says."""

from host.fix.encode import encode
from host.fix.message import Message
from host.fix.parser import Parser
from host.fix.timestamp import stamp
from host.fix.validate import check
from sim.exchange.commands import OpenCross
from sim.exchange.fixdesk.desk import FixDesk
from sim.exchange.fixdesk.orders import Participant
from tests.sim.exchange.trading import START, SYMBOLS, new_venue
from wire.fix.fix42 import FIX42
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag

__all__ = ["Counter", "said"]

DICTIONARIES = {one.begin_string: one for one in (FIX42, FIX44)}


def said(message, *tags):
    """Return type and values of ``message``, text."""
    return (message.msg_type.decode(), *((message.get(tag) or b"").decode() for tag in tags))


class Counter:
    """A venue that trades, its desk, and what it sent to whom; every message is one that the dictionary allows."""

    def __init__(self, *participants, trading=True):
        self.venue = new_venue()
        self.now = START
        self.sent = []
        self.desk = FixDesk(self.venue, participants or (client("A"), client("B")), self._keep, day="20261120-")
        self.venue.begin(self.now)
        if trading:
            for symbol in SYMBOLS:
                self.venue.apply(OpenCross(symbol.locate), self.now)
        self._seq = 1

    def ask(self, who, msg_type, **fields):
        """Let ``who`` send a message of these fields and return what comes back to him, in order."""
        begin = self.desk.participants[who].begin_string
        pairs = [(Tag[name], value.encode()) for name, value in fields.items()]
        asked = Message(msg_type.encode(), pairs)
        self._validate(begin, asked)
        self._seq += 1
        self.now += 1000
        self.sent.clear()
        self.desk.take(who, Message(msg_type.encode(), [(Tag.MsgSeqNum, b"%d" % self._seq), *pairs]), self.now)
        return [message for session, message in self.sent if session == who]

    def new(self, who, clordid, side="1", quantity=100, price="50.00", **more):
        """Enter an order; a price of None makes it a market order."""
        terms = {"OrdType": "1"} if price is None else {"OrdType": "2", "Price": price}
        return self.ask(who, "D", ClOrdID=clordid, HandlInst="1", Symbol="AAPL", Side=side,
                        TransactTime="20261120-14:30:00", OrderQty=str(quantity), **terms, **more)

    def cancel(self, who, clordid, orig, side="1", **more):
        """Cancel an order."""
        return self.ask(who, "F", **{"ClOrdID": clordid, "OrigClOrdID": orig, "Symbol": "AAPL", "Side": side,
                                     "TransactTime": "20261120-14:30:00", "OrderQty": "100"} | more)

    def replace(self, who, clordid, orig, quantity, price, side="1", **more):
        """Replace an order."""
        return self.ask(who, "G", **{"ClOrdID": clordid, "OrigClOrdID": orig, "HandlInst": "1", "Symbol": "AAPL",
                                     "Side": side, "TransactTime": "20261120-14:30:00", "OrderQty": str(quantity),
                                     "OrdType": "2", "Price": price} | more)

    def to(self, who):
        """Return what ``who`` was sent during the last request."""
        return [message for session, message in self.sent if session == who]

    def _keep(self, session, message):
        self._validate(self.desk.participants[session].begin_string, message)
        self.sent.append((session, message))

    def _validate(self, begin, message):
        dictionary = DICTIONARIES[begin]
        header = [(34, b"1"), (49, b"X"), (56, b"Y"), (52, stamp(START))]
        raw = encode(begin, Message(message.msg_type, header + message.fields), dictionary)
        (parsed,) = Parser().feed(raw)
        fault = check(parsed, dictionary)
        assert fault is None, (fault, raw)


def client(name, **more):
    """Return a participant that speaks FIX 4.4."""
    return Participant(**{"session": name, "begin_string": b"FIX.4.4", "comp_id": name.encode()} | more)
