"""Socket options, as the kernel tells them."""

import asyncio
import socket

import pytest

from host.fix.socket import Options, SocketError, Tls, apply, peer_name, quick_ack, tls_context

TCP = socket.IPPROTO_TCP


@pytest.fixture
def sock():
    with socket.socket() as made:
        yield made


def test_the_kernel_has_what_was_asked_for(sock):
    assert apply(sock, Options(keep_alive=7, user_timeout=1234, send_buffer=20_000, receive_buffer=30_000)) == []
    assert sock.getsockopt(TCP, socket.TCP_NODELAY)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert [sock.getsockopt(TCP, number) for number in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL,
                                                        socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)] == [7, 7, 3, 1234]
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 40_000
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 60_000


def test_what_is_off_is_off(sock):
    apply(sock, Options())
    apply(sock, Options(no_delay=False, keep_alive=0, user_timeout=0, quick_ack=False))
    assert not sock.getsockopt(TCP, socket.TCP_NODELAY)
    assert not sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_a_kernel_that_gives_a_smaller_buffer_is_told_of(sock):
    line, = apply(sock, Options(receive_buffer=1 << 30))
    assert line.startswith("receive_buffer: the kernel gives ")
    assert line.endswith("bytes, not 1073741824; see net.core.rmem_max")


@pytest.mark.parametrize("options, says", [
    (Options(keep_alive=1 << 20), "keep_alive: the kernel refuses 1048576"),
    (Options(user_timeout=-1), "user_timeout: must be from 0 to 2147483647, not -1"),
    (Options(send_buffer=1 << 40), "send_buffer: must be from 0 to 2147483647, not 1099511627776"),
])
def test_an_option_that_the_kernel_refuses_is_named_with_its_value(sock, options, says):
    with pytest.raises(SocketError, match=says):
        apply(sock, options)


def test_an_option_that_the_kernel_does_not_keep_is_found():
    class Forgetful:
        def setsockopt(self, *_):
            pass

        def getsockopt(self, *_):
            return 0

    with pytest.raises(SocketError, match="no_delay: the kernel has 0, not 1"):
        apply(Forgetful(), Options())


def test_quick_ack_is_set_on_a_connection():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        quick_ack(client)
        assert client.getsockopt(TCP, socket.TCP_QUICKACK)


def test_tls_needs_a_certificate_on_the_accepting_side_and_names_files_that_are_no_use(tmp_path):
    with pytest.raises(SocketError, match="certificate: an acceptor must have one"):
        tls_context(Tls(), server=True)
    with pytest.raises(SocketError, match="none.pem: No such file"):
        tls_context(Tls(certificate=tmp_path / "none.pem"), server=True)
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(SocketError, match="bad.pem: "):
        tls_context(Tls(authority=tmp_path / "bad.pem"), server=False)
    assert tls_context(Tls(), server=False).check_hostname


def test_a_peer_that_is_gone_already_has_no_address():
    assert peer_name(asyncio.Transport({"peername": ("127.0.0.1", 9)})) == "127.0.0.1 port 9"
    assert peer_name(asyncio.Transport({"peername": None})) == "somebody who is gone already"
