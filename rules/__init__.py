"""Trading rules as plain Python functions over wire records.

``RULES`` are those of docs/risk.md in their order, each with its bit of a verdict's mask. A function says whether the
rule is broken, for values that exist; it is what the gate computes, in the same parts.
"""

from collections.abc import Callable

from rules import cross, exposure, form, kill, market, price, rate, repeat, short, size
from wire.risk import Rule

__all__ = ["RULES"]

RULES: tuple[tuple[Rule, Callable[..., bool]], ...] = (
    (Rule.GLOBAL_KILL, kill.global_kill),
    (Rule.SYMBOL_KILL, kill.symbol_kill),
    (Rule.ACCOUNT_KILL, kill.account_kill),
    (Rule.HEARTBEAT, kill.heartbeat),
    (Rule.UNKNOWN, market.unknown),
    (Rule.NOT_LIVE, market.not_live),
    (Rule.NOT_TRADING, market.not_trading),
    (Rule.RESTRICTED, market.restricted),
    (Rule.MALFORMED, form.malformed),
    (Rule.MAX_SHARES, size.max_shares),
    (Rule.MAX_NOTIONAL, size.max_notional),
    (Rule.COLLAR, price.collar),
    (Rule.BAND, price.band),
    (Rule.POSITION, exposure.position),
    (Rule.GROSS, exposure.gross),
    (Rule.NET, exposure.net),
    (Rule.OPEN_ORDERS, rate.open_orders),
    (Rule.RATE, rate.rate),
    (Rule.DUPLICATE, repeat.duplicate),
    (Rule.SELF_TRADE, cross.self_trade),
    (Rule.SHORT_SALE, short.short_sale),
    (Rule.THROTTLE, kill.throttle),
)
