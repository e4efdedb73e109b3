"""The public catalogue of the sheets whose centre agreed."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for

from forms.departments import DEPARTMENTS
from forms.document import AnswerStatus, Document, ReadItem
from webapp.guard import needs, refuse_unless
from webapp.policy import Act
from webapp.queries import catalogue, sheets
from webapp.queries.report_sheets import document_of

blueprint = Blueprint("catalogue", __name__, url_prefix="/catalogue")


@blueprint.get("")
@needs(Act.CATALOGUE_READ)
def index() -> str:
    """The list, newest first, narrowed by what was chosen."""
    filters = catalogue.filters()
    known = {filter_.name for filter_ in filters}
    chosen: dict[str, Any] = {name: text for name, text in request.args.items() if name in known and text}
    page = request.args.get("page", 1, type=int)
    found = catalogue.find(chosen, page=max(1, min(page, 100_000)))
    if page > found.pages:
        abort(404)
    return render_template(
        "pages/catalogue/index.html",
        filters=filters,
        chosen=chosen,
        chips=_chips(filters, chosen),
        found=found,
        page=page,
        departments=DEPARTMENTS,
        page_url=lambda number: url_for("catalogue.index", **chosen, page=number),
    )


def _chips(filters: tuple[catalogue.Filter, ...], chosen: dict[str, Any]) -> list[dict[str, str]]:
    """Each active filter, with the address of the list without it."""
    labels = {(filter_.name, value): label for filter_ in filters for value, label, _count in filter_.choices}
    return [
        {
            "text": labels.get((name, value), value),
            "url": _url_without(name, chosen),
        }
        for name, value in chosen.items()
    ]


def _url_without(name: str, chosen: dict[str, Any]) -> str:
    kept: dict[str, Any] = {key: text for key, text in chosen.items() if key != name}
    return url_for("catalogue.index", **kept)


@blueprint.get("/<uuid:id>")
@needs(Act.CATALOGUE_READ)
def show(id: UUID) -> str:
    """A published sheet, in the order of the source."""
    sheet = refuse_unless(Act.CATALOGUE_READ, sheets.find(id))
    if sheet.current_snapshot is None:
        abort(404)
    document = document_of(sheet.current_snapshot)
    return render_template(
        "pages/catalogue/show.html",
        sheet=sheet,
        snapshot=sheet.current_snapshot,
        head=[item for item in _shown(document) if not item.question.typed or item.question.kind.uploads],
        sections=_sections(document),
        department=DEPARTMENTS.get(sheet.centre.department, sheet.centre.department),
        others=catalogue.others(sheet),
        file_url=lambda file_id: url_for("sheets.file", id=sheet.id, file_id=file_id),
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
