"""What is spoken over the socket of a served device.

A client sends requests and gets one answer to each, in order. Both are a head (HEAD: code, bytes that follow) and a
body; all numbers are little-endian. An answer's code is an ``Answer``:

    DONE      the request's result
    WAIT      no result yet, the request is being worked at; sent every second, so that silence means a dead server
    REFUSED   the request cannot be; a text says why. Nothing happened.
    FAILED    the device failed; a text says how. The server ends.

=========  ===============================================================  =====================================
``Ask``    body                                                             result
=========  ===============================================================  =====================================
HELLO      u32 PROTOCOL                                                     JSON, see below
READ       u32 address                                                      u32 value
WRITE      u32 address, u32 values: to this and the words behind it         nothing
PORT       u32 address, u32 values: all to this one                         nothing
INDEXED    u32 address of an index, u32 of a register, u32 count n          u32[n], the register's values with
                                                                            index 0 to n - 1
RUN        u64 cycles                                                       nothing, when they are over
SETTLE     nothing                                                          nothing, when it is quiet
FRAMES     FRAMES_HEAD: frames n, bytes; int64[n] offset, int32[n] length,  nothing
           int64[n] cycle, uint8[n] error; the frames' bytes
HOLD       nothing                                                          nothing
RELEASE    nothing                                                          nothing
=========  ===============================================================  =====================================

HELLO comes first. Its result has ``protocol``, ``contract`` (version), ``profile``, ``levels``, ``paused``, ``pid``,
``records`` (file of the ring memories), ``events`` and ``verdicts`` (each [first byte, bytes] within that file).

Between HOLD and RELEASE no other client is served; who is silent for HOLD_SECONDS in between is cut off. A 64-bit
register is latched for each client by itself: the upper half that a client reads belongs to the lower that it read.
"""

import os
import struct
import tempfile
from enum import IntEnum
from pathlib import Path

__all__ = ["PROTOCOL", "SCHEME", "HEAD", "FRAMES_HEAD", "MOST_BYTES", "MOST_INDEXED", "HOLD_SECONDS", "WAIT_SECONDS",
           "Ask", "Answer", "default_socket"]

#: Version of this page.
PROTOCOL = 2
#: How the address of a served device begins; the path of its socket follows.
SCHEME = "unix:"
HEAD = struct.Struct("<B3xI")
FRAMES_HEAD = struct.Struct("<QQ")
#: Greatest body of a request.
MOST_BYTES = 1 << 30
HOLD_SECONDS = 2.0
#: Greatest count of a request INDEXED.
MOST_INDEXED = 4096
#: Seconds between two answers WAIT.
WAIT_SECONDS = 1.0


class Ask(IntEnum):
    """Code of a request."""

    HELLO = 1
    READ = 2
    WRITE = 3
    RUN = 4
    SETTLE = 5
    FRAMES = 6
    HOLD = 7
    RELEASE = 8
    INDEXED = 9
    PORT = 10


class Answer(IntEnum):
    """Code of an answer."""

    DONE = 0
    WAIT = 1
    REFUSED = 2
    FAILED = 3


def default_socket() -> Path:
    """Return where a device is served, and looked for, when nothing else is said: a path of this user alone."""
    folder = os.environ.get("XDG_RUNTIME_DIR")
    return Path(folder) / "tickgate.sock" if folder else Path(tempfile.gettempdir()) / f"tickgate-{os.getuid()}.sock"
