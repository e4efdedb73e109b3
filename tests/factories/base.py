"""What all share: the first moment, the year, the one session."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory
from factory.alchemy import SQLAlchemyModelFactory

from webapp.database import db

START = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
YEAR = 2026


def moments(minutes: int = 1) -> Any:
    """One moment after the other."""
    return factory.Sequence(lambda number: START + timedelta(minutes=number * minutes))


class Factory(SQLAlchemyModelFactory):
    """What all share: the one session, and a commit."""

    class Meta:
        abstract = True
        sqlalchemy_session_factory = lambda: db.session  # noqa: E731
        sqlalchemy_session_persistence = "commit"
