"""The demonstration, from SQLite to PostgreSQL with its files: how long it takes, and that all of it arrives."""

from __future__ import annotations

import os
import time
from pathlib import Path

from flask_migrate import upgrade

from tests import databases
from webapp import create_app
from webapp.config import Settings
from webapp.database import db
from webapp.demo import loading
from webapp.deployment import moving


def test_moving_the_demonstration(tmp_path: Path) -> None:
    settings = Settings(folder=tmp_path, demo_password="demonstration-2026")
    app = create_app(settings)
    with app.app_context():
        upgrade()
        loading.make(settings, lambda *_told: None)
        db.session.remove()
        db.engine.dispose()
    with databases.postgresql_database(f"recueil_bench_move_{os.getpid()}") as url:
        begin = time.perf_counter()
        moved = moving.move(
            app, database_url=url, files=str(tmp_path / "there"), partial_too=False, say=lambda _words: None
        )
        seconds = time.perf_counter() - begin
    assert moved.kept
    assert (moved.refused, moved.different, moved.broken_chains) == ([], [], [])
    total = sum(found.rows for found in moved.sums.values())
    print(f"\nDéménagement de la démonstration\u00a0: {total} lignes, {moved.files} fichiers, {seconds:.1f} s")  # noqa: T201
