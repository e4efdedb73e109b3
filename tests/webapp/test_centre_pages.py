"""Centres and funders: the lists, adding, correcting, and what is refused beside its field."""

from datetime import date
from uuid import uuid4

import pytest
from flask_sqlalchemy import SQLAlchemy

from tests import factories
from tests.client import PageClient
from tests.page_forms import form_on
from tests.signing import post, sign_in
from webapp import models
from webapp.services.events import verify_chain
from webapp.vocabulary import RoleName

SIRET = "732 829 320 00074"
CENTRE = {"name": "L’Escale", "commune": "Valbourg", "department": "46"}


@pytest.fixture
def federation(client: PageClient, db: SQLAlchemy) -> models.Federation:
    """A federation whose administrator has signed in."""
    federation = factories.FederationFactory()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, federation, password=None))
    return federation


def test_a_centre_is_added_with_all_that_is_known(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    typed = {**CENTRE, "siret": SIRET, "aliases": "CS Escale\nL’Escale\n\nEscale, ancien nom\nCS Escale"}
    typed |= {"contact_name": "Denise Lagarde", "phone": "05 65 00 00 00", "email": "accueil@escale.example"}
    answer = form_on(client.get("/centres/nouveau")).fill_in(typed).press(client)
    centre = db.session.query(models.Centre).one()
    assert answer.location == f"/centres/{centre.id}"
    assert (centre.federation_id, centre.name, centre.siret) == (federation.id, "L’Escale", SIRET.replace(" ", ""))
    assert [alias.name for alias in centre.aliases] == ["CS Escale", "Escale, ancien nom"]
    page = client.get(answer.location).text
    for text in ("L’Escale", "Valbourg", "Lot", "Denise Lagarde", "732\u00a0829\u00a0320\u00a000074", "CS Escale"):
        assert text in page
    assert verify_chain(federation.id).length == 1


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("name", " ", "Indiquez le nom du centre."),
        ("name", "\ufffe", "caractère illisible"),
        ("name", "x" * 201, "200 caractères au plus"),
        ("commune", "", "Indiquez la commune"),
        ("department", "", "Choisissez un département"),
        ("department", "999", "Choisissez un département dans la liste."),
        ("siret", "732 829 320 00075", "Vérifiez le SIRET"),
        ("siret", "douze", "Vérifiez le SIRET"),
        ("email", "accueil", "adresse mail comme"),
    ],
)
def test_what_is_refused_is_said_beside_its_field_and_what_was_typed_stays(
    client: PageClient, federation: models.Federation, db: SQLAlchemy, field: str, text: str, sentence: str
) -> None:
    page = post(client, "/centres/nouveau", {**CENTRE, "contact_name": "Denise", "aliases": "CS Escale", field: text})
    assert page.status_code == 422
    error = page.text[page.text.index(f'id="{field}-error"') :]
    assert sentence in error[: error.index("</p>")]
    kept = form_on(page)
    assert kept.values("contact_name") == ["Denise"]
    assert kept.values("aliases") == ["CS Escale"]
    if field == "siret":
        assert kept.values("siret") == [text]
    assert db.session.query(models.Centre).count() == 0


