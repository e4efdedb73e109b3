"""Before, at and after the sending: the recap, the send button, the confirmation, taking back."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms import rules, steps
from forms.definition import FormVersion
from forms.document import reading, set_aside
from forms.lifecycle import TRANSITIONS, Move, SheetState
from forms.values import Refused
from webapp.blueprints.sheets import carrying, signature, sure
from webapp.blueprints.sheets import silences as silences_page
from webapp.blueprints.sheets.frame import (
    blueprint,
    kept_on_device,
    locked_because,
    own_sheet,
    unparsed_of,
    version_of,
)
from webapp.blueprints.sheets.overview import may_withdraw
from webapp.blueprints.sheets.places import Places
from webapp.blueprints.sheets.sure import Said, Shown
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Sheet
from webapp.policy import Act, Denied
from webapp.queries import openings, people, sign_offs
from webapp.queries import sheets as queries
from webapp.queries.doubts import doubts_of, still_open
from webapp.services import sheets as services
from webapp.services.moves import Said as MoveSaid
from webapp.services.snapshots import frozen_answers
from webapp.sharing_words import SHARINGS
from webapp.sheet_progress import progress_of
from webapp.vocabulary import RoleName, Sharing


@blueprint.get("/fiches/<uuid:id>/verification")
@needs(Act.SHEET_READ_DRAFT)
def check(id: UUID) -> ResponseReturnValue:
    """The whole sheet as it will be read, with what is missing on top."""
    sheet = own_sheet(id)
    if sheet.state not in TRANSITIONS[Move.SEND].sources:
        return redirect(url_for("sheets.read", id=id))
    return kept_on_device(recap(sheet), *version_of(sheet).sections)


def recap(
    sheet: Sheet,
    *,
    refused: str = "",
    sharing: Sharing | None = None,
    said: Sequence[Said] = (),
    silences: Mapping[UUID, str] | None = None,
    unasked: Refused | None = None,
) -> str:
    """The page before the sending.

    refused: why it was not sent. said, silences: what was posted and refused, confirmations and reasons by query.
    unasked: why no signature was asked for.
    """
    version = version_of(sheet)
    missing = steps.missing(version, sheet.answers, sheet.unparsed, sheet.carried)
    locked = locked_because(sheet, at=now())
    told = () if locked else doubts_of(sheet)
    doubted = sure.shown(sheet, told, said)
    asked = queries.queries_on(sheet.id)
    places = Places.of(sheet, asked)
    return render_template(
        "pages/sheets/check.html",
        sheet=sheet,
        to_do=_to_do(sheet, missing, doubted, places),
        waiting=carrying.waiting(sheet, missing),
        **_as_read(sheet, version, places),
        doubts=[_with_place(version, one, places) for one in doubted],
        progress=progress_of(sheet, asked, still_open(sheet, told)),
        silent=silences_page.shown(version, openings.silent(sheet, asked), silences),
        locked=locked,
        refused=refused,
        unsaved=any(one.error for one in doubted),
        sharings=[(sharing.value, *words) for sharing, words in SHARINGS.items()],
        sharing=(sharing or sheet.sharing).value,
        signature=signature.of_sheet(sheet, unasked),
        send=TRANSITIONS[Move.SEND].label,
        responsibles=people.of_centre(sheet.centre_id, {RoleName.RESPONSIBLE}),
        step_url=None if locked else lambda section: url_for("sheets.step", id=sheet.id, section=section),
    )


def _as_read(sheet: Sheet, version: FormVersion, places: Places) -> dict[str, Any]:
    """The answers as the funder will read them, and what stands beside them."""
    return {
        "unanswered": [
            (places.url(question.id), question.short_label)
            for _section, question in steps.unanswered(version, sheet.answers, sheet.unparsed)
            if not places.closed(question.id)
        ],
        "unread": {
            id: steps.unread_text(version, id, item) for id, item in unparsed_of(sheet).items() if id in version
        },
        "document": reading(version, frozen_answers(sheet)),
        "set_aside": set_aside(version, sheet.answers),
        "file_url": lambda file_id: url_for("sheets.file", id=sheet.id, file_id=file_id),
    }


def _to_do(
    sheet: Sheet, missing: Sequence[steps.Missing], doubted: Sequence[Shown], places: Places
) -> list[tuple[str, str]]:
    """What keeps the sheet from being sent, each with where it is done."""
    version = version_of(sheet)
    left = [places.to_do(item.question, item.message) for item in missing if item.question not in sheet.carried]
    left += [places.to_do(item.question, item.message, item.control) for item in rules.broken(version, sheet.answers)]
    return left + [_to_confirm(version, one) for one in doubted if one.error or not one.passed]


def _with_place(version: FormVersion, one: Shown, places: Places) -> tuple[Shown, str, str, bool]:
    """A doubt with where its answer is changed, that answer's label, and whether it may not be changed now."""
    question = one.doubt.question
    return one, places.url(question), _short(version, one), places.closed(question)


