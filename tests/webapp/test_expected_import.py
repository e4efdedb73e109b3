"""The expected centres from a workbook: known, new or in doubt, errors by cell, nothing written before a word."""

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from openpyxl import Workbook, load_workbook

from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp.models import Campaign, CampaignCentre, Centre, ExpectedUpload
from webapp.services import expected_import
from webapp.vocabulary import RoleName

HEADS = ("Nom du centre", "Commune", "Département", "SIRET", "Contact", "E-mail", "Téléphone")
AT = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def workbook(*rows: Sequence[Any], heads: Sequence[str] = HEADS) -> io.BytesIO:
    """A list as somebody has typed it: a title, its headings, a row a centre."""
    book = Workbook()
    tab = book.worksheets[0]
    tab.title = "Liste"
    tab.append(["Centres attendus cette année"])
    tab.append(list(heads))
    for row in rows:
        tab.append(list(row))
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return out


@pytest.fixture
def campaign(client: PageClient, db: SQLAlchemy) -> Campaign:
    """A campaign that expects nobody; its administrator has signed in."""
    campaign: Campaign = factories.CampaignFactory()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, campaign.federation, password=None))
    return campaign


def send(client: PageClient, campaign: Campaign, content: io.BytesIO) -> Any:
    form = form_on(client.get(f"/campagnes/{campaign.id}/centres/importer"))
    return form.attach("file", content, "centres.xlsx").press(client)


def names(db: SQLAlchemy, campaign: Campaign) -> set[str]:
    db.session.expire_all()
    return {line.centre.name for line in db.session.query(CampaignCentre).filter_by(campaign_id=campaign.id)}


