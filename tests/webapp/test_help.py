"""The help is there for everybody."""

from tests.client import PageClient
from webapp import guides


def test_anybody_finds_the_guides_and_their_sections(client: PageClient) -> None:
    page = client.get("/aide")
    assert page.status_code == 200
    for guide in guides.guides():
        assert guide.title in page.text
        for section in guide.sections:
            assert f'href="/aide/{guide.slug}#{section.anchor}"' in page.text


def test_the_federation_finds_its_work_explained(client: PageClient) -> None:
    page = client.get("/aide/federation").text
    desk = ("Campagnes", "Invitations", "Suivi", "Relances", "Relecture", "Notes de la fédération")
    for word in (*desk, "Comptes", "Import", "Rapports", "Conventions", "Journal"):
        assert f'<strong class="label">{word}</strong>' in page
