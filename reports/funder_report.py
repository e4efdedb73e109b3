"""The report to a funder on its agreement: figures, money, years, quotes, the state's account, the sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import BinaryIO

from forms import french
from forms.document import AnswerStatus, ReadItem
from forms.values import Refused
from reports.album import Album
from reports.characters import replacements
from reports.columns import versions_of
from reports.content import Progress, ReportInput, ReportSheet, Terms
from reports.figures import Figure, Line, key_figures
from reports.financial_account import Account, Entry, account_of, missing_of
from reports.funding import GRANTED, QUESTION, REQUESTED, Sum, lines_of, money_of, parted, total
from reports.over_years import changes, counted_figures
from reports.printing import print_page
from reports.rendering import render

MOST_SHEETS = 300
"""Beyond it, one laying out takes minutes and more memory than a small server has."""

FEWEST = 5
"""People: fewer are not told where groups are compared."""

PARTICIPANTS, SESSIONS = "participants_count", "sessions_count"
RESTS_ON = frozenset({PARTICIPANTS, SESSIONS, "volunteers_count", QUESTION})
"""Optional questions from which this report takes its figures: without an answer they are missing here."""

PARTS: dict[str, str] = {
    "essentiel": "L’essentiel",
    "publics": "Les publics",
    "centres": "Centre par centre",
    "financement": "Les financements",
    "annees": "D’une année à l’autre",
    "paroles": "Passages retenus",
    "compte-rendu": "Compte rendu financier",
    "bilan": "Bilan qualitatif",
    "manques": "Ce qui manque au compte rendu",
    "fiches": "Les fiches",
    "methode": "Comment ce rapport est fait",
}
"""The parts after the letter, by the id under which a template of reports names them."""

OWN_MONEY = (
    ("funder.requested", "Demandé au financeur", REQUESTED),
    ("funder.granted", "Accordé par le financeur", GRANTED),
)
"""Id, label and column of this funder's own sums among the key figures."""

QUALITATIVE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Mise en œuvre de l’action", ("description",)),
    ("Bénéficiaires", ("public", PARTICIPANTS)),
    ("Dates et lieux", ("initiative_territory", SESSIONS)),
    ("Atteinte des objectifs", ("results_territory", "results_centre", "results_residents", "limits")),
)
"""The questions of the form's account in words, each with the ids of ours that answer it."""


@dataclass(frozen=True)
class CentreRow:
    """A centre's line: its figures, the money of this funder, how many answers lack."""

    name: str
    commune: str
    sheets: tuple[ReportSheet, ...]
    people: Figure | None
    times: Figure | None
    requested: Sum
    granted: Sum
    missing: int


@dataclass(frozen=True)
class PublicRow:
    """A public, the sheets that name it, and the people that they count together."""

    label: str
    sheets: int
    people: Figure

    @property
    def people_text(self) -> str:
        """The count; « moins de 5 » for one to four, which would point at persons."""
        return "moins de 5" if self.people.value and self.people.value < FEWEST else self.people.text


