"""The page that explains the API, and the document for programs; both are read from the table of operations."""

from flask import Response, json, render_template

from webapp import programs
from webapp.blueprints.api import document
from webapp.blueprints.api.operations import HEAVY_RATE, JSON, OPERATIONS, RATE, blueprint
from webapp.config import current_settings
from webapp.guard import needs
from webapp.limits import limiter
from webapp.policy import Act
from webapp.token_words import SCOPES
from webapp.webhook_words import KINDS


@blueprint.get(f"{programs.PREFIX}openapi.json")
@needs(Act.HELP_READ)
@limiter.limit(RATE, key_func=programs.counted_as)
def openapi() -> Response:
    """The OpenAPI document."""
    return Response(json.dumps(document.document(), ensure_ascii=False), mimetype=JSON)


@blueprint.get("/api")
@needs(Act.HELP_READ)
def guide() -> str:
    """What the API gives, how to ask, how to join a spreadsheet to it, what webhooks say."""
    lines = [
        {
            "operation": operation,
            "parameters": document.parameters_of(operation.query) if operation.query else [],
            "scope": SCOPES[operation.scope] if operation.scope else "",
            "statuses": [200, 304, *document.refusals_of(operation)],
        }
        for operation in OPERATIONS
    ]
    base = current_settings().base_url + programs.PREFIX.rstrip("/")
    return render_template(
        "pages/api/guide.html", lines=lines, base=base, kinds=KINDS, rate=_a_minute(RATE), heavy=_a_minute(HEAVY_RATE)
    )


def _a_minute(rate: str) -> str:
    return rate.partition(" ")[0]
