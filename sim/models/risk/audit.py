"""Adds up the sums of a gate anew, from the entries of its table and the fills it was told of."""

from sim.models.risk.state import Account, Pair

__all__ = ["audit"]

_PAIR_SUMS = ("position", "open_buy", "open_sell", "pair_open", "cost", "short_used")
_ACCOUNT_SUMS = ("gross", "cost_sum", "buy_notional", "sell_notional", "account_open")


def _check(what, state, wanted, names):
    for name in names:
        value = getattr(state, name)
        if name not in state.saturated and value != getattr(wanted, name):
            raise AssertionError(f"{name} of {what} is {value}, entries and fills add up to {getattr(wanted, name)}")


def audit(gate):
    """Raise AssertionError when a sum of ``gate`` differs from what entries and fills add up to.

    Sums that met an end of their range since reset are left out; a pair's cost that did counts as what it is held as.
    """
    pairs = {key: Pair() for key in gate.pairs}
    accounts = [Account() for _ in gate.accounts]
    filled, filled_notional, live = {}, {}, {key: set() for key in gate.pairs}
    for serial, key, is_buy, is_short, shares, paid in gate.fills:
        pair = pairs[key]
        pair.position += shares if is_buy else -shares
        pair.cost += paid if is_buy else -paid
        pair.short_used += shares if is_short else 0
        filled[serial] = filled.get(serial, 0) + shares
        filled_notional[serial] = filled_notional.get(serial, 0) + paid
    for place, entry in enumerate(gate.table):
        if entry is None:
            continue
        if entry.token % len(gate.table) != place:
            raise AssertionError(f"token {entry.token} is in place {place}")
        sums = filled.get(entry.serial, 0), filled_notional.get(entry.serial, 0)
        if not entry.saturated and (entry.filled, entry.filled_notional) != sums:
            raise AssertionError(f"token {entry.token} has {entry.filled} shares filled for {entry.filled_notional}, "
                                 f"its fills add up to {sums}")
        if entry.live:
            live[entry.account, entry.symbol].add(entry.token)
            _add_entry(entry, pairs[entry.account, entry.symbol], accounts[entry.account])
    for (index, symbol), pair in pairs.items():
        held = gate.pairs[index, symbol]
        _check(f"account {index}, symbol {symbol}", held, pair, _PAIR_SUMS)
        accounts[index].cost_sum += held.cost
        accounts[index].gross += abs(held.cost)
        if live[index, symbol] != {entry.token for is_buy in (True, False)
                                   for entry in gate.resting(index, symbol, is_buy)}:
            raise AssertionError(f"account {index}, symbol {symbol} has tokens {sorted(live[index, symbol])} live")
    for index, account in enumerate(accounts):
        _check(f"account {index}", gate.accounts[index], account, _ACCOUNT_SUMS)


def _add_entry(entry, pair, account):
    shares, notional, _ = entry.worst()
    if entry.is_buy:
        pair.open_buy += shares
        account.buy_notional += notional
    else:
        pair.open_sell += shares
        account.sell_notional += notional
    if entry.is_short:
        pair.short_used += shares
    account.gross += notional
    pair.pair_open += 1
    account.account_open += 1
