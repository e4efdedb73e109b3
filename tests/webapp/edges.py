"""A served process with somebody who is filling in a sheet, for what happens at the edges."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from pydantic import SecretStr

from tests import databases
from tests.factories import CentreFactory, SheetFactory, campaign_of, person
from tests.servers import ServerProcess, Wire, free_port
from tests.signing import sign_in, token_of
from webapp import create_app
from webapp.config import Settings
from webapp.database import db
from webapp.vocabulary import RoleName

KEY = SecretStr("a key for tests, long enough to be taken")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body of one that is JSON."""
        read: dict[str, Any] = json.loads(self.body)
        return read


@dataclass
class Site:
    """A served process, and the sheet that somebody fills in."""

    settings: Settings
    server: ServerProcess
    sheet: str
    headers: dict[str, str]
    revision: int = 0

    def ask(self, method: str, path: str, body: str | bytes | None = None, **headers: str) -> Answer:
        """One request over a connection of its own."""
        connection = HTTPConnection(urlsplit(self.settings.base_url).netloc, timeout=60)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers.items()), answer.read())
        finally:
            connection.close()

    def save_request(self, text: str) -> tuple[str, str, str]:
        """Method, path and body of a save."""
        message = {"base_revision": self.revision, "answers": {"summary": text}}
        return "PATCH", f"/fiches/{self.sheet}/reponses", json.dumps(message)

    def save(self, text: str) -> Answer:
        """Save as the page does while one types."""
        answer = self.ask(*self.save_request(text), Content_Type="application/json", **self.headers)
        if answer.status == 200:
            self.revision = answer.json()["revision"]
        return answer

    def page(self, path: str) -> Answer:
        """A page, as a browser goes to it."""
        return self.ask("GET", path, Accept="text/html", Cookie=self.headers["Cookie"])

    def begin_file(self, content: bytes) -> Callable[[], Answer]:
        """Announce a file; what sends it may be called again."""
        said = {"question": "files", "name": "affiche.pdf", "size": len(content)}
        path = f"/fiches/{self.sheet}/pieces"
        begun = self.ask("POST", path, json.dumps(said), Content_Type="application/json", **self.headers)
        assert begun.status == 201, begun.body
        path = f"{path}/{begun.json()['upload']}"
        span = f"bytes 0-{len(content) - 1}/{len(content)}"
        return lambda: self.ask("PUT", path, content, Content_Range=span, **self.headers)

    def until(self, wanted: Callable[[], bool]) -> None:
        """Wait for it; whoever waits a minute in vain has failed."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if wanted():
                    return
            except (OSError, HTTPException):
                pass
            time.sleep(0.05)
        raise AssertionError("it never came")

    def socket(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection((urlsplit(self.settings.base_url).hostname, self.port), timeout=60)

    @property
    def port(self) -> int:
        """Where it is served."""
        return int(self.settings.base_url.rpartition(":")[2])


@dataclass(frozen=True)
class Ground:
    """A migrated database, and the settings with which people come into it; several processes may serve it."""

    settings: Settings
    app: Flask

    def somebody(self) -> tuple[str, dict[str, str]]:
        """A new sheet, and what the browser of whoever fills it in sends with each request."""
        with self.app.app_context():
            centre = CentreFactory()
            campaign_of(centre.federation)
            sheet = SheetFactory(centre=centre)
            visitor = self.app.test_client()
            sign_in(visitor, person(RoleName.RESPONSIBLE, centre, password=None))
            token = token_of(visitor)
            cookie = visitor.get_cookie("recueil")
            assert cookie is not None
            found = str(sheet.id), {"Cookie": f"recueil={cookie.value}", "X-CSRFToken": token}
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        return found


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """An empty database for sites, dropped at the end of the block."""
    with databases.database(folder, f"recueil_edge_{free_port()}") as url:
        # A key that is given is written into the cookie's signature: the same here as in what serves.
        settings = Settings(folder=folder, database_url=url, mail_url=str(folder / "mail"), secret_key=KEY)
        app = create_app(settings)
        with app.app_context():
            upgrade()
            db.engine.dispose()
        yield Ground(settings, app)


@contextmanager
def site(under: Ground, folder: Path, *, wire: Wire | None = None, **environment: str) -> Iterator[Site]:
    """Serve it until the end of the block. wire: over which its process reaches PostgreSQL."""
    sheet, headers = under.somebody()
    url = under.settings.database_url
    if wire is not None:
        url = sa.make_url(url).set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
    settings = Settings(
        folder=folder,
        database_url=url,
        queue_url=environment.get("RECUEIL_QUEUE_URL", ""),
        mail_url=str(folder / "mail"),
        base_url=f"http://127.0.0.1:{free_port()}",
        secret_key=KEY,
    )
    server = ServerProcess(settings, environment=environment)
    server.start()
    try:
        yield Site(settings, server, sheet, headers)
    finally:
        server.kill()
