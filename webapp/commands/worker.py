"""`recueil worker`: do the work in the background."""

import os
import signal
import sys
import threading

import click
from flask import Flask

from webapp import starting

AWAY = "La base de données ne répond pas encore : {}\nLes tâches seront exécutées dès qu’elle répondra."


@click.command("worker")
@click.option("--with-parent", is_flag=True, hidden=True, help="S’arrêter quand l’entrée standard se ferme.")
@click.pass_obj
def command(app: Flask, with_parent: bool) -> None:
    """Exécuter les tâches en attente."""
    from webapp import worker

    if with_parent:
        threading.Thread(target=_stop_with_parent, daemon=True).start()
    starting.wait(app, lambda cause: click.echo(AWAY.format(cause), err=True))
    worker.run(app)


def _stop_with_parent() -> None:
    # Unbuffered: a thread that waits in a buffered read stops the interpreter from ending well.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)
