"""Where on a sheet's pages something is done about a question: its control, or the way to have it opened."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from flask import url_for

from forms import steps
from webapp.blueprints.sheets.frame import unparsed_of, version_of
from webapp.models import Query, Sheet
from webapp.queries import openings

ASK_FOR_ALL = "tout-modifier"
"""The anchor of the sheet's page where a centre asks to change more than what is asked."""


@dataclass(frozen=True)
class Places:
    """The places of one sheet. opened: the questions that may be changed, None where all may."""

    sheet: Sheet
    opened: Collection[str] | None

    @classmethod
    def of(cls, sheet: Sheet, queries: Collection[Query]) -> Places:
        """Those of that sheet with its queries."""
        return cls(sheet, openings.open_questions(sheet, queries))

    def closed(self, question: str) -> bool:
        """Whether the centre may not change that answer now."""
        return self.opened is not None and question not in self.opened

    def url(self, question: str, control: str = "") -> str:
        """Where it is changed, at the control that is wrong; of a closed one where its opening is asked for."""
        if self.closed(question):
            return url_for("sheets.overview", id=self.sheet.id, _anchor=ASK_FOR_ALL)
        version = version_of(self.sheet)
        at = control or steps.place_of_error(version, question, unparsed_of(self.sheet))
        return url_for("sheets.step", id=self.sheet.id, section=version.section_of(question).id, _anchor=at)

    def to_do(self, question: str, message: str, control: str = "") -> tuple[str, str]:
        """Where and what, for a list of what is left. control: the one that mends it, where it is known."""
        more = " Cette réponse est fermée\u00a0: demandez à pouvoir tout modifier." if self.closed(question) else ""
        return self.url(question, control), message + more