def test_a_name_already_there_is_said_beside_the_name(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    factories.CentreFactory(federation=federation, name="L’ESCALE")
    other = factories.CentreFactory(federation=federation, name="Le Lavoir")
    for address in ("/centres/nouveau", f"/centres/{other.id}/modifier"):
        page = post(client, address, CENTRE)
        assert page.status_code == 422
        error = page.text[page.text.index('id="name-error"') :]
        assert "porte déjà ce nom" in error[: error.index("</p>")]
        assert form_on(page).values("name") == ["L’Escale"]
    factories.CentreFactory(name="Le Phare")
    assert post(client, "/centres/nouveau", {**CENTRE, "name": "Le Phare"}).status_code == 303


def test_a_centre_is_corrected_and_its_other_names_kept(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    centre = factories.CentreFactory(federation=federation, siret=SIRET.replace(" ", ""), phone="05 65 00 00 00")
    kept = factories.CentreAliasFactory(centre=centre, name="Ancien nom")
    factories.CentreAliasFactory(centre=centre, name="À oublier")
    form = form_on(client.get(f"/centres/{centre.id}/modifier"))
    assert form.values("siret") == ["732\u00a0829\u00a0320\u00a000074"]
    typed = {"aliases": "ANCIEN NOM\nSigle", "closed_on": "31/08/2026", "phone": ""}
    assert form.fill_in(typed).press(client).status_code == 303
    db.session.refresh(centre)
    assert {alias.name for alias in centre.aliases} == {"ANCIEN NOM", "Sigle"}
    assert kept.id in {alias.id for alias in centre.aliases}
    assert (centre.closed_on, centre.phone, centre.siret) == (date(2026, 8, 31), None, SIRET.replace(" ", ""))
    assert "fermé depuis le 31 août 2026" in client.get("/centres").text.replace("\u00a0", " ")


def test_a_day_that_cannot_be_read_is_shown_again(client: PageClient, federation: models.Federation) -> None:
    centre = factories.CentreFactory(federation=federation)
    page = post(client, f"/centres/{centre.id}/modifier", {**CENTRE, "closed_on": "fin août"})
    assert page.status_code == 422
    assert "Écrivez une date" in page.text
    assert form_on(page).values("closed_on") == ["fin août"]


def test_centres_are_found_by_name_other_name_and_commune(client: PageClient, federation: models.Federation) -> None:
    escale = factories.CentreFactory(
        federation=federation, name="L’Escale", commune="Étampes-le-Vieux", department="03"
    )
    factories.CentreAliasFactory(centre=escale, name="Foyer rural")
    factories.CentreFactory(federation=federation, name="Le Lavoir")
    for narrowed in ("q=escale", "q=FOYER", "q=etampes", "department=03"):
        page = client.get(f"/centres?{narrowed}").text
        assert "L’Escale" in page
        assert "Le Lavoir" not in page
    assert "Aucun centre ne répond" in client.get("/centres?q=introuvable").text


def test_a_centre_of_another_federation_is_as_one_that_is_not_there(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    theirs = factories.CentreFactory(name="Le Phare")
    funder = factories.FunderFactory(name="Caf d’ailleurs")
    assert "Le Phare" not in client.get("/centres").text
    assert "Caf d’ailleurs" not in client.get("/financeurs").text
    headers = {"Accept": "application/json"}
    for part, id in (("centres", theirs.id), ("financeurs", funder.id)):
        answers = [client.get(f"/{part}/{one}", headers=headers) for one in (id, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].data == answers[1].data
    assert post(client, f"/centres/{theirs.id}/modifier", CENTRE).status_code == 404
    assert post(client, f"/financeurs/{funder.id}", {"name": "Pris", "kind": "caf"}).status_code == 404
    db.session.refresh(theirs)
    assert theirs.name == "Le Phare"


def test_a_reviewer_reads_centres_and_changes_none(client: PageClient, federation: models.Federation) -> None:
    centre = factories.CentreFactory(federation=federation)
    sign_in(client, factories.person(RoleName.REVIEWER, federation, password=None))
    assert "Ajouter un centre" not in client.get("/centres").text
    assert "Modifier" not in client.get(f"/centres/{centre.id}").text
    assert client.get("/financeurs").status_code == 403
    for address in ("/centres/nouveau", f"/centres/{centre.id}/modifier", "/financeurs/nouveau"):
        assert post(client, address, CENTRE).status_code == 403


def test_a_member_sees_the_own_centre_without_the_desk_of_the_federation(
    client: PageClient, federation: models.Federation
) -> None:
    centre = factories.CentreFactory(federation=federation)
    factories.sent_sheet(centre=centre)
    sign_in(client, factories.person(RoleName.MEMBER, centre, password=None))
    assert "Ses fiches" not in client.get(f"/centres/{centre.id}").text
    assert client.get("/centres").status_code == 403
    other = factories.CentreFactory(federation=federation)
    assert client.get(f"/centres/{other.id}").status_code == 404


def test_funders_are_added_and_corrected(client: PageClient, federation: models.Federation, db: SQLAlchemy) -> None:
    typed = {"name": "Caf du Val", "kind": "caf"}
    assert form_on(client.get("/financeurs/nouveau")).fill_in(typed).press(client).location == "/financeurs"
    funder = db.session.query(models.Funder).one()
    factories.address(factories.CampaignFactory(federation=federation), funder)
    page = client.get("/financeurs").text
    for text in ("Caf du Val", "Caf", "2026"):
        assert text in page
    form_on(client.get(f"/financeurs/{funder.id}")).fill_in({"kind": "msa", "name": "MSA du Val"}).press(client)
    db.session.refresh(funder)
    assert (funder.name, funder.kind) == ("MSA du Val", "msa")


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"name": "", "kind": "caf"}, "name", "Indiquez le nom du financeur."),
        ({"name": "Caf du Val", "kind": ""}, "kind", "Choisissez un type."),
        ({"name": "Caf du Val", "kind": "banque"}, "kind", "Choisissez un type dans la liste."),
        ({"name": "Déjà là", "kind": "caf"}, "name", "Un financeur porte déjà ce nom."),
    ],
)
def test_a_refused_funder_is_said_beside_its_field(
    client: PageClient, federation: models.Federation, typed: dict[str, str], field: str, sentence: str
) -> None:
    factories.FunderFactory(federation=federation, name="Déjà là")
    page = post(client, "/financeurs/nouveau", typed)
    assert page.status_code == 422
    error = page.text[page.text.index(f'id="{field}-error"') :]
    assert sentence in error[: error.index("</p>")]


