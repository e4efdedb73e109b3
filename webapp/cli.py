"""The command `recueil`: one file a subcommand, in webapp/commands."""

import gettext
import os
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import click
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from webapp import commands, create_app, starting
from webapp.config import Settings, refusals
from webapp.database import db
from webapp.errors import is_away
from webapp.logs import to_error_output

# These look after the database themselves, or do without.
WITHOUT_DATABASE = frozenset({"check", "migrate", "move", "restore", "routes", "serve", "worker"})
# Read the settings and nothing else: an application makes its working folder, and a key in it.
SETTINGS_ONLY = frozenset({"deployment"})
LOCALE = Path(__file__).parent / "locale"


class Commands(click.Group):
    """Commands found by their file: `import_.py` holds `import`; loaded when asked for."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Every file's name."""
        return sorted(module.name.rstrip("_").replace("_", "-") for module in iter_modules(commands.__path__))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The `command` of that file."""
        if name not in self.list_commands(context):
            return None
        names = {module.name for module in iter_modules(commands.__path__)}
        wanted = name.replace("-", "_")
        command: click.Command = import_module(f"webapp.commands.{wanted if wanted in names else wanted + '_'}").command
        return command

    def invoke(self, context: click.Context) -> Any:
        """Do it; a database that is away is a sentence, not a stack trace."""
        try:
            return super().invoke(context)
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            cause = getattr(error, "orig", error)
            raise click.ClickException(f"la base de données ne répond pas\u00a0: {cause}") from error


@click.command(cls=Commands, subcommand_metavar=commands.SUBCOMMAND)
@click.pass_context
def recueil(context: click.Context) -> None:
    """Recueil\u00a0: les fiches action des centres sociaux."""
    if {"--help", "-h"} & set(sys.argv):
        return
    try:
        settings = Settings()
    except ValidationError as error:
        if context.invoked_subcommand == "check":
            context.obj = error
            return
        raise click.ClickException("\n".join(refusals(error))) from error
    if context.invoked_subcommand in SETTINGS_ONLY:
        context.obj = settings
        return
    app = create_app(settings)
    to_error_output()
    context.obj = app
    context.with_resource(app.app_context())
    context.call_on_close(_let_go)
    if context.invoked_subcommand not in WITHOUT_DATABASE:
        starting.prepare()


def _let_go() -> None:
    """Close what the command had open: on PostgreSQL, nothing waits for a session that has left without a word."""
    db.session.remove()
    db.engine.dispose()


def speak_french() -> None:
    """Let click, which asks gettext for its own words, find them in French whatever the terminal speaks."""
    os.environ["LANGUAGE"] = "fr"
    gettext.bindtextdomain("click", str(LOCALE))
    gettext.textdomain("click")


def main() -> None:
    """The entry point of the console script."""
    speak_french()
    recueil.main(prog_name="recueil")


if __name__ == "__main__":
    main()
