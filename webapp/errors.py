"""Every refusal and failure as a page in French, or as JSON for `fetch`; never a stack trace."""

import errno
import json
import math
import sqlite3
from collections.abc import Mapping

import psycopg
import structlog
from flask import Flask, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from forms.values import Refused
from webapp.constraints import sentence_of
from webapp.database import db
from webapp.limits import seconds_to_wait
from webapp.request_ids import current_request_id

RETRY_SECONDS = 10
# How Werkzeug begins when it explains itself.
ENGLISH = ("Failed to ", "Did not ", "The ", "You ")
PAGES = frozenset({400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503})

SENTENCES: dict[int, str] = {
    400: "La demande est arrivée abîmée, ou la page était ouverte depuis trop longtemps. Rechargez-la et recommencez.",
    401: "Connectez-vous pour continuer.",
    403: "Votre rôle ne permet pas cette action.",
    404: "Cette page n’existe pas ou ne vous est pas ouverte.",
    405: "Cette adresse ne s’ouvre pas ainsi.",
    409: "Quelqu’un d’autre a modifié la fiche, ou son état ne permet plus cette action. Rechargez la page.",
    413: "Réduisez l’envoi ou le fichier, puis recommencez.",
    415: "Choisissez un fichier d’un type accepté.",
    422: "Vérifiez ce que vous avez saisi, puis recommencez.",
    429: "Patientez une minute, puis recommencez.",
    500: "Le service a rencontré un problème. Réessayez dans quelques minutes.",
    503: "Le service est momentanément indisponible. Réessayez dans une minute.",
}

# What a program is told: a title that is always the same, and a sentence.
TITLES: dict[int, str] = {
    400: "Demande illisible",
    401: "Jeton manquant ou sans effet",
    403: "Droit manquant",
    404: "Introuvable",
    405: "Méthode impossible",
    422: "Paramètre illisible",
    429: "Trop de demandes",
    500: "Panne",
    503: "Indisponible",
}
API_SENTENCES: dict[int, str] = {
    404: "Rien ne se trouve à cette adresse, ou rien que ce jeton ouvre.",
    405: "Cette adresse ne se lit que par GET.",
    429: "Attendez le nombre de secondes que dit l’en-tête Retry-After.",
}

