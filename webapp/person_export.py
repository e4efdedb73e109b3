"""« Mes données »: all that is kept of a person, as JSON and as a page to read, in one archive."""

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

import sqlalchemy as sa
from flask import render_template

from forms.french import moment
from webapp.database import Base, db
from webapp.erasure_words import TABLES
from webapp.journal_words import sentence
from webapp.models import Change, DeskVisit, FunderReading, Mail, ReadingMark, ReportOpening
from webapp.personal_data import SECRET
from webapp.queries import person_data
from webapp.queries.accounts import in_words
from webapp.queries.person_data import Person, Trace
from webapp.register import REGISTER
from webapp.services.mail import CARRYING, OPENING

AROUND = 80
"""Characters shown on each side of a mention: enough to judge it, without handing over all that others wrote."""

IN_WORDS = {
    "id": "repère",
    "table": "quoi",
    "active": "compte ouvert",
    "second_factor_on": "second facteur en service",
    "sign_in_mark": "repère de connexion",
    "created_at": "fait le",
    "began_at": "commencé le",
    "started_at": "commencé le",
    "ended_at": "terminé le",
    "expires_at": "échéance",
    "opened_at": "ouvert le",
    "seen_at": "vu le",
    "used_at": "utilisé le",
    "sent_at": "parti le",
    "revoked_at": "révoqué le",
    "at": "quand",
    "until": "jusqu’à",
    "purpose": "usage",
    "kind": "genre",
    "state": "état",
    "question": "question",
    "revision": "version de la fiche",
    "user_id": "repère du compte",
    "federation_id": "repère de la fédération",
    "centre_id": "repère du centre",
    "campaign_id": "repère de la campagne",
    "sheet_id": "repère de la fiche",
    "report_run_id": "repère du rapport",
    "target_id": "repère de ce qu’il ouvre",
    "phone_entry_id": "repère de la saisie au téléphone",
    "link_id": "repère du lien",
    "funder_id": "repère du financeur",
}
"""How the page to read calls what the tables call otherwise."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d\S*")

BY_ACCOUNT = ((ReadingMark, "user_id"), (DeskVisit, "user_id"), (ReportOpening, "user_id"), (FunderReading, "user_id"))


def collected(person: Person, *, at: datetime) -> dict[str, Any]:
    """All that is kept of that person, plain: what JSON can hold."""
    found: dict[str, Any] = {
        "adresse": person.email,
        "établi le": at.isoformat(),
        "compte": _account(person),
        "rôles": [in_words(role) for role in person.user.roles] if person.user is not None else [],
        "sessions, liens et clés": [_row(row) for row in person_data.owned(person) if row.__tablename__ != "role"],
        "gestes au journal": [],
        "réponses changées": [],
        "lectures": [],
        "messages reçus": [_mail(mail) for mail in person_data.received(person)],
        "mentions": [_mention(trace, person) for trace in person_data.traces(person) if trace.table != "mail"],
        "pourquoi et combien de temps": [
            {"traitement": one.name, "but": one.purpose, "base": one.basis, "durée": one.lasting, "vu par": one.seen_by}
            for one in REGISTER.values()
        ],
    }
    if person.user_id is not None:
        found["gestes au journal"] = [
            {"quand": event.at.isoformat(), "quoi": sentence(event), "détails": event.data}
            for event in person_data.acted(person)
        ]
        found["réponses changées"] = [_row(row) for row in _of(Change, Change.user_id, person.user_id)]
        found["lectures"] = [
            _row(row) for model, key in BY_ACCOUNT for row in _of(model, getattr(model, key), person.user_id)
        ]
    return found


def archive(person: Person, *, at: datetime) -> bytes:
    """A ZIP of `donnees.json` and `donnees.html`, which say the same."""
    found = collected(person, at=at)
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as files:
        files.writestr("donnees.json", json.dumps(found, ensure_ascii=False, indent=1))
        files.writestr("donnees.html", render_template("pages/privacy/export.html", found=_to_read(found), at=at))
    return out.getvalue()


def _to_read(value: Any, key: str = "") -> Any:
    """The same in words for people: names of columns and of tables, moments."""
    if isinstance(value, dict):
        return {IN_WORDS.get(one, one): _to_read(held, one) for one, held in value.items()}
    if isinstance(value, list):
        return [_to_read(one) for one in value]
    if key == "table":
        return TABLES[value][0] if value in TABLES else value
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        with suppress(ValueError):
            return moment(datetime.fromisoformat(value))
    return value


def _of(model: Any, column: Any, user_id: UUID) -> Iterable[Base]:
    return db.session.scalars(sa.select(model).where(column == user_id).order_by(*sa.inspect(model).primary_key))


def _account(person: Person) -> dict[str, Any] | None:
    return _row(person.user) if person.user is not None else None


def _row(row: Base) -> dict[str, Any]:
    """A row without what would open something; ids stay, they are the links between the parts."""
    table = str(row.__tablename__)
    return {"table": table} | {
        person_data.label_of(table, column.key): _plain(getattr(row, column.key))
        for column in sa.inspect(type(row)).column_attrs
        if column.key not in SECRET and not isinstance(getattr(row, column.key), bytes)
    }


def _mail(mail: Mail) -> dict[str, Any]:
    """Without its words where they hold a link that opens something: it may not have left yet."""
    told = _row(mail)
    if mail.kind in OPENING | CARRYING:
        told[person_data.label_of("mail", "text")] = ""
    return told


def _mention(trace: Trace, person: Person) -> dict[str, Any]:
    text = trace.value if isinstance(trace.value, str) else json.dumps(trace.value, ensure_ascii=False)
    passages = [
        text[max(0, one.start() - AROUND) : one.end() + AROUND] for one in person.mentions.pattern.finditer(text)
    ]
    return {
        "où": trace.column.label,
        "traitement": REGISTER[trace.column.treatment].name,
        "repère": ", ".join(str(part) for part in sa.inspect(trace.row).identity or ()),
        "passages": passages,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list | str | int | bool | None):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
