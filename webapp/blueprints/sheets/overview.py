"""The page of one sheet: its steps, what is asked, what to do next, what happened."""

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from forms.lifecycle import Audience, SheetState, label
from webapp.blueprints.sheets.frame import blueprint, kept_on_device, locked_because, own_sheet, senders, version_of
from webapp.blueprints.sheets.sendings import CENTRE
from webapp.campaign_dates import days_left, deadline, last_edit, may_edit_sheet
from webapp.clock import now
from webapp.guard import can, needs, refuse_unless
from webapp.history_words import entries
from webapp.models import Sheet
from webapp.policy import Act
from webapp.queries import peers, sendings
from webapp.queries import sheets as queries
from webapp.queries.doubts import open_doubts
from webapp.queries.openings import awaiting, is_limited
from webapp.sheet_progress import deadline_in_words, progress_of, saved_in_words


@blueprint.get("/fiches/<uuid:id>")
@needs(Act.SHEET_READ_DRAFT, Act.HISTORY_READ)
def overview(id: UUID) -> ResponseReturnValue:
    """The list of steps; the federation is sent to its own page of the sheet."""
    sheet = refuse_unless(Act.SHEET_SEE, queries.find(id))
    if not can(Act.SHEET_READ_DRAFT, sheet) and can(Act.REVIEW_READ, sheet):
        return redirect(url_for("review.show", id=id))
    sheet = own_sheet(id)
    return kept_on_device(overview_page(sheet), *version_of(sheet).sections)


def overview_page(sheet: Sheet, *, words: str = "", error: str = "") -> str:
    """The page. words, error: what was said to the federation about changing everything, and refused."""
    id, at = sheet.id, now()
    part = (sheet.campaign, sheet.expectation)
    asked, locked = queries.queries_on(id), locked_because(sheet, at=at)
    return render_template(
        "pages/sheets/overview.html",
        sheet=sheet,
        state_text=label(sheet.state, Audience.CENTRE),
        progress=progress_of(sheet, asked, open_doubts(sheet) if not locked else ()),
        queries=awaiting(sheet, asked),
        reopened=queries.reopened([id]).get(id),
        limited=is_limited(sheet),
        words=words,
        error=error,
        version=version_of(sheet),
        senders=senders(sheet),
        locked=locked,
        saved=saved_in_words(sheet.updated_at, sheet.state, at=at),
        until=deadline(*part),
        deadline=deadline_in_words(days_left(*part, at=at), last_edit(*part)),
        may_withdraw=may_withdraw(sheet),
        beside=peers.beside_others(sheet),
        sendings=sendings.of_sheet(id),
        sending_pages=CENTRE,
        history=entries(queries.history(id), version_of(sheet)),
    )


def may_withdraw(sheet: Sheet) -> bool:
    """Whether the sheet can be taken back: sent, not yet read, and with time left to send it again."""
    unread = sheet.state is SheetState.SUBMITTED and sheet.read_at is None
    return unread and may_edit_sheet(sheet, at=now()) and can(Act.SHEET_WITHDRAW, sheet)
