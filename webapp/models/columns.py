"""The columns that many tables spell the same way."""

from typing import Annotated
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import mapped_column

PrimaryKey = Annotated[UUID, mapped_column(sa.Uuid(), primary_key=True, default=uuid4)]
"""An opaque id: it stands in addresses, so it must not be guessed."""


def refers_to(target: str, *, on_delete: str | None = None) -> sa.ForeignKey:
    """A foreign key to the id of a table."""
    return sa.ForeignKey(f"{target}.id", ondelete=on_delete)