def _short(version: FormVersion, one: Shown) -> str:
    return version.question(one.doubt.question).short_label


def _to_confirm(version: FormVersion, one: Shown) -> tuple[str, str]:
    if one.error:
        return f"#{one.reason_name}", f"{_short(version, one)}\u00a0: {one.error}"
    return f"#sur-{one.doubt.key}", f"Corrigez ou confirmez «\u00a0{_short(version, one)}\u00a0»."


@blueprint.post("/fiches/<uuid:id>/envoyer")
@needs(Act.SHEET_SEND)
def send(id: UUID) -> ResponseReturnValue:
    """Send the sheet to the federation; refused, say why above the recap. Sent already, say so as if it were now."""
    if _sent_already(id):
        return redirect(url_for("sheets.sent", id=id), 303)
    silences = silences_page.posted()
    try:
        was = refuse_unless(Act.SHEET_SEND, queries.find(id)).state
        sharing = _sharing(request.form.get("sharing", ""))
        services.move(id, Move.SEND, actor=current_actor(), at=now(), sharing=sharing, said=MoveSaid(silences=silences))
    except Refused as refused:
        db.session.rollback()
        sheet = own_sheet(id)
        moved = sheet.state is not was or locked_because(sheet, at=now())
        page = recap(sheet, refused=refused.message, sharing=sharing, silences=silences)
        return page, 409 if moved else 422
    except Denied:
        # A second click, or a colleague, in the same moment: the first one has sent it while this one waited.
        db.session.rollback()
        if not _sent_already(id):
            raise
    return redirect(url_for("sheets.sent", id=id), 303)


def _sent_already(id: UUID) -> bool:
    sheet = queries.find(id)
    return sheet is not None and sheet.state is SheetState.SUBMITTED and can(Act.SHEET_READ_DRAFT, sheet)


def _sharing(code: str) -> Sharing | None:
    """The choice that was posted; none keeps what was chosen before."""
    return Sharing(code) if code in set(Sharing) else None


@blueprint.get("/fiches/<uuid:id>/envoyee")
@needs(Act.SHEET_READ_DRAFT)
def sent(id: UUID) -> ResponseReturnValue:
    """The sheet is sent: its reference, when, and what happens now."""
    sheet = own_sheet(id)
    if sheet.state is not SheetState.SUBMITTED or sheet.current_snapshot is None:
        return redirect(url_for("sheets.overview", id=id))
    return render_template(
        "pages/sheets/sent.html",
        sheet=sheet,
        signature=sign_offs.signed(sheet.id, sheet.current_snapshot.sha256),
        sharing=SHARINGS[sheet.sharing],
        recipients=people.of_centre(sheet.centre_id, {RoleName.RESPONSIBLE}),
        may_withdraw=may_withdraw(sheet),
        withdraw=TRANSITIONS[Move.WITHDRAW].label,
    )


@blueprint.post("/fiches/<uuid:id>/reprendre")
@needs(Act.SHEET_WITHDRAW)
def withdraw(id: UUID) -> ResponseReturnValue:
    """Take a sent sheet back while nobody has begun to read it."""
    refuse_unless(Act.SHEET_WITHDRAW, queries.find(id))
    try:
        services.move(id, Move.WITHDRAW, actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        flash(refused.message, "error")
        return redirect(url_for("sheets.overview", id=id), 303)
    flash("Vous avez repris la fiche\u00a0: corrigez-la, puis renvoyez-la.", "success")
    return redirect(url_for("sheets.overview", id=id), 303)
