"""The web server: waitress with our limits, and how it stops without breaking off what it answers."""

import threading
import time
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
# Who balances the load hears that we leave before we close the door.
WARNING_SECONDS = 1.0
ENDING_SECONDS = 15.0

log = structlog.get_logger()


class Refusal(ErrorTask):  # type: ignore[misc]
    """What the server answers by itself to what is no request; protected like every other answer."""

    def build_response_header(self) -> bytes:
        """The head of the answer, ours added."""
        self.response_headers.extend(HEADERS.items())
        self.response_headers.append(("Cache-Control", "no-store"))
        head: bytes = super().build_response_header()
        return head


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    error_task_class = Refusal


class Serving:
    """The server of an application, until it is told to stop."""

    def __init__(self, app: Flask, *, host: str, port: int, threads: int, proxied: bool) -> None:
        self.app = app
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
            # An answer waits on the disk for a slow reader, however long it is: a thread never does.
            outbuf_high_watermark=2 * LARGEST_REQUEST,
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=not proxied,
            expose_tracebacks=False,
        )

        self._listeners = [one for one in self._sockets.values() if isinstance(one, BaseWSGIServer)]
        for listener in self._listeners:
            listener.channel_class = Channel

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
