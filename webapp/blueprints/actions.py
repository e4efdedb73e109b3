"""An action over the years: its sheets, its pauses, its end, its figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, render_template, url_for

from forms.carry_over import settled
from forms.document import reading
from forms.lifecycle import Audience, SheetState, label
from forms.years import Series, Year, difference, series
from webapp.clock import now
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Action, Sheet
from webapp.policy import Act
from webapp.queries import actions as queries
from webapp.queries.report_sheets import document_of
from webapp.queries.sheets import open_places
from webapp.queries.versions import form_of
from webapp.trend import Trend, trend

blueprint = Blueprint("actions", __name__)


@dataclass(frozen=True)
class Line:
    """A year of an action: its sheet, what it tells to whoever reads, where it is read; no sheet in a pause."""

    year: int
    sheet: Sheet | None = None
    told: Year | None = None
    state_text: str = ""
    url: str = ""

    @property
    def title(self) -> str:
        """The name under which that year was sent."""
        sent = self.told is not None and not self.told.draft
        return self.sheet.current_snapshot.title if sent and self.sheet and self.sheet.current_snapshot else ""


@dataclass(frozen=True)
class Row:
    """A figure of the action: its newest value, how it has moved, its line."""

    series: Series
    moved: str
    drawn: Trend | None


@blueprint.get("/actions/<uuid:id>")
@needs(Act.ACTION_READ)
def show(id: UUID) -> str:
    """The page of an action."""
    action = refuse_unless(Act.ACTION_READ, queries.find(id))
    sheets = queries.years_of(id)
    own = can(Act.SHEET_BEGIN, action)
    lines = _with_pauses([_line(sheet) for sheet in sheets])
    told = [line.told for line in lines if line.told]
    rows = [_row(one, [line.year for line in lines]) for one in series(told)]
    return render_template(
        "pages/actions/show.html",
        action=action,
        own=own,
        # A draft's name is not the federation's to read.
        title=action.title if own else next((line.title for line in lines if line.title), ""),
        lines=lines,
        rows=rows,
        years=[year for year in told if any(row.series.in_year(year.year) for row in rows)],
        place=_open_place(action, sheets) if own else None,
    )


def _line(sheet: Sheet) -> Line:
    year, snapshot = sheet.campaign.year, sheet.current_snapshot
    own = can(Act.SHEET_READ_DRAFT, sheet)
    state = label(sheet.state, Audience.CENTRE if own else Audience.FEDERATION)
    url = url_for("sheets.overview", id=sheet.id) if own else ""
    if snapshot is not None and sheet.state is not SheetState.DRAFT:
        url = url or url_for("review.show", id=sheet.id)
        return Line(year, sheet, Year(year, document_of(snapshot)), state, url)
    if not own:
        return Line(year, sheet, None, state)
    said = settled(sheet.answers, sheet.carried)
    return Line(year, sheet, Year(year, reading(form_of(sheet.form_version), said), draft=True), state, url)


def _with_pauses(lines: Sequence[Line]) -> list[Line]:
    """The lines, newest first, with one for each year between two others that has no sheet."""
    known = {line.year: line for line in lines}
    years = range(max(known), min(known) - 1, -1) if known else ()
    return [known.get(year) or Line(year) for year in years]


def _row(one: Series, years: Sequence[int]) -> Row:
    moved = ""
    if len(one.points) > 1:
        before, last = one.points[-2:]
        moved = difference(one.question, before.figure, last.figure, str(before.year))
    return Row(one, moved, trend(one, years))


def _open_place(action: Action, sheets: Sequence[Sheet]) -> tuple[str, int] | None:
    """Where a sheet that is not there yet is begun, and of which year; None where none can be."""
    told = {sheet.campaign_id for sheet in sheets}
    for centre, campaign in open_places(current_actor(), at=now()):
        if centre.id == action.centre_id and campaign.id not in told:
            return url_for("sheets.new", place=f"{centre.id}.{campaign.id}"), campaign.year
    return None
