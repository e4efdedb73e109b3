"""How the action began: who, where, what for."""

from __future__ import annotations

from forms.conditions import Answered
from forms.definition import Question
from forms.kinds import ChoiceMany, ChoiceOne, LongText, ShortText
from forms.questions.lists import INITIATORS, TERRITORIES

INITIATORS_ = Question(
    "initiators",
    "Qui est à l'initiative de l'action ?",
    ChoiceMany(INITIATORS),
    short="À l’initiative",
    facet=True,
)
INITIATORS_DETAIL = Question(
    "initiators_detail",
    "Précision ( si autre )",
    ShortText(max_length=500),
    short="Précision sur l’initiative",
    help="Le nom du ou des partenaires, ou de la personne.",
    show_if=Answered("initiators", ("autre", "partenaires")),
)
INITIATIVE_TERRITORY = Question(
    "initiative_territory",
    "Territoire concerné",
    ChoiceOne(TERRITORIES),
    short="Territoire de l’action",
    facet=True,
)
EXPERIENCE = Question(
    "experience",
    "Description de l'expérience, ses objectifs, ses acteurs et ses différentes phases.",
    LongText(rows=10),
    short="Description de l’expérience",
)