def test_who_runs_two_federations_says_which(client: PageClient, federation: models.Federation, db: SQLAlchemy) -> None:
    second = factories.FederationFactory()
    person = factories.person(RoleName.ADMINISTRATOR, federation, password=None)
    factories.grant(person, RoleName.ADMINISTRATOR, second)
    sign_in(client, person)
    form_on(client.get("/centres/nouveau")).fill_in({**CENTRE, "federation": str(second.id)}).press(client)
    assert db.session.query(models.Centre).one().federation_id == second.id
    other = factories.FederationFactory()
    assert post(client, "/centres/nouveau", {**CENTRE, "federation": str(other.id)}).status_code == 404


@pytest.mark.parametrize(
    ("field", "typed", "known"),
    [
        ("name", "cs escale", "L’Escale"),
        ("aliases", "Autre nom\nl’ESCALE", "L’Escale"),
        ("aliases", "CS-Escale", "L’Escale"),
    ],
)
def test_a_name_by_which_another_centre_is_known_is_refused_naming_that_centre(
    client: PageClient, federation: models.Federation, db: SQLAlchemy, field: str, typed: str, known: str
) -> None:
    escale = factories.CentreFactory(federation=federation, name="L’Escale")
    factories.CentreAliasFactory(centre=escale, name="CS Escale")
    lavoir = factories.CentreFactory(federation=federation, name="Le Lavoir")
    for address in ("/centres/nouveau", f"/centres/{lavoir.id}/modifier"):
        page = post(client, address, {**CENTRE, "name": "Le Lavoir neuf", field: typed})
        assert page.status_code == 422
        error = page.text[page.text.index(f'id="{field}-error"') :]
        assert known in error[: error.index("</p>")]
    # Its own names are its own, and another federation’s are no matter.
    own = {**CENTRE, "aliases": "CS ESCALE"}
    assert post(client, f"/centres/{escale.id}/modifier", own).status_code == 303
    stranger = factories.CentreFactory()
    factories.CentreAliasFactory(centre=stranger, name="Le Phare")
    assert post(client, "/centres/nouveau", {**CENTRE, "name": "Le Phare"}).status_code == 303


def test_a_centre_without_account_leads_to_inviting_somebody(
    client: PageClient, federation: models.Federation, db: SQLAlchemy
) -> None:
    page = form_on(client.get("/centres/nouveau")).fill_in(CENTRE).press(client)
    shown = client.get(page.location).text
    assert "Inviter une personne" in shown
    assert 'href="/comptes/inviter"' in shown
    sign_in(client, factories.person(RoleName.REVIEWER, federation, password=None))
    assert "Inviter une personne" not in client.get(page.location).text
