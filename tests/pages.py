"""Page objects made from a form's version: any question is found by its label and filled in by its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from forms.definition import FormVersion, Question

Said = Any
"""What a person says: a text, a choice's label, several of them, or the rows of a table by their columns' labels."""


@dataclass(frozen=True)
class FilePage:
    """A file to be joined, with its words."""

    path: Path
    caption: str = ""
    alt: str = ""


@dataclass(frozen=True)
class StepPage:
    """The page of a step, open in a browser. press: how a button that sends the page is pressed."""

    page: Page
    version: FormVersion
    press: Callable[[str], None]

    def fill(self, answers: Mapping[str, Said]) -> None:
        """Answer these questions, by id; what sends the page (rows, files) is pressed on the way."""
        for id, said in answers.items():
            question = self.version.question(id)
            _FILL[question.kind.name](self, question, said)

    def control(self, id: str) -> Locator:
        """The one control of a question."""
        return self.page.get_by_label(_named(self.version.question(id)))

    def group(self, id: str) -> Locator:
        """The group of a question's controls."""
        question = self.version.question(id)
        role = "radiogroup" if question.kind.name in {"choice_one", "yes_no"} else "group"
        return self.page.get_by_role(role, name=_named(question))  # type: ignore[arg-type]

    def row(self, id: str, number: int) -> Locator:
        """A row of a table, numbered from 1."""
        return self.group(id).get_by_role("group", name=f"Ligne {number}", exact=True)

    def rows(self, id: str) -> list[dict[str, str]]:
        """What stands in a table, row by row; the blank one at its end is left out."""
        found = []
        for row in self.group(id).get_by_role("group").all():
            cells = {column.label: row.get_by_label(column.label, exact=True) for column in self._columns(id)}
            values = {label: cell.input_value() for label, cell in cells.items()}
            if any(values.values()):
                found.append(values)
        return found

    def error(self, id: str) -> str:
        """The error that is tied to a question's control."""
        tied = (self.control(id).get_attribute("aria-describedby") or "").split()
        return " ".join(self.page.locator(f"[id='{part}']").inner_text() for part in tied if part.endswith("-error"))

    def _columns(self, id: str) -> Sequence[Any]:
        columns: Sequence[Any] = self.version.question(id).kind.of  # type: ignore[attr-defined]
        return columns

    def _type(self, question: Question, said: str) -> None:
        self.control(question.id).fill(said)

    def _choose(self, question: Question, said: str) -> None:
        self.group(question.id).get_by_label(said, exact=True).check()

    def _tick(self, question: Question, said: Sequence[str]) -> None:
        for box in self.group(question.id).get_by_role("checkbox").all():
            box.uncheck()
        for label in said:
            self._choose(question, label)

    def _write_rows(self, question: Question, said: Sequence[Mapping[str, str]]) -> None:
        for number, cells in enumerate(said, 1):
            if number > 1:
                self.press("Ajouter une ligne")
            for label, text in cells.items():
                cell = self.row(question.id, number).get_by_label(label, exact=True)
                chooses = cell.evaluate("node => node.tagName") == "SELECT"
                cell.select_option(label=text) if chooses else cell.fill(text)

    def _join(self, question: Question, said: Sequence[FilePage]) -> None:
        for file in said:
            box = self.page.get_by_role("group", name="Joindre un fichier")
            box.get_by_label("Fichier", exact=True).set_input_files(file.path)
            if box.get_by_role("button", name="Joindre ce fichier").count():
                box.get_by_label(re.compile("^Légende")).fill(file.caption)
                box.get_by_label(re.compile("^Si c’est une image, sa description")).fill(file.alt)
                self.press("Joindre ce fichier")
            else:
                # A script has sent it at once: it is among the files, whose words are saved with the step.
                card = self.page.locator("li.file", has_text=file.path.name)
                card.get_by_label("Légende", exact=True).fill(file.caption)
                card.get_by_label("Description de l’image").fill(file.alt)


def _named(question: Question) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, question.label.split()))
    # A note may follow: « (facultatif) ».
    return re.compile(rf"^\s*{words}(\s*\([^()]*\))?\s*$")


_FILL: dict[str, Callable[[StepPage, Question, Said], None]] = {
    **dict.fromkeys(("short_text", "long_text", "whole_number", "count", "amount", "day"), StepPage._type),
    **dict.fromkeys(("choice_one", "yes_no"), StepPage._choose),
    "choice_many": StepPage._tick,
    "table": StepPage._write_rows,
    "files": StepPage._join,
}