# For the day when even the templates fail.
LAST_PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><title>Service indisponible – Recueil</title></head>
<body><main><h1>Le service a rencontré un problème</h1>
<p>Réessayez dans quelques minutes. Ce qui était déjà enregistré l’est toujours.</p></main></body></html>
"""

# The file is locked, full, unreadable, gone; a read-only transaction that writes is our own mistake, and no absence.
SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)
DISK_AWAY = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE})

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Answer errors in words."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(exc.IntegrityError, _integrity)
    app.register_error_handler(exc.SQLAlchemyError, _database)
    app.register_error_handler(OSError, _system)


def wants_json() -> bool:
    """Whether a program asks, not a person's browser going to a page."""
    if request.path.startswith("/api/") or request.is_json or "X-CSRFToken" in request.headers:
        return True
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def answer(
    status: int,
    *,
    reason: str = "",
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page or the JSON of a refusal; `reason` is said instead of the general sentence."""
    headers = dict(headers or {})
    if status == 503:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    if for_program():
        response = _problem(status, reason, field)
    elif wants_json():
        said = {
            "status": status,
            "error": HTTP_STATUS_CODES.get(status, "Error"),
            "message": reason or _general(status),
        }
        if status >= 500:
            said["request"] = current_request_id() or ""
        response = jsonify(said | ({"field": field} if field else {}))
    else:
        response = Response(_page(status, reason, headers.get("Retry-After")), mimetype="text/html")
    response.status_code = status
    response.headers.update(headers)
    return response


def for_program() -> bool:
    """Whether the answer goes to a program that uses the API."""
    return request.path.startswith("/api/v1/")


def _problem(status: int, reason: str, field: str | None) -> Response:
    """RFC 9457."""
    detail = reason or API_SENTENCES.get(status) or _general(status)
    said: dict[str, object] = {"type": "about:blank", "title": TITLES.get(status, TITLES[500]), "status": status}
    said |= {"detail": detail} | ({"parameter": field} if field else {})
    return Response(json.dumps(said, ensure_ascii=False), mimetype="application/problem+json")


def _page(status: int, reason: str, retry_after: str | None) -> str:
    shown = status if status in PAGES else (500 if status >= 500 else 400)
    try:
        return render_template(f"errors/{shown}.html", reason=reason, wait=_wait(retry_after), way_back=_way_back())
    except Exception:
        log.exception("error_page_failed", status=status)
        return LAST_PAGE


def _wait(retry_after: str | None) -> str:
    """How long to wait, as one says it: « 45 secondes », « 10 minutes »."""
    seconds = int(retry_after) if retry_after and retry_after.isdecimal() else 60
    if seconds < 60:
        return f"{seconds}\u00a0{'secondes' if seconds > 1 else 'seconde'}"
    minutes = math.ceil(seconds / 60)
    return f"{minutes}\u00a0minutes" if minutes > 1 else "une minute"


def _way_back() -> str:
    """What was asked for, or the page that the form stands on, where it is at the same address."""
    if request.method in {"GET", "HEAD"}:
        return request.full_path.removesuffix("?")
    try:
        current_app.url_map.bind("").match(request.path, method="GET")
    except HTTPException:
        return ""
    return request.path


def _general(status: int) -> str:
    return SENTENCES.get(status) or SENTENCES[500 if status >= 500 else 400]


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if error.code == 500:
        _forget_transaction()
    kept = {name: value for name, value in error.get_headers() if name in {"Retry-After", "Allow", "WWW-Authenticate"}}
    if error.code == 429:
        kept.setdefault("Retry-After", str(seconds_to_wait()))
    return answer(error.code, reason=_own_words(error), headers=kept)


def _own_words(error: HTTPException) -> str:
    """What `abort(403, description="…")` said; what a library says is in English and for programmers."""
    said: object = vars(error).get("description")
    by_us = type(error).__module__ == "werkzeug.exceptions"
    return said if by_us and isinstance(said, str) and not said.startswith(ENGLISH) else ""


def _refused(error: Refused) -> ResponseReturnValue:
    db.session.rollback()
    return answer(422, reason=error.message, field=error.question)


def _integrity(error: exc.IntegrityError) -> ResponseReturnValue:
    db.session.rollback()
    sentence, field = sentence_of(error)
    # What the database says of it on PostgreSQL holds people's values.
    log.warning("constraint", field=field, kind=type(error.orig).__name__)
    return answer(409, reason=sentence, field=field)


def _database(error: exc.SQLAlchemyError) -> ResponseReturnValue:
    _forget_transaction()
    if isinstance(error, exc.DataError):
        # A zero character in an address, a number beyond all bounds: no form of ours sends it.
        log.warning("no_such_value", error=type(error.orig).__name__)
        return answer(400)
    if not is_away(error):
        raise error
    log.error("database_away", error=str(getattr(error, "orig", error)))
    return answer(503)


def _system(error: OSError) -> ResponseReturnValue:
    if error.errno not in DISK_AWAY:
        raise error
    _forget_transaction()
    # Without the name of the file, which may be somebody's.
    log.error("disk_away", error=errno.errorcode.get(error.errno or 0, ""), said=error.strerror)
    return answer(503)


def is_away(error: exc.SQLAlchemyError) -> bool:
    """Whether the database can't be reached or can't take more now, so that asking again later is right."""
    if isinstance(error, exc.TimeoutError):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    cause = error.orig
    if isinstance(cause, sqlite3.OperationalError | sqlite3.DatabaseError):
        # The upper bits of the code say more about it.
        return (getattr(cause, "sqlite_errorcode", 0) & 0xFF) in SQLITE_AWAY
    return isinstance(cause, psycopg.OperationalError)


def _forget_transaction() -> None:
    try:
        db.session.rollback()
    except exc.SQLAlchemyError:
        db.session.remove()
