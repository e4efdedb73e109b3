"""`recueil serve`: the web server and, on the embedded default, the worker beside it."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.config import DEFAULT_PORT, settings_of
from webapp.database import db
from webapp.serving import Serving
from webapp.starting import Awaiting, cause_of_absence, prepare

AWAY = (
    "La base de données ne répond pas encore\u00a0: {}\nD’ici là, le site dit qu’il est momentanément indisponible. "
    "Il servira de lui-même dès qu’elle répondra."
)
PAUSE_SECONDS = 2
STOP_SECONDS = 20


@click.command("serve")
@click.option("--port", metavar="PORT", default=DEFAULT_PORT, show_default=True, help="Le port où écouter.")
@click.option("--host", metavar="ADRESSE", default="127.0.0.1", show_default=True, help="L’adresse où écouter.")
@click.option("--worker/--no-worker", default=None, help="Lancer aussi l’exécution des tâches (d’office en local).")
@click.pass_obj
def command(app: Flask, port: int, host: str, worker: bool | None) -> None:
    """Servir le site."""
    settings = settings_of(app)
    away = _prepared()
    db.session.remove()
    try:
        server = Serving(app, host=host, port=port, threads=settings.threads, proxied=settings.proxies > 0)
    except OSError as error:
        raise click.ClickException(f"impossible d’écouter sur {host}:{port} ({error.strerror}).") from error
    signal.signal(signal.SIGTERM, lambda _signal, _frame: server.stop())
    awaiting = Awaiting(app, server.stop)
    if away:
        awaiting.begin()
        click.echo(AWAY.format(away), err=True)
    try:
        with worker_beside(settings.embedded if worker is None else worker):
            click.echo(f"Recueil répond sur http://{host}:{port} (Ctrl+C pour arrêter).")
            server.run()
    finally:
        awaiting.end()
    if awaiting.refused:
        raise click.ClickException(awaiting.refused)


def _prepared() -> str:
    """Why the database could not be looked at yet; nothing where it is ready."""
    try:
        prepare()
    except SQLAlchemyError as error:
        return cause_of_absence(error)
    return ""


@contextmanager
def worker_beside(wanted: bool) -> Iterator[None]:
    """A worker as long as the block lasts, started again when it dies."""
    if not wanted:
        yield
        return
    over = threading.Event()
    keeper = threading.Thread(target=_keep_worker, args=(over,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join(timeout=STOP_SECONDS)


def _keep_worker(over: threading.Event) -> None:
    while not over.is_set():
        # The pipe closes when we die, however that happens, and the worker stops.
        with subprocess.Popen(
            [sys.executable, "-m", "webapp.cli", "worker", "--with-parent"], stdin=subprocess.PIPE
        ) as process:
            while process.poll() is None and not over.wait(0.2):
                pass
            process.terminate()
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if not over.is_set():
            time.sleep(PAUSE_SECONDS)
