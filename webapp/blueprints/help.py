"""The help page, and the empty form on paper for anyone."""

from functools import lru_cache
from io import BytesIO

from flask import Blueprint, Response, render_template, request, send_file
from flask.typing import ResponseReturnValue

from forms.registry import shipped
from reports import paper
from reports.catalogue import PDF
from webapp import takeaways
from webapp.clock import now
from webapp.guard import needs
from webapp.policy import Act

blueprint = Blueprint("help", __name__)

_NEWEST = 9999
_A_DAY = 24 * 60 * 60


@blueprint.get("/aide")
@needs(Act.HELP_READ)
def index() -> str:
    """How to do what one came for, for each kind of reader."""
    return render_template("pages/help/index.html")


@blueprint.get("/aide/formulaire.pdf")
@needs(Act.HELP_READ)
def form() -> ResponseReturnValue:
    """The newest form, empty, to be printed before one has anything to do with Recueil."""
    version = shipped(_NEWEST)
    response: Response = send_file(
        BytesIO(_form(version.sha256)),
        mimetype=PDF,
        as_attachment=True,
        download_name="formulaire.pdf",
        etag=False,
        max_age=_A_DAY,
    )
    response.set_etag(version.sha256)
    return response.make_conditional(request)


@lru_cache(maxsize=1)
def _form(_sha256: str) -> bytes:
    """Laid out once: whoever asks, and however often."""
    out = BytesIO()
    paper.make(takeaways.blank_paper(shipped(_NEWEST), at=now()), out)
    return out.getvalue()
