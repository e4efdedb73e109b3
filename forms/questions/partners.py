"""With whom, and the account of what was done."""

from __future__ import annotations

from forms.definition import CarryOver, Question
from forms.kinds import ChoiceMany, ChoiceOne, LongText, ShortText, Table, TableColumn
from forms.questions.lists import PARTNERS, TERRITORIES

PARTNERS_ = Question(
    "partners",
    "Partenaires d'action",
    ChoiceMany(PARTNERS),
    short="Partenaires",
    help="Avec qui cette action a-t-elle été menée ? Ne cochez rien si elle l’a été sans partenaire.",
    optional=True,
    facet=True,
)
PARTNERS_NAMED = Question(
    "partners_named",
    "Partenaires nommés",
    Table(
        (
            TableColumn("name", "Nom", ShortText(max_length=200)),
            TableColumn("type", "Type", ChoiceOne(PARTNERS)),
            TableColumn("role", "Rôle dans l’action", ShortText(max_length=300)),
        )
    ),
    help="Une ligne par partenaire que vous souhaitez citer.",
    optional=True,
)
PARTNERS_TERRITORY = Question(
    "partners_territory",
    "Territoire concerné",
    ChoiceOne(TERRITORIES),
    short="Territoire des partenaires",
    help="À remplir seulement s’il diffère du territoire de l’action.",
    optional=True,
    same_as="initiative_territory",
)
DESCRIPTION = Question(
    "description",
    "Description générale",
    LongText(rows=12),
    help="Comment l’action se déroule, étape par étape.",
    carry_over=CarryOver.TAKE_AND_REREAD,
)
