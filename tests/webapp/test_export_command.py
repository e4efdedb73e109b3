"""`recueil export`: the public sheets in the text format of the catalogue, and what that format loses."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.catalogue_text import parse
from forms.lifecycle import SheetState
from tests.factories import START, CentreFactory, FederationFactory, campaign_of, sent_sheet
from tests.importing import counts, run
from webapp.commands import export
from webapp.models import Centre, Sheet
from webapp.vocabulary import Sharing

ANSWERS = {"summary": "Chaque jeudi, on répare.\n- et l’on boit un café", "partners": ["caf"], "status": "en_cours"}


@pytest.fixture
def centre(db: SQLAlchemy) -> Centre:
    made: Centre = CentreFactory(name="Centre social du Gué", department="46")
    return made


def public(centre: Centre, title: str, **details: Any) -> Sheet:
    """A published sheet whose centre lets everybody read it."""
    answers = {"title": title, **ANSWERS, **details.pop("answers", {})}
    given = {"sharing": Sharing.PUBLIC, "published_at": START, **details}
    return sent_sheet(SheetState.PUBLISHED, centre=centre, title=title, answers=answers, **given)


def exported(app: Flask, *words: str) -> Result:
    """What the command prints and how it ends."""
    return app.test_cli_runner().invoke(export.command, words)


def titles(file: Path) -> list[str]:
    """The sheets of a file that was written."""
    return sorted(sheet.title for sheet in parse(file.read_text("utf-8")).sheets)


def test_what_the_centre_keeps_from_the_public_stays_here(app: Flask, centre: Centre, tmp_path: Path) -> None:
    public(centre, "Le vélo")
    public(centre, "Le café", sharing=Sharing.NETWORK)
    public(centre, "Le jardin", sharing=Sharing.FUNDERS)
    sent_sheet(SheetState.VALIDATED, centre=centre, title="La fête", answers={"title": "La fête"}, sharing="public")
    done = exported(app, "--out", str(tmp_path / "lot.txt"))
    assert (done.exit_code, titles(tmp_path / "lot.txt")) == (0, ["Le vélo"])
    assert "(1\u00a0fiche)" in done.stderr


def test_what_was_exported_is_imported_unchanged(app: Flask, db: SQLAlchemy, centre: Centre, tmp_path: Path) -> None:
    public(centre, "Le vélo")
    public(centre, "Le café", campaign=campaign_of(centre.federation, 2024))
    federation = centre.federation
    exported(app, "--out", str(tmp_path / "lot.txt"))
    text = (tmp_path / "lot.txt").read_text("utf-8")
    assert counts(run(text, db.session.merge(federation))) == (0, 0, 2)


def test_years_centres_and_federations_narrow_it(app: Flask, centre: Centre, tmp_path: Path) -> None:
    year = public(centre, "Le vélo").campaign.year
    public(centre, "Le café", campaign=campaign_of(centre.federation, 2023))
    public(CentreFactory(federation=centre.federation), "Le jardin")
    other = CentreFactory(federation=FederationFactory(name="Fédération du Causse"))
    public(other, "La fête")
    file = tmp_path / "lot.txt"
    for words, expected in (
        ([], ["La fête", "Le café", "Le jardin", "Le vélo"]),
        (["--campaign", "2023"], ["Le café"]),
        (["--campaign", "2023", "--campaign", str(year)], ["La fête", "Le café", "Le jardin", "Le vélo"]),
        (["--centre", str(centre.id)], ["Le café", "Le vélo"]),
        (["--federation", "federation du causse"], ["La fête"]),
    ):
        assert exported(app, *words, "--out", str(file)).exit_code == 0
        assert titles(file) == expected, words


def test_what_has_no_place_in_the_format_is_told(app: Flask, centre: Centre, tmp_path: Path) -> None:
    public(centre, "Le vélo", answers={"participants_count": {"number": 12, "how": "counted"}})
    done = exported(app, "--out", str(tmp_path / "lot.txt"))
    assert "Ce format n’a pas de place pour\u00a0: Participants." in done.stderr


def test_a_sheet_that_would_be_read_otherwise_is_told(app: Flask, centre: Centre, tmp_path: Path) -> None:
    trap = {"results_territory": "- Résultat pour le centre social\n- rien", "results_centre": "Une équipe."}
    public(centre, "Le piège", answers=trap)
    public(centre, "Le vélo")
    done = exported(app, "--out", str(tmp_path / "lot.txt"))
    assert "À vérifier – Le piège – Cette fiche ne se relirait pas telle quelle." in done.stderr
    assert "Le vélo –" not in done.stderr


def test_nothing_to_write_writes_nothing(app: Flask, centre: Centre, tmp_path: Path) -> None:
    file = tmp_path / "lot.txt"
    file.write_text("d’avant", "utf-8")
    done = exported(app, "--out", str(file))
    assert (done.exit_code, file.read_text("utf-8")) == (1, "d’avant")
    assert "aucune fiche publique ne correspond à ce choix" in done.stderr
    unknown = exported(app, "--federation", "Ailleurs", "--out", str(file))
    assert (unknown.exit_code, "aucune fédération ne s’appelle" in unknown.stderr) == (2, True)
