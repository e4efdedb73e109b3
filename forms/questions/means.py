"""What it took: money and people."""

from __future__ import annotations

from forms.definition import CarryOver, Question
from forms.kinds import Amount, ChoiceOne, Count, LongText, ShortText, Table, TableColumn
from forms.questions.lists import PARTNERS

FUNDING = Question(
    "funding",
    "Ressources financières mobilisées pour cette action",
    LongText(rows=3),
    short="Ressources financières",
    carry_over=CarryOver.SHOW,
)
FUNDING_LINES = Question(
    "funding_lines",
    "Plan de financement",
    Table(
        (
            TableColumn("funder", "Financeur", ShortText(max_length=200)),
            TableColumn("type", "Type", ChoiceOne(PARTNERS)),
            TableColumn("requested", "Montant demandé (€)", Amount()),
            TableColumn("granted", "Montant accordé (€)", Amount()),
        )
    ),
    help="Une ligne par financeur ; laissez vide un montant que vous ne connaissez pas encore.",
    optional=True,
    carry_over=CarryOver.SHOW,
    counted_in="funding",
)
PEOPLE = Question(
    "people",
    "Nombre de personnes mobilisés pour cette action",
    LongText(rows=3),
    short="Personnes mobilisées",
    help="Dites-le avec vos mots ; les cases suivantes recueillent les chiffres à additionner.",
    carry_over=CarryOver.SHOW,
)


def _count(id: str, label: str, kind: Count, help: str = "") -> Question:
    return Question(id, label, kind, help=help, optional=True, carry_over=CarryOver.SHOW, counted_in="people")


_PERSONS = Count(unit="personnes", one="personne")
PARTICIPANTS = _count(
    "participants_count",
    "Participants",
    _PERSONS,
    "Chaque personne compte une fois dans l’année. Laissez vide si la question n’a pas de sens pour cette action.",
)
VOLUNTEERS = _count("volunteers_count", "Bénévoles", _PERSONS)
STAFF = _count("staff_count", "Salariés", _PERSONS)
SESSIONS = _count("sessions_count", "Séances ou passages", Count(unit="séances", one="séance"))
