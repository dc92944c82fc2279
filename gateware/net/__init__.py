"""Ethernet frames in, the UDP datagrams that are for us out."""
