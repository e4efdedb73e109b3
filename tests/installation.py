"""An installation apart from the tests' own: settings as a shell gives them, the real command `recueil`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from tests.client import PageClient
from webapp import create_app
from webapp.config import Settings
from webapp.database import db

ROOT = Path(__file__).resolve().parents[1]
RECUEIL = Path(sys.executable).with_name("recueil")


@dataclass(frozen=True)
class Site:
    """Where it keeps its files, its database, and where its mails go."""

    folder: Path
    database_url: str
    mail_url: str = ""

    def recueil(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command from the root of the repository."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "RECUEIL_FOLDER": str(self.folder),
            "RECUEIL_DATABASE_URL": self.database_url,
            "RECUEIL_MAIL_URL": self.mail_url,
        }
        return subprocess.run(
            [RECUEIL, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    @contextmanager
    def application(self) -> Iterator[Flask]:
        """The application on this installation, whose visitors check every page."""
        settings = Settings(
            folder=self.folder, database_url=self.database_url, mail_url=self.mail_url, rate_limits=False
        )
        application = create_app(settings)
        application.test_client_class = PageClient
        try:
            yield application
        finally:
            with application.app_context():
                db.engine.dispose()
