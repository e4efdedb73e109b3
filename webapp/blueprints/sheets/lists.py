"""Where the work begins: one's home, one's sheets, a new sheet."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms import years
from forms.carry_over import Mark
from forms.french import fold
from forms.lifecycle import Audience, SheetState, label
from forms.search import MOST_WORDS, nearest
from forms.values import Refused
from webapp.blueprints.sheets import carrying
from webapp.blueprints.sheets.frame import blueprint, locked_because
from webapp.campaign_dates import days_left, deadline, last_edit, may_begin
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Action, Campaign, CampaignCentre, Centre, Sheet
from webapp.navigation import landing
from webapp.policy import Act
from webapp.queries import actions
from webapp.queries import sheets as queries
from webapp.queries.doubts import doubts_by_sheet, still_open
from webapp.services import sheets as services
from webapp.sheet_progress import Progress, deadline_in_words, progress_of, to_do_in_words


@dataclass(frozen=True)
class Line:
    """A sheet on the home page, with how far it is."""

    sheet: Sheet
    progress: Progress
    editable: bool
    reopened: bool

    @property
    def state_text(self) -> str:
        """The state's name for the centre."""
        return label(self.sheet.state, Audience.CENTRE)

    @property
    def to_do(self) -> str:
        """What is left to do, in a line."""
        if not self.editable:
            return _NOTHING[self.sheet.state]
        return to_do_in_words(self.sheet, self.progress, reopened=self.reopened)


_NOTHING = {
    SheetState.DRAFT: "La campagne est close\u00a0: cette fiche n’a pas été envoyée.",
    SheetState.CHANGES_REQUESTED: "La fédération attend vos corrections.",
    SheetState.SUBMITTED: "La fédération va la lire.",
    SheetState.VALIDATED: "Rien à faire\u00a0: les financeurs peuvent la lire.",
    SheetState.PUBLISHED: "Rien à faire\u00a0: elle est publiée.",
}


# What waits for the centre stands first.
_URGENCY = {
    SheetState.CHANGES_REQUESTED: 0,
    SheetState.DRAFT: 1,
    SheetState.SUBMITTED: 2,
    SheetState.VALIDATED: 3,
    SheetState.PUBLISHED: 4,
}


@dataclass(frozen=True)
class Running:
    """A centre's part of a campaign that runs: its sheets, its dates in words."""

    centre: Centre
    campaign: Campaign
    lines: tuple[Line, ...]
    until: date
    extended: bool
    deadline: str
    late: bool
    may_begin: bool


@dataclass(frozen=True)
class Known:
    """An action that may be told this year, with its newest sheet of an earlier year."""

    action: Action
    last: Sheet | None

    @property
    def source(self) -> Mark | None:
        """What its sheet would be taken over from."""
        return Mark(self.last.campaign.year, self.last.current_snapshot is None) if self.last else None

    @property
    def state_text(self) -> str:
        """The state of its newest sheet, for the centre."""
        return label(self.last.state, Audience.CENTRE) if self.last else ""

    @property
    def ended(self) -> bool:
        """Whether that sheet tells the end of the action."""
        if self.last is None:
            return False
        snapshot = self.last.current_snapshot
        return years.ended(snapshot.answers if snapshot else self.last.answers)


@blueprint.get("/")
@needs(Act.HOME)
def home() -> ResponseReturnValue:
    """Send whoever comes to where their work is; visitors to the catalogue."""
    return redirect(landing() if current_actor().signed_in else url_for("catalogue.index"))


@blueprint.get("/fiches")
@needs(Act.SHEET_LIST)
def mine() -> str:
    """The centre's sheets of this year and of others; for a funder those addressed to it."""
    at = now()
    sheets = queries.mine(current_actor())
    own = [sheet for sheet in sheets if can(Act.SHEET_READ_DRAFT, sheet)]
    waiting = queries.waiting([sheet.id for sheet in own])
    reopened = queries.reopened([sheet.id for sheet in own])
    editable = [sheet for sheet in own if not locked_because(sheet, at=at)]
    told = doubts_by_sheet(editable)
    lines = [
        Line(
            sheet,
            progress_of(sheet, waiting.get(sheet.id, ()), still_open(sheet, told.get(sheet.id, ()))),
            editable=sheet in editable,
            reopened=sheet.id in reopened,
        )
        for sheet in own
    ]
    places = queries.running_places(current_actor(), at=at)
    lines.sort(key=lambda line: _URGENCY[line.sheet.state])
    running = [_running(*place, lines, at=at) for place in places]
    shown = {line.sheet.id for part in running for line in part.lines}
    received = [sheet for sheet in sheets if sheet not in own]
    addressed, slips = _narrowed(received)
    pending = [line for line in lines if line.sheet.id not in shown and line.editable]
    others = _newest_first(line for line in lines if line.sheet.id not in shown and not line.editable)
    return render_template(
        "pages/sheets/mine.html",
        running=running,
        pending=pending,
        others=others,
        received=bool(received),
        addressed=addressed,
        slips=slips,
        years=[(str(year), str(year)) for year in sorted({sheet.campaign.year for sheet in received}, reverse=True)],
        is_centre=can(Act.SHEET_BEGIN),
        of_years=_first_of_years([*pending, *(line for part in running for line in part.lines), *others]),
    )


