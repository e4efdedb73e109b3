"""The action itself: name, state, themes, summary."""

from __future__ import annotations

from forms.conditions import Answered
from forms.definition import CarryOver, Origin, Question
from forms.kinds import ChoiceMany, ChoiceOne, LongText, ShortText, WholeNumber
from forms.questions.lists import DIMENSIONS, KEYWORDS, STATUSES

TITLE = Question(
    "title",
    "Nom de l'action",
    ShortText(max_length=250),
    help="Le nom sous lequel les habitants la connaissent.",
    required=True,
)
ORGANISATION = Question(
    "organisation",
    "Structure organisatrice",
    ShortText(max_length=300),
    filled_from=Origin.CENTRE,
)
YEAR = Question("year", "Année", WholeNumber(minimum=1900, maximum=2200), filled_from=Origin.CAMPAIGN)
STATUS = Question("status", "Statut de l'action", ChoiceOne(STATUSES), short="Statut", required=True, facet=True)
ENDED = Answered(STATUS.id, ("terminee",))
"""The year in which an action came to its end."""
ENDED_REASON = Question(
    "ended_reason",
    "Raisons pour lesquelles l'action est terminée",
    LongText(rows=3),
    short="Raisons de la fin",
    show_if=ENDED,
    required=True,
    carry_over=CarryOver.EMPTY,
)
DIMENSION = Question(
    "dimension",
    "Dimension",
    ChoiceOne(DIMENSIONS),
    help="Celle qui domine dans l’action.",
    required=True,
    facet=True,
)
KEYWORDS_ = Question(
    "keywords",
    "Mots clés associés à l'action",
    ChoiceMany(KEYWORDS),
    short="Mots clés",
    help="Trois ou quatre suffisent : ceux par lesquels on cherchera cette action.",
    facet=True,
)
SUMMARY = Question(
    "summary",
    "Résumé",
    LongText(rows=6),
    help="Quelques phrases qui suffisent à qui ne lira que cela : quoi, pour qui, avec quel effet.",
    required=True,
    carry_over=CarryOver.TAKE_AND_REREAD,
)
