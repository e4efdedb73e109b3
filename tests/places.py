"""Empty places to restore into, and a database with all in it to take a backup of."""

import hashlib
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from tests import databases
from tests.factories import one_of_everything
from webapp import create_app, storage, table_rows
from webapp.config import Settings, settings_of
from webapp.database import db
from webapp.models import Attachment, Federation, ReportRun
from webapp.recovery import taking

ENGINES = ("sqlite", "postgresql") if databases.ENGINE == "postgresql" else ("sqlite",)
SECRET = "a key for tests, long enough to be taken"

Make = Callable[[str], Flask]


@contextmanager
def places(folder: Path, worker: str) -> Iterator[Make]:
    """An application on an empty database and an empty storage of its own: `make("postgresql")`."""
    made: list[Flask] = []
    with ExitStack() as stack:

        def make(engine: str) -> Flask:
            place = folder / f"place{len(made)}"
            place.mkdir()
            name = f"recueil_{place.name}_{folder.name}_{worker}"[:60]
            url = stack.enter_context(databases.database(place, name, engine))
            app = create_app(Settings(folder=place, database_url=url, secret_key=SECRET))
            made.append(app)
            return app

        yield make
        for app in made:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def fill() -> None:
    """A row in every table, and a file wherever a row names one."""
    one_of_everything()
    run = db.session.scalars(sa.select(ReportRun)).first()
    assert run is not None
    for number, row in enumerate(db.session.scalars(sa.select(Attachment))):
        content = random.Random(number).randbytes(3000 + number)
        storage.put(row.storage_key, content)
        row.size, row.sha256 = len(content), hashlib.sha256(content).hexdigest()
    federation = db.session.get_one(Federation, run.federation_id)
    federation.logo_key, federation.logo_type = "logos/aa/logo", "image/png"
    storage.put(federation.logo_key, b"")
    db.session.commit()


def sweep() -> None:
    """No file in the storage any more."""
    for found in list(storage.listed()):
        storage.delete(found.key)


def all_rows() -> dict[str, list[bytes]]:
    """Every row that a backup holds, as its line."""
    with taking.snapshot() as connection:
        return {
            table.name: sorted(table_rows.lines(connection, table_rows.shape_of(table)))
            for table in db.metadata.sorted_tables
            if table.name not in taking.LEFT_OUT
        }


def all_files() -> dict[str, str]:
    """The digest of every file of the storage."""
    return {found.key: hashlib.sha256(storage.get(found.key)).hexdigest() for found in storage.listed()}


def is_untouched(place: Flask) -> bool:
    """No table, no file; beside the database, nothing that was not there."""
    with place.app_context():
        tables = sa.inspect(db.engine).get_table_names()
        files_there = list(storage.listed())
    folder = settings_of(place).folder
    strange = [file.name for file in folder.iterdir() if "restauration" in file.name or "avant" in file.name]
    return not tables and not files_there and not strange
