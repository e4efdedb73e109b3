"""The legal pages: what is given is told, what isn't is said plainly, and reminded to who can mend it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.client import PageClient
from tests.factories import FederationFactory, person
from tests.signing import sign_in
from webapp.vocabulary import RoleName

TO_FILL = "À compléter par la structure qui héberge ce site"
PAGES = ("/accessibilite", "/mentions-legales", "/donnees-personnelles", "/conditions-d-utilisation")
GIVEN = {
    "legal_publisher": "Association du Val",
    "legal_director": "Camille Essai",
    "legal_host": "Hébergement du Val, 1 rue Basse",
    "legal_contact": "contact@val.example",
    "legal_privacy": "donnees@val.example",
}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_to_fill_says_so_to_anybody(client: PageClient, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    assert TO_FILL in page.text
    assert 'data-testid="legal-gaps"' not in page.text


@pytest.mark.parametrize("address", PAGES)
def test_a_page_that_was_filled_names_who_answers(db: SQLAlchemy, make_app: Callable[..., Flask], address: str) -> None:
    visitor = make_app(**GIVEN).test_client()
    page = visitor.get(address).text
    assert TO_FILL not in page
    assert "Association du Val" in page


def test_a_blank_is_no_detail(db: SQLAlchemy, make_app: Callable[..., Flask]) -> None:
    assert TO_FILL in make_app(**GIVEN | {"legal_host": "  "}).test_client().get("/mentions-legales").text


def test_who_keeps_the_platform_is_reminded_and_nobody_else(make_client: Callable[[], PageClient]) -> None:
    platform, federation = make_client(), make_client()
    sign_in(platform, person(RoleName.PLATFORM, None))
    sign_in(federation, person(RoleName.ADMINISTRATOR, FederationFactory()))
    for address in ("/comptes", "/federations", "/mentions-legales"):
        page = platform.get(address).text
        assert 'data-testid="legal-gaps"' in page
        assert "l’hébergeur" in page
    for address in ("/comptes", "/mentions-legales"):
        assert 'data-testid="legal-gaps"' not in federation.get(address).text


def test_the_reminder_ends_when_all_is_given(db: SQLAlchemy, make_app: Callable[..., Flask]) -> None:
    visitor = make_app(**GIVEN).test_client()
    sign_in(visitor, person(RoleName.PLATFORM, None))
    assert 'data-testid="legal-gaps"' not in visitor.get("/comptes").text


def test_the_foot_of_every_page_leads_to_them(client: PageClient) -> None:
    foot = client.get("/catalogue").text.partition("<footer")[2]
    for address in ("/aide", "/droits", *PAGES):
        assert f'href="{address}"' in foot
    assert "Accessibilité\u00a0: partiellement conforme" in foot


def test_the_statement_says_that_nobody_audited_it(client: PageClient) -> None:
    page = client.get("/accessibilite").text
    assert "n’a pas été audité" in page
    assert "Défenseur des droits" in page
