"""A visitor for tests that checks every page that it fetches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask, before_render_template, has_app_context, has_request_context, template_rendered
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from tests.fleet import Fleet
from tests.page_checks import problems
from webapp.database import db

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class PageClient(FlaskClient):
    """Asks as a browser does: apart from the test's own session, and reading what comes back with care."""

    check_pages = True
    fleet: Fleet | None = None
    """Where there is one, requests go there over HTTP; nothing of this process is seen by whoever answers them."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request; what the test wrote before is committed first, what it loaded is read again after."""
        if has_app_context():
            db.session.commit()
        kwargs.setdefault("buffered", True)
        response: TestResponse = Context().run(self._open, *args, **kwargs)
        if self.check_pages and response.mimetype == "text/html" and response.location is None and response.data:
            found = problems(response.text)
            assert not found, f"{response.request.path}: " + "\n  ".join(found)
        return response

    def run_wsgi_app(self, environ: WSGIEnvironment, buffered: bool = False) -> tuple[Iterable[bytes], str, Headers]:
        """Answer a request: by the application, or by the programs behind the proxy."""
        if self.fleet is None or not self.fleet.takes(self.application, environ):
            return super().run_wsgi_app(environ, buffered=buffered)
        self._add_cookies_to_wsgi(environ)
        answered = self.fleet.answer(environ)
        cookies = answered[2].getlist("Set-Cookie")
        self._update_cookies_from_response(environ["SERVER_NAME"], environ["PATH_INFO"], cookies)
        return answered

    def _open(self, *args: Any, **kwargs: Any) -> TestResponse:
        with templates_start_no_query(self.application):
            return super().open(*args, **kwargs)


@contextmanager
def templates_start_no_query(app: Flask) -> Iterator[None]:
    """Fail when a statement is sent while a template is being filled."""
    rendering = 0
    sent: list[str] = []

    def begin(*_args: object, **_details: object) -> None:
        nonlocal rendering
        rendering += 1

    def end(*_args: object, **_details: object) -> None:
        nonlocal rendering
        rendering -= 1

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if rendering and has_request_context():
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with before_render_template.connected_to(begin, app), template_rendered.connected_to(end, app):
            yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert not sent, "a template started a query: " + "; ".join(sent)
