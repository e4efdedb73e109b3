"""The public catalogue of the sheets whose centre agreed."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug import Response

from forms.departments import DEPARTMENTS
from forms.document import AnswerStatus, Document, ReadItem
from webapp import department_map
from webapp.catalogue_view import arguments, as_spelt, chips, parts, shown
from webapp.config import current_settings
from webapp.guard import current_actor, needs, refuse_unless
from webapp.linked_data import of_sheet
from webapp.policy import Act
from webapp.queries import catalogue, sheets
from webapp.queries.report_sheets import document_of
from webapp.vocabulary import Sharing

blueprint = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@blueprint.get("")
@needs(Act.CATALOGUE_READ)
def index() -> str:
    """The list, narrowed by what was typed and chosen: one line an action."""
    want, actor = _wanted(), current_actor()
    page = request.args.get("page", 1, type=int)
    tally = catalogue.tally(want, actor)
    found = catalogue.find(tally, actor, page=max(1, min(page, 100_000)))
    if page > found.pages:
        abort(404)
    lines = [shown(line, want.terms) for line in found.lines]
    filters = catalogue.filters(tally, want, actor)
    without = {} if found.count else catalogue.without(tally, want, actor)
    return render_template(
        "pages/catalogue/index.html",
        want=want,
        slips=[(typed, as_spelt(meant, lines)) for typed, meant in want.slips],
        filters=filters,
        chips=chips(filters, want, _index_url),
        parts=parts(filters, want, without, _index_url),
        found=found,
        lines=lines,
        page=page,
        departments=DEPARTMENTS,
        network=Sharing.NETWORK,
        map_url=url_for("catalogue.map_of_departments", **arguments(want, department=())),  # type: ignore[arg-type]
        page_url=lambda number: _index_url(**arguments(want, page=number)),
        plain=not want.chosen and not want.text,
        canonical=_absolute("catalogue.index", **({"page": page} if page > 1 else {})),
    )


@blueprint.get("/carte")
@needs(Act.CATALOGUE_READ)
def map_of_departments() -> str:
    """Where the actions are: a square a department, and the same as a table."""
    want, actor = _wanted(), current_actor()
    tally = catalogue.tally(want, actor)
    counts = tally.counts.get(catalogue.DEPARTMENT, {})
    tiles = department_map.tiles(counts, lambda code: _index_url(**arguments(want, department=[code])))
    filters = catalogue.filters(tally, want, actor)
    return render_template(
        "pages/catalogue/map.html",
        tiles=tiles,
        size=(department_map.WIDTH, department_map.HEIGHT, department_map.SIDE),
        steps=department_map.STEPS,
        count=sum(counts.values()),
        chips=chips([one for one in filters if one.name != catalogue.DEPARTMENT], want, _map_url),
        list_url=_index_url(**arguments(want)),
        plain=not want.chosen and not want.text,
        canonical=_absolute("catalogue.map_of_departments"),
    )


def _wanted() -> catalogue.Wanted:
    return catalogue.wanted(request.args.to_dict(flat=False), request.args.get("q", ""), current_actor())


def _index_url(**values: Any) -> str:
    return url_for("catalogue.index", **values)


def _map_url(**values: Any) -> str:
    return url_for("catalogue.map_of_departments", **values)


def _absolute(endpoint: str, **values: Any) -> str:
    return current_settings().base_url + url_for(endpoint, **values)


@blueprint.get("/<uuid:id>")
@needs(Act.CATALOGUE_READ)
def show(id: UUID) -> str | Response:
    """A published sheet, in the order of the source."""
    sheet = refuse_unless(Act.CATALOGUE_READ, sheets.find(id))
    if sheet.current_snapshot is None:
        abort(404)
    document = document_of(sheet.current_snapshot)
    canonical = _absolute("catalogue.show", id=sheet.id)
    return render_template(
        "pages/catalogue/show.html",
        sheet=sheet,
        snapshot=sheet.current_snapshot,
        head=[item for item in _shown(document) if not item.question.typed or item.question.kind.uploads],
        sections=_sections(document),
        department=DEPARTMENTS.get(sheet.centre.department, sheet.centre.department),
        others=catalogue.others(sheet, current_actor()),
        file_url=lambda file_id: url_for("sheets.file", id=sheet.id, file_id=file_id),
        public=sheet.sharing is Sharing.PUBLIC,
        canonical=canonical,
        linked_data=of_sheet(sheet, document, canonical),
    )


def _shown(document: Document) -> list[ReadItem]:
    """What the public reads: what was answered, but the title (the page's own) and what is sensitive."""
    return [
        item
        for section in document.sections
        for item in section.items
        if item.status is AnswerStatus.ANSWERED and item.question.id != "title" and not item.question.sensitive
    ]


def _sections(document: Document) -> list[tuple[str, str, list[ReadItem]]]:
    """(id, title, items) of each section that holds something; files stand on top, as in the source."""
    shown = {item.question.id for item in _shown(document) if item.question.typed and not item.question.kind.uploads}
    sections = [
        (section.id, section.title, [item for item in section.items if item.question.id in shown])
        for section in document.sections
    ]
    return [section for section in sections if section[2]]
