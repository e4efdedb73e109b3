"""The list of what is to be read: tabs by state, filters that are links."""

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template, request, url_for

from forms.lifecycle import Audience, SheetState, label, label_of_several
from webapp.blueprints.review.frame import blueprint, offered, same_list
from webapp.blueprints.review.way import EVERY, MINE, NOBODY, Way, way_of
from webapp.guard import current_actor, needs
from webapp.policy import Act
from webapp.queries import desk
from webapp.queries import review as queries
from webapp.sheet_progress import progress_of

TABS: tuple[SheetState | None, ...] = (
    SheetState.SUBMITTED,
    SheetState.CHANGES_REQUESTED,
    SheetState.VALIDATED,
    SheetState.PUBLISHED,
    SheetState.DRAFT,
    None,
)
"""In the order of a reviewer's day; None is every state."""

QUICK: tuple[tuple[str, str, str, str], ...] = (
    ("mine", "lecteur", MINE, "Mes fiches"),
    ("unassigned", "lecteur", NOBODY, "Non attribuées"),
    ("unread", "nonlues", "oui", "Pas encore lues"),
    ("answered", "reponses", "oui", "Réponses du centre"),
    ("doubts", "doutes", "oui", "Points étonnants confirmés"),
)
"""The short ways in: what is counted, the filter in the address with its value, the words."""

_OTHERS = {name: "" for _what, name, _value, _words in QUICK}


@blueprint.get("")
@needs(Act.REVIEW_LIST)
def index() -> str:
    """The list: what is to be read first, what waits longest on top."""
    way = way_of(current_actor())
    page = request.args.get("page", 1, type=int)
    found = queries.find(current_actor(), way.wanted, way.state, page=max(1, min(page, 100_000)))
    if page > found.pages or page < 1:
        abort(404)
    choices, labels = queries.choices(current_actor()), desk.choices(current_actor())
    return render_template(
        "pages/review/index.html",
        found=found,
        drafts={line.sheet.id: progress_of(line.sheet) for line in found.lines if line.sheet.state is SheetState.DRAFT},
        state=way.state,
        chosen=way.chosen,
        narrowed=bool(way.chosen.keys() & {"year", "centre", "dimension"}),
        kept={name: text for name, text in way.along.items() if name in {"state", "nonlues", "reponses", "doutes"}},
        along=way.along,
        choices=choices,
        label_choices=labels,
        labels=desk.labels_on([line.sheet.id for line in found.lines]),
        readers=[(MINE, "Moi"), (NOBODY, "Personne"), *choices.readers],
        quick=[_quick(one, way, found.quick) for one in QUICK] if way.state is not SheetState.DRAFT else [],
        chips=_chips(
            way, {**dict(choices.centres), **dict(choices.dimensions), **dict(choices.readers), **dict(labels)}
        ),
        bulk_acts=offered(),
        bulk_url=same_list("review.prepare"),
        clear_url=url_for("review.index", **way.tab),
        tabs=[_tab(tab, way, found) for tab in TABS],
        label=lambda state: label(state, Audience.FEDERATION),
        page=page,
        page_url=lambda number: url_for("review.index", **way.along, page=number),
    )


def _tab(tab: SheetState | None, way: Way, found: queries.Found) -> dict[str, Any]:
    every = sum(found.counts.values())
    return {
        "label": label_of_several(tab) if tab else "Toutes",
        "url": url_for("review.index", **way.but(state=tab.value if tab else EVERY)),
        "current": tab is way.state,
        "count": found.counts.get(tab, 0) if tab else every,
    }


def _quick(one: tuple[str, str, str, str], way: Way, counted: queries.Quick) -> dict[str, Any]:
    """A short way in, which takes the place of the others: it shows what it counts. Pressed again, it is left."""
    what, name, value, words = one
    chosen = way.chosen.get(name) == value
    return {
        "label": words,
        "count": getattr(counted, what),
        "current": chosen,
        "url": url_for("review.index", **way.but(**({name: ""} if chosen else _OTHERS | {name: value}))),
    }


def _chips(way: Way, words: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters that no short way shows."""
    short = {(name, value) for _what, name, value, _words in QUICK}
    return [
        {
            "text": words.get(value, f"«\u00a0{value}\u00a0»" if name == "q" else value),
            "url": url_for("review.index", **way.but(**{name: ""})),
        }
        for name, value in way.chosen.items()
        if (name, value) not in short
    ]
