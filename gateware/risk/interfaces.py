"""What goes into the risk gate and comes out of it."""

from amaranth.hdl import signed
from amaranth.lib import data
from amaranth.utils import ceil_log2

from gateware.interfaces import TOUCH, TRADE
from wire.pages import ROW_FIELDS, Command
from wire.profiles import Profile
from wire.records import RecordField
from wire.risk import (
    NOTIONAL_BITS,
    REQUEST_FIELDS,
    SHARE_BITS,
    TIME_BITS,
    VERDICT_FIELDS,
    Rule,
)

__all__ = ["SLOT", "VERDICT", "ROWS", "ROW_BITS", "EVENTS", "SHUT_BITS", "DECISION", "VERDICT_AT",
           "REPORT_CYCLES", "Sizes"]

#: Cycles from a request's entry to its decision, and to its verdict on ``o`` if that is free.
DECISION, VERDICT_AT = 5, 7
#: Cycles from a report's entry to its decision; the next slot may enter in that cycle.
REPORT_CYCLES = 23
#: Reasons for which the gate shuts an account.
SHUT_BITS = 3


def _shape(field: RecordField):
    kind, size = field.format.lstrip("<")[0], 8 * int(field.format[-1])
    return signed(size) if kind == "i" else size


#: A slot of 32 bytes. A report's number is the low half of ``client``, its old price the upper.
SLOT = data.StructLayout({field.name: _shape(field) for field in REQUEST_FIELDS})
#: A verdict without ``seq``, which whoever writes it down adds.
VERDICT = data.StructLayout({field.name: _shape(field) for field in VERDICT_FIELDS if field.name != "seq"})


#: Layout of each row of limits, by the command that replaces it.
ROWS = {command: data.StructLayout({field.name: field.bits for field in fields})
        for command, fields in ROW_FIELDS.items()}
ROW_BITS = max(row.size for row in ROWS.values())

#: Strobes: one for each rule broken, what became of a slot, and each admin command.
EVENTS = data.StructLayout({
    **{rule.name.lower(): 1 for rule in Rule}, "accepted": 1, "refused": 1, "applied": 1, "unmatched": 1, "admin": 1})


class Sizes:
    """Widths and layouts that follow from a profile. Raises ValueError for sizes that are no powers of two.

    pair: index of account and symbol, the symbol in the low bits.
    """

    def __init__(self, profile: Profile):
        for name, most in (("accounts", 1 << 16), ("symbols", 1 << 16), ("open_orders", 1 << 13)):
            size = getattr(profile, name)
            if size < 2 or size & size - 1 or size > most:
                raise ValueError(f"{name} must be a power of two from 2 to {most}, not {size}")
        if profile.duplicates < 2:
            raise ValueError(f"duplicates must be at least 2, not {profile.duplicates}")
        self.profile = profile
        self.accounts, self.symbols, self.orders = profile.accounts, profile.symbols, profile.open_orders
        self.account_bits, self.symbol_bits = ceil_log2(self.accounts), ceil_log2(self.symbols)
        self.place_bits = ceil_log2(self.orders)
        self.pairs = self.accounts * self.symbols
        self.pair_bits = self.account_bits + self.symbol_bits
        worst, net = signed(1 + max(SHARE_BITS, 32 + self.place_bits + 1)), signed(NOTIONAL_BITS + self.place_bits + 1)
        #: Sums of account and symbol that requests change: worst cases with the position, live entries, short sales.
        self.pair_sums = data.StructLayout({
            "worst_buy": worst, "worst_sell": worst, "pair_open": 16, "short_used": 32})
        #: Sums of the account that requests change; net is of what was paid, got, and may be.
        self.account_sums = data.StructLayout({
            "gross": NOTIONAL_BITS - 1, "net_buy": net, "net_sell": net, "account_open": 16,
            "earliest": TIME_BITS + 1})
        self.symbol_sums = data.StructLayout({"earliest": TIME_BITS + 1})
        #: An order as it came: of the table of open orders what a NEW writes.
        self.order = data.StructLayout({
            "used": 1, "live": 1, "tag": 32 - self.place_bits, "account": self.account_bits,
            "symbol": self.symbol_bits, "side": 3, "type": 2, "open": 32, "price": 32, "notional": NOTIONAL_BITS})
        #: A replace that waits, what a REPLACE writes.
        self.replace = data.StructLayout({"pending": 1, "open": 32, "price": 32, "notional": NOTIONAL_BITS})
        #: What only reports change.
        self.history = data.StructLayout({
            "acked": 1, "number": 32, "filled": SHARE_BITS - 1, "filled_notional": NOTIONAL_BITS - 1})
        self.entry = data.StructLayout({"order": self.order, "replace": self.replace, "history": self.history})
        #: Rule 22, of account and symbol.
        self.throttle = data.StructLayout({"fills": 16, "window_start": TIME_BITS, "disabled": 1})
        self.admin = data.StructLayout({
            "valid": 1, "command": Command, "account": self.account_bits, "symbol": self.symbol_bits,
            "row": ROW_BITS})
        self.touch, self.trade = TOUCH(self.symbol_bits), TRADE(self.symbol_bits)

    def pair(self, account, symbol):
        """Return the index of ``account`` and ``symbol``."""
        return symbol | account << self.symbol_bits
