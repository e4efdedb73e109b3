"""What somebody typed into a form that could not be taken: shown again, so that nothing has to be typed twice."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, render_template, request, url_for

from forms.registry import shipped

View = TypeVar("View", bound=Callable[..., Any])

_BESIDE = {
    "_reply": "Votre réponse à la fédération",
    "_silence": "Sans changement\u00a0: pourquoi",
    "_sure": "Sûr\u202f? Pourquoi",
}
"""What is typed beside answers, by the beginning of the controls' names."""


def keeps_typed(view: View) -> View:
    """Mark a view whose form holds people's own words; never one that takes a secret."""
    view.keeps_typed = True  # type: ignore[attr-defined]
    return view


def typed_page(*, signed_in: bool) -> str | None:
    """The page that gives the posted words back; None where there are none or the view takes no such form."""
    view = current_app.view_functions.get(request.endpoint or "")
    kept = _texts() if request.method == "POST" and getattr(view, "keeps_typed", False) else []
    if not kept:
        return None
    way = request.path if signed_in else url_for("accounts.sign_in", next=request.path)
    return render_template("errors/typed.html", kept=kept, way=way, signed_in=signed_in)


def _texts() -> list[tuple[str, str]]:
    """(question's label, what was typed for it), in the order of the page; ticked boxes are soon ticked again."""
    version = shipped(9999)
    found: dict[str, list[str]] = {}
    for name, text in request.form.items(multi=True):
        question = name.partition("-")[0]
        if text.strip() and (question in version or (question in _BESIDE and name != question)):
            found.setdefault(question, []).append(text.replace("\r\n", "\n"))
    return [
        (_BESIDE.get(question) or version.question(question).label, "\n".join(texts))
        for question, texts in found.items()
    ]
