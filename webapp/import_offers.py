"""How an import is shown to a person: for every sheet what to decide, and what was decided."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms.catalogue_text import Finding, Level
from forms.definition import FormVersion
from forms.registry import shipped
from webapp.centre_names import Match
from webapp.services.import_shapes import Choice, Fate, Plan, PlannedSheet

FATES = {
    Fate.CREATED: "Nouvelle fiche",
    Fate.UPDATED: "Mise à jour",
    Fate.UNCHANGED: "Déjà importée, rien ne change",
    Fate.WAITING: "Centre à choisir",
    Fate.REFUSED: "Refusée",
    Fate.LEFT_OUT: "Laissée de côté",
}
LEVELS = {
    Level.ERROR: "Refusé",
    Level.WARNING: "À vérifier",
    Level.INFO: "Pour information",
    Level.PROPOSAL: "À confirmer",
}
_MATCHES = {
    Match.SAME: "Centre connu sous ce nom.",
    Match.NEAR: "Écrit autrement dans le fichier : vérifiez que c’est bien lui.",
    Match.NEW: "Aucun centre de ce nom : il sera créé, ou choisissez celui dont il s’agit.",
    Match.DOUBTFUL: "Le nom ressemble à un centre connu sans être le même : choisissez.",
}
MAKE = "new"
MANY = 100
"""From so many sheets on, the centre is only asked where there is something to decide."""

_NAMED = re.compile(r"(centre|counts|leave_out)-([0-9]{1,6})")


@dataclass(frozen=True)
class CentreAsked:
    """The list to choose the centre in: (value, text) pairs, the one chosen, and a line of help."""

    options: tuple[tuple[str, str], ...]
    selected: str
    help: str


@dataclass(frozen=True)
class Offer:
    """A sheet of the file as the page shows it. centre: None where nothing is asked."""

    number: int
    sheet: PlannedSheet
    fate: str
    centre: CentreAsked | None
    counts: tuple[tuple[str, str], ...]
    accepted: frozenset[str]
    left_out: bool
    told: tuple[tuple[str, str, str], ...]
    """Findings: level, label of the question or nothing, message."""


def offers(plan: Plan, choices: dict[int, Choice]) -> tuple[Offer, ...]:
    """What there is to decide, sheet by sheet."""
    many = len(plan.sheets) > MANY
    return tuple(_offer(sheet, plan, choices.get(sheet.number, Choice()), many) for sheet in plan.sheets)


def _offer(sheet: PlannedSheet, plan: Plan, choice: Choice, many: bool) -> Offer:
    version = shipped(sheet.parsed.year or 0)
    known = many or (sheet.draft and sheet.sheet is not None)
    settled = sheet.fate is Fate.UNCHANGED or (known and sheet.place.match is Match.SAME)
    open_to_choice = not sheet.parsed.refused and not settled
    return Offer(
        number=sheet.number,
        sheet=sheet,
        fate=FATES[sheet.fate],
        centre=_centre(sheet, plan) if open_to_choice else None,
        counts=tuple(
            (count.question, f"{_label(count.question, version)} : {count.number} (« {count.excerpt} »)")
            for count in (() if sheet.parsed.refused else sheet.proposals)
        ),
        accepted=choice.counts,
        left_out=choice.leave_out,
        told=told(sheet.findings, version),
    )


def told(findings: Iterable[Finding], version: FormVersion) -> tuple[tuple[str, str, str], ...]:
    """Findings for people: the word for their level, the question's label, the message; figures are asked apart."""
    return tuple(
        (
            LEVELS[finding.level],
            _label(finding.question, version),
            finding.message,
        )
        for finding in findings
        if finding.level is not Level.PROPOSAL
    )


def _label(question: str | None, version: FormVersion) -> str:
    return version.question(question).short_label if question is not None and question in version else ""


def _centre(sheet: PlannedSheet, plan: Plan) -> CentreAsked:
    place = sheet.place
    likely = [str(one.key) for one in place.candidates]
    known = [(str(centre.id), centre.name) for centre in plan.centres]
    known.sort(key=lambda option: option[0] not in likely)
    make = (MAKE, f"Créer le centre « {sheet.parsed.organisation} »")
    if isinstance(place.key, UUID):
        options = known if place.match is Match.SAME else [*known, make]
        return CentreAsked(tuple(options), str(place.key), _MATCHES[place.match])
    if place.key is None:
        return CentreAsked((("", "Choisir…"), *known, make), "", _MATCHES[Match.DOUBTFUL])
    if place.match is Match.NEW:
        return CentreAsked((make, *known), MAKE, _MATCHES[Match.NEW])
    same = ("", f"Le centre « {place.name} », créé avec une autre fiche de ce fichier")
    apart = [make] if place.match is Match.NEAR else []
    return CentreAsked((same, *apart, *known), "", _MATCHES[place.match] if apart else "")


def choices_from(pairs: Sequence[tuple[str, str]]) -> dict[int, Choice]:
    """What was posted: « centre-0 », « counts-0 » (several), « leave_out-0 ». Raises ValueError for no id of ours."""
    centre: dict[int, str] = {}
    counts: dict[int, set[str]] = {}
    left: set[int] = set()
    for name, value in pairs:
        found = _NAMED.fullmatch(name)
        if not found:
            continue
        number = int(found[2])
        if found[1] == "centre":
            centre[number] = value
        elif found[1] == "counts":
            counts.setdefault(number, set()).add(value)
        else:
            left.add(number)
    return {
        number: _choice(centre.get(number, ""), frozenset(counts.get(number, ())), number in left)
        for number in {*centre, *counts, *left}
    }


def _choice(centre: str, counts: frozenset[str], left_out: bool) -> Choice:
    chosen = UUID(centre) if centre not in ("", MAKE) else None
    return Choice(centre=chosen, new=centre == MAKE, counts=counts, leave_out=left_out)
