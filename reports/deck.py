"""The deck (*diaporama*): one action told to its partners, an idea a page, as 16:9 PDF.

Its pages follow the way in which a team presents an action: with whom, how it began, its aims, how it was set up by
date, a regular meeting, the poster, what came of it, its limits, next year. What a question is called on a slide stands
in _TITLES and the order in _tell; a question that they don't know has slides of its own, so that a new one is shown
without a change here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from forms.document import AnswerStatus, ReadItem
from forms.kinds import is_picture
from reports.album import Album
from reports.characters import legible, replacements
from reports.content import Progress, ReportInput, ReportSheet
from reports.figures import Figure, is_counted, key_figures
from reports.ideas import Idea, runs, steps
from reports.printing import print_page
from reports.rendering import blocks, lines, render
from reports.slides import (
    Fact,
    Slide,
    caption_is_cut,
    fact_slides,
    figure_slides,
    is_fact,
    is_note,
    picture_slides,
    step_slides,
    table_slides,
    text_slides,
    year_slides,
)
from reports.tints import tint

_MOST_YEARS = 5
_TITLES = {
    "summary": ("En bref", "L’essentiel"),
    "partners_named": ("Les partenaires", "Avec qui"),
    "experience": ("Le projet", "L’expérience"),
    "description": ("Sur le terrain", "Comment cela se passe"),
    "people": ("Les moyens", "Les personnes mobilisées"),
    "funding": ("Les moyens", "Ce que cela coûte"),
    "funding_lines": ("Les moyens", "Le plan de financement"),
    "results_territory": ("Ce que cela a donné", "Sur le territoire"),
    "results_centre": ("Ce que cela a donné", "Pour le centre social"),
    "results_residents": ("Ce que cela a donné", "Pour les habitants"),
    "limits": ("Et ensuite", "Les limites"),
    "perspectives": ("Et ensuite", ""),
    "ended_reason": ("Et ensuite", "Pourquoi l’action est terminée"),
}
_IDEAS = {
    Idea.AIMS: "Les objectifs",
    Idea.ORIGIN: "Comment l’action a commencé",
    Idea.STEPS: "La mise en place, date par date",
    Idea.SESSION: "Le rendez-vous",
}
_BEGINNING = ("initiators", "initiators_detail")
_ELSEWHERE = ("partners", *_BEGINNING)
_LAST = ("limits", "ended_reason", "perspectives")


@dataclass
class Teller:
    """Tells a sheet slide by slide, and remembers what it has told. rest: labels of answers told in part."""

    sheet: ReportSheet
    slides: list[Slide] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    rest: list[str] = field(default_factory=list)

    def item(self, question: str) -> ReadItem | None:
        """The answer to that question, None without one or where it is told already."""
        if question not in self.sheet.document.version or question in self.told:
            return None
        found = self.sheet.document.item(question)
        return found if found.status is AnswerStatus.ANSWERED else None

    def add(self, items: Iterable[ReadItem], slides: Iterable[Slide]) -> None:
        """These slides tell these answers."""
        made = list(slides)
        asked = [item.question for item in items]
        self.slides += made
        self.told |= {question.id for question in asked}
        if any(slide.cut for slide in made):
            self.rest += [question.short_label for question in asked if question.short_label not in self.rest]

    def text(self, question: str, *, ideas: bool = False, title: str = "") -> None:
        """A long text; with ideas, each part of it under what it is about."""
        if item := self.item(question):
            chapter, own = _TITLES.get(question, (_section(self.sheet, item), item.question.short_label))
            if not ideas:
                self.add([item], text_slides(chapter, title or own, lines(item.text)))
                return
            for run in runs(item.text):
                named = _IDEAS.get(run.idea, own)
                if run.idea is Idea.STEPS:
                    self.add([item], step_slides(chapter, named, steps(run.lines)))
                else:
                    self.add([item], text_slides(chapter, named, run.lines))

    def table(self, question: str, lead: ReadItem | None = None) -> None:
        """The rows of a table; lead: a short answer that stands above them."""
        if item := self.item(question):
            chapter, title = _TITLES.get(question, (_section(self.sheet, item), item.question.short_label))
            said = [lead] if lead else []
            self.add([item, *said], table_slides(chapter, title, item, lead.text if lead else ""))

    def facts(self, chapter: str, title: str, items: Sequence[ReadItem]) -> None:
        """Short answers, together; one alone, or longer than a row, has slides of its own."""
        if len(items) == 1:
            self.add(items, text_slides(chapter, title, lines(items[0].text)))
            return
        short = [item for item in items if is_fact(item.text)]
        facts = [Fact(item.question.short_label, item.text) for item in short]
        self.add(short, fact_slides(chapter, title, facts))
        for item in items:
            if item not in short:
                self.add([item], text_slides(chapter, item.question.short_label, lines(item.text)))


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; takes the sheets of one action (ValueError without one): the newest is told, the
    figures of the others stand beside its own."""
    sheet, former = newest(content.sheets)
    album = Album.of(content)
    teller = Teller(sheet)
    _tell(teller, former)
    html = render(
        "reports/deck.html",
        content=content,
        sheet=sheet,
        former=former,
        slides=teller.slides,
        rest=[*teller.rest, *_untold(teller)],
        pictures=album.names,
        tint=tint(content.design.colour),
    )
    printed = print_page(html, album.readers, out, progress)
    return (*replacements((sheet,)), *_cut_notes(teller), *album.notes(printed))


def newest(sheets: Sequence[ReportSheet]) -> tuple[ReportSheet, tuple[ReportSheet, ...]]:
    """The sheet of the last year, and those of the years before it, oldest first. Raises ValueError without any."""
    *former, last = sorted(sheets, key=lambda sheet: (sheet.year, sheet.reference))
    return last, tuple(former)


