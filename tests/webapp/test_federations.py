"""Federations and campaigns are made by whoever keeps the platform, on the web or at the command line."""

from typing import Any

import pytest
from click.testing import CliRunner
from flask_sqlalchemy import SQLAlchemy

from tests.client import PageClient
from tests.factories import CentreFactory, FederationFactory, FunderFactory, person
from tests.signing import post, sign_in
from webapp.commands import campaign, federation
from webapp.models import Campaign, Event, Federation
from webapp.vocabulary import RoleName


def names(db: SQLAlchemy) -> list[str]:
    db.session.rollback()
    return [row.name for row in db.session.query(Federation).order_by(Federation.folded)]


def test_the_platform_adds_a_federation_and_the_journal_knows(client: PageClient, db: SQLAlchemy) -> None:
    keeper = person(RoleName.PLATFORM)
    sign_in(client, keeper)
    assert post(client, "/federations", {"name": "  Fédération   du Nord "}).status_code == 303
    assert names(db) == ["Fédération du Nord"]
    assert "Fédération du Nord" in client.get("/federations").text
    assert db.session.query(Event).filter_by(kind="federation.made").one().actor_id == keeper.id


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "Indiquez le nom"), ("x" * 201, "en dessous de 200"), ("FEDERATION du nord", "porte déjà ce nom")],
)
def test_a_name_that_can_not_be_is_said_beside_it(client: PageClient, db: SQLAlchemy, name: str, said: str) -> None:
    FederationFactory(name="Fédération du Nord")
    sign_in(client, person(RoleName.PLATFORM))
    answer = post(client, "/federations", {"name": name})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{name}"' in answer.text
    assert names(db) == ["Fédération du Nord"]


def test_an_administrator_adds_none(client: PageClient, db: SQLAlchemy) -> None:
    sign_in(client, person(RoleName.ADMINISTRATOR, FederationFactory()))
    assert post(client, "/federations", {"name": "Autre"}).status_code == 403


def run(command: Any, *arguments: str) -> Any:
    return CliRunner().invoke(command.command, list(arguments))


def test_the_command_line_makes_a_federation_and_its_campaign(db: SQLAlchemy) -> None:
    assert run(federation, "add", "Fédération du Sud").exit_code == 0
    made = db.session.query(Federation).one()
    CentreFactory(federation=made), FunderFactory(federation=made)
    answer = run(campaign, "open", "2027", "--deadline", "2027-12-15", "--last-edit", "2028-01-31")
    assert answer.exit_code == 0, answer.output
    opened = db.session.query(Campaign).one()
    assert (opened.year, opened.last_creation.isoformat()) == (2027, "2027-12-15")
    assert (len(opened.expected), len(opened.addressed)) == (1, 1)
    assert "2027" in run(campaign, "list").output
    assert "Fédération du Sud" in run(federation, "list").output


def test_the_command_line_says_in_french_what_it_refuses(db: SQLAlchemy) -> None:
    FederationFactory(name="Nord"), FederationFactory(name="Sud")
    answer = run(campaign, "open", "2027", "--deadline", "2027-12-15")
    assert answer.exit_code == 1
    assert "Indiquez la fédération avec --federation (Nord, Sud)" in answer.output
    wrong = run(
        campaign, "open", "2027", "--deadline", "2027-12-15", "--last-edit", "2027-01-01", "--federation", "Sud"
    )
    assert wrong.exit_code == 1
    assert db.session.query(Campaign).count() == 0