@dataclass(frozen=True)
class ActionAccount:
    """The state's account of one action and year: our answers under each of its questions (none where none is), and
    the lines of its table that the funding plan fills."""

    sheet: ReportSheet
    answers: tuple[tuple[str, tuple[ReadItem, ...]], ...]
    income: tuple[Entry, ...]


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; Refused without an agreement, without a sheet and above MOST_SHEETS."""
    count = len(content.sheets)
    if content.terms is None:
        raise Refused("Ce rapport se fait depuis la page d’une convention : choisissez-en une.")
    if not count:
        raise Refused("Aucune fiche validée ne répond à cette convention pour ces années.")
    if count > MOST_SHEETS:
        raise Refused(
            f"Cette convention compte {french.plural(count, 'fiche', 'fiches')} : "
            f"choisissez moins d’années pour en garder {french.number(MOST_SHEETS)} au plus."
        )
    album = Album.of(content) if content.terms.whole and content.design.wants("fiches") else Album({}, {}, {})
    progress("Lecture des fiches", 0, count)
    html = page(content, content.terms, album)
    printed = print_page(html, album.readers, out, progress)
    return (*replacements(content.sheets), *album.notes(printed))


def page(content: ReportInput, terms: Terms, album: Album) -> str:
    """The whole report as HTML."""
    sheets = content.sheets
    return render(
        "reports/funder.html",
        content=content,
        terms=terms,
        parts=_parts(content),
        figures=counted_figures(sheets),
        key_lines=essentials(sheets, terms),
        money=money_of(sheets, terms),
        centres=centre_rows(sheets, terms),
        publics=public_rows(sheets),
        changes=changes(sheets, terms),
        accounts=accounts_of(sheets, terms),
        missing=missing_of(sheets),
        actions=actions(sheets),
        own_lines={sheet.id: parted(lines_of([sheet]), terms)[0] for sheet in sheets},
        figures_of_sheet={
            sheet.id: [one for one in key_figures((sheet,)) if one.value is not None] for sheet in sheets
        },
        versions=versions_of(sheets),
        pictures=album.names,
    )


def essentials(sheets: Sequence[ReportSheet], terms: Terms) -> tuple[Line, ...]:
    """The key figures, on paper and on the screen: what is counted, then this funder's own sums and no other's."""
    own, _others = parted(lines_of(sheets), terms)
    sums = ((id, label, total(own, column, sheets)) for id, label, column in OWN_MONEY)
    return (
        *map(Line.of, counted_figures(sheets)),
        *(Line(id, "", label, found.text, found.value is not None, "", found.base_text) for id, label, found in sums),
    )


def _parts(content: ReportInput) -> dict[str, str]:
    """The parts wanted, without those that would be empty."""
    empty = set() if content.quotes else {"paroles"}
    if content.terms and len(content.terms.years) < 2:
        empty.add("annees")
    return {id: title for id, title in PARTS.items() if content.design.wants(id) and id not in empty}


def _told(sheet: ReportSheet) -> list[Figure]:
    """The figures that one sheet gives."""
    return [figure for figure in key_figures((sheet,)) if figure.value is not None]


def _figure(sheets: Sequence[ReportSheet], question: str) -> Figure | None:
    return next((figure for figure in counted_figures(sheets) if figure.id == question), None)


def centre_rows(sheets: Sequence[ReportSheet], terms: Terms) -> list[CentreRow]:
    """A line a centre, by name."""

    def key(sheet: ReportSheet) -> tuple[str, str, str]:
        return french.fold(sheet.centre), sheet.centre, sheet.commune

    groups = [tuple(group) for _key, group in groupby(sorted(sheets, key=key), key)]
    return [_centre_row(group, terms) for group in groups]


def _centre_row(sheets: tuple[ReportSheet, ...], terms: Terms) -> CentreRow:
    money = money_of(sheets, terms)
    return CentreRow(
        name=sheets[0].centre,
        commune=sheets[0].commune,
        sheets=sheets,
        people=_figure(sheets, PARTICIPANTS),
        times=_figure(sheets, SESSIONS),
        requested=money.requested,
        granted=money.granted,
        missing=sum(unanswered(sheet) for sheet in sheets),
    )


def unanswered(sheet: ReportSheet) -> int:
    """How many questions were asked and not answered, leaving out the optional ones on which nothing here rests."""
    return sum(
        item.status is AnswerStatus.NOT_ANSWERED and (not item.question.optional or item.question.id in RESTS_ON)
        for section in sheet.document.sections
        for item in section.items
    )


def public_rows(sheets: Sequence[ReportSheet]) -> list[PublicRow]:
    """The sheets by public, most frequent first; a sheet may stand in several."""
    found: dict[str, list[ReportSheet]] = {}
    for sheet in sheets:
        value = sheet.document.value("public")
        if value is not None:
            for facet in sheet.document.item("public").question.kind.facets(value):
                found.setdefault(facet.label, []).append(sheet)
    rows = [
        PublicRow(label, len(own), figure) for label, own in found.items() if (figure := _figure(own, PARTICIPANTS))
    ]
    return sorted(rows, key=lambda row: (-row.sheets, french.fold(row.label)))


def accounts_of(sheets: Sequence[ReportSheet], terms: Terms) -> list[Account]:
    """The state's table, one a year that has sheets."""
    by_year = [(year, [sheet for sheet in sheets if sheet.year == year]) for year in terms.years]
    return [account_of(year, own) for year, own in by_year if own]


def actions(sheets: Sequence[ReportSheet]) -> list[ActionAccount]:
    """The state's account action by action, in the order of the sheets."""
    return [
        ActionAccount(
            sheet,
            tuple((heading, _answers(sheet, questions)) for heading, questions in QUALITATIVE),
            tuple(entry for entry in account_of(sheet.year, [sheet]).income if entry.lines),
        )
        for sheet in sheets
    ]


def _answers(sheet: ReportSheet, questions: Sequence[str]) -> tuple[ReadItem, ...]:
    items = [sheet.document.item(question) for question in questions if question in sheet.document.version]
    return tuple(item for item in items if item.status is AnswerStatus.ANSWERED)
