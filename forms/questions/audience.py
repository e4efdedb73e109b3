"""For whom."""

from __future__ import annotations

from forms.definition import Question
from forms.kinds import ChoiceMany
from forms.questions.lists import PUBLICS

PUBLIC = Question("public", "Public", ChoiceMany(PUBLICS), required=True, facet=True)
