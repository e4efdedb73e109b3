"""The passages that readers picked: whose one may see, and those that a report takes up."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only

from forms.definition import FormVersion
from forms.document import AnswerStatus, ReadItem, reading
from reports import content
from webapp.database import db
from webapp.models import Campaign, Centre, Quote, ReportRun, Sheet, Snapshot
from webapp.passages import passage
from webapp.policy import Act, Actor
from webapp.queries.report_history import NAMED
from webapp.queries.scope import scope_of
from webapp.queries.versions import form_of

_WHOLE = (
    joinedload(Quote.report_run).load_only(ReportRun.id, *NAMED, ReportRun.federation_id),
    joinedload(Quote.sheet).options(
        load_only(Sheet.id, Sheet.reference, Sheet.centre_id, Sheet.campaign_id),
        joinedload(Sheet.centre).load_only(Centre.id, Centre.name, Centre.commune, Centre.department),
        joinedload(Sheet.campaign).load_only(Campaign.id, Campaign.year),
    ),
    joinedload(Quote.snapshot).options(
        load_only(Snapshot.id, Snapshot.title, Snapshot.form_version_id), joinedload(Snapshot.form_version)
    ),
    joinedload(Quote.author),
    joinedload(Quote.funder),
)


@dataclass(frozen=True)
class Referred:
    """A quote with its reference. question: the label of the question as the form had it."""

    quote: Quote
    title: str
    centre: str
    commune: str
    year: int
    reference: str
    question: str

    @property
    def where(self) -> str:
        """« Le jardin partagé, Les Tilleuls (Valbourg), 2026, fiche 2026-0012, Résumé »."""
        return f"{self.title}, {self.centre} ({self.commune}), {self.year}, fiche {self.reference}, {self.question}"


def listed(actor: Actor, *, own: bool) -> list[Referred]:
    """The quotes that the actor may see, theirs or the others', by report (newest first), sheet, then as picked."""
    mine = Quote.created_by == actor.user_id
    return _read(scope_of(actor, Act.QUOTE_READ, Quote), mine if own else ~mine)


def count(actor: Actor) -> tuple[int, int]:
    """How many quotes are the actor's, and how many of others they may see."""
    mine = sa.func.sum(sa.case((Quote.created_by == actor.user_id, 1), else_=0))
    where = scope_of(actor, Act.QUOTE_READ, Quote)
    total, own = db.session.execute(sa.select(sa.func.count(), mine).select_from(Quote).where(where)).one()
    return own or 0, total - (own or 0)


def on_sheet(actor: Actor, run_id: UUID, snapshot_id: UUID) -> dict[str, list[Referred]]:
    """What was quoted of that sheet of that report, as far as the actor may see, by question."""
    found: dict[str, list[Referred]] = {}
    here = Quote.report_run_id == run_id, Quote.snapshot_id == snapshot_id
    for one in _read(scope_of(actor, Act.QUOTE_READ, Quote), *here):
        found.setdefault(one.quote.question, []).append(one)
    return found


def find(quote_id: UUID) -> Quote | None:
    """That quote, or None."""
    return db.session.scalar(sa.select(Quote).where(Quote.id == quote_id).options(*_WHOLE))


def _read(*conditions: sa.ColumnElement[bool]) -> list[Referred]:
    rows = db.session.scalars(
        sa.select(Quote)
        .join(Quote.report_run)
        .join(Quote.sheet)
        .where(*conditions)
        .options(*_WHOLE)
        .order_by(ReportRun.created_at.desc(), ReportRun.id, Sheet.reference, Quote.created_at, Quote.id)
    )
    return [_referred(row) for row in rows]


def _referred(row: Quote) -> Referred:
    sheet = row.sheet
    return Referred(
        quote=row,
        title=row.snapshot.title,
        centre=sheet.centre.name,
        commune=sheet.centre.commune,
        year=sheet.campaign.year,
        reference=sheet.reference,
        question=_label(form_of(row.snapshot.form_version), row.question),
    )


def _label(version: FormVersion, question: str) -> str:
    return version.question(question).short_label if question in version else question


def quotable(version: FormVersion, answers: Mapping[str, Any]) -> dict[str, ReadItem]:
    """The answers in prose of what was sent, of which a passage can be quoted, by question."""
    return {
        item.question.id: item
        for section in reading(version, answers).sections
        for item in section.items
        if item.status is AnswerStatus.ANSWERED and item.question.kind.reworded
    }


def quotes_for(
    sheets: Collection[UUID], *, funder_id: UUID | None = None, user_id: UUID | None = None
) -> tuple[content.Quote, ...]:
    """The passages of these sheets that a report may take up, by sheet, then as they were picked.

    funder_id: those that this funder's people share with the federation. user_id: those that this person picked and
    shares. Both: either. A passage that what was last sent no longer holds is left out: the report would print words
    that the centre has taken back.
    """
    whose = [Quote.funder_id == funder_id] if funder_id else []
    whose += [Quote.created_by == user_id] if user_id else []
    if not whose or not sheets:
        return ()
    found = _read(Quote.shared.is_(True), sa.or_(*whose), Quote.sheet_id.in_(sorted(sheets)))
    in_order = sorted(found, key=lambda one: (one.year, one.reference, one.quote.created_at, one.quote.id))
    return tuple(_for_report(one) for one in _still_said(in_order))


def _still_said(found: Sequence[Referred]) -> list[Referred]:
    current = {
        row.sheet_id: row
        for row in db.session.scalars(
            sa.select(Snapshot)
            .join(Sheet, Sheet.current_snapshot_id == Snapshot.id)
            .where(Sheet.id.in_({one.quote.sheet_id for one in found}))
            .options(joinedload(Snapshot.form_version))
        )
    }
    return [one for one in found if _stands_in(one.quote, current[one.quote.sheet_id])]


def _stands_in(quote: Quote, snapshot: Snapshot) -> bool:
    if quote.snapshot_id == snapshot.id:
        return True
    item = quotable(form_of(snapshot.form_version), snapshot.answers).get(quote.question)
    return item is not None and passage(item.text, quote.text) is not None


def _for_report(one: Referred) -> content.Quote:
    return content.Quote(
        sheet_reference=one.reference,
        sheet_title=one.title,
        centre=one.centre,
        year=one.year,
        question_label=one.question,
        text=one.quote.text,
        note=one.quote.note,
    )
