"""One step of a sheet a page: shown with what is kept, saved whatever is typed."""

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from forms import steps
from forms.definition import Section
from forms.french import typography
from forms.steps import StepReading
from forms.values import Refused
from webapp.blueprints.sheets import carrying, counts, replies, step_page, sure, uploads
from webapp.blueprints.sheets.frame import blueprint, kept_on_device, locked_because, own_sheet, section_of, version_of
from webapp.clock import now
from webapp.guard import current_actor, needs
from webapp.limits import MEGABYTE, accepts
from webapp.models import Sheet
from webapp.policy import Act
from webapp.services import sheets as services
from webapp.typed import keeps_typed

# A file of the largest size that is kept, and the words around it.
STEP_BYTES = 17 * MEGABYTE


@blueprint.get("/fiches/<uuid:id>/<section>")
@needs(Act.SHEET_READ_DRAFT)
def step(id: UUID, section: str) -> ResponseReturnValue:
    """A step to be filled in; of a sheet that is locked, the list of its steps."""
    sheet = own_sheet(id)
    part = section_of(version_of(sheet), section)
    if reason := locked_because(sheet, at=now()):
        flash(reason, "info")
        return redirect(url_for("sheets.overview", id=id))
    return kept_on_device(step_page.render(sheet, part), part)


@blueprint.post("/fiches/<uuid:id>/<section>")
@needs(Act.SHEET_WRITE)
@accepts(request_bytes=STEP_BYTES)
@keeps_typed
def save_step(id: UUID, section: str) -> ResponseReturnValue:
    """Keep what was typed, readable or not, and go where the button says."""
    sheet = own_sheet(id)
    version = version_of(sheet)
    part, at = section_of(version, section), now()
    before = {question.id for question in steps.asked_questions(version, part, sheet.answers)}
    known, read_again = dict(sheet.unparsed), carrying.confirmed(sheet, part)
    upload, said, confirmed = uploads.posted(part), replies.posted(sheet, part), sure.posted()
    try:
        if reason := locked_because(sheet, at=at):
            raise Refused(reason)
        seen = step_page.seen()
        if uploads.receive(sheet, upload, at=at):
            # This very page has just changed the answer.
            seen.pop(upload.question, None)
        reading = step_page.posted(sheet, part)
        if counts.wanted():
            reading = counts.take(version, sheet.answers, reading)
        saved = services.save(id, reading, actor=current_actor(), at=at, seen=seen, confirmed=read_again)
    except uploads.UploadRefused as refused:
        page = step_page.render(own_sheet(id), part, upload=refused.upload, said=said, confirmed=confirmed, typed=True)
        return page, refused.status
    except Refused as refused:
        return step_page.render_not_saved(own_sheet(id), part, refused.message), 409
    failed, unsure = replies.send(said, seen=step_page.seen(), at=at), sure.keep(id, confirmed, at=at)
    if failed or unsure or saved.stale:
        page = step_page.render(own_sheet(id), part, said=failed, confirmed=unsure, stale=saved.stale)
        return page, 409 if saved.stale else 422
    return redirect(_onward(own_sheet(id), part, before, _newly_wrong(reading, known)), 303)


def _newly_wrong(reading: StepReading, known: dict[str, object]) -> bool:
    """Whether something can't be read that the page has not yet said so of."""
    return any(kept.to_json() != known.get(question) for question, kept in reading.unparsed.items())


def _onward(sheet: Sheet, part: Section, before: set[str], wrong: bool) -> str:
    """Where the button leads; the step stays open for a question that has come up or can't be read."""
    version, form = version_of(sheet), request.form
    # With a script a question comes up, and is answered, on the page itself.
    known = before | set(form.getlist("_asked"))
    added = [question for question in steps.asked_questions(version, part, sheet.answers) if question.id not in known]
    row = (form.get("_add_row") or form.get("_remove_row", "").rpartition("-")[0]).strip()
    if added:
        names = ", ".join(f"«\u00a0{typography(question.label)}\u00a0»" for question in added)
        many = len(added) > 1
        flash(f"{'Des questions s’ajoutent' if many else 'Une question s’ajoute'}\u00a0: {names}.", "info")
        return url_for("sheets.step", id=sheet.id, section=part.id, _anchor=added[0].id)
    if row and row in version:
        return url_for("sheets.step", id=sheet.id, section=part.id, _anchor=row)
    if counts.wanted():
        return url_for("sheets.step", id=sheet.id, section=part.id, _anchor=counts.anchor(version) or None)
    if "_remove_file" in form:
        joined = next((question.id for question in part.typed if question.kind.uploads), None)
        return url_for("sheets.step", id=sheet.id, section=part.id, _anchor=joined)
    if wrong or "_stay" in form:
        return url_for("sheets.step", id=sheet.id, section=part.id)
    return _neighbour(sheet, part, -1 if "_back" in form else 1)


def _neighbour(sheet: Sheet, part: Section, distance: int) -> str:
    """The step before or after; before the first the list of steps, after the last the recap."""
    ids = [section.id for section in version_of(sheet).sections]
    at = ids.index(part.id) + distance
    if at < 0:
        return url_for("sheets.overview", id=sheet.id)
    if at == len(ids):
        return url_for("sheets.check", id=sheet.id)
    return url_for("sheets.step", id=sheet.id, section=ids[at])
