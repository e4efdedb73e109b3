"""The table of operations: each view puts itself in it with what it takes and gives; the document is read from it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, request
from pydantic import BaseModel

from forms.values import Refused
from webapp import build, errors, programs
from webapp.blueprints.api import parameters
from webapp.blueprints.api.parameters import Narrowed
from webapp.guard import needs
from webapp.limits import limiter
from webapp.policy import ACT_OF_SCOPE, Act
from webapp.vocabulary import TokenScope

JSON = "application/json"
CSV = "text/csv"
SCHEMA = "application/schema+json"
RATE = "300 per minute"
HEAVY_RATE = "30 per minute"
"""For what is made anew from all the sheets."""

blueprint = Blueprint("api", __name__)


@dataclass(frozen=True)
class Operation:
    """An address of the API. scope: what the token must be for; None: no token is needed.

    answer: the class of what is given; None where it is not JSON of ours, then media_type says what it is.
    """

    name: str
    path: str
    summary: str
    description: str
    scope: TokenScope | None
    query: type[Narrowed] | None
    answer: type[BaseModel] | None
    media_type: str
    basic: bool
    rate: str

    @property
    def holes(self) -> tuple[str, ...]:
        """The names between the braces of the path."""
        return tuple(part.strip("{}") for part in self.path.split("/") if part.startswith("{"))


OPERATIONS: list[Operation] = []
Act_ = Callable[..., BaseModel | Response]
View = Callable[..., Response]


def operation(
    path: str,
    *,
    summary: str,
    description: str = "",
    scope: TokenScope | None = None,
    open_by: Act = Act.HELP_READ,
    query: type[Narrowed] | None = None,
    answer: type[BaseModel] | None = None,
    media_type: str = JSON,
    basic: bool = False,
    rate: str = RATE,
) -> Callable[[Act_], View]:
    """Serve a function at that path of the API. open_by: by which right, where no token is needed."""

    def put(act: Act_) -> View:
        name = act.__name__
        OPERATIONS.append(Operation(name, path, summary, description, scope, query, answer, media_type, basic, rate))
        view: View = needs(ACT_OF_SCOPE[scope] if scope else open_by)(_view(act, query))
        if basic:
            view = programs.takes_basic(view)
        limited: View = limiter.limit(rate, key_func=programs.counted_as, override_defaults=False)(view)
        blueprint.get(programs.PREFIX.rstrip("/") + _rule(path), endpoint=name)(limited)
        return limited

    return put


def _rule(path: str) -> str:
    return path.replace("{id}", "<uuid:id>").replace("{key}", "<key>")


def _view(act: Act_, query: type[Narrowed] | None) -> View:
    @wraps(act)
    def view(**holes: Any) -> Response:
        try:
            found = act(parameters.read(query), **holes) if query else act(**_without_query(holes))
        except _Known:
            found = Response()
        except Refused as refused:
            return errors.answer(422, reason=refused.message, field=refused.question)
        response = found if isinstance(found, Response) else Response(found.model_dump_json(), mimetype=JSON)
        following: str | None = g.get("api_next")
        if following:
            response.headers["Link"] = f'<{following}>; rel="next"'
        return response

    return view


class _Known(Exception):  # noqa: N818 (nothing went wrong)
    """The program has the answer already."""


def known_by(*parts: object) -> None:
    """Say from what the answer follows, before it is made: nothing is made where the program has it already.

    Only where knowing costs much less than making. A page of a list is made in as many milliseconds as its rows take to
    be read, and its mark is that of its content.
    """
    g.api_mark = hashlib.sha256(repr((build.mark(), parts)).encode()).hexdigest()[:32]
    if _has(g.api_mark):
        raise _Known


def _has(mark: str) -> bool:
    # Whoever got it compressed knows it as « mark:gzip ».
    asked = request.if_none_match
    return asked.star_tag or mark in {known.partition(":")[0] for known in asked.as_set()}


def _without_query(holes: dict[str, Any]) -> dict[str, Any]:
    if request.args:
        parameters.read(Narrowed)
    return holes


@blueprint.after_request
def _mark(response: Response) -> Response:
    """A strong mark of the content, and nothing but it where the program has it already."""
    if not programs.asks():
        return response
    response.headers.add("Vary", "Authorization")
    if request.method not in {"GET", "HEAD"} or response.status_code != 200:
        return response
    programs.tell_used()
    mark = g.get("api_mark") or hashlib.sha256(response.get_data()).hexdigest()[:32]
    response.set_etag(mark)
    if _has(mark):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Type"]
        response.headers.pop("Content-Length", None)
    return response
