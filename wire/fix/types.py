# Ref: FIX 4.4, volume 1, field data types (4.2: appendix A); the later types that venues' dictionaries name
"""Data types of fields, and the codes of the messages that we speak."""

from enum import Enum
from typing import Final

__all__ = ["FieldType", "MsgType", "ADMIN", "DATA_OF"]


class FieldType(Enum):
    """Data types, by the names that the specifications and QuickFIX's dictionaries give them."""

    AMT = "AMT"
    BOOLEAN = "BOOLEAN"
    CHAR = "CHAR"
    COUNTRY = "COUNTRY"
    CURRENCY = "CURRENCY"
    DATA = "DATA"
    DATE = "DATE"
    DAYOFMONTH = "DAYOFMONTH"
    EXCHANGE = "EXCHANGE"
    FLOAT = "FLOAT"
    INT = "INT"
    LANGUAGE = "LANGUAGE"
    LENGTH = "LENGTH"
    LOCALMKTDATE = "LOCALMKTDATE"
    LOCALMKTTIME = "LOCALMKTTIME"
    MONTHYEAR = "MONTHYEAR"
    MULTIPLECHARVALUE = "MULTIPLECHARVALUE"
    MULTIPLESTRINGVALUE = "MULTIPLESTRINGVALUE"
    MULTIPLEVALUESTRING = "MULTIPLEVALUESTRING"
    NUMINGROUP = "NUMINGROUP"
    PERCENTAGE = "PERCENTAGE"
    PRICE = "PRICE"
    PRICEOFFSET = "PRICEOFFSET"
    QTY = "QTY"
    SEQNUM = "SEQNUM"
    STRING = "STRING"
    TAGNUM = "TAGNUM"
    TIME = "TIME"
    TZTIMEONLY = "TZTIMEONLY"
    TZTIMESTAMP = "TZTIMESTAMP"
    UTCDATE = "UTCDATE"
    UTCDATEONLY = "UTCDATEONLY"
    UTCTIMEONLY = "UTCTIMEONLY"
    UTCTIMESTAMP = "UTCTIMESTAMP"
    XMLDATA = "XMLDATA"


class MsgType:
    """Values of MsgType (35), by the names of the messages."""

    Heartbeat: Final = b"0"
    TestRequest: Final = b"1"
    ResendRequest: Final = b"2"
    Reject: Final = b"3"
    SequenceReset: Final = b"4"
    Logout: Final = b"5"
    Logon: Final = b"A"
    ExecutionReport: Final = b"8"
    OrderCancelReject: Final = b"9"
    NewOrderSingle: Final = b"D"
    OrderCancelRequest: Final = b"F"
    OrderCancelReplaceRequest: Final = b"G"
    OrderStatusRequest: Final = b"H"
    DontKnowTrade: Final = b"Q"
    QuoteRequest: Final = b"R"
    Quote: Final = b"S"
    BusinessMessageReject: Final = b"j"
    OrderMassCancelRequest: Final = b"q"
    OrderMassCancelReport: Final = b"r"
    OrderMassStatusRequest: Final = b"AF"
    RequestForPositions: Final = b"AN"
    RequestForPositionsAck: Final = b"AO"
    PositionReport: Final = b"AP"


#: Codes of the messages of the session itself.
ADMIN = frozenset((MsgType.Heartbeat, MsgType.TestRequest, MsgType.ResendRequest, MsgType.Reject,
                   MsgType.SequenceReset, MsgType.Logout, MsgType.Logon))

#: The field of raw bytes that must follow a length field, by the length field's tag (all of FIX 4.2 to 5.0 SP2).
DATA_OF = {90: 91, 93: 89, 95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357, 358: 359, 360: 361,
           362: 363, 364: 365, 445: 446, 618: 619, 621: 622, 1184: 1185, 1277: 1278, 1280: 1281, 1282: 1283,
           1397: 1398, 1401: 1402, 1403: 1404, 1468: 1469}
