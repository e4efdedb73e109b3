"""Queries sent back with neither word nor change: each asks why, on the page before the sending."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import request

from forms.definition import FormVersion
from webapp.models import Query
from webapp.services.moves import SILENT, silence_name
from webapp.services.texts import LONGEST, TOO_LONG

_BEGINS = silence_name("")


@dataclass(frozen=True)
class Silence:
    """A query without reply: the control that asks why, what was typed there, why it was refused."""

    query: Query
    label: str
    name: str
    text: str
    error: str


def posted() -> dict[UUID, str]:
    """The reasons that a sending brings, by query; what names no query is left."""
    found = {}
    for name, text in request.form.items():
        if name.startswith(_BEGINS):
            try:
                found[UUID(name.removeprefix(_BEGINS))] = text
            except ValueError:
                continue
    return found


def shown(version: FormVersion, silent: Iterable[Query], said: Mapping[UUID, str] | None) -> list[Silence]:
    """The silent queries as the page asks about them. said: what a refused sending brought, None before any."""
    return [_one(version, query, said) for query in silent]


def _one(version: FormVersion, query: Query, said: Mapping[UUID, str] | None) -> Silence:
    text = (said or {}).get(query.id, "")
    error = ""
    if said is not None:
        error = SILENT if not text.strip() else TOO_LONG if len(text.strip()) > LONGEST else ""
    return Silence(query, version.question(query.question).short_label, silence_name(query.id), text, error)
