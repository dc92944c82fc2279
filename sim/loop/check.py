"""What must agree at the end of a run, by three witnesses: the exchange, the gate in gateware, the host."""

from collections import Counter

from host.positions.reconcile import Break, Statement, reconcile
from host.positions.trade import Trade
from sim.loop.world import World
from wire.risk import Side

__all__ = ["differences", "exchange_statement", "reconciled"]

_ACCOUNT = 0


def exchange_statement(world: World) -> Statement:
    """Return what the exchange's own books say was traded for the host, and is held."""
    desk, symbols = world.exchange.fix, [name.encode() for name in world.symbols]
    trades, positions = [], Counter[tuple[int, int]]()
    session = world.exchange.config.fix[0].settings.id
    orders = {id(order): order for order in desk.orders[session].values()}
    for order in orders.values():
        symbol, side = symbols.index(order.symbol), Side(int(order.side))
        for fill in order.fills.values():
            # By the name that the order manager gives it: day, session, ExecID.
            trade = Trade(f"0.1.{fill.exec_id.decode()}", _ACCOUNT, symbol, side, fill.shares, fill.price, 0, 0)
            trades.append(trade)
            positions[_ACCOUNT, symbol] += trade.signed_shares
    return Statement(trades, positions, fees=False)


def reconciled(world: World) -> list[Break]:
    """Return the breaks between the host's trades and positions and the exchange's."""
    return reconcile(world.ledger.positions.trades(), world.ledger.positions, exchange_statement(world))


def differences(world: World) -> list[str]:
    """Return, in words, where order manager, gate and strategies do not agree; nothing when all is well."""
    book, found = world.ledger.oms.book, []
    pairs = {(order.account, order.symbol) for order in book.orders.values()}
    for account, symbol in sorted(pairs):
        shown = world.market.gate.show(account, symbol)
        orders = [order for order in book.orders.values()
                  if order.open and (order.account, order.symbol) == (account, symbol)]
        held = world.ledger.positions.position(account, symbol).shares
        buys = sum(order.leaves for order in orders if order.sign > 0)
        sells = sum(order.leaves for order in orders if order.sign < 0)
        expected = {"position": held, "pair_open": len(orders), "worst_buy": held + buys, "worst_sell": sells - held}
        found += [f"account {account}, symbol {symbol}: the gate has {name} {shown[name]}, the host {value}"
                  for name, value in expected.items() if shown[name] != value]
        if book.positions.get((account, symbol), 0) != held:
            found.append(f"account {account}, symbol {symbol}: the order manager holds "
                         f"{book.positions.get((account, symbol), 0)}, the positions {held}")
        own = sum(context.positions[symbol] for context in world.contexts if context.account == account)
        if own != held:
            found.append(f"account {account}, symbol {symbol}: the strategies hold {own}, the positions {held}")
    if book.requests:
        found.append(f"{len(book.requests)} requests are unanswered")
    return found
