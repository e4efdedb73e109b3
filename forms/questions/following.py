"""What comes next: limits and prospects."""

from __future__ import annotations

from forms.definition import CarryOver, Question
from forms.kinds import LongText

LIMITS = Question(
    "limits",
    "Suite de l'action : Limites",
    LongText(rows=5),
    short="Limites",
    carry_over=CarryOver.TAKE_AND_REREAD,
)
PERSPECTIVES = Question(
    "perspectives",
    "Suite de l'action : Perspectives",
    LongText(rows=5),
    short="Perspectives",
    carry_over=CarryOver.TAKE_AND_REREAD,
)
