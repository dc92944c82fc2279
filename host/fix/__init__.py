"""The FIX engine: codec, sessions, stores, and the adapter that owns the sockets."""
