"""Before anything is served: a database that is there, whole, and as this program needs it; and the wait for it."""

import threading
import time
from collections.abc import Callable

import click
import psycopg
import structlog
from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from webapp import health, migrating, queue
from webapp.database import db
from webapp.errors import is_away
from webapp.recovery import unfinished

PAUSE_SECONDS = 1.0
OLD = "la base n’est pas à jour. Lancez d’abord «\u00a0recueil migrate\u00a0»."
FAILED = "le site n’a pas pu démarrer\u00a0: le journal du programme dit pourquoi."

log = structlog.get_logger()


def prepare() -> None:
    """Make the tables where there are none at all; refuse those that are old or not whole. Raises ClickException."""
    tables = set(inspect(db.engine).get_table_names())
    if unfinished.NAME in tables:
        raise click.ClickException(unfinished.REFUSED)
    # A queue in the same database may have made its own.
    if tables.isdisjoint({"alembic_version", *db.metadata.tables}):
        migrating.up()
    elif not migrating.is_current():
        raise click.ClickException(OLD)


def cause_of_absence(error: SQLAlchemyError) -> str:
    """Why a database that is a server does not answer; what waiting does not mend is raised again."""
    if not is_away(error) or db.engine.dialect.name == "sqlite":
        raise error
    return str(getattr(error, "orig", error))


def wait(app: Flask, tell: Callable[[str], None]) -> None:
    """Come back once the database is there and ready, within the application's context; `tell` hears once why not yet.

    Raises ClickException for a database that came and may not be worked with.
    """
    told = False
    while cause := _absence(app):
        if not told:
            tell(cause)
            told = True
        time.sleep(PAUSE_SECONDS)


def _absence(app: Flask) -> str:
    """Why it cannot be worked with yet; nothing where all is there."""
    try:
        prepare()
        queue.make_tables(app)
    except SQLAlchemyError as error:
        return cause_of_absence(error)
    except psycopg.OperationalError as error:
        return str(error)
    finally:
        db.session.remove()
    return ""


class Awaiting:
    """Looks for the database until it is there, and lets visitors in then. stop: ends the server, where it refuses."""

    def __init__(self, app: Flask, stop: Callable[[], None]) -> None:
        self.refused = ""
        self._app = app
        self._stop = stop
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def begin(self) -> None:
        """Nobody is let in from now on."""
        health.hold(self._app)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _look(self) -> None:
        with self._app.app_context():
            try:
                while _absence(self._app):
                    if self._over.wait(PAUSE_SECONDS):
                        return
            except click.ClickException as refused:
                self.refused = refused.message
            # Flask-Migrate ends the program, as it thinks, where a migration fails.
            except (Exception, SystemExit):
                log.exception("not_started")
                self.refused = FAILED
        if self.refused:
            self._stop()
        else:
            health.let_in(self._app)
            log.info("database_there")
