"""Importing sheets: an upload that waits for a person's word, then everything in one commit or nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.catalogue_text import parse
from forms.french import PARIS, number, plural
from forms.values import Refused, clean_text
from webapp import policy
from webapp.database import db
from webapp.models import Action, Campaign, CampaignCentre, Centre, CentreAlias, Federation, ImportRun
from webapp.policy import Act, Actor
from webapp.queries import imports as queries
from webapp.queries.things import thing_of
from webapp.services import bringing, campaigns, events
from webapp.services.import_plan import make_plan, title_key
from webapp.services.import_shapes import Choice, Fate, Plan, PlannedSheet
from webapp.services.takeaway_plan import make_workbook_plan
from webapp.vocabulary import ImportKind

MOST_SHEETS = 1000
"""More than that nobody can look at on one page."""

KEPT = timedelta(days=7)
"""An upload that nobody confirmed is thrown away after that."""


def keep_upload(*, federation: Federation, name: str, text: str, actor: Actor, at: datetime) -> ImportRun:
    """Keep a file that can be read until a person has looked at what it would do.

    Raises Refused where it can't be read.
    """
    text = clean_text(text)
    if len(parse(text).sheets) > MOST_SHEETS:
        raise Refused(f"Ce fichier contient plus de {number(MOST_SHEETS)} fiches : coupez-le en plusieurs fichiers.")
    return _keep(ImportKind.CATALOGUE, text, federation=federation, name=name, actor=actor, at=at)


def keep_workbook(*, federation: Federation, name: str, cells: str, actor: Actor, at: datetime) -> ImportRun:
    """The same for a workbook of many sheets. cells: from open_workbook(), called while nothing is held."""
    policy.require(actor, Act.IMPORT, thing_of(federation))
    make_workbook_plan(cells, federation_id=federation.id, ask=True, at=at)
    return _keep(ImportKind.WORKBOOK, cells, federation=federation, name=name, actor=actor, at=at)


def _keep(kind: ImportKind, text: str, *, federation: Federation, name: str, actor: Actor, at: datetime) -> ImportRun:
    policy.require(actor, Act.IMPORT, thing_of(federation))
    db.session.execute(
        sa.delete(ImportRun).where(
            ImportRun.federation_id == federation.id,
            ImportRun.confirmed_at.is_(None),
            ImportRun.created_at < at - KEPT,
        )
    )
    run = ImportRun(
        federation_id=federation.id,
        requested_by=actor.user_id,
        kind=kind,
        name=name.strip()[:200],
        text=text,
        created_at=at,
    )
    db.session.add(run)
    db.session.commit()
    return run


def plan_of(run: ImportRun, *, choices: Mapping[int, Choice], at: datetime) -> Plan:
    """What an upload would do now, a centre in doubt waiting for a person. Writes nothing."""
    if run.kind is ImportKind.WORKBOOK:
        return make_workbook_plan(run.text, federation_id=run.federation_id, choices=choices, ask=True, at=at)
    return make_plan(run.text, federation_id=run.federation_id, choices=choices, ask=True)


def confirm_upload(
    run_id: UUID, *, choices: Mapping[int, Choice], actor: Actor, at: datetime, partial: bool = False
) -> ImportRun:
    """Import an upload as the person decided; a second confirmation changes nothing.

    partial: of a workbook with errors, take what has none; the rest stays to be corrected and sent
    again, or confirmed later. Raises Refused where a decision is still missing (`where` is the
    sheet's number, or « partial »).
    """
    held = sa.select(ImportRun).where(ImportRun.id == run_id).with_for_update()
    run = db.session.execute(held.execution_options(populate_existing=True)).scalar_one()
    federation = db.session.get_one(Federation, run.federation_id)
    policy.require(actor, Act.IMPORT, thing_of(federation))
    if run.confirmed_at is None:
        workbook = run.kind is ImportKind.WORKBOOK
        plan = _write(
            lambda: plan_of(run, choices=choices, at=at),
            federation,
            source=run.name,
            actor=actor,
            at=at,
            partial=partial or not workbook,
        )
        run.result = plan.to_json()
        if plan.whole or not workbook:
            # The sheets are there now; their text twice would only have to be forgotten twice.
            run.text, run.confirmed_at = "", at
    db.session.commit()
    return run


def drop_upload(run_id: UUID, *, actor: Actor) -> None:
    """Throw an unconfirmed upload away."""
    run = db.session.execute(sa.select(ImportRun).where(ImportRun.id == run_id).with_for_update()).scalar_one()
    policy.require(actor, Act.IMPORT, thing_of(run))
    if run.confirmed_at is None:
        db.session.delete(run)
    db.session.commit()


def import_text(
    text: str, *, federation: Federation | None, federation_name: str, source: str, actor: Actor, at: datetime
) -> Plan:
    """Import a file without asking: what is missing is made, the federation too. One commit, or nothing.

    Raises Refused where the file can't be read.
    """
    try:
        if federation is None:
            federation = _make_federation(federation_name, actor=actor, at=at)
        policy.require(actor, Act.IMPORT, thing_of(federation))
        known = federation.id
        plan = _write(
            lambda: make_plan(text, federation_id=known), federation, source=source, actor=actor, at=at, partial=True
        )
    except Refused:
        db.session.rollback()
        raise
    db.session.commit()
    return plan


def import_workbook(
    cells: str, *, federation: Federation, source: str, partial: bool, actor: Actor, at: datetime
) -> Plan:
    """Import a workbook without asking; with errors, only where partial. One commit, or nothing.

    cells: from open_workbook(). Raises Refused where it can't be read as a whole.
    """
    policy.require(actor, Act.IMPORT, thing_of(federation))
    try:
        plan = _write(
            lambda: make_workbook_plan(cells, federation_id=federation.id, at=at),
            federation,
            source=source,
            actor=actor,
            at=at,
            partial=partial,
        )
    except Incomplete as incomplete:
        db.session.rollback()
        return replace(incomplete.plan, written=False)
    except Refused:
        db.session.rollback()
        raise
    db.session.commit()
    return plan


def _make_federation(name: str, *, actor: Actor, at: datetime) -> Federation:
    policy.require(actor, Act.FEDERATION_MANAGE)
    federation = Federation(name=name)
    db.session.add(federation)
    db.session.flush()
    events.record("federation.made", at=at, actor_id=actor.user_id, federation_id=federation.id)
    return federation


@dataclass
class _Made:
    """What the import has made or found so far, by the plan's keys."""

    centres: dict[UUID | str, Centre]
    campaigns: dict[int, Campaign]
    actions: dict[tuple[UUID, str], Action] = field(default_factory=dict)


class Incomplete(Refused):
    """Not everything can be taken, and nobody has said that the rest is to be taken all the same."""

    def __init__(self, plan: Plan) -> None:
        ready = sum(sheet.whole for sheet in plan.sheets)
        super().__init__(
            "Rien n’est importé : corrigez le classeur, ou acceptez d’importer seulement ce qui n’a pas d’erreur "
            f"({plural(ready, 'fiche', 'fiches')} sur {len(plan.sheets)}).",
            where="partial",
        )
        self.plan = plan


def _write(
    make: Callable[[], Plan],
    federation: Federation,
    *,
    source: str,
    actor: Actor,
    at: datetime,
    partial: bool,
) -> Plan:
    """Do what the plan says; part of the caller's transaction. Raises Incomplete unless partial."""
    # One import of a federation at a time: the second sees what the first has made.
    db.session.execute(sa.select(Federation.id).where(Federation.id == federation.id).with_for_update())
    plan = make()
    for waiting in plan.of(Fate.WAITING)[:1]:
        raise Refused(f"Choisissez le centre de « {waiting.parsed.title} ».", where=str(waiting.number))
    if not (partial or plan.whole):
        raise Incomplete(plan)
    made = _Made({centre.id: centre for centre in plan.centres}, queries.campaigns(federation.id))
    # The file shows the newest first: its first sheet is published last, by some microseconds.
    todo = plan.of(Fate.CREATED, Fate.UPDATED)[::-1]
    for planned in todo:
        _make_room(planned, federation, made, actor_id=actor.user_id, at=at)
    for before_last, planned in enumerate(todo, 1 - len(todo)):
        _store(planned, made, source=source, actor_id=actor.user_id, at=at + timedelta(microseconds=before_last))
    if todo:
        data = {"source": source} | {key: plan.count(Fate(key)) for key in ("created", "updated", "unchanged")}
        events.record("import.done", at=at, actor_id=actor.user_id, federation_id=federation.id, data=data)
    return plan


def _make_room(
    planned: PlannedSheet, federation: Federation, made: _Made, *, actor_id: UUID | None, at: datetime
) -> None:
    """The centre and the campaign of a sheet, made where they are missing."""
    parsed, place = planned.parsed, planned.place
    if place.key is None or parsed.year is None or (parsed.department is None and place.key not in made.centres):
        raise ValueError("only sheets with a centre and a year are written")
    if place.key not in made.centres:
        centre = Centre(federation_id=federation.id, name=place.name, department=parsed.department)
        db.session.add(centre)
        db.session.flush()
        made.centres[place.key] = centre
        data = {"centre": str(centre.id), "name": centre.name}
        events.record("centre.made", at=at, actor_id=actor_id, federation_id=federation.id, data=data)
    centre = made.centres[place.key]
    if place.learn and all(alias.name != parsed.organisation for alias in centre.aliases):
        centre.aliases.append(CentreAlias(name=parsed.organisation))
    if parsed.year not in made.campaigns:
        made.campaigns[parsed.year] = _archive(federation, parsed.year, actor_id=actor_id, at=at)
    campaign = made.campaigns[parsed.year]
    if campaign.opened_at == at and all(line.centre_id != centre.id for line in campaign.expected):
        campaign.expected.append(CampaignCentre(centre_id=centre.id))


def _archive(federation: Federation, year: int, *, actor_id: UUID | None, at: datetime) -> Campaign:
    """A campaign for sheets of the past: closed, since nobody is to fill it in any more."""
    end = min(date(year, 12, 31), at.astimezone(PARIS).date() - timedelta(days=1))
    campaign = campaigns.prepare(
        federation=federation,
        year=year,
        title="",
        dates=campaigns.Dates(shown_deadline=end, last_creation=end, last_edit=end),
        at=at,
    )
    data = {"campaign": str(campaign.id), "year": year, "last_edit": end.isoformat()}
    events.record("campaign.opened", at=at, actor_id=actor_id, federation_id=federation.id, data=data)
    return campaign


def _store(planned: PlannedSheet, made: _Made, *, source: str, actor_id: UUID | None, at: datetime) -> None:
    parsed, key = planned.parsed, planned.place.key
    if key is None or parsed.year is None:
        raise ValueError("only sheets with a centre and a year are written")
    centre = made.centres[key]
    action = made.actions.get((centre.id, title_key(parsed.title)))
    if action is None and planned.action_id is not None:
        action = db.session.get_one(Action, planned.action_id)
    details: dict[str, Any] = {
        "centre": centre,
        "campaign": made.campaigns[parsed.year],
        "action": action,
        "answers": planned.answers,
        "actor_id": actor_id,
        "at": at,
        "source": source,
        "sheet": planned.sheet,
    }
    if planned.draft:
        stored = bringing.bring(**details, seen=planned.seen)
    else:
        stored = bringing.store_imported(**details, unparsed=parsed.unparsed)
    made.actions[(centre.id, title_key(parsed.title))] = stored.action
