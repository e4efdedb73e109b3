"""A whole season of sixty centres and four hundred sheets: what it takes, and that it ends well."""

from __future__ import annotations

import time

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.season import CENTRES, a_season, judge, live
from tests.servers import MailSink
from webapp.config import Settings

SHEETS = 400


def test_a_season_of_four_hundred_sheets(app: Flask, db: SQLAlchemy, mails: MailSink, settings: Settings) -> None:
    with a_season(app, db, mails, settings, number=SHEETS) as season:
        begin = time.perf_counter()
        live(season)
        seconds = time.perf_counter() - begin
        judge(season)
        moves, sent = sum(season.moves.values()), len(mails.messages)
    print(  # noqa: T201 (a benchmark tells its figure)
        f"\nUne saison de {CENTRES} centres et {SHEETS} fiches\u00a0: {moves} passages d’un état à l’autre, "
        f"{sent} mails dont {len(season.reached)} relances, {seconds:.0f} s"
    )
