"""What the tests of the import share: files in the catalogue's format, and the import as the command line does it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy

from tests.forms.catalogue_files import USUAL, file_text, sheet_text
from webapp.models import Federation
from webapp.policy import OPERATOR
from webapp.services import imports
from webapp.services.import_shapes import Fate, Plan

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 6, 4, 9, 0, tzinfo=UTC)
NAME = "Fédération du Val"


def said(**changes: Any) -> dict[str, Any]:
    """The usual sheet with some answers changed."""
    return USUAL | changes


def text_of(*sheets: Mapping[str, Any], years: list[int] | None = None) -> str:
    """A file of these sheets; `title` among the answers names one."""
    written = [sheet_text(answers.get("title", f"Action {number}"), answers) for number, answers in enumerate(sheets)]
    return file_text(*written, years=years)


def run(text: str, federation: Federation | None = None, at: datetime = AT) -> Plan:
    """Import without asking, as the command line does."""
    return imports.import_text(
        text, federation=federation, federation_name=NAME, source="lot.txt", actor=OPERATOR, at=at
    )


def counts(plan: Plan) -> tuple[int, int, int]:
    """Created, updated, unchanged."""
    return plan.count(Fate.CREATED), plan.count(Fate.UPDATED), plan.count(Fate.UNCHANGED)


def rows(db: SQLAlchemy) -> dict[str, int]:
    """How many rows every table holds."""
    return {
        table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in db.metadata.sorted_tables
    }
