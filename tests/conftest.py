"""What tests share: one application a worker, on the engine of `RECUEIL_TEST_ENGINE`, with a real mail server."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from flask_sqlalchemy import SQLAlchemy

from tests import databases, fleet
from tests.browsers import chromium
from tests.client import PageClient
from tests.clock import SetClock
from tests.fleet import Fleet
from tests.object_server import ObjectServer, object_server
from tests.servers import MailSink, free_port, mail_sink, web_server
from webapp import create_app
from webapp import database as recueil_database
from webapp.config import Settings
from webapp.limits import limiter

# The machine's own settings must not reach the tests.
for variable in [name for name in os.environ if name.startswith("RECUEIL_") and not name.startswith("RECUEIL_TEST_")]:
    del os.environ[variable]


def pytest_configure(config: pytest.Config) -> None:
    """Hidden folders hold no tests; what the settings name is said besides, not instead."""
    config.addinivalue_line("norecursedirs", ".*")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What never comes near a database is tried once, with SQLite: the other engine could change nothing in it."""
    if databases.ENGINE == "sqlite":
        return
    far = [item for item in items if not _near_a_database(item)]
    if far:
        config.hook.pytest_deselected(items=far)
        items[:] = [item for item in items if _near_a_database(item)]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """How much the several machines of one process of the tests have answered, and how often they died."""
    if said := getattr(node, "workeroutput", {}).get("machines"):
        print(f"\nPlusieurs machines, {node.gateway.id}\u00a0: {said}")  # noqa: T201


def _near_a_database(item: pytest.Item) -> bool:
    """By what it asks for; a module that makes databases of its own says so by its import."""
    asked = getattr(item, "fixturenames", ())
    return "settings" in asked or "engine_name" in asked or hasattr(getattr(item, "module", None), "databases")


@pytest.fixture(scope="session")
def engine_name() -> str:
    """The engine under test: sqlite or postgresql."""
    return databases.ENGINE


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailSink]:
    """A real SMTP server that keeps what it gets."""
    with mail_sink() as sink:
        yield sink


@pytest.fixture
def mails(mail_server: MailSink) -> Iterator[MailSink]:
    """The mails that arrived during this test: `mails.messages`."""
    mail_server.messages.clear()
    yield mail_server
    mail_server.messages.clear()


@pytest.fixture(scope="session")
def shared_objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer | None]:
    """The S3 server that several machines share, where they are asked for."""
    if not fleet.ASKED:
        yield None
        return
    with object_server(tmp_path_factory.mktemp("s3")) as server:
        os.environ.update(server.environment)
        yield server


@pytest.fixture(scope="session")
def settings(
    tmp_path_factory: pytest.TempPathFactory,
    engine_name: str,
    mail_server: MailSink,
    worker_id: str,
    shared_objects: ObjectServer | None,
) -> Iterator[Settings]:
    """Settings of the test application: everything in a folder of its own."""
    folder = tmp_path_factory.mktemp("recueil")
    name = f"recueil_test_{os.getpid()}_{worker_id}"
    queue = f"{databases.REDIS}/{os.getpid() % 15 + 1}" if engine_name == "postgresql" else ""
    with databases.database(folder, name) as url:
        yield Settings(
            folder=folder,
            database_url=url,
            queue_url=queue,
            mail_url=f"smtp://127.0.0.1:{mail_server.port}",
            base_url=f"http://127.0.0.1:{free_port()}",
            storage=shared_objects.place if shared_objects else "",
            secret_key="a key for tests, long enough to be taken",
            demo_password="demonstration-2026",
            rate_limits=False,
        )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application, its database migrated."""
    application = create_app(settings)
    application.config["TESTING"] = True
    application.test_client_class = PageClient
    with application.app_context():
        databases.never_wait_for_the_disk(recueil_database.db.engine)
        upgrade()
    yield application
    with application.app_context():
        recueil_database.db.engine.dispose()


@pytest.fixture(scope="session")
def machines(
    request: pytest.FixtureRequest,
    app: Flask,
    settings: Settings,
    shared_objects: ObjectServer | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet | None]:
    """The programs behind a proxy, of which one dies from time to time, where they are asked for."""
    if shared_objects is None:
        yield None
        return
    with fleet.fleet(tmp_path_factory.mktemp("machines"), app, settings, shared_objects) as running:
        PageClient.fleet = running
        yield running
        PageClient.fleet = None
    # Said to the process that tells the end: without requests and deaths such a run would prove nothing.
    getattr(request.config, "workeroutput", {})["machines"] = f"{running.asked} requêtes, {dict(running.kills)} tués"


# A test that asks for one of these changes or hears its own process, or makes others.
APART = {"monkeypatch", "make_app", "caplog", "capsys", "capfd"}


@pytest.fixture(autouse=True)
def where_requests_go(request: pytest.FixtureRequest) -> None:
    """Whether this test's requests can be answered by other processes, and whether these may die meanwhile."""
    if fleet.ASKED and "app" in request.fixturenames:
        marked = {mark.name for mark in request.node.iter_markers()}
        running = request.getfixturevalue("machines")
        running.apart = "in_process" in marked or not APART.isdisjoint(request.fixturenames)
        running.truce = "undisturbed" in marked


