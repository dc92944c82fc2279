"""The endpoint hands out what was published, and nobody can hold it up."""

import socket
from http.client import HTTPConnection

import pytest

from host.telemetry.endpoint import Endpoint, EndpointError
from host.telemetry.metrics import CONTENT_TYPE


def asked(endpoint, path="/metrics"):
    connection = HTTPConnection(*endpoint.address, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], answer.read()
    finally:
        connection.close()


def test_the_last_snapshot_is_handed_out():
    with Endpoint() as endpoint:
        assert asked(endpoint)[0] == 503
        endpoint.publish(b"one 1\n")
        endpoint.publish(b"two 2\n")
        assert asked(endpoint) == (200, CONTENT_TYPE, b"two 2\n")
        assert asked(endpoint, "/metrics?name=x")[0] == 200
        assert asked(endpoint, "/")[0] == 404


def test_who_goes_away_or_talks_nonsense_harms_nobody():
    with Endpoint() as endpoint:
        endpoint.publish(b"x" * 1_000_000)
        for text in (b"", b"\xff\x00\r\n\r\n", b"GET /metrics HTTP/1.1\r\n\r\n"):
            with socket.create_connection(endpoint.address, timeout=10) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.sendall(text)
        assert asked(endpoint)[0] == 200


def test_a_port_in_use_is_named():
    with Endpoint() as endpoint:
        port = endpoint.address[1]
        with pytest.raises(EndpointError, match=f"metrics at 127.0.0.1:{port}: Address already in use"):
            Endpoint(port=port)
    with pytest.raises(EndpointError, match="70000"):
        Endpoint(port=70000)
