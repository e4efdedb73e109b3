"""Many colleagues save at once over real HTTP: every save is acknowledged and none is lost."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.client import PageClient
from tests.factories import CentreFactory, SheetFactory, person
from tests.signing import sign_in, token_of
from webapp.config import Settings
from webapp.models import Centre
from webapp.vocabulary import RoleName

COLLEAGUES = 6
SAVES = 10


@dataclass(frozen=True)
class Browser:
    """A signed-in browser, as far as saving goes."""

    address: str
    cookie: str
    token: str

    def save(self, sheet: UUID, section: str, **answers: str) -> int:
        """Post a step; the status of the answer."""
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=60)
        asked = [("_asked", question) for question in answers]
        body = urlencode([("csrf_token", self.token), *asked, *answers.items()])
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"/fiches/{sheet}/{section}", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status


def browsers(app: Flask, address: str, centre: Centre) -> Iterator[Browser]:
    for _ in range(COLLEAGUES):
        visitor = app.test_client()
        assert isinstance(visitor, PageClient)
        sign_in(visitor, person(RoleName.MEMBER, centre, password=None))
        token = token_of(visitor)
        cookie = visitor.get_cookie("recueil")
        assert cookie is not None
        yield Browser(address, f"recueil={cookie.value}", token)


def at_once(*works: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.undisturbed
def test_saves_at_once_are_all_kept(app: Flask, db: SQLAlchemy, live_server: str, settings: Settings) -> None:
    centre = CentreFactory()
    shared = SheetFactory(centre=centre)
    own = [SheetFactory(centre=centre) for _ in range(COLLEAGUES)]
    ids = [sheet.id for sheet in own]
    statuses: list[int] = []

    def work(number: int, browser: Browser) -> Callable[[], None]:
        def save() -> None:
            for count in range(SAVES):
                text = f"Résultat {count} de {number}"
                statuses.append(browser.save(ids[number], "resultats", results_centre=text))
                statuses.append(browser.save(shared_id, "resultats", results_centre=text))

        return save

    shared_id = shared.id
    db.session.rollback()
    at_once(*(work(number, browser) for number, browser in enumerate(browsers(app, live_server, centre))))
    assert set(statuses) == {303}
    assert len(statuses) == 2 * COLLEAGUES * SAVES
    db.session.expire_all()
    for number, sheet in enumerate(own):
        assert sheet.answers["results_centre"] == f"Résultat {SAVES - 1} de {number}"
        assert sheet.revision == SAVES
    assert shared.revision == COLLEAGUES * SAVES
    assert shared.answers["results_centre"].startswith(f"Résultat {SAVES - 1} ")


def test_colleagues_on_two_steps_keep_both(app: Flask, db: SQLAlchemy, live_server: str, settings: Settings) -> None:
    centre = CentreFactory()
    sheet = SheetFactory(centre=centre)
    id = sheet.id
    one, two, *_ = browsers(app, live_server, centre)
    db.session.rollback()

    def results() -> None:
        for count in range(SAVES):
            one.save(id, "resultats", results_centre=f"Résultat {count}")

    def outlook() -> None:
        for count in range(SAVES):
            two.save(id, "suites", limits=f"Limite {count}")

    at_once(results, outlook)
    db.session.expire_all()
    assert sheet.answers["results_centre"] == f"Résultat {SAVES - 1}"
    assert sheet.answers["limits"] == f"Limite {SAVES - 1}"
    assert sheet.revision == 2 * SAVES
