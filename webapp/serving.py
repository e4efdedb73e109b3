"""The web server: waitress with our limits, and how it stops without breaking off what it answers."""

import resource
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
import waitress
from flask import Flask
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ErrorTask
from waitress.wasyncore import close_all

from webapp import health
from webapp.limits import MEGABYTE
from webapp.protection import HEADERS

# Whatever a view lets in by itself, no request is bigger.
LARGEST_REQUEST = 256 * MEGABYTE
LARGEST_HEADERS = 32 * 1024
MOST_CONNECTIONS = 1000
# A connection that says nothing for so long is closed.
SILENT_SECONDS = 60
# How long the head of a request may take; its body comes at no less than so many bytes a second, whatever the line.
HEADERS_SECONDS = 30
SLOWEST_LINE = 1000
LOOKING_SECONDS = 10
# Who balances the load hears that we leave before we close the door.
WARNING_SECONDS = 1.0
ENDING_SECONDS = 15.0

log = structlog.get_logger()


class Refusal(ErrorTask):
    """What the server answers by itself to what is no request; protected like every other answer."""

    def build_response_header(self) -> bytes:
        """The head of the answer, ours added."""
        self.response_headers.extend(HEADERS.items())
        self.response_headers.append(("Cache-Control", "no-store"))
        head: bytes = super().build_response_header()
        return head


class Channel(HTTPChannel):
    """A connection; knows since when it has been sending what it asks."""

    error_task_class = Refusal
    begun = 0.0

    def received(self, data: bytes) -> bool:
        """Take in a piece of a request."""
        if self.request is None:
            self.begun = time.time()
        taken: bool = super().received(data)
        return taken

    def is_too_slow(self, at: float) -> bool:
        """Whether it drips: not a bad line, somebody who holds a place."""
        request = self.request
        if request is None:
            return False
        age = at - self.begun
        return age > HEADERS_SECONDS if not request.headers_finished else age > self._patience(request)

    @staticmethod
    def _patience(request: Any) -> float:
        return HEADERS_SECONDS + SILENT_SECONDS + float(request.body_bytes_received) / SLOWEST_LINE


class Serving:
    """The server of an application, until it is told to stop."""

    def __init__(self, app: Flask, *, host: str, port: int, threads: int, proxied: bool) -> None:
        self.app = app
        _open_enough()
        self._sockets: dict[int, Any] = {}
        self._server = waitress.create_server(
            app,
            map=self._sockets,
            host=host,
            port=port,
            threads=threads,
            # Nothing of what serves is told.
            ident=None,
            max_request_body_size=LARGEST_REQUEST,
            max_request_header_size=LARGEST_HEADERS,
            connection_limit=MOST_CONNECTIONS,
            channel_timeout=SILENT_SECONDS,
            cleanup_interval=LOOKING_SECONDS,
            # An answer waits on the disk for a slow reader, however long it is: a thread never does.
            outbuf_high_watermark=2 * LARGEST_REQUEST,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=not proxied,
            expose_tracebacks=False,
        )

        self._listeners = [one for one in self._sockets.values() if isinstance(one, BaseWSGIServer)]
        for listener in self._listeners:
            listener.channel_class = Channel
            listener.maintenance = self._maintaining(listener)

    @staticmethod
    def _maintaining(listener: Any) -> Callable[[float], None]:
        usual = listener.maintenance

        def maintain(at: float) -> None:
            usual(at)
            for channel in list(listener.active_channels.values()):
                if channel.is_too_slow(at):
                    channel.will_close = True

        return maintain

    def run(self) -> None:
        """Serve until stopped."""
        self._server.run()

    def stop(self) -> None:
        """Say that others should serve, let no one in any more, end what is being answered, then stop."""
        threading.Thread(target=self._leave, daemon=True).start()

    def _leave(self) -> None:
        health.leave(self.app)
        log.info("leaving")
        time.sleep(WARNING_SECONDS)
        self._from_its_thread(self._shut_the_door)
        end = time.monotonic() + ENDING_SECONDS
        while self._busy() and time.monotonic() < end:
            time.sleep(0.05)
        self._from_its_thread(lambda: close_all(self._sockets))

    def _from_its_thread(self, act: Any) -> None:
        # Only the thread that waits on the sockets may change them.
        self._listeners[0].trigger.pull_trigger(act)

    def _shut_the_door(self) -> None:
        for listener in self._listeners:
            listener.accepting = False
            listener.del_channel(self._sockets)
            listener.socket.close()

    def _busy(self) -> bool:
        """Whether somebody is in the middle of asking, waits for an answer, or for the rest of one."""
        channels = [one for one in list(self._sockets.values()) if isinstance(one, HTTPChannel)]
        return any(channel.request or channel.requests or channel.total_outbufs_len for channel in channels)


def _open_enough() -> None:
    """Each connection is an open file, and a long answer another: more than many systems allow at first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_CONNECTIONS
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
