"""What came of it."""

from __future__ import annotations

from forms.definition import CarryOver, Question
from forms.kinds import LongText

TERRITORY = Question(
    "results_territory",
    "Résultat sur le territoire",
    LongText(rows=5),
    carry_over=CarryOver.TAKE_AND_REREAD,
)
CENTRE = Question(
    "results_centre",
    "Résultat pour le centre social",
    LongText(rows=5),
    carry_over=CarryOver.TAKE_AND_REREAD,
)
RESIDENTS = Question(
    "results_residents",
    "Résultat pour les habitants",
    LongText(rows=5),
    carry_over=CarryOver.TAKE_AND_REREAD,
)
