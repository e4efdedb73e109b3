"""The catalogue: published sheets as far as their centres share them, found by words and facets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.departments import DEPARTMENTS
from forms.registry import shipped
from forms.search import Term, asked
from webapp.database import db
from webapp.models import Campaign, Centre, Facet, SearchText, Sheet, Snapshot
from webapp.policy import ANONYMOUS, Act, Actor
from webapp.queries.scope import scope_of
from webapp.queries.search import found_by, mend

PAGE = 50
YEAR, DEPARTMENT = "year", "department"
MOST_CHOICES = 60
"""Of one facet; nobody ticks more boxes than that."""
UNKNOWN = "valeur inconnue"
_CODE = re.compile(r"[\w-]{1,64}", re.ASCII)

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Choice:
    """A value of a facet: how many actions the list would show with it, the facet's own choices left aside."""

    code: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Filter:
    """One way to narrow the list."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    @property
    def active(self) -> int:
        """How many of its choices are made."""
        return sum(choice.chosen for choice in self.choices)


@dataclass(frozen=True)
class Wanted:
    """What a reader looks for. chosen: codes by facet; any of a facet's, and of every facet. text: as it was typed;
    terms: the words that are searched; slips: (as typed, as it is found), where the reader is told so."""

    chosen: Mapping[str, tuple[str, ...]]
    text: str = ""
    terms: tuple[Term, ...] = ()
    slips: tuple[tuple[str, str], ...] = ()

    @property
    def senseless(self) -> bool:
        """Something was typed, and no word of it can be searched."""
        return bool(self.text.strip()) and not self.terms


@dataclass(frozen=True)
class Line:
    """An action: its newest sheet that was found, and its other years, newest first."""

    sheet: Sheet
    others: tuple[tuple[UUID, int], ...]


@dataclass(frozen=True)
class Found:
    """A page of the list, and how many actions there are in all."""

    lines: Sequence[Line]
    count: int

    @property
    def pages(self) -> int:
        """At least one, even of nothing."""
        return max(1, -(-self.count // PAGE))


def readable(actor: Actor = ANONYMOUS) -> Condition:
    """The sheets that this person may read here: the public's, and what centres of the same network share."""
    return scope_of(actor, Act.CATALOGUE_READ, Sheet)


@lru_cache(maxsize=1)
def facet_questions() -> tuple[tuple[str, str], ...]:
    """(id, label) of the questions that lists can be filtered by."""
    return tuple((question.id, question.short_label) for question in shipped(9999).questions if question.facet)


@lru_cache(maxsize=1)
def facets() -> dict[str, str]:
    """Name → label of all by which the catalogue is narrowed, in their order."""
    return {YEAR: "Année", DEPARTMENT: "Département", **dict(facet_questions())}


def wanted(given: Mapping[str, Sequence[str]], text: str, actor: Actor) -> Wanted:
    """What an address asks for, slips of typing mended; what it doesn't know it leaves out."""
    chosen = {
        name: tuple(dict.fromkeys(code for code in given[name] if code))[:MOST_CHOICES]
        for name in facets()
        if any(given.get(name, ()))
    }
    mended = mend(asked(text), (readable(actor),))
    return Wanted(chosen, text, mended.terms, mended.slips)


def conditions(want: Wanted, actor: Actor, *, but: str = "") -> list[Condition]:
    """What the sheets looked for are, one facet left aside; for a statement that joins Sheet, Campaign, Centre, and
    SearchText where there are words."""
    found = [readable(actor)]
    if want.senseless:
        found.append(sa.false())
    if want.terms:
        found.append(found_by(want.terms))
    for name, codes in want.chosen.items():
        if name != but:
            found.append(_any_of(name, [code for code in codes if _CODE.fullmatch(code)]))
    return found


def _any_of(name: str, codes: list[str]) -> Condition:
    if name == YEAR:
        return Campaign.year.in_([int(code) for code in codes if code.isdecimal() and len(code) == 4])
    if name == DEPARTMENT:
        return Centre.department.in_(codes)
    return Sheet.id.in_(sa.select(Facet.sheet_id).where(Facet.question == name, Facet.code.in_(codes)))


def _joined(statement: sa.Select[Any], want: Wanted) -> sa.Select[Any]:
    """The statement on all tables that conditions() speaks of."""
    statement = statement.join(Campaign, Campaign.id == Sheet.campaign_id).join(Centre, Centre.id == Sheet.centre_id)
    return statement.join(SearchText, SearchText.sheet_id == Sheet.id) if want.terms else statement


def find(want: Wanted, actor: Actor, *, page: int) -> Found:
    """The actions that answer, each by its newest sheet that does.

    In an order that anybody can tell: those whose title holds the words first, then the newest year, the latest
    published, the reference.
    """
    newest = (Campaign.year.desc(), Sheet.published_at.desc(), Sheet.reference)
    in_title = sa.case((found_by(want.terms, in_title=True), 1), else_=0) if want.terms else sa.literal(0)
    place = sa.func.row_number().over(partition_by=Sheet.action_id, order_by=newest).label("place")
    rows = _joined(
        sa.select(
            Sheet.id, Sheet.reference, Sheet.published_at, Campaign.year, in_title.label("in_title"), place
        ).select_from(Sheet),
        want,
    )
    found = rows.where(*conditions(want, actor)).subquery()
    order = (found.c.in_title.desc(), found.c.year.desc(), found.c.published_at.desc(), found.c.reference)
    ids = sa.select(found.c.id).where(found.c.place == 1).order_by(*order)
    shown = db.session.scalars(ids.limit(PAGE).offset((page - 1) * PAGE)).all()
    return Found(_lines(shown, actor), count(want, actor))


