"""The reading desk: the reports that somebody may read sheet by sheet, and how far they have come in each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only, selectinload

from forms.registry import shipped
from webapp.database import db
from webapp.models import (
    Campaign,
    Centre,
    DeskVisit,
    ReadingMark,
    ReportRun,
    ReportRunFunder,
    ReportRunSheet,
    Sheet,
    Snapshot,
)
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of

THEME = "dimension"
"""The question by which a reader narrows a report."""

LISTED = 100


class Order(StrEnum):
    """In which order the sheets stand; the values stand in addresses."""

    REPORT = "rapport"
    TITLE = "titre"
    CENTRE = "centre"
    THEME = "theme"


@dataclass(frozen=True)
class Wanted:
    """What narrows a report's list; empty means no narrowing. read: read ones, unread ones, or None for both."""

    theme: str = ""
    centre: UUID | None = None
    territory: str = ""
    read: bool | None = None
    order: Order = Order.REPORT


@dataclass(frozen=True)
class Line:
    """A sheet of a report and what its reader has done with it. theme: a code, empty without one."""

    sheet_id: UUID
    snapshot_id: UUID
    position: int
    title: str
    reference: str
    year: int
    centre_id: UUID
    centre: str
    folded: str
    commune: str
    department: str
    theme: str
    read_at: datetime | None
    seen_at: datetime | None
    question: str


@dataclass(frozen=True)
class Desk:
    """All the sheets of a report, in its order, for one reader."""

    lines: tuple[Line, ...]

    @property
    def read(self) -> int:
        """How many were read."""
        return sum(line.read_at is not None for line in self.lines)

    def shown(self, wanted: Wanted) -> tuple[Line, ...]:
        """The sheets that have everything wanted, in the order wanted."""
        found = (line for line in self._ordered(wanted) if wanted.read in {None, line.read_at is not None})
        return tuple(found)

    def around(self, sheet_id: UUID, wanted: Wanted) -> tuple[Line | None, Line | None]:
        """The sheets before and after that one in the list, be it still in it or not."""
        whole = self._ordered(wanted) if wanted.read is not None else self.shown(wanted)
        place = next((at for at, line in enumerate(whole) if line.sheet_id == sheet_id), None)
        if place is None:
            return None, None
        listed = set(self.shown(wanted))
        before = next((line for line in reversed(whole[:place]) if line in listed), None)
        return before, next((line for line in whole[place + 1 :] if line in listed), None)

    def line(self, sheet_id: UUID) -> Line | None:
        """The line of that sheet, or None."""
        return next((line for line in self.lines if line.sheet_id == sheet_id), None)

    @property
    def last(self) -> Line | None:
        """The sheet where the reader was last."""
        seen = [(line.seen_at, line.position, line) for line in self.lines if line.seen_at is not None]
        return max(seen, key=lambda one: one[:2])[2] if seen else None

    @property
    def resume(self) -> Line | None:
        """Where to go on: the last sheet while it is unread, else the unread one that follows, else any unread one."""
        last = self.last
        unread = [line for line in self.lines if line.read_at is None]
        if last is not None and (last.read_at is None or not unread):
            return last
        after = [line for line in unread if last is not None and line.position > last.position]
        return next(iter(after or unread or self.lines), None)

    def _ordered(self, wanted: Wanted) -> list[Line]:
        found = [line for line in self.lines if _answers(line, wanted)]
        return sorted(found, key=_KEYS[wanted.order])


def _answers(line: Line, wanted: Wanted) -> bool:
    return (
        wanted.theme in {"", line.theme}
        and wanted.centre in {None, line.centre_id}
        and wanted.territory in {"", line.department, line.commune}
    )


_THEMES = {facet.code: place for place, facet in enumerate(shipped(9999).question(THEME).kind.facet_choices())}
_KEYS: dict[Order, Any] = {
    Order.REPORT: lambda line: line.position,
    Order.TITLE: lambda line: (line.title.casefold(), line.position),
    Order.CENTRE: lambda line: (line.folded, line.position),
    Order.THEME: lambda line: (_THEMES.get(line.theme, len(_THEMES)), line.theme, line.position),
}


def theme_word() -> str:
    """What the form calls that question where there is little room."""
    return shipped(9999).question(THEME).short_label


def themes() -> dict[str, str]:
    """The themes in the form's order: code → label."""
    return {facet.code: facet.label for facet in shipped(9999).question(THEME).kind.facet_choices()}


