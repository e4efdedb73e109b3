"""For the centre: everything that happened to its sheet, answer by answer."""

from typing import Any
from uuid import UUID

from flask import abort, render_template, request, url_for

from forms.definition import FormVersion
from webapp.blueprints.sheets.frame import blueprint, own_sheet, version_of
from webapp.change_words import told
from webapp.guard import needs
from webapp.policy import Act
from webapp.queries import histories
from webapp.queries.histories import Wanted


@blueprint.get("/fiches/<uuid:id>/histoire")
@needs(Act.SHEET_READ_DRAFT)
def history(id: UUID) -> str:
    """The moves of the sheet and every change, latest first; narrowed to a question or a person."""
    sheet = own_sheet(id)
    version = version_of(sheet)
    given: dict[str, Any] = {name: request.args[name] for name in ("question", "person") if request.args.get(name)}
    page = request.args.get("page", 1, type=int)
    found = histories.find(id, _wanted(given), page=max(1, min(page, 100_000)))
    if page < 1 or page > found.pages:
        abort(404)
    people, questions = histories.people_in(id), _questions(version, histories.questions_in(id))
    return render_template(
        "pages/sheets/history.html",
        sheet=sheet,
        found=found,
        lines=[line for line in (told(one, version) for one in found.lines) if line is not None],
        chosen=given,
        people=people,
        questions=questions,
        chips=_chips(id, given, dict(people) | dict(questions)),
        page=page,
        page_url=lambda number: url_for("sheets.history", id=id, **given, page=number),
    )


def _wanted(given: dict[str, str]) -> Wanted:
    try:
        return Wanted(given.get("question", "")[:100], UUID(given["person"]) if "person" in given else None)
    except ValueError:
        abort(404)


def _questions(version: FormVersion, changed: frozenset[str]) -> list[tuple[str, str]]:
    """The questions that have changed, in the order of the form."""
    return [(question.id, question.short_label) for question in version.questions if question.id in changed]


def _chips(id: UUID, given: dict[str, Any], words: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "text": words.get(value, value),
            "url": url_for("sheets.history", id=id, **{key: text for key, text in given.items() if key != name}),
        }
        for name, value in given.items()
    ]
