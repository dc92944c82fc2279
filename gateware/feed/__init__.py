"""The feed: MoldUDP64 datagrams in, ITCH messages out, whole and in exact sequence."""