def _first_of_years(lines: Iterable[Line]) -> set[UUID]:
    """The sheets beside which the years of their action are offered: one an action that has several."""
    in_order = [line.sheet for line in lines]
    first = {sheet.action_id: sheet.id for sheet in reversed(in_order)}
    return {first[action_id] for action_id in actions.with_several_years(first)}


def _newest_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.sheet.campaign.year, fold(line.sheet.action.title)))


def _running(
    centre: Centre, campaign: Campaign, expected: CampaignCentre | None, lines: Sequence[Line], *, at: datetime
) -> Running:
    here = tuple(line for line in lines if (line.sheet.centre_id, line.sheet.campaign_id) == (centre.id, campaign.id))
    days, until = days_left(campaign, expected, at=at), deadline(campaign, expected)
    return Running(
        centre=centre,
        campaign=campaign,
        lines=here,
        until=until,
        extended=until != campaign.shown_deadline,
        deadline=deadline_in_words(days, last_edit(campaign, expected)),
        late=days < 0,
        may_begin=may_begin(campaign, expected, at=at),
    )


def _narrowed(sheets: Sequence[Sheet]) -> tuple[list[Sheet], list[tuple[str, str]]]:
    """The funder's sheets that the page's search and year leave; what was taken for what: (as typed, as it stands)."""
    year = request.args.get("annee", "")
    texts = {sheet.id: f"{sheet.action.title} {sheet.centre.name} {sheet.centre.commune}" for sheet in sheets}
    words = _meant(fold(request.args.get("q", "")).split()[:MOST_WORDS], texts.values())
    found = [
        sheet
        for sheet in sheets
        if (not year or str(sheet.campaign.year) == year)
        and all(fold(meant) in fold(texts[sheet.id]) for _typed, meant in words)
    ]
    return found, [(typed, meant) for typed, meant in words if typed != meant]


def _meant(words: Iterable[str], texts: Collection[str]) -> list[tuple[str, str]]:
    """Each word with the one of these texts that was meant, where none of them holds it: as in the catalogue."""
    folded = [fold(text) for text in texts]
    spelt = {fold(piece): piece.lower() for text in texts for piece in re.findall(r"[^\W_]+", text)}
    found = []
    for word in words:
        near = [] if any(word in text for text in folded) else nearest(word, spelt, most=1)
        found.append((word, spelt[near[0]] if near else word))
    return found


@blueprint.get("/fiches/nouvelle")
@needs(Act.SHEET_BEGIN)
def new() -> str:
    """Choose the action whose account is to be written."""
    return _new_page()


@blueprint.post("/fiches/nouvelle")
@needs(Act.SHEET_BEGIN)
def begin() -> ResponseReturnValue:
    """Begin the sheet and open its list of steps."""
    centre, campaign = _place(request.form.get("place", ""))
    refuse_unless(Act.SHEET_BEGIN, centre)
    empty = request.form.get("empty", "")
    try:
        action = _action(centre, campaign, empty or request.form.get("action", ""))
        sheet = services.begin(
            centre=centre,
            campaign=campaign,
            action=action,
            title=request.form.get("title", ""),
            actor=current_actor(),
            at=now(),
            carry=not empty,
        )
    except Refused as refused:
        db.session.rollback()
        return _new_page(refused), 422
    said = carrying.in_words(sheet) or "Tout ce que vous enregistrez y est gardé."
    flash(f"La fiche {sheet.reference} est commencée. {said}", "success")
    return redirect(url_for("sheets.overview", id=sheet.id), 303)


def _new_page(refused: Refused | None = None) -> str:
    places = queries.open_places(current_actor(), at=now())
    wanted = request.values.get("place", "")
    chosen = next((place for place in places if _code(*place) == wanted), places[0] if len(places) == 1 else None)
    title = request.values.get("title", "")
    return render_template(
        "pages/sheets/new.html",
        places=[(_code(*place), *place) for place in places],
        chosen=chosen and (_code(*chosen), *chosen),
        known=_known(*chosen) if chosen else (),
        title=title,
        same=queries.of_that_name(chosen[0].id, chosen[1].id, title.strip()) if chosen and refused else None,
        refused=refused,
    )


def _known(centre: Centre, campaign: Campaign) -> list[Known]:
    """The centre's actions that may be told this year; those that came to their end stand last."""
    rows = queries.actions_without_sheet(centre.id, campaign.id)
    last = actions.last_sheets([action.id for action in rows], before=campaign.year)
    known = [Known(action, last.get(action.id)) for action in rows]
    return sorted(known, key=lambda one: one.ended)


def _code(centre: Centre, campaign: Campaign) -> str:
    return f"{centre.id}.{campaign.id}"


def _place(code: str) -> tuple[Centre, Campaign]:
    """The centre and the campaign that a form names, if a sheet may be begun there; else 404."""
    places = {_code(*place): place for place in queries.open_places(current_actor(), at=now())}
    return places[code] if code in places else abort(404)


def _action(centre: Centre, campaign: Campaign, id: str) -> Action | None:
    """The centre's action that the form names; none for a new one."""
    if not id:
        return None
    for action in queries.actions_without_sheet(centre.id, campaign.id):
        if str(action.id) == id:
            return action
    raise Refused("Cette action a déjà sa fiche pour cette campagne\u00a0: choisissez-en une autre.", question="action")
