"""Importing sheets: which centre a name means, and what waits for a person's word."""

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.catalogue_text import Level
from forms.values import Refused
from tests.factories import CentreAliasFactory, CentreFactory, FederationFactory, person
from tests.importing import AT, LATER, counts, rows, run, said, text_of
from webapp.centre_names import CentreNames, Known, Match
from webapp.models import Centre, Federation, ImportRun, Sheet, Snapshot
from webapp.policy import Actor, Denied
from webapp.queries.accounts import actor_of
from webapp.services import imports
from webapp.services.import_plan import make_plan
from webapp.services.import_shapes import Choice, Fate
from webapp.vocabulary import RoleName

# ---------------------------------------------------------------- which centre

KNOWN = [
    Known("rionet", "Centre Social et Culturel Les Rivières"),
    Known("cahors", "Centre social de Cahors"),
    Known("escale", "L'Escale. Centre Social de Praville"),
    Known("escale", "CSC Praville"),
    Known("un", "Espace Soleil 1"),
]


@pytest.mark.parametrize(
    ("written", "match", "key"),
    [
        ("CENTRE SOCIAL ET CULTUREL LES RIVIERES", Match.SAME, "rionet"),
        ("Centre Social et Cuturel les Riviéres", Match.NEAR, "rionet"),
        ("C.S.C. Praville", Match.DOUBTFUL, "escale"),
        ("CSC - Praville", Match.SAME, "escale"),
        ("Centre social de Cajarc", Match.NEW, None),
        ("Centre social de Cahort", Match.NEAR, "cahors"),
        ("Centre social de Cohars", Match.DOUBTFUL, "cahors"),
        ("Centre socio-culturel des Rivières", Match.DOUBTFUL, "rionet"),
        ("L'Escale", Match.DOUBTFUL, "escale"),
        ("Espace Soleil 2", Match.NEW, None),
        ("Maison des Oiseaux", Match.NEW, None),
        ("Centre social", Match.NEW, None),
    ],
)
def test_a_name_means_a_centre_only_where_every_word_agrees(written: str, match: Match, key: str | None) -> None:
    found = CentreNames(KNOWN).guess(written)
    assert found.match is match
    assert [one.key for one in found.candidates] == ([key] if key else [])


def test_two_centres_equally_near_are_left_to_a_person() -> None:
    known = [Known(1, "Espace Les Tilleuls"), Known(2, "Espace Le Tilleul")]
    found = CentreNames(known).guess("Espace Les Tileuls")
    assert (found.match, len(found.candidates)) == (Match.DOUBTFUL, 2)


def test_a_centre_is_found_by_alias_and_by_slip(db: SQLAlchemy) -> None:
    centre = CentreFactory(name="Espace Bellevue")
    CentreAliasFactory(centre=centre, name="Centre social du Gué")
    plan = run(
        text_of(said(), said(organisation="CENTRE SOCIAL DU GUE - Lot"), said(organisation="Espace Belevue - Lot")),
        centre.federation,
    )
    assert counts(plan) == (3, 0, 0)
    assert [sheet.place.match for sheet in plan.sheets] == [Match.SAME, Match.SAME, Match.NEAR]
    assert set(db.session.scalars(sa.select(Sheet.centre_id))) == {centre.id}
    assert any(item.level is Level.INFO and "Bellevue" in item.message for item in plan.sheets[2].findings)


def test_a_slip_within_the_file_makes_one_centre(db: SQLAlchemy) -> None:
    run(text_of(said(organisation="Espace Bellevue - Lot"), said(organisation="ESPACE BELEVUE - Lot")))
    assert db.session.scalars(sa.select(Centre.name)).all() == ["Espace Bellevue"]


def test_a_doubtful_centre_waits_for_a_person_or_is_made_and_told(db: SQLAlchemy) -> None:
    centre = CentreFactory(name="Centre social du Gué")
    text = text_of(said(organisation="Le Gué - Lot"))
    asked = make_plan(text, federation_id=centre.federation_id, ask=True)
    assert asked.sheets[0].fate is Fate.WAITING
    plan = run(text, centre.federation)
    assert plan.sheets[0].fate is Fate.CREATED
    assert [item.level for item in plan.sheets[0].findings if item.question == "organisation"] == [Level.WARNING]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Centre)) == 2


# ---------------------------------------------------------------- uploads


@pytest.fixture
def federation(db: SQLAlchemy) -> Federation:
    made: Federation = FederationFactory()
    return made


@pytest.fixture
def boss(federation: Federation) -> Actor:
    """The federation's administrator."""
    return actor_of(person(RoleName.ADMINISTRATOR, federation))


