"""One line in the log for each request: what was asked, how it ended, how long it took; never by whom in words."""

import time

import structlog
from flask import Flask, Response, g, request, request_started

from webapp import metrics
from webapp.config import Settings
from webapp.request_ids import begin, current_request_id, drawn, end

HEADER = "X-Request-ID"
# What is at no address of ours has no pattern, and its own address may hold anything.
NOWHERE = "none"

log = structlog.get_logger()


def init_app(app: Flask, settings: Settings) -> None:
    """Stand before all others: first to see a request, last to see its answer."""
    believed = settings.proxies > 0

    def note_beginning(_app: Flask, **_more: object) -> None:
        g.begun = time.perf_counter()
        begin(drawn(request.headers.get(HEADER) if believed else None))

    # Before whatever stands before the views: what fails there has an id too.
    request_started.connect(note_beginning, app, weak=False)

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[HEADER] = current_request_id() or ""
        seconds = time.perf_counter() - g.get("begun", time.perf_counter())
        metrics.count(app, request, route(), response.status_code, seconds)
        log.info(
            "request",
            method=metrics.method_of(request),
            route=route(),
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            bytes=response.content_length,
            **_who(),
        )
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        end()

    app.jinja_env.globals["request_id"] = current_request_id


def route() -> str:
    """The pattern of the address: `/fiches/<uuid:id>`, never the address itself, which may hold a token."""
    return request.url_rule.rule if request.url_rule is not None else NOWHERE


def _who() -> dict[str, str]:
    identity = g.get("identity")
    return {"user": str(identity.user_id)} if identity is not None else {}
