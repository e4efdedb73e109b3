"""The addresses of the API: what each reads, and the shape that it is given."""

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from flask import Response, abort, g, json, request, url_for

from forms.definition import FormVersion
from forms.document import AnswerStatus
from forms.lifecycle import SheetState
from forms.schema import answers_schema
from reports import csv_file
from reports.content import ReportInput, no_progress
from reports.figures import Figure, key_figures
from reports.open_data import hides
from webapp.blueprints.api import shapes
from webapp.blueprints.api.operations import CSV, HEAVY_RATE, SCHEMA, known_by, operation
from webapp.blueprints.api.parameters import (
    CatalogueQuery,
    FiguresQuery,
    PageQuery,
    SheetQuery,
    TableQuery,
    cursor,
    in_utc,
    key_of,
)
from webapp.clock import now
from webapp.config import current_settings
from webapp.database import db
from webapp.guard import current_actor
from webapp.models import Campaign, Centre
from webapp.policy import Act, territory_of
from webapp.queries import api as queries
from webapp.queries.report_history import published
from webapp.queries.report_selection import Selection, coverage
from webapp.queries.report_sheets import document_of, report_sheet
from webapp.queries.versions import form_of, forms_of
from webapp.vocabulary import TokenScope

Row = TypeVar("Row")
Line = TypeVar("Line")


def _paged(
    query: PageQuery, rows: Sequence[Row], line: Callable[[Row], Line], key: Callable[[Row], str]
) -> tuple[list[Line], str | None]:
    """The lines of a page, and the address of the next one; rows: one more than a page where there is one."""
    shown = rows[: query.limit]
    if len(rows) > query.limit:
        narrowed = query.model_dump(mode="json", exclude_none=True, exclude={"after"}, exclude_defaults=True)
        after = cursor(query, key(shown[-1]))
        address = url_for(request.endpoint or "", **narrowed, after=after)
        g.api_next = current_settings().base_url + address
    return [line(row) for row in shown], g.get("api_next")


def _id_after(query: PageQuery) -> UUID | None:
    key = key_of(query)
    return UUID(key) if key is not None else None


@operation(
    "/campaigns",
    scope=TokenScope.CAMPAIGNS,
    summary="Les campagnes",
    query=PageQuery,
    answer=shapes.CampaignPage,
)
def campaigns(query: PageQuery) -> shapes.CampaignPage:
    """Those of the federation, or those that are addressed to the funder."""
    rows = queries.campaigns(current_actor(), after=_id_after(query), limit=query.limit + 1)
    items, following = _paged(query, rows, _campaign, lambda row: str(row.id))
    return shapes.CampaignPage(items=items, next=following)


@operation("/campaigns/{id}", scope=TokenScope.CAMPAIGNS, summary="Une campagne", answer=shapes.Campaign)
def campaign(id: UUID) -> shapes.Campaign:
    """One campaign."""
    found = queries.campaign(current_actor(), id, Act.API_CAMPAIGNS)
    return _campaign(found) if found is not None else abort(404)


def _campaign(row: Campaign) -> shapes.Campaign:
    return shapes.Campaign(
        id=row.id,
        year=row.year,
        title=row.title,
        shown_deadline=row.shown_deadline,
        last_creation=row.last_creation,
        last_edit=row.last_edit,
        opened_at=row.opened_at,
        form=shapes.FormRef(key=row.form_version.key, sha256=row.form_version.sha256),
    )


@operation(
    "/centres",
    scope=TokenScope.CENTRES,
    summary="Les centres",
    description="Pour un financeur : ceux dont une fiche lui est adressée.",
    query=PageQuery,
    answer=shapes.CentrePage,
)
def centres(query: PageQuery) -> shapes.CentrePage:
    """Those of the federation, or of its departments."""
    rows = queries.centres(current_actor(), after=_id_after(query), limit=query.limit + 1)
    items, following = _paged(query, rows, _centre, lambda row: str(row.id))
    return shapes.CentrePage(items=items, next=following)


@operation("/centres/{id}", scope=TokenScope.CENTRES, summary="Un centre", answer=shapes.Centre)
def centre(id: UUID) -> shapes.Centre:
    """One centre."""
    found = queries.centre(current_actor(), id)
    return _centre(found) if found is not None else abort(404)


def _centre(row: Centre) -> shapes.Centre:
    return shapes.Centre(
        id=row.id,
        name=row.name,
        commune=row.commune,
        department=row.department,
        joined_on=row.joined_on,
        closed_on=row.closed_on,
    )


