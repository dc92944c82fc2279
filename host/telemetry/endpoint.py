"""Where Prometheus asks: a little HTTP server, in a thread of its own, that hands out the last snapshot."""

import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self

from host.telemetry.metrics import CONTENT_TYPE

__all__ = ["Endpoint", "EndpointError"]

#: Seconds that a client may take for its request: there is one thread, and no client may keep it.
_PATIENCE = 2


class EndpointError(Exception):
    """The address cannot be served; the text names it."""


class Endpoint:
    """Serves ``/metrics`` at ``address``, which ``port`` is part of: bytes that ``publish`` was given before.

    failed: requests that broke off. It makes nothing itself, and takes no lock that ``publish`` waits for.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Serve at once; port: 0 for any free one. Raises EndpointError."""
        try:
            self._server = _Server((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise EndpointError(f"metrics at {host}:{port}: {getattr(error, 'strerror', None) or error}") from None
        self.address: tuple[str, int] = self._server.server_address[:2]  # type: ignore[assignment]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="metrics", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failed(self) -> int:
        """Requests that broke off."""
        return self._server.failed

    def publish(self, text: bytes) -> None:
        """Hand out ``text`` from now on."""
        self._server.text = text

    def close(self) -> None:
        """End, after the request that is under way."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(HTTPServer):
    text = b""
    failed = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Count a request that broke off."""
        self.failed += 1


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server: _Server

    def do_GET(self) -> None:
        """Answer with the last snapshot; before the first one with 503."""
        if self.path.split("?")[0] != "/metrics":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        text = self.server.text
        self.send_response(HTTPStatus.OK if text else HTTPStatus.SERVICE_UNAVAILABLE)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: who asks for metrics is no event."""
