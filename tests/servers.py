"""Real servers for tests: mail and web, in threads or in a process of their own, on free ports."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.request import urlopen

import waitress
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from waitress.wasyncore import close_all

from webapp.config import Settings


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class MailSink:
    """What arrived, and where it can be sent."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a message; the name is aiosmtpd's."""
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 OK"

    def to(self, recipient: str) -> list[EmailMessage]:
        """The messages to that address, oldest first."""
        return [message for message in self.messages if recipient in str(message["To"])]


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """An SMTP server on a free port."""
    sink = MailSink(port=free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


@contextmanager
def web_server(app: Flask, *, port: int) -> Iterator[None]:
    """The real web server, stopped at the end."""
    sockets: dict[int, object] = {}
    server = waitress.create_server(
        app, map=sockets, host="127.0.0.1", port=port, threads=4, clear_untrusted_proxy_headers=True
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        # What is being answered comes first: an answer to a closed server is a failure of its thread.
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=10)
        # Only the thread that waits on the sockets may close them: closed from here, one may be gone while it waits.
        server.trigger.pull_trigger(lambda: close_all(sockets))
        thread.join(timeout=10)
        if thread.is_alive():
            raise RuntimeError("the web server did not stop")


def environment(given: Settings) -> dict[str, str]:
    """What a process finds around it that is to work under these settings."""
    return os.environ | {
        "RECUEIL_FOLDER": str(given.folder),
        "RECUEIL_DATABASE_URL": given.database_url,
        "RECUEIL_STORAGE": given.storage,
        "RECUEIL_QUEUE_URL": given.queue_url,
        "RECUEIL_MAIL_URL": given.mail_url,
        "RECUEIL_BASE_URL": given.base_url,
        "RECUEIL_SECRET_KEY": given.secret_key.get_secret_value(),
        "RECUEIL_RATE_LIMITS": "false",
    }


class ServerProcess:
    """The shipped web server in a process of its own, to be killed as a machine dies. module: what is run.

    environment: what it finds in its environment besides.
    """

    def __init__(
        self, settings: Settings, *, module: str = "webapp.cli", environment: Mapping[str, str] | None = None
    ) -> None:
        self.settings = settings
        self.module = module
        self.environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        given = self.settings
        port = given.base_url.rpartition(":")[2]
        self._process = subprocess.Popen(
            [sys.executable, "-m", self.module, "serve", "--no-worker", "--port", port],
            env={**environment(given), **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Patient: on a busy machine a start takes many times what it takes alone.
        for _ in range(2400):
            try:
                with urlopen(f"{given.base_url}/healthz", timeout=5):
                    return
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"the web server has stopped: {self._process.returncode}") from None
                time.sleep(0.05)
        raise RuntimeError("the web server does not answer")

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process that serves."""
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        """As by a power cut."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Wire:
    """A line to a server that can be cut and mended: all that goes over it goes through here.

    While it is cut its port stays taken: whoever comes is refused, and nobody else can listen there.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._ends: list[socket.socket] = []
        self._listener = self._bound(0)
        self.port: int = self._listener.getsockname()[1]

    @staticmethod
    def _bound(port: int) -> socket.socket:
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        return taken

    def mend(self) -> None:
        """Let them through."""
        self._listener.listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Break off whatever is going on, and let no one through."""
        self.close()
        self._listener = self._bound(self.port)

    def close(self) -> None:
        """Cut it for good."""
        ends, self._ends = self._ends, []
        for end in (self._listener, *ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near = listener.accept()[0]
                far = socket.create_connection(self._target)
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
