# Ref: unix(7): SO_PEERCRED
"""A socket on which people ask a living host: one JSON object in a line, and one back. It is its owner's alone."""

import asyncio
import json
import os
import pwd
import socket
import stat
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

__all__ = ["Asked", "Control", "ControlError", "ask_host"]

#: Bytes of a line at most, seconds that a client has, and clients at a time.
_LONGEST, _PATIENCE, _CLIENTS = 1 << 16, 10, 8
_CREDENTIALS = struct.Struct("3i")


class ControlError(Exception):
    """The host cannot be asked; the text says why."""


@dataclass(frozen=True)
class Asked:
    """A question. by: the user who asks, as the kernel knows him. answer: to be called once."""

    question: dict[str, Any]
    by: str
    answer: Callable[[dict[str, Any]], None]


class Control:
    """Listens, from ``listen`` to ``close``. What is asked waits in ``asked`` until the host's loop takes it."""

    def __init__(self, path: Path) -> None:
        self.path, self.asked = path, deque[Asked]()
        self.clients: set[_Client] = set()
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Make the socket, which only its owner may use; one that a killed process has left is replaced. Raises
        ControlError; OSError."""
        if self.path.exists() and not stat.S_ISSOCK(self.path.stat().st_mode):
            raise ControlError(f"control: {self.path} is there, and no socket")
        self.path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o177)
        try:
            listener.bind(str(self.path))
        except OSError as error:
            listener.close()
            raise ControlError(f"control: {self.path}: {error}") from None
        finally:
            os.umask(mask)
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: _Client(self), sock=listener)

    async def close(self) -> None:
        """Remove the socket; who waits for an answer gets none."""
        if self._server is None:
            return
        self._server.close()
        for client in tuple(self.clients):
            client.abort()
        await self._server.wait_closed()
        self.path.unlink(missing_ok=True)


class _Client(asyncio.Protocol):
    """One connection: one line in, one out."""

    def __init__(self, control: Control) -> None:
        self._control, self._line = control, b""
        self._asked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)
        self._control.clients.add(self)
        self._timeout = asyncio.get_running_loop().call_later(_PATIENCE, self.abort)
        if len(self._control.clients) > _CLIENTS:
            self.abort()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._line += data
        if len(self._line) > _LONGEST:
            self.abort()
        elif self._line.endswith(b"\n") and not self._asked:
            self._asked = True
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._timeout.cancel()
        self._control.clients.discard(self)

    def abort(self) -> None:
        """Close without an answer."""
        self._transport.abort()

    def _ask(self) -> None:
        try:
            question = json.loads(self._line)
        except ValueError:
            question = None
        if isinstance(question, dict):
            self._control.asked.append(Asked(question, self._user(), self._answer))
        else:
            self._answer({"error": "not a JSON object in a line"})

    def _user(self) -> str:
        peer = self._transport.get_extra_info("socket")
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        _, user, _ = _CREDENTIALS.unpack(credentials)
        try:
            return pwd.getpwuid(user).pw_name
        except KeyError:
            return f"user {user}"

    def _answer(self, answer: dict[str, Any]) -> None:
        if not self._transport.is_closing():
            self._transport.write(json.dumps(answer).encode() + b"\n")
            self._transport.close()


def ask_host(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """Ask the host that listens at ``path``; return its answer. Raises ControlError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(_PATIENCE)
        try:
            client.connect(str(path))
            client.sendall(json.dumps(question).encode() + b"\n")
            answer = b"".join(iter(lambda: client.recv(_LONGEST), b""))
        except (FileNotFoundError, ConnectionRefusedError):
            raise ControlError(f"{path}: no host listens there") from None
        except OSError as error:
            raise ControlError(f"{path}: {error}") from None
    if not answer:
        raise ControlError(f"{path}: the host has given no answer: what was asked for may have been done or not")
    return cast(dict[str, Any], json.loads(answer))
