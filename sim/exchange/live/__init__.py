"""The exchange on real sockets: an event loop's side of what is defined without one."""
