"""The register, one's own data, answering a person; on the pages and on the command line."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from tests import factories
from tests.client import PageClient
from tests.signing import post, sign_in
from webapp.commands.erase import command as erase
from webapp.commands.person import command as person_command
from webapp.models import Event, Sheet, User
from webapp.personal_data import COLUMNS
from webapp.policy import OPERATOR
from webapp.register import REGISTER, Treatment
from webapp.services import erasure, events
from webapp.vocabulary import RoleName

EMAIL, NAME = "denise.lagarde@tilleuls.example", "Denise Lagarde"
ISSUED = {"sha256": "0" * 64, "version": 1, "issued_at": factories.START, "size": 1}


@pytest.fixture
def sheet(db: SQLAlchemy) -> Sheet:
    made: Sheet = factories.sent_sheet(SheetState.VALIDATED, answers={"title": "Le jardin"})
    factories.NoteFactory(sheet=made, text=f"Rappeler {NAME} ({EMAIL}) avant de lire.")
    return made


@pytest.fixture
def user(sheet: Sheet) -> User:
    return factories.person(RoleName.MEMBER, sheet.centre, email=EMAIL, full_name=NAME)


def opened(content: bytes) -> tuple[dict[str, object], str]:
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        return json.loads(files.read("donnees.json")), files.read("donnees.html").decode()


def test_the_register_is_public_and_says_every_treatment(client: PageClient, db: SQLAlchemy) -> None:
    page = client.get("/aide/donnees-personnelles").text
    assert [one.name for one in REGISTER.values() if one.name not in page] == []
    assert "Aucun traceur" in page
    assert {column.treatment for column in COLUMNS.values()} == set(Treatment) == set(REGISTER)


def test_the_federation_says_who_answers_for_the_data(client: PageClient, sheet: Sheet) -> None:
    federation = sheet.federation
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, federation))
    address = f"/donnees-des-personnes/mentions/{federation.id}"
    said = {f"controller-{federation.id}": "Association du Val", f"contact-{federation.id}": "dpo@val.example"}
    assert post(client, address, {**said, f"contact-{federation.id}": ""}).status_code == 422
    assert post(client, address, said).status_code == 303
    page = client.get("/aide/donnees-personnelles").text
    assert "Association du Val" in page
    assert "dpo@val.example" in page


def test_my_data_are_mine_to_take_and_hold_what_says_my_address(client: PageClient, sheet: Sheet, user: User) -> None:
    sign_in(client, user)
    assert "Mes données" in client.get("/compte/donnees").text
    answer = client.get("/compte/donnees/telecharger")
    assert answer.headers["Cache-Control"] == "no-store"
    found, page = opened(answer.data)
    assert found["adresse"] == EMAIL
    [mention] = [one for one in found["mentions"] if one["où"] == "note de la fédération"]  # type: ignore[attr-defined]
    assert mention["passages"][0].startswith(f"Rappeler {NAME}")
    assert NAME in page
    assert "compte ouvert" in page
    assert [one for one in ("created_at", "second_factor_on", "user_session") if one in page] == []
    assert user.password is not None
    assert user.password not in json.dumps(found)
    assert "token_hash" not in json.dumps(found)


def test_taking_ones_data_is_slowed_down_by_account(
    make_app: Callable[..., Flask], db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    client = make_app(rate_limits=True).test_client()
    sign_in(client, user)
    codes = [client.get("/compte/donnees/telecharger").status_code for _ in range(8)]
    assert codes == [200] * 6 + [429] * 2
    sign_in(client, factories.person(RoleName.MEMBER, sheet.centre))
    assert client.get("/compte/donnees/telecharger").status_code == 200


def test_a_name_that_one_chose_shows_nothing_that_others_wrote(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    stranger = factories.person(RoleName.RESPONSIBLE, factories.CentreFactory())
    stranger.full_name, stranger.phone = NAME, "06 12 34 56 78"
    db.session.commit()
    sign_in(client, stranger)
    found, page = opened(client.get("/compte/donnees/telecharger").data)
    assert found["mentions"] == []
    assert "Rappeler" not in page


@pytest.mark.parametrize("known_there", [False, True])
def test_a_federation_does_not_answer_for_whoever_keeps_the_platform(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, known_there: bool
) -> None:
    keeper = factories.person(RoleName.PLATFORM)
    if known_there:
        events.record("federation.made", at=factories.START, actor_id=keeper.id, federation_id=sheet.federation_id)
        db.session.commit()
    email, keeper_id = keeper.email, keeper.id
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation))
    for address in ("", "/exporter", "/effacer"):
        assert post(client, f"/donnees-des-personnes{address}", {"email": email, "again": email}).status_code == 422
    db.session.expire_all()
    assert db.session.get_one(User, keeper_id).email == email
    sign_in(client, factories.person(RoleName.PLATFORM))
    assert post(client, "/donnees-des-personnes", {"email": email}).status_code == 200


def test_an_export_opens_nothing(client: PageClient, db: SQLAlchemy, sheet: Sheet, user: User) -> None:
    factories.MailFactory(kind="reset", recipient=EMAIL, text="Pour entrer : https://recueil.example/secret-way")
    db.session.commit()
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation))
    found, page = opened(post(client, "/donnees-des-personnes/exporter", {"email": EMAIL}).data)
    assert found["messages reçus"]
    assert "secret-way" not in page + json.dumps(found)


def test_the_administrator_looks_exports_and_erases(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    user_id = user.id
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, sheet.federation))
    assert post(client, "/donnees-des-personnes", {"email": "personne@nulle.example"}).status_code == 422
    page = post(client, "/donnees-des-personnes", {"email": EMAIL}).text
    assert "note" in page
    assert "Ce qui reste, et pourquoi" in page
    found, _page = opened(post(client, "/donnees-des-personnes/exporter", {"email": EMAIL}).data)
    assert found["adresse"] == EMAIL
    wrong = post(client, "/donnees-des-personnes/effacer", {"email": EMAIL, "again": "denise"})
    assert wrong.status_code == 422
    db.session.expire_all()
    assert db.session.get_one(User, user_id).email == EMAIL
    assert post(client, "/donnees-des-personnes/effacer", {"email": EMAIL, "again": EMAIL}).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(User, user_id).full_name.startswith("Personne effacée")
    assert "Personne effacée" in client.get("/donnees-des-personnes").text
    kinds = set(db.session.scalars(sa.select(Event.kind)))
    assert {"person.exported", "person.erased"} <= kinds


def test_another_federation_neither_sees_nor_erases_them(client: PageClient, sheet: Sheet, user: User) -> None:
    sign_in(client, factories.person(RoleName.ADMINISTRATOR, factories.FederationFactory()))
    for address in ("", "/exporter", "/effacer"):
        answer = post(client, f"/donnees-des-personnes{address}", {"email": EMAIL, "again": EMAIL})
        assert answer.status_code == 422
        assert NAME not in answer.text
    assert user.active


def test_what_an_erasure_left_elsewhere_is_not_named_to_a_federation(
    client: PageClient, db: SQLAlchemy, sheet: Sheet, user: User
) -> None:
    other = factories.sent_sheet(SheetState.VALIDATED, answers={"title": f"Chez nous, avec {NAME}"})
    factories.grant(user, RoleName.MEMBER, other.centre)
    ours, theirs = (
        factories.ReportRunFactory(federation=one, title=f"Le recueil {title}", storage_key=title, **ISSUED)
        for one, title in ((sheet.federation, "du Val"), (other.federation, "du Lointain"))
    )
    factories.hold(ours, factories.sent_sheet(SheetState.VALIDATED, centre=sheet.centre, answers={"title": NAME}))
    factories.hold(theirs, other)
    administrators = [factories.person(RoleName.ADMINISTRATOR, one) for one in (sheet.federation, other.federation)]
    assert erasure.erase(EMAIL, actor=OPERATOR, at=factories.START) is not None
    words = ("recueil du Val", "recueil du Lointain", "Retirer 1\u00a0rapport", "Retirer 2\u00a0rapports")
    told = []
    for person in (*administrators, factories.person(RoleName.PLATFORM)):
        sign_in(client, person)
        page = client.get("/donnees-des-personnes").text
        told.append([word for word in words if word in page])
    assert told == [[words[0], words[2]], [words[1], words[2]], [words[0], words[1], words[3]]]


def test_on_the_command_line(app: Flask, db: SQLAlchemy, sheet: Sheet, user: User, tmp_path: Path) -> None:
    out, runner = tmp_path / "donnees.zip", CliRunner()
    assert runner.invoke(person_command, ["export", EMAIL, "--out", str(out)]).exit_code == 0
    assert opened(out.read_bytes())[0]["adresse"] == EMAIL
    told = runner.invoke(erase, [EMAIL, "--dry-run"])
    assert told.exit_code == 0
    assert "1\u00a0note" in told.stdout
    assert db.session.get_one(User, user.id).email == EMAIL
    assert runner.invoke(erase, [EMAIL], input="autre\n").exit_code == 1
    assert db.session.get_one(User, user.id).email == EMAIL
    assert runner.invoke(erase, [EMAIL, "--yes"]).exit_code == 0
    assert runner.invoke(erase, [EMAIL, "--yes"]).exit_code == 1
    assert db.session.get_one(User, user.id).full_name.startswith("Personne effacée")
