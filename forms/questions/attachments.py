"""Posters, photographs, press cuttings."""

from __future__ import annotations

from forms.definition import CarryOver, Question
from forms.kinds import Files

FILES = Question(
    "files",
    "Fichier(s) associé(s)",
    Files(),
    short="Fichiers",
    help="Affiche, photos, articles de presse : images, PDF ou documents de bureau.",
    optional=True,
    carry_over=CarryOver.EMPTY,
)
