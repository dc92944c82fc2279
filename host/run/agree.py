"""What the host must agree on with the gate, whenever nothing is on its way between them."""

from host.risk.gate import Gate
from host.run.ledger import Ledger

__all__ = ["gate_differences", "settled"]


def settled(ledger: Ledger) -> bool:
    """Return whether all requests are answered, and all reports confirmed by the gate."""
    book = ledger.oms.book
    return not book.requests and not any(book.reports.values())


def gate_differences(ledger: Ledger, gate: Gate) -> list[str]:
    """Return, in words, where positions and open orders of ``ledger`` are not what the gate holds and has reserved.
    Where a person has accepted that the venue holds more, the gate may hold that too."""
    book, found = ledger.oms.book, []
    pairs = {(order.account, order.symbol) for order in book.orders.values() if order.symbol >= 0} | book.excused.keys()
    for account, symbol in sorted(pairs):
        orders = [order for order in book.orders.values()
                  if order.open and (order.account, order.symbol) == (account, symbol)]
        held = ledger.positions.position(account, symbol).shares
        buys = sum(order.leaves for order in orders if order.sign > 0)
        sells = sum(order.leaves for order in orders if order.sign < 0)
        shown = gate.show(account, symbol)
        if shown["position"] == held + book.excused.get((account, symbol), 0):
            held = shown["position"]
        ours = {"position": held, "pair_open": len(orders), "worst_buy": held + buys, "worst_sell": sells - held}
        found += [f"account {account}, symbol {symbol}: the gate has {name} {shown[name]}, the host {value}"
                  for name, value in ours.items() if shown[name] != value]
    return found
