"""The reports at the desk, and the list of the sheets of one."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.departments import DEPARTMENTS
from reports.catalogue import REPORTS
from webapp.blueprints.reading_desk.frame import Way, blueprint, held, way
from webapp.clock import now
from webapp.guard import current_actor, needs, refuse_unless
from webapp.policy import Act
from webapp.queries import quotes
from webapp.queries import reading_desk as queries
from webapp.queries.reading_desk import Desk, Line, Order
from webapp.services import reading_desk as services
from webapp.vocabulary import RoleName

PAGE = 100

ORDERS = {
    Order.REPORT: "Ordre du rapport",
    Order.THEME: "Par dimension",
    Order.CENTRE: "Par centre",
    Order.TITLE: "Par titre",
}


@blueprint.get("")
@needs(Act.DESK_READ)
def index() -> str:
    """The reports that one may read sheet by sheet, and how far one is in each."""
    return render_template(
        "pages/reading_desk/index.html",
        reports=queries.received(current_actor()),
        kinds={kind: report.label for kind, report in REPORTS.items()},
        quotes=sum(quotes.count(current_actor())),
        receives=current_actor().has(RoleName.FUNDER),
    )


@blueprint.get("/<uuid:id>")
@needs(Act.DESK_READ)
def show(id: UUID) -> str:
    """The sheets of a report, narrowed by links; what is read and what is not."""
    run = refuse_unless(Act.DESK_READ, queries.run(id))
    along, desk = way(), queries.desk(id, current_actor().user_id)
    lines = desk.shown(along.wanted)
    pages = max(1, -(-len(lines) // PAGE))
    page = min(max(request.args.get("page", 1, int), 1), pages)
    return render_template(
        "pages/reading_desk/show.html",
        run=run,
        desk=desk,
        found=len(lines),
        lines=lines[(page - 1) * PAGE : page * PAGE],
        themes=queries.themes(),
        theme_word=queries.theme_word(),
        along=dict(along.given),
        narrowed=bool(along.but(tri="")),
        reading=_reading(id, along, desk),
        orders=_orders(id, along),
        filters=_filters(id, along, desk),
        clear_url=url_for("reading_desk.show", id=id, **({"tri": along.given["tri"]} if "tri" in along.given else {})),
        page=page,
        pages=pages,
        page_url=lambda number: url_for("reading_desk.show", id=id, **along.given, page=number),
    )


@blueprint.post("/<uuid:id>/reprendre")
@needs(Act.DESK_READ)
def resume(id: UUID) -> ResponseReturnValue:
    """Go on where one stopped, be it on another device; the first time, begin."""
    refuse_unless(Act.DESK_READ, queries.run(id))
    line = queries.desk(id, current_actor().user_id).resume
    if line is None:
        flash("Ce rapport ne contient aucune fiche à lire ici.", "info")
        return redirect(url_for("reading_desk.show", id=id), 303)
    sheet_id = line.sheet_id
    question = services.come_to(held(id, sheet_id), actor=current_actor(), at=now())
    anchor = f"reponse-{question}" if question else None
    return redirect(url_for("reading_desk.sheet", id=id, sheet_id=sheet_id, _anchor=anchor), 303)


def _reading(id: UUID, along: Way, desk: Desk) -> list[dict[str, Any]]:
    """All, unread, read: with how many of each, whatever else narrows the list."""
    total, read = len(desk.lines), desk.read
    tabs = (("Toutes", "", total), ("Non lues", "non", total - read), ("Lues", "oui", read))
    return [
        {
            "label": words,
            "url": url_for("reading_desk.show", id=id, **along.but(lu=value)),
            "current": along.given.get("lu", "") == value,
            "count": count,
        }
        for words, value, count in tabs
    ]


def _orders(id: UUID, along: Way) -> list[dict[str, Any]]:
    return [
        {
            "label": words,
            "url": url_for("reading_desk.show", id=id, **along.but(tri="" if order is Order.REPORT else order.value)),
            "current": along.wanted.order is order,
        }
        for order, words in ORDERS.items()
    ]


def _filters(id: UUID, along: Way, desk: Desk) -> list[dict[str, Any]]:
    """Links that narrow the list, a group for each: theme, territory, centre. What would narrow nothing is left out."""
    themes, lines = queries.themes(), desk.lines
    several = len({line.department for line in lines}) > 1
    groups = (
        (
            queries.theme_word(),
            "theme",
            _choices(lines, lambda line: line.theme, lambda line: themes.get(line.theme, line.theme)),
        ),
        (
            "Département" if several else "Commune",
            "territoire",
            _choices(lines, _department, lambda line: DEPARTMENTS.get(line.department, line.department))
            if several
            else _choices(lines, lambda line: line.commune, lambda line: line.commune),
        ),
        ("Centre", "centre", _choices(lines, lambda line: str(line.centre_id), lambda line: line.centre)),
    )
    return [
        {"title": title, "name": name, "links": [_link(id, along, name, *choice) for choice in choices]}
        for title, name, choices in groups
        if len(choices) > 1 or name in along.given
    ]


def _department(line: Line) -> str:
    return line.department


def _choices(
    lines: Iterable[Line], value: Callable[[Line], str], words: Callable[[Line], str]
) -> list[tuple[str, str, int]]:
    """(value, words, how many sheets), by words."""
    named = {value(line): words(line) for line in lines if value(line)}
    counted = Counter(value(line) for line in lines)
    return sorted(((one, text, counted[one]) for one, text in named.items()), key=lambda choice: choice[1].casefold())


def _link(id: UUID, along: Way, name: str, value: str, words: str, count: int) -> dict[str, Any]:
    chosen = along.given.get(name) == value
    url = url_for("reading_desk.show", id=id, **along.but(**{name: "" if chosen else value}))
    return {"label": words, "url": url, "current": chosen, "count": count}
