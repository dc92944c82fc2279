"""The 22 rules, each a function that tells whether an order breaks it; docs/risk.md is their source.

What a rule needs and is not there (account, symbol, side) is None in the case, and the rule is then not broken.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sim.models.risk.rows import AccountRow, GlobalRow, PairRow, SymbolRow
from sim.models.risk.state import HIGHEST_PRICE, SELLS, Account, Entry, Pair, Slot, Symbol
from wire.risk import Kind, OrderType, Rule, Side

__all__ = ["Case", "broken_rules", "duplicate_key"]


@dataclass(slots=True)
class Case:
    """A NEW or REPLACE with all that it is judged by.

    now: cycle of entry. effective: effective price. fault: wire.risk.Fault. shares, notional: what the sums would take
    on, the x and n of docs/risk.md. buys, sells: live entries of account and symbol. recent: (now, key) of the
    remembered orders.
    """

    slot: Slot
    now: int
    fault: int
    effective: int
    shares: int
    notional: int
    global_kill: bool
    lost: bool
    limits: GlobalRow
    account: Account | None
    account_row: AccountRow | None
    symbol: Symbol | None
    symbol_row: SymbolRow | None
    pair: Pair | None
    pair_row: PairRow | None
    buys: Collection[Entry]
    sells: Collection[Entry]
    recent: Collection[tuple[int, tuple]]

    @property
    def is_buy(self):
        return self.slot.side == Side.BUY

    @property
    def is_sell(self):
        return self.slot.side in SELLS


def duplicate_key(slot):
    """Return what two orders have in common when one is a duplicate of the other."""
    return slot.account, slot.symbol, slot.side, slot.type, slot.price, slot.shares


def _global_kill(case):
    return case.global_kill


def _symbol_kill(case):
    return case.symbol is not None and case.symbol.killed


def _account_kill(case):
    return case.account is not None and case.account.killed


def _heartbeat(case):
    return case.lost


def _unknown(case):
    return (case.account is None or not case.account_row.enable
            or case.symbol is None or not case.symbol_row.enable)


def _not_live(case):
    if case.symbol is None:
        return False
    if not case.symbol.live:
        return True
    return case.is_buy and case.symbol.ask is None or case.is_sell and case.symbol.bid is None


def _not_trading(case):
    return case.symbol is not None and not case.symbol.trading


def _restricted(case):
    return case.symbol is not None and bool(case.symbol_row.restricted)


def _malformed(case):
    return case.fault != 0


def _max_shares(case):
    return case.pair is not None and case.slot.shares > case.pair_row.max_shares


def _max_notional(case):
    return case.pair is not None and case.effective * case.slot.shares > case.pair_row.max_notional


def _collar(case):
    if case.symbol is None:
        return False
    if case.is_buy:
        touch, bps, units = case.symbol.ask, case.symbol_row.collar_buy, case.symbol_row.units_buy
    elif case.is_sell:
        touch, bps, units = case.symbol.bid, case.symbol_row.collar_sell, case.symbol_row.units_sell
    else:
        return False
    for reference in (touch, case.symbol.last):
        if reference is None:
            continue
        distance = case.effective - reference if case.is_buy else reference - case.effective
        if distance > 0 and (distance > units or distance * 10_000 > bps * reference):
            return True
    return False


def _band(case):
    if case.symbol is None:
        return False
    return case.effective < case.symbol_row.band_low or case.effective > case.symbol_row.band_high


def _position(case):
    if case.pair is None or case.shares <= 0:
        return False
    if case.is_buy:
        return case.pair.position + case.pair.open_buy + case.shares > case.pair_row.long
    return case.is_sell and case.pair.open_sell - case.pair.position + case.shares > case.pair_row.short


def _gross(case):
    return (case.account is not None and case.notional > 0
            and case.account.gross + case.notional > case.account_row.gross)


def _net(case):
    if case.account is None or case.notional <= 0:
        return False
    if case.is_buy:
        return case.account.cost_sum + case.account.buy_notional + case.notional > case.account_row.net
    return (case.is_sell
            and case.account.sell_notional - case.account.cost_sum + case.notional > case.account_row.net)


def _open_orders(case):
    if case.slot.kind != Kind.NEW:
        return False
    pair_full = case.pair is not None and case.pair.pair_open >= case.pair_row.open_orders
    account_full = case.account is not None and case.account.account_open >= case.account_row.open_orders
    return pair_full or account_full


def _rate(case):
    for state, row in ((case.account, case.account_row), (case.symbol, case.symbol_row)):
        if state is not None and (row.interval == 0 or case.now + row.tolerance < state.earliest):
            return True
    return False


def _duplicate(case):
    if case.slot.kind != Kind.NEW:
        return False
    key = duplicate_key(case.slot)
    return any(other == key and case.now - time < case.limits.duplicate for time, other in case.recent)


def _self_trade(case):
    if case.is_buy:
        price = HIGHEST_PRICE if case.slot.type == OrderType.MARKET else case.slot.price
        return any(price >= entry.best_price() for entry in case.sells)
    if case.is_sell:
        price = 0 if case.slot.type == OrderType.MARKET else case.slot.price
        return any(price <= entry.best_price() for entry in case.buys)
    return False


def _short_sale(case):
    if case.slot.side not in (Side.SELL_SHORT, Side.SELL_SHORT_EXEMPT):
        return False
    if case.pair is not None and case.shares > 0 and case.pair.short_used + case.shares > case.pair_row.locate:
        return True
    if case.slot.side != Side.SELL_SHORT or case.symbol is None or not case.symbol.short_restricted:
        return False
    return case.slot.type == OrderType.MARKET or case.symbol.bid is None or case.slot.price <= case.symbol.bid


def _throttle(case):
    return case.pair is not None and case.pair.disabled


_RULES = ((Rule.GLOBAL_KILL, _global_kill), (Rule.SYMBOL_KILL, _symbol_kill), (Rule.ACCOUNT_KILL, _account_kill),
          (Rule.HEARTBEAT, _heartbeat), (Rule.UNKNOWN, _unknown), (Rule.NOT_LIVE, _not_live),
          (Rule.NOT_TRADING, _not_trading), (Rule.RESTRICTED, _restricted), (Rule.MALFORMED, _malformed),
          (Rule.MAX_SHARES, _max_shares), (Rule.MAX_NOTIONAL, _max_notional), (Rule.COLLAR, _collar),
          (Rule.BAND, _band), (Rule.POSITION, _position), (Rule.GROSS, _gross), (Rule.NET, _net),
          (Rule.OPEN_ORDERS, _open_orders), (Rule.RATE, _rate), (Rule.DUPLICATE, _duplicate),
          (Rule.SELF_TRADE, _self_trade), (Rule.SHORT_SALE, _short_sale), (Rule.THROTTLE, _throttle))
_BITS = tuple((int(bit), rule) for bit, rule in _RULES)


def broken_rules(case):
    """Return the mask of all rules (wire.risk.Rule) that the order of ``case`` breaks."""
    mask = 0
    for bit, rule in _BITS:
        if rule(case):
            mask |= bit
    return mask