def test_an_upload_waits_until_its_doubts_are_decided(db: SQLAlchemy, federation: Federation, boss: Actor) -> None:
    centre = CentreFactory(federation=federation, name="Centre social du Gué")
    text = text_of(said(organisation="Le Gué - Lot"))
    upload = imports.keep_upload(federation=federation, name="lot.txt", text=text, actor=boss, at=AT)
    with pytest.raises(Refused) as refused:
        imports.confirm_upload(upload.id, choices={}, actor=boss, at=AT)
    assert refused.value.where == "0"
    db.session.rollback()
    imports.confirm_upload(upload.id, choices={0: Choice(centre=centre.id)}, actor=boss, at=AT)
    assert db.session.scalars(sa.select(Sheet.centre_id)).all() == [centre.id]
    assert [alias.name for alias in centre.aliases] == ["Le Gué"]
    again = make_plan(text, federation_id=federation.id, ask=True)
    assert again.count(Fate.UNCHANGED) == 1


def test_a_person_may_make_the_centre_or_leave_a_sheet_out(db: SQLAlchemy, federation: Federation, boss: Actor) -> None:
    CentreFactory(federation=federation, name="Centre social du Gué")
    text = text_of(said(organisation="Le Gué - Lot"), said())
    upload = imports.keep_upload(federation=federation, name="lot.txt", text=text, actor=boss, at=AT)
    choices = {0: Choice(new=True), 1: Choice(leave_out=True)}
    imports.confirm_upload(upload.id, choices=choices, actor=boss, at=AT)
    assert db.session.scalars(sa.select(Snapshot.title)).all() == ["Action 0"]
    assert upload.result is not None
    assert (upload.result["read"], upload.result["created"]) == (2, 1)
    assert upload.text == ""


def test_accepted_figures_are_set_and_the_others_are_not(db: SQLAlchemy, federation: Federation, boss: Actor) -> None:
    upload = imports.keep_upload(federation=federation, name="l", text=text_of(said()), actor=boss, at=AT)
    choices = {0: Choice(counts=frozenset({"volunteers_count", "sessions_count"}))}
    imports.confirm_upload(upload.id, choices=choices, actor=boss, at=AT)
    answers = db.session.scalars(sa.select(Sheet)).one().answers
    assert answers["volunteers_count"] == {"number": 3, "how": "counted"}
    assert not {"participants_count", "sessions_count"} & set(answers)


def test_confirming_twice_imports_once(db: SQLAlchemy, federation: Federation, boss: Actor) -> None:
    upload = imports.keep_upload(federation=federation, name="l", text=text_of(said()), actor=boss, at=AT)
    imports.confirm_upload(upload.id, choices={}, actor=boss, at=AT)
    before = rows(db)
    imports.confirm_upload(upload.id, choices={}, actor=boss, at=LATER)
    assert (rows(db), upload.confirmed_at) == (before, AT)


def test_only_the_administrator_of_the_federation_imports(db: SQLAlchemy, federation: Federation, boss: Actor) -> None:
    stranger = actor_of(person(RoleName.ADMINISTRATOR, FederationFactory()))
    reviewer = actor_of(person(RoleName.REVIEWER, federation))
    for actor in (stranger, reviewer):
        with pytest.raises(Denied):
            imports.keep_upload(federation=federation, name="l", text=text_of(said()), actor=actor, at=AT)
    upload = imports.keep_upload(federation=federation, name="l", text=text_of(said()), actor=boss, at=AT)
    with pytest.raises(Denied):
        imports.confirm_upload(upload.id, choices={}, actor=stranger, at=AT)
    with pytest.raises(Denied):
        imports.drop_upload(upload.id, actor=stranger)
    db.session.rollback()
    imports.drop_upload(upload.id, actor=boss)
    assert db.session.scalars(sa.select(ImportRun)).all() == []


def test_a_file_of_too_many_sheets_is_to_be_cut(
    db: SQLAlchemy, federation: Federation, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "MOST_SHEETS", 1)
    with pytest.raises(Refused, match="coupez-le"):
        imports.keep_upload(federation=federation, name="l", text=text_of(said(), said()), actor=boss, at=AT)


def test_uploads_that_nobody_confirmed_are_forgotten(db: SQLAlchemy, federation: Federation, boss: Actor) -> None:
    for at in (AT, LATER):
        imports.keep_upload(federation=federation, name="l", text=text_of(said()), actor=boss, at=at)
    assert db.session.scalars(sa.select(ImportRun.created_at)).all() == [LATER]
