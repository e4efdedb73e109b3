"""Whether the program lives, and whether it can serve."""

import sqlalchemy as sa
from flask import Flask, Response, jsonify

from webapp.database import db


def init_app(app: Flask) -> None:
    """Answer /healthz and /readyz."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def healthz() -> Response:
    """The process answers."""
    return jsonify(status="ok")


def readyz() -> Response:
    """The database answers too and has been migrated; when it is away the error page of 503 says so."""
    db.session.execute(sa.text("SELECT 1 FROM federation WHERE 1 = 0"))
    return jsonify(status="ready")


# Machines that watch the service have no account.
PUBLIC = (healthz, readyz)
for view in PUBLIC:
    view.public = True  # type: ignore[attr-defined]
