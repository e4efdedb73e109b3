"""The public catalogue: published sheets whose centre shares them with everybody, found by their facets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.registry import shipped
from webapp.database import db
from webapp.models import Campaign, Facet, Sheet
from webapp.policy import ANONYMOUS, Act
from webapp.queries.scope import scope_of

PAGE = 50


@dataclass(frozen=True)
class Filter:
    """One way to narrow the list: (value, label, how many sheets have it) as far as any sheet has it."""

    name: str
    label: str
    choices: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Found:
    """A page of the list, and how many sheets there are in all."""

    sheets: Sequence[Sheet]
    count: int

    @property
    def pages(self) -> int:
        """At least one, even of nothing."""
        return max(1, -(-self.count // PAGE))


def _public() -> sa.ColumnElement[bool]:
    return scope_of(ANONYMOUS, Act.CATALOGUE_READ, Sheet)


def facet_questions() -> tuple[tuple[str, str], ...]:
    """(id, label) of the questions that lists can be filtered by."""
    newest = shipped(9999)
    return tuple((question.id, question.short_label) for question in newest.questions if question.facet)


def _conditions(chosen: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    found = [_public()]
    if "year" in chosen:
        year = chosen["year"]
        found.append(Campaign.year == int(year) if year.isdecimal() and len(year) == 4 else sa.false())
    found += [
        sa.exists().where(Facet.sheet_id == Sheet.id, Facet.question == question, Facet.code == chosen[question])
        for question, _label in facet_questions()
        if question in chosen
    ]
    return found


def find(chosen: Mapping[str, str], *, page: int) -> Found:
    """The sheets that have everything chosen: newest year first, then the latest published."""
    conditions = _conditions(chosen)
    count = db.session.scalar(sa.select(sa.func.count()).select_from(Sheet).join(Sheet.campaign).where(*conditions))
    rows = db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.campaign)
        .where(*conditions)
        .options(joinedload(Sheet.campaign), joinedload(Sheet.centre), joinedload(Sheet.current_snapshot))
        .order_by(Campaign.year.desc(), Sheet.published_at.desc(), Sheet.reference)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Found(rows, count or 0)


def filters() -> tuple[Filter, ...]:
    """What the list can be narrowed by, with the number of sheets behind each choice."""
    years = db.session.execute(
        sa.select(Campaign.year, sa.func.count())
        .select_from(Sheet)
        .join(Sheet.campaign)
        .where(_public())
        .group_by(Campaign.year)
        .order_by(Campaign.year.desc())
    )
    by_question: dict[str, list[tuple[str, str, int]]] = {}
    rows = db.session.execute(
        sa.select(Facet.question, Facet.code, Facet.label, sa.func.count())
        .join(Sheet, Sheet.id == Facet.sheet_id)
        .where(_public())
        .group_by(Facet.question, Facet.code, Facet.label)
        .order_by(Facet.question, Facet.code, Facet.label)
    )
    for question, code, label, count in rows:
        by_question.setdefault(question, []).append((code, label, count))
    found = [Filter("year", "Année", tuple((str(year), str(year), count) for year, count in years))]
    for question, label in facet_questions():
        if question in by_question:
            found.append(Filter(question, label, _in_order(question, by_question[question])))
    return tuple(found)


def _in_order(question: str, choices: list[tuple[str, str, int]]) -> tuple[tuple[str, str, int], ...]:
    """The choices in the form's order; those of older forms after them."""
    codes = [facet.code for facet in shipped(9999).question(question).kind.facet_choices()]
    place = {code: at for at, code in enumerate(codes)}
    return tuple(sorted(choices, key=lambda choice: (place.get(choice[0], len(place)), choice[1])))


def others(sheet: Sheet) -> Sequence[Sheet]:
    """The same action's other published years, newest first."""
    return db.session.scalars(
        sa.select(Sheet)
        .join(Sheet.campaign)
        .where(Sheet.action_id == sheet.action_id, Sheet.id != sheet.id, _public())
        .options(joinedload(Sheet.campaign), joinedload(Sheet.centre), joinedload(Sheet.current_snapshot))
        .order_by(Campaign.year.desc(), Sheet.reference)
    ).all()