@operation(
    "/sheets",
    scope=TokenScope.SHEETS,
    summary="Les fiches envoyées",
    description=(
        "Telles qu’elles ont été envoyées en dernier : ce qu’un centre est en train d’écrire n’est jamais là. "
        "Pour un financeur : les fiches validées ou publiées qui lui sont adressées. Elles viennent par référence ; "
        "de page en page, chacune vient une fois, même si d’autres arrivent entre-temps."
    ),
    query=SheetQuery,
    answer=shapes.SheetPage,
)
def sheets(query: SheetQuery) -> shapes.SheetPage:
    """Those that were sent."""
    narrowing = queries.Narrowing(query.campaign, query.year, query.centre, query.state, in_utc(query.updated_since))
    rows = queries.sheets(current_actor(), narrowing, after=key_of(query), limit=query.limit + 1)
    items, following = _paged(query, rows, _line, lambda row: str(row.reference))
    return shapes.SheetPage(items=items, next=following)


@operation("/sheets/{id}", scope=TokenScope.SHEETS, summary="Une fiche et ses réponses", answer=shapes.Sheet)
def sheet(id: UUID) -> shapes.Sheet:
    """One sheet as it was last sent."""
    row = queries.sheet(current_actor(), id)
    return shapes.Sheet(**_told(row), answers=row.answers) if row is not None else abort(404)


def _line(row: Any) -> shapes.SheetLine:
    return shapes.SheetLine(**_told(row))


def _told(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "reference": row.reference,
        "title": row.title,
        "state": SheetState(row.state),
        "sharing": row.sharing,
        "campaign": shapes.CampaignRef(id=row.campaign_id, year=row.year),
        "centre": _centre_ref(row),
        "form": shapes.FormRef(key=row.form_key, sha256=row.form_sha256),
        "snapshot": shapes.SnapshotRef(number=row.number, sha256=row.sha256, sent_at=row.sent_at),
        "submitted_at": row.submitted_at,
        "validated_at": row.validated_at,
        "published_at": row.published_at,
        "updated_at": queries.changed_at(row),
    }


def _centre_ref(row: Any) -> shapes.CentreRef:
    return shapes.CentreRef(id=row.centre_id, name=row.centre_name, commune=row.commune, department=row.department)


@operation(
    "/figures",
    scope=TokenScope.FIGURES,
    summary="Les totaux d’une campagne",
    description="Chaque total dit combien de fiches ont répondu et quelle part est estimée.",
    query=FiguresQuery,
    answer=shapes.Figures,
    rate=HEAVY_RATE,
)
def figures(query: FiguresQuery) -> shapes.Figures:
    """The totals over the accepted sheets, each with what it rests on."""
    actor = current_actor()
    found = queries.campaign(actor, query.campaign, Act.API_FIGURES)
    if found is None:
        abort(404)
    departments = tuple(sorted(territory_of(actor, Act.API_FIGURES, found.federation_id)))
    chosen = Selection(federation_id=found.federation_id, years=(found.year,), departments=departments)
    covered = coverage(chosen, at=now())
    if covered is None:
        raise LookupError("a campaign has a coverage")
    narrowing = queries.Narrowing(campaign=found.id)
    known_by(queries.accepted_mark(actor, Act.API_FIGURES, narrowing), found.year, covered)
    rows = queries.accepted(actor, Act.API_FIGURES, narrowing)
    return shapes.Figures(
        campaign=shapes.CampaignRef(id=found.id, year=found.year),
        sheets=len(rows),
        coverage=shapes.Coverage(answered=covered.answered, expected=covered.expected, closed=covered.closed),
        figures=[_figure(one) for one in key_figures([report_sheet(row) for row in rows])],
    )


def _figure(one: Figure) -> shapes.Figure:
    return shapes.Figure(
        id=one.id,
        group=one.group,
        label=one.label,
        unit=one.unit,
        definition=one.definition,
        value=None if one.value is None else _number(one.value),
        estimated=_number(one.estimated),
        answered=one.base.answered,
        unknown=one.base.unknown,
        asked=one.base.asked,
    )


