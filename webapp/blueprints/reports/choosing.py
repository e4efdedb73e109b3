"""The form by which sheets are chosen for a report, and what it says back."""

from uuid import UUID

from werkzeug.datastructures import MultiDict

from forms.lifecycle import READABLE
from forms.values import Refused
from webapp.guard import current_actor
from webapp.models import Federation
from webapp.policy import Act, territory_of
from webapp.queries import reports as queries
from webapp.queries.report_selection import Selection
from webapp.queries.reports import Offer

LATEST = "latest"


def selection_of(federation: Federation, form: MultiDict[str, str]) -> Selection:
    """What the form narrows the report to. Raises Refused for what no form of ours posts."""
    offered = queries.offer(current_actor(), federation)
    latest = form.get("period") == LATEST
    state, funder = form.get("state", ""), form.get("funder", "")
    if state and state not in READABLE:
        raise Refused("Choisissez dans la liste.", question="state")
    return Selection(
        federation_id=federation.id,
        years=() if latest else tuple(sorted(int(year) for year in _among(form, "years", map(str, offered.years)))),
        latest=latest,
        centres=tuple(UUID(one) for one in _among(form, "centres", (value for value, _name in offered.centres))),
        departments=_departments(federation, form),
        facets=_facets(offered, form),
        states=(state,) if state else (),
        labels=tuple(UUID(one) for one in _among(form, "labels", (value for value, _name in offered.labels))),
        funder_id=UUID(_among(form, "funder", ("", *(value for value, _name in offered.funders)))[0])
        if funder
        else None,
    )


def _among(form: MultiDict[str, str], name: str, offered: object) -> list[str]:
    """What was chosen of a list, each once, in the list's order."""
    chosen, known = set(form.getlist(name)), list(offered)  # type: ignore[call-overload]
    if not chosen <= set(known):
        raise Refused("Choisissez dans les listes.", question=name)
    return [value for value in known if value in chosen]


def _facets(offered: Offer, form: MultiDict[str, str]) -> dict[str, tuple[str, ...]]:
    found = {
        question: tuple(code for code in form.getlist(f"facet-{question}") if code)
        for question, _label, _choices in offered.facets
    }
    return {question: codes for question, codes in found.items() if codes}


def _departments(federation: Federation, form: MultiDict[str, str]) -> tuple[str, ...]:
    """Those chosen; where a role is limited to some, its report never leaves them."""
    chosen = {code for code in form.getlist("departments") if code}
    territory = territory_of(current_actor(), Act.REPORT_MAKE, federation.id)
    if not territory:
        return tuple(sorted(chosen))
    if not chosen <= territory:
        raise Refused("Choisissez parmi vos départements.", question="departments")
    return tuple(sorted(chosen or territory))


def form_of(selection: Selection) -> MultiDict[str, str]:
    """The form as it stands for a choice that was kept."""
    found: MultiDict[str, str] = MultiDict({"period": LATEST if selection.latest else "chosen"})
    found.setlist("years", [str(year) for year in selection.years])
    found.setlist("centres", [str(centre) for centre in selection.centres])
    found.setlist("departments", list(selection.departments))
    found.setlist("labels", [str(label) for label in selection.labels])
    for question, codes in selection.facets.items():
        found.setlist(f"facet-{question}", list(codes))
    found["state"] = selection.states[0] if len(selection.states) == 1 else ""
    found["funder"] = str(selection.funder_id or "")
    return found
