"""The help: four guides, their search, the section for the page where one is, and the empty form for anyone."""

from functools import lru_cache
from io import BytesIO

from flask import Blueprint, Flask, Response, abort, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from forms.registry import shipped
from reports import paper
from reports.catalogue import PDF
from webapp import guide_places, guides, takeaways
from webapp.clock import now
from webapp.guard import current_actor, needs
from webapp.policy import Act

blueprint = Blueprint("help", __name__)

_NEWEST = 9999
_A_DAY = 24 * 60 * 60
_LONGEST = 200


@blueprint.get("/aide")
@needs(Act.HELP_READ)
def index() -> str:
    """The guides, or the sections that answer `?q=`."""
    asked = request.args.get("q", "")[:_LONGEST].strip()
    found = guides.search(asked)
    return render_template("pages/help/index.html", guides=guides.guides(), asked=asked, found=found)


@blueprint.get("/aide/<slug>")
@needs(Act.HELP_READ)
def guide(slug: str) -> str:
    """A whole guide, on one page: it can be printed."""
    if slug not in guides.ORDER:
        abort(404)
    place = guides.ORDER.index(slug)
    around = [guides.guide(other) for other in guides.ORDER]
    return render_template(
        "pages/help/guide.html",
        guide=around[place],
        before=around[place - 1] if place else None,
        after=around[place + 1] if place + 1 < len(around) else None,
    )


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


def help_here() -> str:
    """The address of the section for this page; nothing where there is none."""
    place = guide_places.place_of(request.endpoint or "", current_actor())
    return url_for("help.guide", slug=place[0], _anchor=place[1]) if place else ""


def init_app(app: Flask) -> None:
    """Hand the way to the help to the frame of every page."""
    app.context_processor(lambda: {"help_here": help_here})