def _number(value: int | Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


@operation(
    "/tables/sheets.csv",
    scope=TokenScope.SHEETS,
    summary="Les fiches acceptées, en un tableau",
    description=(
        "Les colonnes de l’onglet « Fiches » du classeur : elles viennent du formulaire et gardent leur place d’une "
        "année à l’autre. À donner à Excel (Données, À partir du web) : le jeton se met comme mot de passe."
    ),
    query=TableQuery,
    media_type=CSV,
    basic=True,
    rate=HEAVY_RATE,
)
def sheets_table(query: TableQuery) -> Response:
    """What a spreadsheet fetches again at each refreshing."""
    actor, narrowing = current_actor(), queries.Narrowing(year=query.year)
    versions = published({held.federation_id for held in actor.roles if held.federation_id is not None})
    known_by(queries.accepted_mark(actor, Act.API_SHEETS, narrowing), [version.sha256 for version in versions])
    rows = queries.accepted(actor, Act.API_SHEETS, narrowing)
    content = ReportInput(
        title="Fiches action",
        federation="",
        years=tuple(sorted({row.campaign.year for row in rows})),
        filter_text="",
        made_at=now(),
        expected=None,
        sheets=tuple(report_sheet(row) for row in rows),
        open_file=lambda _file: None,
        versions=versions,
    )
    db.session.rollback()
    out = io.BytesIO()
    csv_file.make(content, out, no_progress)
    response = Response(out.getvalue(), content_type=f"{CSV}; charset=utf-8")
    response.headers["Content-Disposition"] = "inline; filename=fiches.csv"
    return response


@operation(
    "/catalogue",
    summary="Le catalogue public",
    description="Sans jeton : les fiches publiées que leur centre rend publiques.",
    open_by=Act.CATALOGUE_READ,
    query=CatalogueQuery,
    answer=shapes.CataloguePage,
)
def catalogue(query: CatalogueQuery) -> shapes.CataloguePage:
    """The public catalogue, by reference."""
    rows = queries.catalogue(query.year, after=key_of(query), limit=query.limit + 1)
    forms = forms_of({row.form_sha256 for row in rows})
    items, following = _paged(
        query,
        rows,
        lambda row: shapes.CatalogueLine(**_public(row, forms[row.form_sha256])),
        lambda row: str(row.reference),
    )
    return shapes.CataloguePage(items=items, next=following)


@operation(
    "/catalogue/{id}",
    summary="Une fiche du catalogue public",
    open_by=Act.CATALOGUE_READ,
    answer=shapes.CatalogueSheet,
)
def catalogue_sheet(id: UUID) -> shapes.CatalogueSheet:
    """What the public reads of a sheet: what was answered, but files and what is personal."""
    found = queries.published(id)
    if found is None:
        abort(404)
    row, snapshot = found
    shown = [
        item.question.id
        for section in document_of(snapshot).sections
        for item in section.items
        if item.status is AnswerStatus.ANSWERED and not item.question.sensitive and not item.question.kind.uploads
    ]
    answers = {name: snapshot.answers[name] for name in shown if name in snapshot.answers}
    return shapes.CatalogueSheet(**_public(row, form_of(snapshot.form_version)), answers=answers)


def _public(row: Any, form: FormVersion) -> dict[str, Any]:
    return {
        "id": row.id,
        "reference": row.reference,
        "title": row.title,
        "year": row.year,
        "centre": _centre_ref(row),
        "form": shapes.FormRef(key=row.form_key, sha256=row.form_sha256),
        "published_at": row.published_at,
        "snapshot_sha256": None if hides(form) else row.sha256,
    }


@operation(
    "/forms/{key}",
    summary="Une version du formulaire",
    description="« key » : une année, ou l’empreinte (SHA-256) d’une version, qui ne change jamais.",
    answer=shapes.Form,
)
def form(key: str) -> shapes.Form:
    """The document that was published."""
    row = queries.form(key) if key.isascii() and key.isalnum() else None
    if row is None:
        abort(404)
    title = form_of(row).title
    return shapes.Form(
        key=row.key, sha256=row.sha256, title=title, published_at=row.published_at, document=row.document
    )


@operation(
    "/forms/{key}/schema",
    summary="Le schéma JSON des réponses",
    description="Celui des réponses des fiches remplies avec cette version (JSON Schema 2020-12).",
    media_type=SCHEMA,
)
def form_schema(key: str) -> Response:
    """What the answers of a sheet of that version look like."""
    row = queries.form(key) if key.isascii() and key.isalnum() else None
    if row is None:
        abort(404)
    return Response(json.dumps(answers_schema(form_of(row))), mimetype=SCHEMA)
