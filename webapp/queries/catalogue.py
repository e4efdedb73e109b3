"""The catalogue: published sheets as far as their centres share them, found by words and facets."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from forms.departments import DEPARTMENTS
from forms.registry import shipped
from forms.search import Term, asked
from webapp.database import db
from webapp.models import Campaign, Sheet, Snapshot
from webapp.policy import ANONYMOUS, Act, Actor
from webapp.queries.scope import scope_of
from webapp.queries.search import mend
from webapp.queries.tally import DEPARTMENT, YEAR, Tally, take

PAGE = 50
MOST_CHOICES = 60
"""Of one facet; nobody ticks more boxes than that."""
UNKNOWN = "valeur inconnue"
"""What a value is called that no sheet has which the reader may read: an address may hold any text."""
WORDS = "q"
"""What was typed, among the facets that were chosen."""

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


def tally(want: Wanted, actor: Actor) -> Tally:
    """Which actions answer, and how many would with each choice."""
    within = [readable(actor), *([sa.false()] if want.senseless else [])]
    return take(within, want.terms, want.chosen)


def find(found: Tally, actor: Actor, *, page: int) -> Found:
    """A page of the actions that answer, each by its newest sheet that does.

    In an order that anybody can tell: those whose title holds the words first, then the newest year, the latest
    published, the reference.
    """
    return Found(_lines(found.order[(page - 1) * PAGE : page * PAGE], actor), len(found.order))


def _lines(numbers: Sequence[int], actor: Actor) -> list[Line]:
    rows = db.session.scalars(_to_read().where(Sheet.search_number.in_(numbers), readable(actor)))
    sheets = {sheet.search_number: sheet for sheet in rows}
    years = db.session.execute(
        sa.select(Sheet.action_id, Sheet.id, Campaign.year)
        .join(Campaign, Campaign.id == Sheet.campaign_id)
        .where(Sheet.action_id.in_({sheet.action_id for sheet in sheets.values()}), readable(actor))
        .order_by(Campaign.year.desc(), Sheet.reference)
    )
    by_action: dict[UUID, list[tuple[UUID, int]]] = {}
    for action_id, sheet_id, year in years:
        by_action.setdefault(action_id, []).append((sheet_id, year))
    found = [sheets[number] for number in numbers if number in sheets]
    return [
        Line(sheet, tuple(other for other in by_action[sheet.action_id] if other[0] != sheet.id)) for sheet in found
    ]


def _to_read() -> sa.Select[Sheet]:
    # The form by itself: a long document, which the rows of a page would each bring again.
    return sa.select(Sheet).options(
        joinedload(Sheet.campaign),
        joinedload(Sheet.centre),
        joinedload(Sheet.current_snapshot).selectinload(Snapshot.form_version),
    )


def without(found: Tally, want: Wanted, actor: Actor) -> dict[str, int]:
    """How many actions would answer without each facet's choices, or without the words; each left out by itself."""
    words = {WORDS: len(tally(Wanted(want.chosen), actor).order)} if want.terms else {}
    return {**words, **found.without}


def filters(found: Tally, want: Wanted, actor: Actor) -> tuple[Filter, ...]:
    """What the list can be narrowed by, as far as there is a choice, each counted with the others' choices alone."""
    known = _known(found, want, actor)
    every = (
        Filter(name, label, _choices(name, found.counts.get(name, {}), want.chosen.get(name, ()), known.get(name, ())))
        for name, label in facets().items()
    )
    return tuple(filter_ for filter_ in every if filter_.choices)


def _known(found: Tally, want: Wanted, actor: Actor) -> Mapping[str, Collection[str]]:
    """The codes by facet that have no other name and may be said: some sheet has them that this person may read."""
    unnamed = (
        code
        for name, codes in want.chosen.items()
        for code in codes
        if code not in found.counts.get(name, ()) and code not in _labels(name)
    )
    return take([readable(actor)], (), {}).counts if any(unnamed) else found.counts


def _choices(name: str, counts: Mapping[str, int], chosen: Sequence[str], known: Collection[str]) -> tuple[Choice, ...]:
    """In the order that people expect; what is chosen stays even where nothing has it."""
    labels = _labels(name)
    codes = [*counts, *(code for code in chosen if code not in counts)]
    place = {code: at for at, code in enumerate(labels)}
    by_place = sorted(codes, key=lambda code: (place.get(code, len(place)), code))
    order = sorted(codes, reverse=True) if name == YEAR else by_place
    return tuple(
        Choice(code, labels.get(code, code if code in known else UNKNOWN), counts.get(code, 0), code in chosen)
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