def test_known_centres_are_recognised_and_new_ones_made_once_it_is_confirmed(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    place = {"federation": campaign.federation}
    by_name = factories.CentreFactory(**place, name="Centre social L’Escale", phone=None, email="ancien@escale.example")
    by_siret = factories.CentreFactory(**place, name="Le Lavoir", siret="73282932000074")
    renamed = factories.CentreFactory(**place, name="La Passerelle")
    factories.CentreAliasFactory(centre=renamed, name="Foyer rural")
    heir = factories.CentreFactory(**place, name="Les Deux Rives")
    merged = {"merged_into": heir, "merged_on": date(2026, 1, 1), "closed_on": date(2026, 1, 1)}
    factories.CentreFactory(**place, name="La Rive gauche", **merged)
    sent = send(
        client,
        campaign,
        workbook(
            ("CENTRE SOCIAL L'ESCALE", "", "", "", "Rose Vidal", "accueil@escale.example", 561020304),
            ("Nom tout autre", "", "", 73282932000074, "", "", ""),
            ("foyer rural", "", "", "", "", "", ""),
            ("La Rive gauche", "", "", "", "", "", ""),
            ("Le Préau", "Figeac", "Lot", "", "Jean Delmas", "preau@exemple.example", "05 61 00 00 00"),
        ),
    )
    assert sent.status_code == 303
    page = client.get(sent.location)
    assert names(db, campaign) == set()
    assert "a fusionné avec Les Deux Rives" in page.text
    assert "La liste dit autre chose" in page.text
    count = db.session.query(Centre).count()
    assert form_on(page).press(client).location == f"/campagnes/{campaign.id}"
    expected = {by_name.name, by_siret.name, renamed.name, heir.name, "Le Préau"}
    assert names(db, campaign) == expected
    assert db.session.query(Centre).count() == count + 1
    made = db.session.query(Centre).filter_by(name="Le Préau").one()
    assert (made.commune, made.department, made.contact_name) == ("Figeac", "46", "Jean Delmas")
    # What was empty is filled in, what was known stays.
    assert (by_name.phone, by_name.email) == ("0561020304", "ancien@escale.example")
    assert db.session.query(ExpectedUpload).count() == 0
    assert client.get(sent.location).status_code == 404


def test_what_the_list_says_replaces_what_is_known_only_where_that_was_ticked(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    centre = factories.CentreFactory(federation=campaign.federation, name="L’Escale", email="ancien@escale.example")
    sent = send(client, campaign, workbook(("L’Escale", "", "", "", "", "nouveau@escale.example", "")))
    form_on(client.get(sent.location)).fill_in({"update": "y"}).press(client)
    db.session.refresh(centre)
    assert centre.email == "nouveau@escale.example"


def test_errors_are_told_by_tab_row_and_column_and_leave_the_rest_be(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    factories.CentreFactory(federation=campaign.federation, name="L’Escale")
    factories.CentreFactory(federation=campaign.federation, name="Le Phare", closed_on=date(2025, 1, 1))
    content = workbook(
        ("L’Escale", "", "", "", "", "", ""),
        ("L’ESCALE", "", "", "", "", "", ""),
        ("Le Préau", "", "Lotte", "123", "", "pas une adresse", ""),
        ("", "Figeac", "46", "", "", "", ""),
        ("Le Phare", "", "", "", "", "", ""),
    )
    page = client.get(send(client, campaign, content).location)
    told = page.text[page.text.index('data-testid="errors"') :]
    told = told[: told.index("</section>")].replace("\u00a0", " ")
    for said in (
        "Onglet « Liste », ligne 4, colonne A (Nom du centre) : ce centre est déjà à la ligne 3.",
        "ligne 5, colonne C (Département)",
        "ligne 5, colonne D (SIRET)",
        "ligne 5, colonne F (Adresse mail)",
        "ligne 5, colonne B (Commune) : indiquez la commune",
        "ligne 6, colonne A (Nom du centre) : indiquez le nom du centre.",
        "ligne 7, colonne A (Nom du centre) : ce centre est fermé",
    ):
        assert said in told
    form_on(page).press(client)
    assert names(db, campaign) == {"L’Escale"}
    assert db.session.query(Centre).filter_by(name="Le Préau").count() == 0


def test_a_name_that_resembles_others_waits_for_a_person(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    centre = factories.CentreFactory(federation=campaign.federation, name="Centre social et culturel du Grand Chêne")
    sent = send(client, campaign, workbook(("Maison du Grand Chêne", "Figeac", "46", "", "", "", "")))
    page = client.get(sent.location)
    assert "Quel est ce centre" in page.text
    refused = form_on(page).press(client)
    assert refused.status_code == 422
    assert "Choisissez le centre" in refused.text
    assert names(db, campaign) == set()
    form_on(page).fill_in({"centre-0": str(centre.id)}).press(client)
    assert names(db, campaign) == {centre.name}
    sent = send(client, campaign, workbook(("Maison du Grand Chêne", "Figeac", "46", "", "", "", "")))
    form_on(client.get(sent.location)).fill_in({"centre-0": "new"}).press(client)
    assert names(db, campaign) == {centre.name, "Maison du Grand Chêne"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (workbook(("x", "y"), heads=("Titre", "Autre")), "n’a pas de colonne"),
        (workbook(), "aucun centre"),
        (io.BytesIO(b"Nom;Commune"), "choisissez le modèle de cette page"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(
    client: PageClient, campaign: Campaign, db: SQLAlchemy, content: io.BytesIO, said: str
) -> None:
    answer = send(client, campaign, io.BytesIO(content.getvalue()))
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.query(ExpectedUpload).count() == 0
    assert post(client, f"/campagnes/{campaign.id}/centres/importer").status_code == 422


def test_the_model_comes_back_as_it_left(client: PageClient, campaign: Campaign, db: SQLAlchemy) -> None:
    known = factories.CentreFactory(federation=campaign.federation, name="=Le Lavoir", siret="73282932000074")
    factories.CentreFactory(federation=campaign.federation, name="Fermé", closed_on=date(2025, 1, 1))
    factories.CentreFactory(name="Ailleurs")
    answer = client.get(f"/campagnes/{campaign.id}/centres/classeur")
    tab = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert [cell.value for cell in tab[1]][:3] == ["Nom du centre", "Commune", "Département"]
    assert [cell.value for cell in tab[2]][:4] == ["=Le Lavoir", "Valbourg", "Lot", "73282932000074"]
    assert tab.max_row == 2
    sent = send(client, campaign, io.BytesIO(answer.data))
    form_on(client.get(sent.location)).press(client)
    assert names(db, campaign) == {known.name}


def test_a_list_is_dropped_or_forgotten_and_belongs_to_its_campaign(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    other = factories.CampaignFactory(federation=campaign.federation, year=2027)
    sent = send(client, campaign, workbook(("Le Préau", "Figeac", "46", "", "", "", "")))
    assert client.get(sent.location.replace(str(campaign.id), str(other.id))).status_code == 404
    assert post(client, f"{sent.location}/abandonner").status_code == 303
    assert db.session.query(ExpectedUpload).count() == 0
    old = factories.ExpectedUploadFactory(campaign=campaign, created_at=AT - expected_import.KEPT * 2)
    kept_id = old.id
    send(client, campaign, workbook(("Le Préau", "Figeac", "46", "", "", "", "")))
    assert db.session.query(ExpectedUpload).filter_by(id=kept_id).count() == 0


def test_only_those_that_are_not_expected_yet_are_counted(
    client: PageClient, campaign: Campaign, db: SQLAlchemy
) -> None:
    there, other = (factories.CentreFactory(federation=campaign.federation, name=name) for name in ("A", "B"))
    factories.expect(campaign, there)
    both = [(name, "", "", "", "", "", "") for name in ("A", "B")]
    page = client.get(send(client, campaign, workbook(*both)).location)
    assert "Attendre 1\u00a0centre" in page.text
    factories.expect(campaign, other)
    page = client.get(send(client, campaign, workbook(*both)).location)
    assert "il n’y a rien à faire" in page.text
    assert "Attendre" not in page.text
    page = client.get(send(client, campaign, workbook(("A", "", "", "", "Rose Vidal", "", ""))).location)
    assert "Mettre à jour les coordonnées" in page.text
    form_on(page).fill_in({"update": "y"}).press(client)
    db.session.refresh(there)
    assert there.contact_name == "Rose Vidal"
