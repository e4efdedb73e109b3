"""Rules across questions: what keeps a sheet from being sent although each answer is valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from forms.conditions import Visibility, visibility
from forms.definition import FormVersion
from forms.kinds import is_picture
from forms.questions.lists import PARTNERS


@dataclass(frozen=True)
class Broken:
    """A broken rule: the question where it can be mended and what to do.

    control: the name of its control that mends it, where the question has several.
    """

    question: str
    message: str
    control: str = ""


Answers = Mapping[str, Any]


def _number(answers: Answers, question: str) -> int | None:
    """The number of a count; None without one, be it unanswered or unknown."""
    number: int | None = answers.get(question, {}).get("number")
    return number


def named_partners_are_ticked(answers: Answers) -> Broken | None:
    """Each type of a named partner stands among the ticked types."""
    ticked = answers.get("partners", [])
    types = {row["type"] for row in answers.get("partners_named", []) if "type" in row}
    absent = [choice.label for choice in PARTNERS if choice.code in types - set(ticked)]
    if not absent:
        return None
    return Broken(
        "partners",
        f"Cochez aussi «\u00a0{', '.join(absent)}\u00a0» : vous citez ce type de partenaire plus bas.",
    )


def named_rows_have_a_name(answers: Answers) -> Broken | None:
    """A partner is named, a funding line says whose money it is."""
    columns = (("partners_named", "name", "le nom du partenaire"),
               ("funding_lines", "funder", "le nom du financeur"))  # fmt: skip
    for question, column, what in columns:
        for number, row in enumerate(answers.get(question, []), 1):
            if column not in row:
                return Broken(question, f"Indiquez {what} à la ligne {number}.", f"{question}-{number - 1}-{column}")
    return None


def granted_within_requested(answers: Answers) -> Broken | None:
    """A funder doesn't grant more than what was requested of it."""
    for number, row in enumerate(answers.get("funding_lines", []), 1):
        if "requested" in row and Decimal(row.get("granted", "0")) > Decimal(row["requested"]):
            return Broken(
                "funding_lines",
                f"Vérifiez la ligne {number} du plan de financement : le montant accordé dépasse le montant demandé.",
                f"funding_lines-{number - 1}-granted",
            )
    return None


def pictures_are_described(answers: Answers) -> Broken | None:
    """Every picture has an alternative text: reports and pages are read by ear too."""
    for at, file in enumerate(answers.get("files", [])):
        if is_picture(file) and not file.get("alt"):
            name = file["name"]
            return Broken("files", f"Décrivez l’image «\u00a0{name}\u00a0» en quelques mots.", f"files-{at}-alt")
    return None


def sessions_for_participants(answers: Answers) -> Broken | None:
    """People took part: there was at least one session."""
    if _number(answers, "sessions_count") == 0 and (_number(answers, "participants_count") or 0) > 0:
        return Broken(
            "sessions_count",
            "Indiquez au moins une séance, ou laissez la case vide : vous comptez des participants.",
        )
    return None


RULES: tuple[Callable[[Answers], Broken | None], ...] = (
    named_partners_are_ticked,
    named_rows_have_a_name,
    granted_within_requested,
    sessions_for_participants,
    pictures_are_described,
)


TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({"partners", "partners_named"}),
    frozenset({"sessions_count", "participants_count"}),
)
"""Questions that one rule reads together: where one of them is changed, another may have to follow."""


def broken(version: FormVersion, answers: Answers) -> tuple[Broken, ...]:
    """The rules that these answers break, in order.

    In: a version and valid answers (JSON by question id). Only questions that are asked count; a
    rule about questions that the version doesn't have says nothing.
    """
    seen = visibility(version, answers)
    asked = {id: answer for id, answer in answers.items() if seen.get(id) is Visibility.SHOWN}
    found = (rule(asked) for rule in RULES)
    return tuple(item for item in found if item is not None and item.question in version)
