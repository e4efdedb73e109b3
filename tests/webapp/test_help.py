"""The help is there for everybody."""

from tests.client import PageClient


def test_anybody_reads_the_help(client: PageClient) -> None:
    page = client.get("/aide")
    assert page.status_code == 200
    for word in ("Remplir une fiche", "Relire et valider", "Se connecter"):
        assert word in page.text


def test_the_federation_finds_its_work_explained(client: PageClient) -> None:
    page = client.get("/aide").text
    part = page[page.index('id="federation"') :]
    part = part[: part.index("</section>")]
    desk = ("Campagnes", "Invitations", "Suivi", "Relances", "Relecture", "Demandes", "Lots", "Notes et avis")
    for word in (*desk, "Centres", "Comptes", "Import", "Rapports"):
        assert f"<strong>{word}</strong>" in part
    assert 'href="#federation"' in page
