"""Order entry by FIX: messages to commands, events to execution reports, without sessions and sockets."""
