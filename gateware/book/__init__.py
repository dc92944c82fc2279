"""The order book: order table, price levels, best price, top K."""
