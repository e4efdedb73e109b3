"""Templates of reports: written once, used again each year."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.french import fold
from forms.values import Refused, clean_text
from reports.catalogue import ReportKind
from webapp.database import db
from webapp.models import Federation, ReportTemplate
from webapp.queries.report_selection import Selection
from webapp.report_parts import ORDERS, parts_of
from webapp.services import events
from webapp.services.report_design import colour_of

LONGEST_LINE, LONGEST_FOREWORD = 200, 8_000


@dataclass(frozen=True)
class Wording:
    """What somebody wrote of a template, as typed; sections: ids of the parts wanted."""

    name: str
    title: str
    sections: tuple[str, ...] = ()
    sheet_order: str = ""
    foreword: str = ""
    foreword_by: str = ""
    colour: str = ""


def add(
    federation: Federation,
    kind: ReportKind,
    wording: Wording,
    selection: Selection,
    *,
    actor_id: UUID | None,
    at: datetime,
) -> ReportTemplate:
    """Write a template down; one commit. Raises Refused with its place."""
    template = ReportTemplate(federation_id=federation.id, kind=kind.value, created_at=at, created_by=actor_id)
    _fill(template, wording, selection, at=at)
    db.session.add(template)
    return _save(template, actor_id=actor_id, at=at)


def change(
    template_id: UUID,
    kind: ReportKind,
    wording: Wording,
    selection: Selection,
    *,
    actor_id: UUID | None,
    at: datetime,
) -> ReportTemplate:
    """Change a template; the reports made by it stay as they are. One commit. Raises Refused with its place."""
    template = db.session.get_one(ReportTemplate, template_id, populate_existing=True)
    template.kind = kind.value
    _fill(template, wording, selection, at=at)
    return _save(template, actor_id=actor_id, at=at)


def duplicate(template_id: UUID, *, actor_id: UUID | None, at: datetime) -> ReportTemplate:
    """The same template under another name; one commit."""
    known = db.session.get_one(ReportTemplate, template_id)
    copy = ReportTemplate(
        federation_id=known.federation_id,
        kind=known.kind,
        title=known.title,
        selection=dict(known.selection),
        sections=list(known.sections),
        sheet_order=known.sheet_order,
        foreword=known.foreword,
        foreword_by=known.foreword_by,
        colour=known.colour,
        created_at=at,
        created_by=actor_id,
        updated_at=at,
    )
    copy.name = _free_name(known)
    copy.folded = fold(copy.name)
    db.session.add(copy)
    return _save(copy, actor_id=actor_id, at=at)


def remove(template_id: UUID, *, actor_id: UUID | None, at: datetime) -> None:
    """Take a template away; the reports made by it stay. One commit."""
    template = db.session.get_one(ReportTemplate, template_id)
    _record("report.template_removed", template, actor_id=actor_id, at=at)
    db.session.delete(template)
    db.session.commit()


def _fill(template: ReportTemplate, wording: Wording, selection: Selection, *, at: datetime) -> None:
    template.name = _line(wording.name, "name")
    if not template.name:
        raise Refused("Donnez un nom à ce modèle.", question="name")
    template.folded = fold(template.name)
    template.title = _line(wording.title, "title")
    template.selection = selection.to_json()
    template.sections = _sections(template.kind, wording.sections)
    if wording.sheet_order not in ORDERS:
        raise Refused("Choisissez un ordre dans la liste.", question="sheet_order")
    template.sheet_order = wording.sheet_order
    template.foreword = clean_text(wording.foreword).strip()
    if len(template.foreword) > LONGEST_FOREWORD:
        raise Refused(f"Raccourcissez ce texte\u00a0: {LONGEST_FOREWORD} caractères au plus.", question="foreword")
    template.foreword_by = _line(wording.foreword_by, "foreword_by")
    template.colour = colour_of(wording.colour)
    template.updated_at = at


def _sections(kind: str, wanted: tuple[str, ...]) -> list[str]:
    """Those wanted in the report's own order; none where all of them are. A report without parts keeps none."""
    offered = [id_ for id_, _label, _hint in parts_of(kind)]
    if not offered:
        return []
    if not set(wanted) <= set(offered):
        raise Refused("Choisissez des parties dans la liste.", question="sections")
    if not wanted:
        raise Refused("Gardez au moins une partie.", question="sections")
    return [] if len(set(wanted)) == len(offered) else [id_ for id_ in offered if id_ in wanted]


def _line(text: str, place: str) -> str:
    line = " ".join(clean_text(text).split())
    if len(line) > LONGEST_LINE:
        raise Refused(f"Raccourcissez ce texte\u00a0: {LONGEST_LINE} caractères au plus.", question=place)
    return line


def _free_name(known: ReportTemplate) -> str:
    """« Recueil annuel (copie) », or the first number that is free."""
    taken = set(
        db.session.scalars(sa.select(ReportTemplate.folded).where(ReportTemplate.federation_id == known.federation_id))
    )
    short = known.name[: LONGEST_LINE - 20]
    names = (f"{short} (copie)" if number == 1 else f"{short} (copie {number})" for number in range(1, len(taken) + 2))
    return next(name for name in names if fold(name) not in taken)


def _save(template: ReportTemplate, *, actor_id: UUID | None, at: datetime) -> ReportTemplate:
    twin = sa.select(ReportTemplate.id).where(
        ReportTemplate.federation_id == template.federation_id,
        ReportTemplate.folded == template.folded,
        ReportTemplate.id != template.id,
    )
    with db.session.no_autoflush:
        if db.session.scalar(twin):
            raise Refused("Un modèle porte déjà ce nom.", question="name")
    db.session.flush()
    _record("report.template_saved", template, actor_id=actor_id, at=at)
    db.session.commit()
    return template


def _record(kind: str, template: ReportTemplate, *, actor_id: UUID | None, at: datetime) -> None:
    data: Mapping[str, Any] = {"template": str(template.id), "name": template.name}
    events.record(kind, at=at, actor_id=actor_id, federation_id=template.federation_id, data=data)