def desk(run_id: UUID, user_id: UUID | None) -> Desk:
    """What that report holds, and what that reader has read of it; one statement, without the answers."""
    rows = db.session.execute(
        sa.select(
            Snapshot.sheet_id,
            ReportRunSheet.snapshot_id,
            ReportRunSheet.position,
            Snapshot.title,
            Sheet.reference,
            Campaign.year,
            Centre.id.label("centre_id"),
            Centre.name.label("centre"),
            Centre.folded,
            Centre.commune,
            Centre.department,
            sa.func.coalesce(Snapshot.answers[THEME].as_string(), "").label("theme"),
            ReadingMark.at.label("read_at"),
            DeskVisit.seen_at,
            sa.func.coalesce(DeskVisit.question, "").label("question"),
        )
        .select_from(ReportRunSheet)
        .join(Snapshot, Snapshot.id == ReportRunSheet.snapshot_id)
        .join(Sheet, Sheet.id == Snapshot.sheet_id)
        .join(Sheet.centre)
        .join(Sheet.campaign)
        .outerjoin(ReadingMark, _of_reader(ReadingMark, user_id))
        .outerjoin(DeskVisit, sa.and_(_of_reader(DeskVisit, user_id), DeskVisit.report_run_id == run_id))
        .where(ReportRunSheet.report_run_id == run_id)
        .order_by(ReportRunSheet.position)
    )
    return Desk(tuple(Line(**row._mapping) for row in rows))


def _of_reader(table: Any, user_id: UUID | None) -> sa.ColumnElement[bool]:
    return sa.and_(table.snapshot_id == ReportRunSheet.snapshot_id, table.user_id == user_id)


@dataclass(frozen=True)
class Received:
    """A report at the desk: how many sheets it holds, how many of them its reader has read, and where they were."""

    run: ReportRun
    total: int
    read: int
    seen_at: datetime | None = field(default=None)
    last_title: str = ""


def received(actor: Actor) -> list[Received]:
    """The reports that the actor may read sheet by sheet, newest first."""
    runs = db.session.scalars(
        sa.select(ReportRun)
        .where(scope_of(actor, Act.DESK_READ, ReportRun), _holds_some())
        .options(joinedload(ReportRun.federation))
        .order_by(ReportRun.created_at.desc(), ReportRun.id)
        .limit(LISTED)
    ).all()
    counts = {
        row.report_run_id: (row.total, row.read)
        for row in db.session.execute(
            sa.select(
                ReportRunSheet.report_run_id,
                sa.func.count().label("total"),
                sa.func.count(ReadingMark.at).label("read"),
            )
            .outerjoin(ReadingMark, _of_reader(ReadingMark, actor.user_id))
            .where(ReportRunSheet.report_run_id.in_([run.id for run in runs]))
            .group_by(ReportRunSheet.report_run_id)
        )
    }
    last = _last_visits(runs, actor.user_id)
    return [Received(run, *counts[run.id], *last.get(run.id, (None, ""))) for run in runs]


def _holds_some() -> sa.ColumnElement[bool]:
    return sa.exists().where(ReportRunSheet.report_run_id == ReportRun.id)


def _last_visits(runs: Sequence[ReportRun], user_id: UUID | None) -> dict[UUID, tuple[datetime, str]]:
    latest = (
        sa.select(DeskVisit.report_run_id, sa.func.max(DeskVisit.seen_at).label("at"))
        .where(DeskVisit.user_id == user_id, DeskVisit.report_run_id.in_([run.id for run in runs]))
        .group_by(DeskVisit.report_run_id)
        .subquery()
    )
    rows = db.session.execute(
        sa.select(DeskVisit.report_run_id, DeskVisit.seen_at, Snapshot.title)
        .join(latest, sa.and_(latest.c.report_run_id == DeskVisit.report_run_id, latest.c.at == DeskVisit.seen_at))
        .join(Snapshot, Snapshot.id == DeskVisit.snapshot_id)
        .where(DeskVisit.user_id == user_id)
        .order_by(DeskVisit.report_run_id, Snapshot.title)
    )
    return {row.report_run_id: (row.seen_at, row.title) for row in rows}


def run(run_id: UUID) -> ReportRun | None:
    """That report with what its desk shows, or None."""
    return db.session.scalar(
        sa.select(ReportRun)
        .where(ReportRun.id == run_id)
        .options(
            joinedload(ReportRun.federation),
            selectinload(ReportRun.addressed).joinedload(ReportRunFunder.funder),
        )
    )


def held(run_id: UUID, sheet_id: UUID) -> ReportRunSheet | None:
    """That sheet as that report holds it, with all that its page shows, or None."""
    return db.session.scalar(
        sa.select(ReportRunSheet)
        .join(Snapshot, Snapshot.id == ReportRunSheet.snapshot_id)
        .where(ReportRunSheet.report_run_id == run_id, Snapshot.sheet_id == sheet_id)
        .options(
            joinedload(ReportRunSheet.report_run).options(
                joinedload(ReportRun.federation),
                selectinload(ReportRun.addressed).joinedload(ReportRunFunder.funder),
            ),
            joinedload(ReportRunSheet.snapshot).options(
                joinedload(Snapshot.form_version),
                joinedload(Snapshot.sheet).options(
                    load_only(Sheet.id, Sheet.reference, Sheet.federation_id),
                    joinedload(Sheet.centre),
                    joinedload(Sheet.campaign),
                ),
            ),
        )
    )
