"""Drop copies against what we heard ourselves: by OrderID and ExecID, never applied."""

from host.oms.book import Book

__all__ = ["copy_breaks"]


def copy_breaks(book: Book) -> list[str]:
    """Return what drop copies and our fills do not have in common, in words; nothing when they agree. A fill that was
    corrected counts as it stands, under the ExecID of its last correction."""
    ours = {(order.order_id, fill.refs[-1]): (fill.shares, fill.price)
            for order in book.orders.values() for fill in order.fills.values() if fill.refs and fill.shares}
    busted = {(order.order_id, ref) for order in book.orders.values() for fill in order.fills.values()
              for ref in (fill.refs if not fill.shares else fill.refs[:-1])}
    breaks = []
    for key in sorted(ours.keys() | book.copies.keys()):
        name = f"{key[1].decode('latin-1')} of order {key[0].decode('latin-1')}"
        if key not in book.copies:
            breaks.append(f"{name}: no copy")
        elif key not in ours:
            if key not in busted:
                breaks.append(f"{name}: a copy alone")
        elif ours[key] != book.copies[key]:
            (shares, price), (their_shares, their_price) = ours[key], book.copies[key]
            breaks.append(f"{name}: copied {their_shares} at {their_price}, ours {shares} at {price}")
    return breaks
