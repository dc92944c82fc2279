"""Reference models, written from the protocol specifications alone: network filter, feed arbiter, order book,
risk gate."""
