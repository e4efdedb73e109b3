"""Figures of a text taken into their boxes: offered beside the text, taken by a button that saves the step."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import flash, request

from forms.counting import offers, taken
from forms.definition import FormVersion
from forms.french import number, typography
from forms.prose import ToldCount
from forms.steps import StepReading

ONE, ALL = "_take_count", "_take_counts"
"""The buttons: for one figure (its question), for all those of a text (the text's question)."""


def offered(version: FormVersion, answers: Mapping[str, Any]) -> dict[str, list[ToldCount]]:
    """The figures that the stored texts offer, by the question of the text."""
    found: dict[str, list[ToldCount]] = {}
    for count in offers(version, answers):
        found.setdefault(version.question(count.question).counted_in or "", []).append(count)
    return found


def wanted() -> bool:
    """Whether the button that was pressed takes figures."""
    return bool(request.form.keys() & {ONE, ALL})


def take(version: FormVersion, answers: Mapping[str, Any], reading: StepReading) -> StepReading:
    """What was posted, with the figures that the pressed button takes; told above the page.

    answers: the stored ones. The figures are those of the text as it was posted just now.
    """
    touched = {*reading.answers, *reading.cleared, *reading.unparsed}
    now = {question: answer for question, answer in answers.items() if question not in touched} | reading.answers
    ones, texts = set(request.form.getlist(ONE)), set(request.form.getlist(ALL))
    chosen = [
        count
        for count in offers(version, now)
        if count.question in ones or version.question(count.question).counted_in in texts
    ]
    _tell(version, chosen)
    made = {count.question: taken(version, count) for count in chosen}
    return replace(
        reading,
        answers=reading.answers | made,
        cleared=reading.cleared - set(made),
        unparsed={question: item for question, item in reading.unparsed.items() if question not in made},
    )


def _tell(version: FormVersion, chosen: list[ToldCount]) -> None:
    if not chosen:
        flash("Ce chiffre n’est plus dans le texte, ou sa case est déjà remplie\u00a0: rien n’a été repris.", "info")
        return
    told = ", ".join(
        f"{number(count.number)} dans «\u00a0{typography(version.question(count.question).short_label)}\u00a0»"
        for count in chosen
    )
    flash(f"Repris du texte\u00a0: {told}. Vérifiez.", "success")


def anchor(version: FormVersion) -> str:
    """Where the page opens again: at the first box that was filled, or at the first one of the text."""
    for question in version.questions:
        if question.id in request.form.getlist(ONE) or question.counted_in in request.form.getlist(ALL):
            return question.id
    return ""
