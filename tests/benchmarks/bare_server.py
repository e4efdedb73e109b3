"""The least that saving an answer can cost: one Flask route that checks a text and commits it in its row."""

from __future__ import annotations

import json
import logging
import sqlite3
import sys
import threading
from typing import Any

import psycopg
import waitress
from flask import Flask, request

MADE = "CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, answers TEXT, revision INTEGER)"
HELD = threading.local()


def connected(address: str) -> Any:
    """This thread's own connection, kept open."""
    if not hasattr(HELD, "connection"):
        if address.startswith("sqlite:///"):
            HELD.connection = sqlite3.connect(address.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
            HELD.connection.execute("PRAGMA journal_mode=WAL")
            HELD.connection.execute("PRAGMA synchronous=FULL")
        else:
            HELD.connection = psycopg.connect(address, autocommit=True)
    return HELD.connection


def make_app(address: str) -> Flask:
    """The application; address: of the database."""
    app = Flask(__name__)
    sqlite = address.startswith("sqlite:")
    mark = "?" if sqlite else "%s"
    read = f"SELECT answers, revision FROM bare WHERE id = {mark}" + ("" if sqlite else " FOR UPDATE")
    write = f"UPDATE bare SET answers = {mark}, revision = {mark} WHERE id = {mark}"

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.patch("/<int:number>")
    def save(number: int) -> dict[str, int]:
        said = request.get_json()["answers"]
        if not all(isinstance(text, str) and len(text) < 60_000 for text in said.values()):
            raise ValueError
        connection = connected(address)
        connection.execute("BEGIN IMMEDIATE" if sqlite else "BEGIN")
        stored, revision = connection.execute(read, (number,)).fetchone()
        connection.execute(write, (json.dumps(json.loads(stored) | said), revision + 1, number))
        connection.execute("COMMIT")
        return {"revision": revision + 1}

    return app


def main() -> None:
    """Make the rows, then serve: `bare_server ADDRESS PORT ROWS TEXT`."""
    address, port, rows, answers = sys.argv[1:]
    connection = connected(address)
    connection.execute(MADE)
    mark = "?" if address.startswith("sqlite:") else "%s"
    for number in range(int(rows)):
        connection.execute(f"INSERT INTO bare VALUES ({mark}, {mark}, 0)", (number, answers))
    logging.getLogger("waitress").setLevel(logging.ERROR)
    waitress.serve(
        make_app(address),
        host="127.0.0.1",
        port=int(port),
        threads=8,
        # As many as the shipped server lets in: beyond its own default of a hundred, editors would wait outside.
        connection_limit=1000,
        asyncore_use_poll=True,
        _quiet=True,
    )


if __name__ == "__main__":
    main()
