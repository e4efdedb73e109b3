"""A season of eight weeks ends with everything sent, read and told, and nobody bothered who was done."""

from flask import Flask
from flask_sqlalchemy import SQLAlchemy

from tests.season import CENTRES, a_season, judge, live
from tests.servers import MailSink
from webapp.config import Settings


def test_a_season_leaves_nobody_out_and_bothers_nobody_who_was_done(
    app: Flask, db: SQLAlchemy, mails: MailSink, settings: Settings
) -> None:
    with a_season(app, db, mails, settings, number=CENTRES) as season:
        live(season)
        judge(season)
