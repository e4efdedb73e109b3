"""The web server by itself: who drips is let go, who reads slowly holds no thread, every place taken is no end."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection

import pytest
from flask import Flask, Response

from tests.servers import free_port
from webapp import serving

MEGABYTE = b"x" * 1024 * 1024
HEAD = b"POST /petit HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n"


def application() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/petit", "small", lambda: "petit", methods=["GET", "POST"])
    app.add_url_rule("/long", "long", lambda: Response(MEGABYTE for _ in range(40)))
    return app


@pytest.fixture
def serve() -> Iterator[Callable[[], int]]:
    with ExitStack() as running:

        def start() -> int:
            port = free_port()
            server = serving.Serving(application(), host="127.0.0.1", port=port, threads=2, proxied=False)
            thread = threading.Thread(target=server.run)
            thread.start()
            running.callback(thread.join, 30)
            running.callback(server.stop)
            return port

        yield start


def ask(port: int, timeout: float = 30) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/petit")
        return connection.getresponse().read()
    finally:
        connection.close()


def test_readers_who_do_not_read_hold_no_thread(serve: Callable[[], int]) -> None:
    port = serve()
    with ExitStack() as slow:
        for _ in range(4):
            line = slow.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", port))
            line.sendall(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
            line.settimeout(30)
            assert line.recv(9) == b"HTTP/1.1 "
        assert ask(port) == b"petit"


@pytest.mark.parametrize("begun", [b"POST /petit HTTP/1.1\r\nX-Long: ", HEAD + b"\r\n"], ids=["head", "body"])
def test_who_drips_is_let_go(serve: Callable[[], int], monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(serving, "HEADERS_SECONDS", 0.5)
    monkeypatch.setattr(serving, "SILENT_SECONDS", 2)
    monkeypatch.setattr(serving, "LOOKING_SECONDS", 0)
    port = serve()
    with socket.create_connection(("127.0.0.1", port), timeout=0.05) as line:
        line.sendall(begun)
        drops = 0
        while drops < 900 and not is_closed(line):
            drops += 1
            with suppress(OSError):
                line.sendall(b"a")
    assert drops < 900
    assert ask(port) == b"petit"


def is_closed(line: socket.socket) -> bool:
    """Whether the other side has closed; waits a moment to see."""
    try:
        return line.recv(1000) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_with_every_place_taken_others_wait_until_one_is_free(
    serve: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 20)
    port = serve()
    lines = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(30)]
    for line in lines:
        line.sendall(HEAD + b"\r\nabc")
    with pytest.raises(TimeoutError):
        ask(port, timeout=1)
    for line in lines:
        line.close()
    assert ask(port) == b"petit"
