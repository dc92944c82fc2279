"""The state and the limits of an account and a symbol, word by word."""

from amaranth.hdl import Cat, Const, Module, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.gate import shown_layout
from gateware.risk.interfaces import Sizes
from gateware.select import one_of
from wire.risk import SHOWN_FIELDS, SHOWN_WORDS

__all__ = ["Shown"]

_WORD_BITS = 32
_GROUP = 8


class Shown(wiring.Component):
    """Gives out wire.risk.SHOWN_FIELDS.

    Latency: ``word`` is that of ``index`` LATENCY cycles later; 0 for an index beyond. Throughput: one a cycle.

    Members
    -------
    shown : as the gate took it down
    index, word : read port
    """

    LATENCY = 3

    def __init__(self, *, sizes: Sizes):
        super().__init__({
            "shown": In(shown_layout(sizes)), "index": In(range(64)), "word": Out(_WORD_BITS)})

    def elaborate(self, platform):
        m = Module()
        shown, limits = self.shown, self.shown.limits
        values = {
            "position": shown.ledger.position, "worst_buy": shown.pair.worst_buy, "worst_sell": shown.pair.worst_sell,
            "pair_open": shown.pair.pair_open, "short_used": shown.pair.short_used, "fills": shown.throttle.fills,
            "disabled": shown.throttle.disabled, "cost": shown.ledger.cost, "gross": shown.account.gross,
            "net_buy": shown.account.net_buy, "net_sell": shown.account.net_sell,
            "account_open": shown.account.account_open, "account_earliest": shown.account.earliest,
            "symbol_earliest": shown.symbol.earliest, "account_killed": shown.account_killed,
            "symbol_killed": shown.symbol_killed, "shut": shown.reasons, "account_limits": limits.account.as_value(),
            "symbol_limits": limits.symbol.as_value(), "pair_limits": limits.pair.as_value(),
            "global_limits": shown.common.as_value()}
        words = []
        for field in SHOWN_FIELDS:
            value, bits = values[field.name], field.words * _WORD_BITS
            if len(value) > bits:
                raise ValueError(f"{field.name} must fit {bits} bits, not have {len(value)}")
            whole = Signal(signed(bits) if field.signed else unsigned(bits), name=field.name)
            m.d.comb += whole.eq(value)
            words += [whole[n:n + _WORD_BITS] for n in range(0, bits, _WORD_BITS)]
        words += [Const(0, _WORD_BITS)] * (-SHOWN_WORDS % _GROUP)

        # Which of a group, then which group.
        place, group, selected = Signal(_GROUP), Signal(3), []
        in_group = len(words) // _GROUP
        chosen = Signal(in_group)
        m.d.sync += [
            place.eq(1 << self.index[:3]), group.eq(self.index[3:]),
            chosen.eq(Cat(group == n for n in range(in_group)))]
        for n in range(in_group):
            part = Signal(_WORD_BITS, name=f"group_{n}")
            m.d.sync += part.eq(one_of(place, words[_GROUP * n:_GROUP * (n + 1)]))
            selected.append(part)
        m.d.sync += self.word.eq(one_of(chosen, selected))
        return m
