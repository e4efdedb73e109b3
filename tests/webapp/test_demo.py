"""The demonstration as the command makes it: everybody, every state, once, the same every time, and no mail."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from forms.lifecycle import SheetState
from tests import databases
from tests.installation import Site
from tests.servers import MailSink
from tests.signing import post
from webapp.database import db
from webapp.demo import people
from webapp.demo.texts import load
from webapp.models import DeskVisit, Mail, Quote, ReadingMark, Sheet
from webapp.sheet_progress import progress_of
from webapp.vocabulary import RoleName, Sharing

SHAPE = {
    "accounts": {"email", "password", "role", "federation", "centre"},
    "federations": {"id", "name"},
    "centres": {"id", "name", "federation"},
    "campaigns": {"id", "year", "federation"},
    "sheets": {"id", "title", "state", "centre", "year"},
    "reports": {"id", "kind", "title"},
}


def demonstration(site: Site) -> dict[str, Any]:
    """What `recueil demo --json` prints."""
    done = site.recueil("demo", "--json")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, worker_id: str, mail_server: MailSink) -> Iterator[Any]:
    """An installation with the demonstration, and what the command printed."""
    folder = tmp_path_factory.mktemp("demonstration")
    with databases.database(folder, f"recueil_demo_{os.getpid()}_{worker_id}") as url:
        site = Site(folder, url, f"smtp://127.0.0.1:{mail_server.port}")
        yield site, demonstration(site)


Made = tuple[Site, dict[str, Any]]


def test_the_account_in_json_has_the_shape_that_others_rely_on(made: Made) -> None:
    _site, printed = made
    assert set(printed) == {"base_url", *SHAPE}
    assert printed["base_url"].startswith("http://")
    for name, keys in SHAPE.items():
        assert printed[name], name
        assert all(set(item) == keys for item in printed[name]), name


def test_every_role_every_state_and_two_federations_are_there(made: Made) -> None:
    _site, printed = made
    assert {account["role"] for account in printed["accounts"]} == {role.value for role in RoleName}
    assert {sheet["state"] for sheet in printed["sheets"]} == {state.value for state in SheetState}
    assert {report["kind"] for report in printed["reports"]} == {"book", "workbook", "funder"}
    large, small = (federation["name"] for federation in printed["federations"])
    centres = [centre["federation"] for centre in printed["centres"]]
    campaigns = [campaign["federation"] for campaign in printed["campaigns"]]
    assert (centres.count(large), campaigns.count(large)) == (12, 3)
    assert 0 < centres.count(small) < centres.count(large)
    of_large = {centre["name"] for centre in printed["centres"] if centre["federation"] == large}
    assert 40 <= sum(sheet["centre"] in of_large for sheet in printed["sheets"]) <= 50
    funders = [account for account in printed["accounts"] if account["role"] == RoleName.FUNDER.value]
    assert sum(account["federation"] == large for account in funders) >= 3


def test_asked_for_again_it_makes_nothing_more(made: Made) -> None:
    site, printed = made
    assert demonstration(site) == printed


def test_made_elsewhere_it_has_the_same_ids(made: Made, tmp_path: Path, worker_id: str) -> None:
    _site, printed = made
    with databases.database(tmp_path, f"recueil_demo_again_{os.getpid()}_{worker_id}") as url:
        elsewhere = demonstration(Site(tmp_path, url))
    for name in SHAPE.keys() - {"reports"}:
        assert elsewhere[name] == printed[name], name


def test_everybody_can_sign_in(made: Made) -> None:
    site, printed = made
    with site.application() as application, application.app_context():
        for account in printed["accounts"]:
            visitor = application.test_client()
            # A first page gives the session its anti-forgery token.
            visitor.get("/connexion")
            answer = post(visitor, "/connexion", {"email": account["email"], "password": account["password"]})
            assert (answer.status_code, "/connexion" in (answer.location or "")) == (302, False), account["email"]


def test_nobody_gets_a_mail_about_what_never_happened(made: Made, mail_server: MailSink) -> None:
    site, printed = made
    with site.application() as application, application.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Mail)) == 0
    addresses = {account["email"] for account in printed["accounts"]}
    assert not [message for message in mail_server.messages if str(message["To"]) in addresses]


def test_two_drafts_were_begun_from_last_year_and_nothing_unread_was_sent(made: Made) -> None:
    site, _printed = made
    with site.application() as application, application.app_context():
        carried = [(sheet.state, sheet) for sheet in db.session.scalars(sa.select(Sheet)) if sheet.carried]
        assert {state for state, _sheet in carried} == {SheetState.DRAFT}
        assert len(carried) >= 2
        progresses = [progress_of(sheet) for _state, sheet in carried]
    assert all(progress.to_reread for progress in progresses)
    assert any(progress.complete > 0 for progress in progresses), "one of them is half way through"


def test_published_sheets_are_in_the_catalogue_and_drafts_are_not(made: Made) -> None:
    site, printed = made
    with site.application() as application, application.app_context():
        published = db.session.scalars(
            sa.select(Sheet.id).where(Sheet.state == SheetState.PUBLISHED, Sheet.sharing == Sharing.PUBLIC)
        ).all()
        visitor = application.test_client()
        pages = "".join(visitor.get(f"/catalogue?page={page}").text for page in (1, 2))
    assert published
    assert all(str(id) in pages for id in published)
    assert not [sheet for sheet in printed["sheets"] if sheet["state"] != "published" and sheet["id"] in pages]


def test_one_that_was_stopped_half_way_is_not_taken_for_whole(
    tmp_path: Path, worker_id: str, mail_server: MailSink
) -> None:
    with databases.database(tmp_path, f"recueil_demo_half_{os.getpid()}_{worker_id}") as url:
        site = Site(tmp_path, url, f"smtp://127.0.0.1:{mail_server.port}")
        with site.application() as application, application.app_context():
            upgrade()
            people.write(load(), password_hash="none")
        done = site.recueil("demo")
        assert done.returncode == 1
        assert "interrompue" in done.stderr


def test_an_adviser_has_begun_to_read_and_quotes_two_passages(made: Made) -> None:
    site, _printed = made
    with site.application() as application, application.app_context():
        adviser = db.session.scalars(sa.select(Quote.created_by).distinct()).one()
        assert sorted(db.session.scalars(sa.select(Quote.shared))) == [False, True]
        visits = db.session.scalars(sa.select(DeskVisit).where(DeskVisit.user_id == adviser)).all()
        read = db.session.scalars(sa.select(ReadingMark.snapshot_id).where(ReadingMark.user_id == adviser)).all()
        [left] = [visit for visit in visits if visit.snapshot_id not in read]
        assert (len(visits), bool(left.question)) == (len(read) + 1, True)
