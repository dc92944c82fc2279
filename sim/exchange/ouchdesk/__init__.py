"""Order entry by OUCH: messages to commands, events to messages, without connections and sockets."""