def count(want: Wanted, actor: Actor) -> int:
    """How many actions answer."""
    statement = _joined(sa.select(sa.func.count(sa.distinct(Sheet.action_id))).select_from(Sheet), want)
    return db.session.scalar(statement.where(*conditions(want, actor))) or 0


def _lines(ids: Sequence[UUID], actor: Actor) -> list[Line]:
    sheets = {sheet.id: sheet for sheet in db.session.scalars(_to_read().where(Sheet.id.in_(ids)))}
    years = db.session.execute(
        sa.select(Sheet.action_id, Sheet.id, Campaign.year)
        .join(Campaign, Campaign.id == Sheet.campaign_id)
        .where(Sheet.action_id.in_({sheet.action_id for sheet in sheets.values()}), readable(actor))
        .order_by(Campaign.year.desc(), Sheet.reference)
    )
    by_action: dict[UUID, list[tuple[UUID, int]]] = {}
    for action_id, sheet_id, year in years:
        by_action.setdefault(action_id, []).append((sheet_id, year))
    return [
        Line(sheets[id_], tuple(other for other in by_action[sheets[id_].action_id] if other[0] != id_))
        for id_ in ids
        if id_ in sheets
    ]


def _to_read() -> sa.Select[Sheet]:
    # The form by itself: a long document, which the rows of a page would each bring again.
    return sa.select(Sheet).options(
        joinedload(Sheet.campaign),
        joinedload(Sheet.centre),
        joinedload(Sheet.current_snapshot).selectinload(Snapshot.form_version),
    )


def filters(want: Wanted, actor: Actor) -> tuple[Filter, ...]:
    """What the list can be narrowed by, as far as there is a choice, each counted with the others' choices alone."""
    counts = {YEAR: _counts_of(YEAR, want, actor), DEPARTMENT: _counts_of(DEPARTMENT, want, actor)}
    counts |= _counts_of_questions(want, actor)
    found = (
        Filter(name, label, _choices(name, counts.get(name, {}), want.chosen.get(name, ())))
        for name, label in facets().items()
    )
    return tuple(filter_ for filter_ in found if filter_.choices)


def departments(want: Wanted, actor: Actor) -> dict[str, int]:
    """How many actions of each department answer, the choice of departments left aside."""
    return _counts_of(DEPARTMENT, want, actor)


_DISTINCT = sa.func.count(sa.distinct(Sheet.action_id))


def _counts_of(name: str, want: Wanted, actor: Actor) -> dict[str, int]:
    column: Any = sa.cast(Campaign.year, sa.String) if name == YEAR else Centre.department
    statement = _joined(sa.select(column, _DISTINCT).select_from(Sheet), want)
    rows = db.session.execute(statement.where(*conditions(want, actor, but=name)).group_by(column))
    return {row[0]: row[1] for row in rows}


def _counts_of_questions(want: Wanted, actor: Actor) -> dict[str, dict[str, int]]:
    """By question and code; those without a choice of their own are all counted at once."""
    names = [name for name, _label in facet_questions()]
    chosen = [name for name in names if name in want.chosen]
    found: dict[str, dict[str, int]] = {}
    for asked_for, but in [([name for name in names if name not in chosen], ""), *(([name], name) for name in chosen)]:
        counted: Any = sa.select(Facet.question, Facet.code, _DISTINCT).select_from(Sheet)
        statement = _joined(counted, want)
        rows = db.session.execute(
            statement.join(Facet, Facet.sheet_id == Sheet.id)
            .where(Facet.question.in_(asked_for), *conditions(want, actor, but=but))
            .group_by(Facet.question, Facet.code)
        )
        for question, code, number in rows:
            found.setdefault(question, {})[code] = number
    return found


def _choices(name: str, counts: Mapping[str, int], chosen: Sequence[str]) -> tuple[Choice, ...]:
    """In the order that people expect; what is chosen stays even where nothing has it."""
    labels = _labels(name)
    codes = [*counts, *(code for code in chosen if code not in counts)]
    place = {code: at for at, code in enumerate(labels)}
    by_place = sorted(codes, key=lambda code: (place.get(code, len(place)), code))
    order = sorted(codes, reverse=True) if name == YEAR else by_place
    return tuple(
        Choice(code, labels.get(code, code if code in counts else UNKNOWN), counts.get(code, 0), code in chosen)
        for code in order
    )


def _labels(name: str) -> Mapping[str, str]:
    if name == YEAR:
        return {}
    return DEPARTMENTS if name == DEPARTMENT else _labels_of_question(name)


@lru_cache(maxsize=64)
def _labels_of_question(name: str) -> Mapping[str, str]:
    return {facet.code: facet.label for facet in shipped(9999).question(name).kind.facet_choices()}


def others(sheet: Sheet, actor: Actor) -> Sequence[Sheet]:
    """The same action's other years that this person may read, newest first."""
    return db.session.scalars(
        _to_read()
        .join(Sheet.campaign)
        .where(Sheet.action_id == sheet.action_id, Sheet.id != sheet.id, readable(actor))
        .order_by(Campaign.year.desc(), Sheet.reference)
    ).all()
