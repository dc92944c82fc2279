"""The QuickFIX engine in a process of its own: one session, driven by lines on its input, told of on its output.

``python quickfix_peer.py ROLE PORT FOLDER [KEY=VALUE ...]``: keys are of QuickFIX's own configuration. Input: ``order
ID``, ``next-out N``, ``next-in N``, ``reset-to N`` (SequenceReset-Reset), ``test ID``, ``raw TYPE``, ``logout``.
Output: an object a line. It answers each order with a report.
"""

import json
import sys
from pathlib import Path

import quickfix as fix

SOH = "\x01"


def tell(event, **more):
    """Write an object."""
    sys.stdout.write(json.dumps({"event": event} | more) + "\n")
    sys.stdout.flush()


def fields(message):
    """Return the fields of a message as (tag, value)."""
    return [part.split("=", 1) for part in message.toString().split(SOH) if part]


class Peer(fix.Application):
    """Tells all, and fills every order."""

    def __init__(self, session):
        super().__init__()
        self.session = session

    def onCreate(self, session):
        tell("created")

    def onLogon(self, session):
        tell("logon")

    def onLogout(self, session):
        tell("logout")

    def toAdmin(self, message, session):
        tell("to admin", fields=fields(message))

    def fromAdmin(self, message, session):
        tell("from admin", fields=fields(message))

    def toApp(self, message, session):
        tell("to app", fields=fields(message))

    def fromApp(self, message, session):
        given = fields(message)
        tell("from app", fields=given)
        values = dict(given)
        if values["35"] == "D":
            number = values["11"]
            self.send("8", [(37, "V" + number), (17, "E" + number), (150, "F"), (39, "2"), (11, number), (151, "0"),
                            (55, values["55"]), (54, values["54"]), (14, values["38"]), (6, values["44"])])

    def send(self, kind, pairs):
        """Send a message."""
        message = fix.Message()
        message.getHeader().setField(fix.MsgType(kind))
        for tag, value in pairs:
            message.setField(fix.StringField(tag, value))
        fix.Session.sendToTarget(message, self.session)

    def order(self, number):
        """Send an order."""
        self.send("D", [(11, number), (21, "1"), (55, "AAPL"), (54, "1"), (60, "20261121-14:30:00.000"), (38, "100"),
                        (40, "2"), (44, "210.05")])


def main():
    """See the head of this file."""
    role, port, folder, *more = sys.argv[1:]
    initiator = role == "initiator"
    path = Path(folder) / "quickfix.cfg"
    names = ("THEM", "US") if initiator else ("VENUE", "US")
    lines = {"ConnectionType": role, "StartTime": "00:00:00", "EndTime": "00:00:00", "HeartBtInt": "30",
             "ReconnectInterval": "1", "UseDataDictionary": "N", "FileStorePath": folder, "FileLogPath": folder,
             "SocketNodelay": "Y", "SocketReuseAddress": "Y", "LogonTimeout": "5", "LogoutTimeout": "5",
             **({"SocketConnectHost": "127.0.0.1", "SocketConnectPort": port} if initiator
                else {"SocketAcceptPort": port})}
    lines |= dict(pair.split("=", 1) for pair in more)
    own = {"BeginString": "FIX.4.4", "SenderCompID": names[0], "TargetCompID": names[1]}
    path.write_text("".join(f"[{head}]\n" + "".join(f"{key}={value}\n" for key, value in content.items())
                            for head, content in (("DEFAULT", lines), ("SESSION", own))))
    settings = fix.SessionSettings(str(path))
    peer = Peer(fix.SessionID(*own.values()))
    store, log = fix.FileStoreFactory(settings), fix.FileLogFactory(settings)
    engine = (fix.SocketInitiator if initiator else fix.SocketAcceptor)(peer, store, settings, log)
    engine.start()
    tell("started")
    for line in sys.stdin:
        command, *words = line.split()
        session = fix.Session.lookupSession(peer.session)
        match command:
            case "order":
                peer.order(words[0])
            case "next-out":
                session.setNextSenderMsgSeqNum(int(words[0]))
            case "next-in":
                session.setNextTargetMsgSeqNum(int(words[0]))
            case "reset-to":
                peer.send("4", [(36, words[0]), (123, "N")])
            case "test":
                peer.send("1", [(112, words[0])])
            case "raw":
                peer.send(words[0], [(58, "unheard of")])
            case "logout":
                session.logout()
            case _:
                raise ValueError(line)
        tell("done")
    engine.stop()


if __name__ == "__main__":
    main()
