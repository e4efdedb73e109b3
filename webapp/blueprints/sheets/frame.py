"""The blueprint of the pages about sheets, and how each of its views finds its sheet."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, url_for
from markupsafe import Markup

from forms.definition import FormVersion, Section
from forms.steps import Unparsed
from forms.values import Refused
from webapp.guard import can, current_actor, person_id, refuse_unless
from webapp.models import Sheet
from webapp.policy import Act
from webapp.queries import people
from webapp.queries import sheets as queries
from webapp.queries.versions import form_of
from webapp.services import sheets as services
from webapp.vocabulary import RoleName

blueprint = Blueprint("sheets", __name__)


OF_CENTRE = (RoleName.MEMBER, RoleName.RESPONSIBLE)


@blueprint.context_processor
def _words() -> dict[str, Callable[[Sheet], object]]:
    return {"way_back": way_back, "is_typing": is_typing, "last_step": last_step}


def way_back(sheet: Sheet) -> tuple[str, str]:
    """The page above a sheet's, with its name: one's own sheets, or for who types by telephone the centre."""
    if can(Act.SHEET_LIST):
        return "Mes fiches", url_for("sheets.mine")
    return Markup('<span class="as-typed">{}</span>').format(sheet.centre.name), url_for(
        "centres.show", id=sheet.centre_id
    )


def is_typing(sheet: Sheet) -> bool:
    """Whether whoever asks types the sheet by telephone, for its centre."""
    entry = sheet.open_phone_entry
    return entry is not None and entry.started_by == current_actor().user_id


def last_step(sheet: Sheet) -> str:
    """What the page before the sending is called: who types by telephone never sends, nor does a plain member."""
    if is_typing(sheet):
        return "Relire et terminer"
    return "Vérifier et envoyer" if can(Act.SHEET_SEND, sheet) else "Vérifier"


def senders(sheet: Sheet) -> str:
    """Who sends the sheet in the place of whoever asks; nothing for one who may."""
    if can(Act.SHEET_SEND, sheet):
        return ""
    responsibles = people.of_centre(sheet.centre_id, {RoleName.RESPONSIBLE})
    return " ou ".join(user.full_name for user in responsibles) or "un responsable du centre"


def own_sheet(id: UUID) -> Sheet:
    """A sheet of one's own centre, in any state; others get 404, or 403 where they may know of it."""
    return refuse_unless(Act.SHEET_READ_DRAFT, queries.find(id))


def section_of(version: FormVersion, id: str) -> Section:
    """The step of that address, else 404."""
    try:
        return version.section(id)
    except KeyError:
        abort(404)


def kept_on_device(page: str, *sections: Section) -> Response:
    """A page that the browser may keep for its person, to go on without a line; not where an answer is sensitive.

    Nor for who types by telephone: the draft is theirs to read for that time only.
    """
    response = make_response(page)
    if not current_actor().has(*OF_CENTRE):
        return response
    if not any(question.sensitive for section in sections for question in section.questions):
        response.headers["X-Recueil-Keep"] = person_id()
    return response


def locked_because(sheet: Sheet, *, at: datetime) -> str:
    """Why the centre can't change answers now, in a sentence; empty while it can."""
    try:
        services.refuse_unless_editable(sheet, at=at)
    except Refused as refused:
        return refused.message
    return "" if can(Act.SHEET_WRITE, sheet) else "Votre rôle ne permet pas de modifier cette fiche."


def version_of(sheet: Sheet) -> FormVersion:
    """The form that the sheet was begun with."""
    return form_of(sheet.form_version)


def unparsed_of(sheet: Sheet) -> Mapping[str, Unparsed]:
    """What was typed and could not be read, by question id."""
    return {question: Unparsed.from_json(kept) for question, kept in sheet.unparsed.items()}
