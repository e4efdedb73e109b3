"""A sheet leaves for a place without a connection, is filled in there, and comes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.conftest import FORM, Cast
from tests.journeys.people import Person
from tests.reports.takeaways import Desk, answers_of, read
from webapp.models import User

TITLE = "Le jardin des Ormes"


def begins(somebody: Person) -> str:
    """Begin a sheet; its address."""
    somebody.goes_to("/fiches")
    somebody.follows("Commencer une fiche")
    somebody.types("Nom de l’action", TITLE)
    somebody.presses("Commencer la fiche")
    somebody.goes_to_list()
    return somebody.page.url.removeprefix(somebody.site)


@pytest.mark.browser
@pytest.mark.parametrize(("script", "width"), [(True, 1280), (True, 360), (False, 1280)])
def test_a_sheet_is_taken_away_filled_in_and_brought_back(
    cast: Cast, arrives: Callable[..., Person], tmp_path: Path, script: bool, width: int
) -> None:
    amina: User = cast.responsible
    somebody = arrives(amina, script=script, width=width)
    sheet = begins(somebody)
    somebody.follows("Emporter la fiche")
    file = somebody.downloads("Télécharger le classeur", tmp_path)
    paper = somebody.downloads("Télécharger le PDF", tmp_path)
    assert paper.read_bytes().startswith(b"%PDF")

    desk = Desk.with_(file.read_bytes())
    desk.types("summary", "Un jardin\nouvert à tous.")
    desk.types("keywords.solidarite", "x")
    desk.types("cost", "1 250,50 €")
    desk.types("participants_count", "une douzaine")
    desk.types_row("partners_named", 4, {"name": "Mairie", "type": "Commune"})
    file.write_bytes(desk.saves())

    somebody.page.get_by_label("Le classeur rempli").set_input_files(file)
    somebody.presses("Relire le classeur")
    somebody.reads("same", "1 réponse est identique ; 5 réponses diffèrent")
    somebody.reads("offer-participants_count", "colonne C : écrivez un nombre entier en chiffres")
    somebody.page.get_by_test_id("offer-participants_count").get_by_label("Garder celle qui est en ligne").check()
    somebody.presses("Enregistrer ces choix")
    somebody.sees("4 réponses du classeur sont enregistrées")

    somebody.goes_to(f"{sheet}/verification")
    somebody.sees("ouvert à tous.", "Mairie", "1 250,50 €")
    somebody.goes_to(f"{sheet}/emporter")
    again = somebody.downloads("Télécharger le classeur", tmp_path)
    assert answers_of(read(again.read_bytes(), FORM)[0]) == {
        "title": TITLE,
        "summary": "Un jardin\nouvert à tous.",
        "keywords": ["solidarite"],
        "cost": "1250.50",
        "partners_named": [{"name": "Mairie", "type": "commune"}],
    }
