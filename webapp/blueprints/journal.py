"""The journal of a federation: who did what, sealed entry by entry."""

from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for

from webapp.guard import current_actor, needs
from webapp.journal_words import about, sentence
from webapp.policy import Act, Actor, Thing, decide
from webapp.queries import journal
from webapp.services.events import verify_chain

blueprint = Blueprint("journal", __name__, url_prefix="/journal")


def _places(actor: Actor) -> list[UUID]:
    """The federations whose chain the actor may have checked: those of which all is theirs to read."""
    found = {held.federation_id for held in actor.roles if held.federation_id is not None}
    return sorted(place for place in found if decide(actor, Act.JOURNAL_READ, Thing(federation_id=place)).allowed)


@blueprint.get("")
@needs(Act.JOURNAL_READ)
def index() -> str:
    """What happened, latest first, and whether the chain of entries is whole."""
    actor = current_actor()
    page = max(1, request.args.get("page", 1, type=int))
    count = journal.count(actor)
    pages = max(1, -(-count // journal.PAGE))
    if page > pages:
        abort(404)
    # Every entry is read again: on demand only, a journal grows for years.
    places = _places(actor)
    checks = [verify_chain(place) for place in places] if "verifier" in request.args else []
    return render_template(
        "pages/journal/index.html",
        lines=[
            {"event": event, "text": sentence(event), "about": title or about(event.data)}
            for event, title in journal.entries(actor, page=page)
        ],
        count=count,
        may_check=bool(places),
        page=page,
        pages=pages,
        checked=sum(check.length for check in checks),
        broken=[check for check in checks if not check.intact],
        page_url=lambda number: url_for("journal.index", page=number),
    )
