"""What is waited for, each against the least that the same work can cost, measured in the same run."""

from __future__ import annotations

import io
import itertools
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from openpyxl import Workbook

from forms.registry import shipped
from reports.catalogue import REPORTS, ReportKind
from tests.benchmarks.conftest import Connection, median, tell
from tests.client import PageClient
from tests.factories import SheetFactory, campaign_of, person
from tests.reports.reading import tabs
from tests.reports.samples import REPAIR, report_input, report_sheet
from tests.servers import free_port, web_server
from tests.signing import sign_in, token_of
from webapp.models import Sheet
from webapp.vocabulary import RoleName

MEANS = ("participants_count", "volunteers_count", "staff_count", "sessions_count")
PRINT = "import sys, weasyprint; weasyprint.HTML(string=sys.stdin.read()).write_pdf()"


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[str]:
    """A web server that does the least: one row is checked and committed, fifty rows are listed."""
    file = tmp_path / "bare.sqlite"
    with sqlite3.connect(file) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE sheet (id INTEGER PRIMARY KEY, title TEXT, year INTEGER, answers TEXT)")
        rows = [(f"Le café des bricoleurs {number}", 2026, json.dumps(REPAIR)) for number in range(1_000)]
        made.executemany("INSERT INTO sheet (title, year, answers) VALUES (?, ?, ?)", rows)
    app = Flask(__name__)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    @app.post("/")
    def save() -> str:
        counts = {name: int(request.form[name]) for name in MEANS}
        if min(counts.values()) < 0:
            raise ValueError
        connection = connect()
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE sheet SET answers = ? WHERE id = 1", (json.dumps(REPAIR | counts),))
        connection.close()
        return "ok"

    @app.get("/")
    def show() -> str:
        connection = connect()
        rows = connection.execute("SELECT title, year FROM sheet ORDER BY year DESC, id DESC LIMIT 50").fetchall()
        connection.close()
        return "".join(f"<tr><td>{escape(title)}<td>{year}</tr>" for title, year in rows)

    port = free_port()
    with web_server(app, port=port):
        yield f"http://127.0.0.1:{port}"


def test_saving_a_step(live_server: str, client: PageClient, db: SQLAlchemy, bare: str) -> None:
    sheet: Any = SheetFactory(answers=dict(REPAIR))
    sign_in(client, person(RoleName.RESPONSIBLE, sheet.centre))
    campaign_of(sheet.federation)
    token, path = token_of(client), f"/fiches/{sheet.id}/moyens"
    session = client.get_cookie(client.application.config["SESSION_COOKIE_NAME"])
    assert session is not None
    number = itertools.count(1)
    db.session.rollback()

    def form() -> str:
        counts = dict.fromkeys(MEANS, str(next(number)))
        return urlencode([("csrf_token", token), *(("_asked", name) for name in MEANS), *counts.items()])

    def save() -> None:
        status, _ = ours.ask("POST", path, form())
        assert status == 303

    with Connection(live_server, f"{session.key}={session.value}") as ours, Connection(bare) as floor:
        measured = median(save, lambda: floor.ask("POST", "/", form()), 60)
    db.session.refresh(sheet)
    assert sheet.revision >= 60, "what is measured is really saved"
    tell("Enregistrer une étape", measured, "Flask nu, même ligne")


def test_a_page_of_the_catalogue(live_server: str, thousand: list[Sheet], db: SQLAlchemy, bare: str) -> None:
    db.session.rollback()

    def show() -> None:
        status, page = ours.ask("GET", "/catalogue")
        assert (status, page.count(b"<tr>")) == (200, 51)

    with Connection(live_server) as ours, Connection(bare) as floor:
        measured = median(show, lambda: floor.ask("GET", "/"), 30)
    tell("Une page du catalogue (1 000 fiches)", measured, "Flask nu, mêmes 50 lignes")


def test_a_sheet_as_pdf() -> None:
    content = report_input(report_sheet(REPAIR))
    words = "".join(
        f"<h2>{escape(item.question.label)}</h2><p>{escape(item.text)}</p>"
        for section in content.sheets[0].document.sections
        for item in section.items
    )

    def ours() -> None:
        out = io.BytesIO()
        REPORTS[ReportKind.SHEET].make(content, out, lambda *_progress: None)
        assert out.getvalue().startswith(b"%PDF")

    def floor() -> None:
        subprocess.run([sys.executable, "-c", PRINT], input=words.encode(), check=True, capture_output=True)

    tell("Une fiche en PDF", median(ours, floor, 7), "WeasyPrint, mêmes mots sans mise en page")


def test_a_workbook_of_a_thousand_sheets() -> None:
    form = shipped(2026)
    sheets = [report_sheet(REPAIR | {"title": f"Fiche {number}"}, number, form) for number in range(1, 1_001)]
    content, made = report_input(*sheets), io.BytesIO()

    def ours() -> None:
        made.seek(0)
        REPORTS[ReportKind.WORKBOOK].make(content, made, lambda *_progress: None)

    ours()
    read = tabs(made.getvalue())
    assert len(read["Fiches"]) == 1_002

    def floor() -> None:
        book = Workbook(write_only=True)
        for name, rows in read.items():
            tab = book.create_sheet(name)
            for row in rows:
                tab.append(row)
        book.save(io.BytesIO())

    tell("Le classeur de 1 000 fiches", median(ours, floor, 3), "openpyxl, mêmes cellules")
