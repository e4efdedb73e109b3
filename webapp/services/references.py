"""The references of sheets, short enough to be read aloud on the telephone."""

import secrets
from uuid import UUID

import sqlalchemy as sa

from webapp.database import db
from webapp.models import Sheet

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0, 1, I, L, O, U: a reference is read aloud on the telephone."""


def free_reference(year: int, sheet_id: UUID | None) -> str:
    """« 2026-7K3QMA »: drawn, not counted, since a counter would tell one federation the size of another."""
    number = sheet_id.int if sheet_id else secrets.randbits(128)
    while True:
        digits = ""
        for _ in range(6):
            number, digit = divmod(number, len(_ALPHABET))
            digits += _ALPHABET[digit]
        reference = f"{year}-{digits}"
        if not db.session.scalar(sa.select(sa.exists().where(Sheet.reference == reference))):
            return reference
        number = secrets.randbits(128)