def _tell(teller: Teller, former: Sequence[ReportSheet]) -> None:
    sheet = teller.sheet
    figures = [figure for figure in key_figures((sheet,)) if figure.value is not None]
    teller.text("summary")
    teller.facts("En bref", "L’action en quelques repères", _facts(teller))
    _partners(teller)
    teller.facts("Le projet", "Qui en a eu l’idée", _items(teller, _BEGINNING))
    teller.text("experience", ideas=True)
    teller.text("description", ideas=True)
    _pictures(teller)
    _figures(teller, figures)
    teller.text("people")
    for question in ("results_territory", "results_centre", "results_residents"):
        teller.text(question)
    if years := _years(sheet, former):
        teller.slides += years
    teller.text("funding")
    teller.table("funding_lines")
    _others(teller)
    teller.text("limits")
    teller.text("ended_reason")
    ended = teller.sheet.document.value("ended_reason") is not None
    teller.text("perspectives", title="Et après" if ended else f"Et pour {sheet.year + 1}")


def _partners(teller: Teller) -> None:
    kinds, named = teller.item("partners"), teller.item("partners_named")
    together = kinds is not None and named is not None and is_note(kinds.text)
    if kinds and not together:
        teller.facts("Les partenaires", "Avec qui", [kinds])
    teller.table("partners_named", kinds if together else None)


def _section(sheet: ReportSheet, item: ReadItem) -> str:
    return sheet.document.version.section_of(item.question.id).title


def _items(teller: Teller, questions: Iterable[str]) -> list[ReadItem]:
    return [item for item in map(teller.item, questions) if item]


def _facts(teller: Teller) -> list[ReadItem]:
    """The short answers that no other slide tells, in the order of the form."""
    document = teller.sheet.document
    same = {question.id for question in document.version.questions if _repeats(teller.sheet, question.id)}
    teller.told |= same
    return [
        item
        for section in document.sections
        for block in blocks(section)
        if block.shape == "facts"
        for item in block.items
        if item.status is AnswerStatus.ANSWERED
        and item.question.typed
        and item.question.id not in (*_ELSEWHERE, *same)
        and not _is_figure(item)
    ]


def _repeats(sheet: ReportSheet, question: str) -> bool:
    """Whether the answer is the one to an earlier question, said again."""
    asked = sheet.document.version.question(question)
    given = sheet.document.value(question)
    return asked.same_as is not None and given is not None and given == sheet.document.value(asked.same_as)


def _is_figure(item: ReadItem) -> bool:
    kind = item.question.kind
    return not kind.own_tab and any(is_counted(item.question, column) for column in kind.columns(item.question))


def _figures(teller: Teller, figures: Sequence[Figure]) -> None:
    """What is counted; totals of tables stand under the tables."""
    own = [figure for figure in figures if not figure.group]
    known = {figure.id.partition(".")[0] for figure in own}
    items = [item for section in teller.sheet.document.sections for item in section.answered]
    told = [item for item in items if item.question.id in known]
    said = [item for item in _items(teller, ("people",)) if own and is_note(item.text)]
    note = said[0].text.strip() if said else ""
    teller.add([*told, *said], figure_slides("En chiffres", "Ce qui compte", own, note))


def _pictures(teller: Teller) -> None:
    for section in teller.sheet.document.sections:
        for item in section.answered:
            files = [row for row in item.value if is_picture(row)] if item.question.kind.uploads else []
            if files:
                teller.add([item], picture_slides("En images", files))
            if len(files) < len(item.value if item.question.kind.uploads else ()) or any(map(caption_is_cut, files)):
                teller.rest.append(item.question.short_label)
                teller.told.add(item.question.id)


def _others(teller: Teller) -> None:
    """Answers to questions that the plan doesn't know: tables as tables, all else as text."""
    for section in teller.sheet.document.sections:
        for item in section.answered:
            if item.question.id in (*teller.told, *_LAST) or not item.question.typed or _is_figure(item):
                continue
            if item.question.id == "title":
                continue
            (teller.table if item.question.kind.own_tab else teller.text)(item.question.id)


def _untold(teller: Teller) -> list[str]:
    """The labels of the answers that no slide shows."""
    return [
        item.question.short_label
        for section in teller.sheet.document.sections
        for item in section.answered
        if item.question.typed and item.question.id not in teller.told and item.question.id != "title"
    ]


def _years(sheet: ReportSheet, former: Sequence[ReportSheet]) -> list[Slide]:
    """The figures of this year and of those before it, side by side; nothing where no year before has any."""
    compared = (*former[-(_MOST_YEARS - 1) :], sheet)
    by_year = [{figure.id: figure for figure in key_figures((one,)) if figure.value is not None} for one in compared]
    if not any(by_year[:-1]):
        return []
    known = {id: figure for figures in by_year for id, figure in figures.items()}
    counts_first = sorted(known.values(), key=lambda figure: bool(figure.group))
    rows = [(figure.label, *(_said(figures.get(figure.id)) for figures in by_year)) for figure in counts_first]
    return year_slides("En chiffres", "D’une année à l’autre", [one.year for one in compared], rows)


def _said(figure: Figure | None) -> str:
    if figure is None:
        return "non renseigné"
    return f"{figure.text} ({figure.share_text})" if figure.share_text else figure.text


def _cut_notes(teller: Teller) -> tuple[str, ...]:
    """What whoever asked must know of long answers."""
    cut = [slide.title for slide in teller.slides if slide.cut]
    if not cut:
        return ()
    named = ", ".join(f"« {title} »" for title in dict.fromkeys(cut))
    return (f"Fiche {legible(teller.sheet.reference)} : trop long pour un diaporama, cité en partie : {named}.",)
