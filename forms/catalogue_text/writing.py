"""The text format of the public catalogue, written: what the reader of this package reads back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.catalogue_text.answers import READERS
from forms.catalogue_text.labels import markers
from forms.catalogue_text.reading import held_questions, parse
from forms.definition import FormVersion, Origin, Question
from forms.document import Document, ReadItem
from forms.values import Refused

HEAD = ("Les actions des centres sociaux", "Nom | Département | Année |", "---|---|---|")


@dataclass(frozen=True)
class WrittenSheet:
    """A sheet to be written: the centre's name, the name of its département (« Lot »), the year, what was answered."""

    organisation: str
    department: str
    year: int
    document: Document

    @property
    def title(self) -> str:
        """The name of the action, which is one line; empty where it has none."""
        return str(self.document.value("title") or "")

    @property
    def answers(self) -> dict[str, Any]:
        """What the format can hold of the answers: JSON by question id, as the reader would give them."""
        version = self.document.version
        held = held_questions(version)
        said = {
            item.question.id: item.question.kind.dump(item.value) for item in self._answered if item.question.id in held
        }
        # A question that is asked twice is read once where both answers are the same.
        return {id: value for id, value in said.items() if said.get(version.question(id).same_as or "") != value}

    @property
    def left_out(self) -> tuple[Question, ...]:
        """The answered questions that the format has no place for, in the order of the form."""
        held = held_questions(self.document.version)
        return tuple(item.question for item in self._answered if item.question.typed and item.question.id not in held)

    @property
    def _answered(self) -> tuple[ReadItem, ...]:
        return tuple(item for section in self.document.sections for item in section.answered)


def write(sheets: Sequence[WrittenSheet]) -> str:
    """A file in the format of the public catalogue: its table, then the sheets in the order given.

    What a question has no place for is left out (WrittenSheet.left_out).
    """
    lines = [*HEAD, *(f"{sheet.title} | {sheet.department} | {sheet.year} |" for sheet in sheets)]
    for sheet in sheets:
        lines += ["Actions", sheet.title, *_blocks(sheet)]
    return "".join(f"{line}\n" for line in lines)


def read_otherwise(sheets: Sequence[WrittenSheet], text: str) -> tuple[WrittenSheet, ...]:
    """The sheets that the reader would not give back as they are, such as one whose text holds a label of the form.

    sheets, text: what `write` was given and gave. All of them where the reader refuses the file as a whole.
    """
    versions: Mapping[int, FormVersion] = {sheet.year: sheet.document.version for sheet in sheets}
    try:
        read = parse(text, lambda year: versions.get(year) or next(iter(versions.values()))).sheets
    except Refused:
        return tuple(sheets)
    if len(read) != len(sheets):
        return tuple(sheets)
    return tuple(
        sheet
        for sheet, back in zip(sheets, read, strict=True)
        if (back.title, back.year, dict(back.answers)) != (sheet.title, sheet.year, sheet.answers) or back.refused
    )


def _blocks(sheet: WrittenSheet) -> Iterator[str]:
    """The labels of a sheet in the order of the format, each with what was answered under it."""
    for marker in markers(sheet.document.version, READERS):
        said = list(_answer(sheet, marker.question))
        if not said and not marker.expected:
            continue
        # The heading is our own sentence, with no-break spaces that the catalogue does not write.
        yield f"- {' '.join(marker.heading.split()) or marker.question.label}"
        if marker.heading:
            yield from ("-", f"{marker.question.label}:")
        elif said and marker.choices and len(said) > 1:
            yield "-"
        yield from said


def _answer(sheet: WrittenSheet, question: Question) -> Iterator[str]:
    """The lines under a label: one a choice or a file, prose as it stands."""
    if question.filled_from is Origin.CENTRE:
        yield f"- {sheet.organisation} - {sheet.department}"
        return
    value = sheet.document.value(question.id)
    if value is None and question.same_as is not None:
        value = sheet.document.value(question.same_as)
    if value is None:
        return
    if question.kind.uploads:
        yield from (f"- {file['name']}" for file in value)
        return
    labels = [facet.label for facet in question.kind.facets(value)]
    yield from [f"- {label}" for label in labels] or question.kind.text(value).split("\n")