@pytest.fixture
def set_clock(app: Flask) -> Iterator[SetClock]:
    """What stops the clock: `set_clock(moment)`, as often as the test likes."""
    with pytest.MonkeyPatch.context() as patch:
        yield lambda moment: patch.setitem(app.config, "RECUEIL_NOW", moment)


@pytest.fixture
def make_app(settings: Settings) -> Iterator[Callable[..., Flask]]:
    """Another application on the same database with some settings changed: `make_app(rate_limits=True)`."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        given = {name: getattr(settings, name) for name in settings.model_fields_set}
        application = create_app(Settings(**(given | changes)))
        application.test_client_class = PageClient
        made.append(application)
        return application

    yield make
    for application in made:
        with application.app_context():
            recueil_database.db.engine.dispose()


@pytest.fixture(autouse=True)
def no_limits_left() -> Iterator[None]:
    """There is one limiter for all applications of a process: what one of them set must not reach the next test."""
    yield
    limiter.enabled = False


@pytest.fixture
def db(app: Flask) -> Iterator[SQLAlchemy]:
    """The database, empty before and after; an application context is open."""
    with app.app_context():
        with databases.lock_late(recueil_database.db.engine):
            yield recueil_database.db
            recueil_database.db.session.remove()
        databases.empty_tables()


@pytest.fixture
def client(app: Flask, db: SQLAlchemy) -> PageClient:
    """A visitor who checks every page that it fetches."""
    visitor = app.test_client()
    assert isinstance(visitor, PageClient)
    return visitor


@pytest.fixture
def make_client(app: Flask, db: SQLAlchemy) -> Callable[[], PageClient]:
    """Several visitors at once, each with its own cookies."""

    def make() -> PageClient:
        visitor = app.test_client()
        assert isinstance(visitor, PageClient)
        return visitor

    return make


@pytest.fixture
def live_server(app: Flask, db: SQLAlchemy, settings: Settings, machines: Fleet | None) -> Iterator[str]:
    """The real web server on the address of the settings, for browsers."""
    if machines is not None:
        yield settings.base_url
        fleet.come_to_rest(settings.database_url)
        return
    with web_server(app, port=int(settings.base_url.rpartition(":")[2])):
        yield settings.base_url


@pytest.fixture(scope="session")
def base_url() -> None:
    """Tests give whole addresses; the plugin's own fixture is written in a way that pytest warns of."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, quiet: nothing of it goes out on the network."""
    return {
        **browser_type_launch_args,
        "executable_path": chromium(),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A French reader in France."""
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris"}


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real sheets, kept beside the repository; tests that read them are skipped where they are not."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no real sheets here")
    return folder
