"""The figures of reports against the database's own arithmetic, which shares no code with them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from forms.lifecycle import SheetState
from forms.registry import shipped
from reports.catalogue import ReportKind
from reports.figures import behind, breakdowns, key_figures
from tests.factories import START, CentreFactory, FederationFactory, sent_sheet
from webapp.queries.report_selection import Selection
from webapp.services.reports import content_for

COUNTS = ("participants_count", "volunteers_count", "staff_count", "sessions_count")
AMOUNTS = ("requested", "granted")
FACETS = ("keywords", "public", "partners")
FIGURES = (*COUNTS, *(f"funding_lines.{name}" for name in AMOUNTS))

# The database looks at the JSON that is stored of what was accepted, and at nothing else of the product's.
_SNAPSHOTS = """
    FROM sheet JOIN snapshot ON snapshot.id = sheet.current_snapshot_id
    WHERE sheet.federation_id = :federation AND sheet.state IN ('validated', 'published')
"""
SQL: dict[str, dict[str, str]] = {
    "sqlite": {
        "count": """
            SELECT sum(json_extract(snapshot.answers, '$.' || :question || '.number')),
                   count(json_extract(snapshot.answers, '$.' || :question || '.number')),
                   count(json_extract(snapshot.answers, '$.' || :question || '.how')),
                   sum(CASE json_extract(snapshot.answers, '$.' || :question || '.how') WHEN 'estimated'
                       THEN json_extract(snapshot.answers, '$.' || :question || '.number') ELSE 0 END)
        """
        + _SNAPSHOTS,
        "amount": """
            SELECT sum(CAST(replace(json_extract(line.value, '$.' || :column), '.', '') AS INTEGER)),
                   count(DISTINCT CASE WHEN json_extract(line.value, '$.' || :column) IS NOT NULL THEN sheet.id END)
        """
        + _SNAPSHOTS.replace("WHERE", ", json_each(snapshot.answers, '$.funding_lines') AS line WHERE"),
        "facet": "SELECT code.value, count(*)"
        + _SNAPSHOTS.replace("WHERE", ", json_each(snapshot.answers, '$.' || :question) AS code WHERE")
        + "GROUP BY code.value",
    },
    "postgresql": {
        "count": """
            SELECT sum((snapshot.answers::jsonb -> :question ->> 'number')::bigint),
                   count(snapshot.answers::jsonb -> :question ->> 'number'),
                   count(snapshot.answers::jsonb -> :question ->> 'how'),
                   sum(CASE snapshot.answers::jsonb -> :question ->> 'how' WHEN 'estimated'
                       THEN (snapshot.answers::jsonb -> :question ->> 'number')::bigint ELSE 0 END)
        """
        + _SNAPSHOTS,
        "amount": """
            SELECT sum(replace(line.value ->> :column, '.', '')::bigint),
                   count(DISTINCT CASE WHEN line.value ->> :column IS NOT NULL THEN sheet.id END)
        """
        + _SNAPSHOTS.replace(
            "WHERE", ", jsonb_array_elements(snapshot.answers::jsonb -> 'funding_lines') AS line(value) WHERE"
        ),
        "facet": "SELECT code.value, count(*)"
        + _SNAPSHOTS.replace(
            "WHERE", ", jsonb_array_elements_text(snapshot.answers::jsonb -> :question) AS code(value) WHERE"
        )
        + "GROUP BY code.value",
    },
}


def asked_of(db: SQLAlchemy, name: str, federation: Any, **words: str) -> list[Any]:
    """The rows of one of these queries."""
    statement = sa.text(SQL[db.engine.dialect.name][name]).bindparams(
        sa.bindparam("federation", federation.id, type_=sa.Uuid()),
        *(sa.bindparam(key, value, type_=sa.Text()) for key, value in words.items()),
    )
    return list(db.session.execute(statement))


def typed(question: str, text: str, column: str = "") -> Any:
    """What is stored of a text typed into that control."""
    kind = shipped(2026).question(question).kind
    if column:
        kind = next(own.kind for own in kind.of if own.id == column)  # type: ignore[attr-defined]
    return kind.dump(kind.parse([text]))


def count_of(chance: random.Random, question: str) -> Any:
    """Nothing, a 0, « ne sait pas », an estimate, a number with its blanks."""
    shape = chance.choice(["blank", "zero", "unknown", "estimated", "plain", "spaced"])
    if shape in {"blank", "unknown"}:
        return None if shape == "blank" else {"how": "unknown"}
    number = typed(question, {"zero": "0", "spaced": "1 204"}.get(shape, str(chance.randrange(3000))))
    return number | ({"how": "estimated"} if shape == "estimated" else {})


def lines_of(chance: random.Random) -> list[dict[str, Any]]:
    """Up to four lines, whose amounts are left out, 0, or written with commas, spaces and « € »."""
    found = []
    for _line in range(chance.randrange(5)):
        line: dict[str, Any] = {"funder": "Caf"}
        for column in AMOUNTS:
            cents = chance.randrange(5_000_00)
            texts = ["", "0", "0,00 €", f"{cents // 100},{cents % 100:02}", f"{cents // 100} €", "12 345,07", "0,10"]
            if text := chance.choice(texts):
                line[column] = typed("funding_lines", text, column)
        found.append(line)
    return found


def answers_of(chance: random.Random, number: int) -> dict[str, Any]:
    """The answers of a sheet, many of them missing."""
    answers: dict[str, Any] = {"title": f"Action {number}"}
    answers |= {question: given for question in COUNTS if (given := count_of(chance, question)) is not None}
    if lines := lines_of(chance):
        answers["funding_lines"] = lines
    for question in FACETS:
        codes = [facet.code for facet in shipped(2026).question(question).kind.facet_choices() if chance.random() < 0.3]
        answers |= {question: codes} if codes else {}
    return answers


STATES = (SheetState.VALIDATED, SheetState.PUBLISHED, SheetState.VALIDATED, SheetState.SUBMITTED)


def a_federation(chance: random.Random, sheets: int) -> Any:
    """One with sheets of its own in several states, and another whose sheets must not count."""
    federation, other = FederationFactory(), FederationFactory()
    centres = [CentreFactory(federation=federation) for _ in range(3)]
    for number in range(sheets):
        centre = CentreFactory(federation=other) if chance.random() < 0.1 else chance.choice(centres)
        sent_sheet(chance.choice(STATES), centre=centre, answers=answers_of(chance, number))
    return federation


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_totals_equal_the_databases_own_to_the_cent(db: SQLAlchemy, seed: int) -> None:
    chance = random.Random(seed)
    federation = a_federation(chance, 30)
    content = content_for(ReportKind.BOOK, Selection(federation_id=federation.id), title="", at=START)
    figures = {figure.id: figure for figure in key_figures(content.sheets)}
    assert set(FIGURES) == set(figures)
    for question in COUNTS:
        (row,) = asked_of(db, "count", federation, question=question)
        total, answered, told, estimated = row
        figure = figures[question]
        assert (figure.value, figure.base.answered) == (total, answered), question
        assert (figure.base.unknown, figure.estimated) == (told - answered, estimated or 0), question
    for column in AMOUNTS:
        (row,) = asked_of(db, "amount", federation, column=column)
        cents, answered = row
        figure = figures[f"funding_lines.{column}"]
        assert figure.value == (None if cents is None else Decimal(cents).scaleb(-2)), column
        assert figure.base.answered == answered, column


@pytest.mark.parametrize("seed", [3, 11])
def test_the_rows_of_charts_equal_the_databases_own(db: SQLAlchemy, seed: int) -> None:
    federation = a_federation(random.Random(seed), 25)
    content = content_for(ReportKind.BOOK, Selection(federation_id=federation.id), title="", at=START)
    found = {breakdown.id: breakdown for breakdown in breakdowns(content.sheets)}
    for question in FACETS:
        wanted: Mapping[str, int] = dict(map(tuple, asked_of(db, "facet", federation, question=question)))
        assert {share.code: share.count for share in found[question].shares} == wanted


def test_the_sheets_behind_a_figure_add_up_to_it_alone(db: SQLAlchemy) -> None:
    federation = a_federation(random.Random(5), 30)
    content = content_for(ReportKind.BOOK, Selection(federation_id=federation.id), title="", at=START)
    for figure in key_figures(content.sheets):
        own = behind(figure.id, content.sheets)
        again = {one.id: one for one in key_figures(own)}[figure.id]
        assert (again.value, again.base.answered, len(own)) == (figure.value, figure.base.answered, len(own))
        left = tuple(sheet for sheet in content.sheets if sheet not in own)
        assert {one.id: one.value for one in key_figures(replace(content, sheets=left).sheets)}[figure.id] is None
