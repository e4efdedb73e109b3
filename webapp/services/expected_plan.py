"""What a list of expected centres would do: which are known, which are new, what can't be read and where."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from forms.departments import DEPARTMENTS, department_code
from forms.french import fold, typography
from forms.values import Refused
from reports.centre_list import ListedCentre, read
from reports.takeaway.book import Problem
from webapp.centre_names import CentreNames, Guess, Known, Match
from webapp.models import Campaign, Centre
from webapp.queries import imports as queries
from webapp.services import accounts
from webapp.services.centres import Details, checked_siret

NEW = "new"
"""What a person answers for a name that only resembles others: a centre of its own."""

CONTACT = ("siret", "contact_name", "email", "phone", "commune")
"""What the list may add to a centre that is known."""


class ListFate(StrEnum):
    """What becomes of a line."""

    KNOWN = "known"
    NEW = "new"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True)
class PlannedCentre:
    """A line of the list: its centre where it is known, those that it may mean where a person must say.

    details: its texts once read. already: it is expected. notes: what a person should know.
    """

    listed: ListedCentre
    fate: ListFate
    name: str
    details: Details
    centre: Centre | None = None
    candidates: tuple[Centre, ...] = ()
    already: bool = False
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def differs(self) -> tuple[str, ...]:
        """What the list says otherwise than what is known of the centre, by the column's id."""
        if self.centre is None:
            return ()
        return tuple(
            column
            for column in CONTACT
            if getattr(self.details, column)
            and getattr(self.centre, column)
            and getattr(self.details, column) != getattr(self.centre, column)
        )

    @property
    def says_more(self) -> bool:
        """Whether the list says something of a known centre that is not known, or otherwise."""
        return self.centre is not None and any(
            getattr(self.details, column) and getattr(self.details, column) != getattr(self.centre, column)
            for column in CONTACT
        )


@dataclass(frozen=True)
class ListPlan:
    """The lines in order."""

    lines: tuple[PlannedCentre, ...]

    @property
    def to_expect(self) -> int:
        """How many centres would be expected that are not yet; one in doubt counts, nobody knows."""
        return sum(line.fate is not ListFate.REFUSED and not line.already for line in self.lines)

    @property
    def says_more(self) -> bool:
        """Whether the list says something of a known centre that is not known, or otherwise."""
        return any(line.says_more for line in self.of(ListFate.KNOWN))

    def of(self, fate: ListFate) -> tuple[PlannedCentre, ...]:
        """The lines of that fate."""
        return tuple(line for line in self.lines if line.fate is fate)


def make_list_plan(kept: str, campaign: Campaign, *, choices: Mapping[int, str]) -> ListPlan:
    """Compare a list with the centres that are there. kept: its cells, from open_workbook().

    choices: by the number of a line in doubt, the id of a centre, or NEW. Raises Refused where it can't be read.
    """
    planner = _Planner(queries.centres(campaign.federation_id), {line.centre_id for line in campaign.expected}, choices)
    return ListPlan(tuple(planner.line(listed) for listed in read(kept)))


@dataclass
class _Planner:
    """What is known while the lines are gone through in order."""

    centres: Sequence[Centre]
    expected: set[UUID]
    choices: Mapping[int, str]
    known: CentreNames[UUID] = field(default_factory=CentreNames)
    seen: dict[UUID | str, ListedCentre] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_id = {centre.id: centre for centre in self.centres}
        self.by_siret = {centre.siret: centre for centre in self.centres if centre.siret}
        for centre in self.centres:
            for name in (centre.name, *(alias.name for alias in centre.aliases)):
                self.known.add(Known(centre.id, name))

    def line(self, listed: ListedCentre) -> PlannedCentre:
        """Decide what becomes of a line."""
        details, problems = _details(listed)
        centre, guess = self._centre(listed, details)
        if centre is None and guess.match is Match.DOUBTFUL and listed.number not in self.choices and not problems:
            candidates = tuple(self.by_id[one.key] for one in guess.candidates)
            return PlannedCentre(listed, ListFate.WAITING, details.name, details, candidates=candidates)
        notes = _notes(details, centre, guess)
        if centre is not None:
            centre = self._heir(centre, notes)
        problems += self._wrong(listed, details, centre)
        fate = ListFate.REFUSED if problems else ListFate.KNOWN if centre is not None else ListFate.NEW
        return PlannedCentre(
            listed,
            fate,
            centre.name if centre is not None else details.name,
            details,
            centre=centre,
            already=centre is not None and centre.id in self.expected,
            problems=tuple(problems),
            notes=tuple(notes),
        )

    def _centre(self, listed: ListedCentre, details: Details) -> tuple[Centre | None, Guess[UUID]]:
        """The centre of that SIRET, of that name or one of its other names, or the one that a person has chosen."""
        if details.siret in self.by_siret:
            return self.by_siret[details.siret], Guess(Match.SAME)
        guess = self.known.guess(details.name)
        chosen = self.choices.get(listed.number)
        if chosen is not None and guess.match is Match.DOUBTFUL:
            return next((one for one in self.centres if str(one.id) == chosen), None), guess
        return (self.by_id[guess.found.key] if guess.found is not None else None), guess

    def _heir(self, centre: Centre, notes: list[str]) -> Centre:
        """The centre that is expected in the place of one that was merged."""
        while centre.merged_into_id is not None:
            heir = self.by_id[centre.merged_into_id]
            notes.append(f"{typography(centre.name)} a fusionné avec {typography(heir.name)}.")
            centre = heir
        return centre

    def _wrong(self, listed: ListedCentre, details: Details, centre: Centre | None) -> list[Problem]:
        found = []
        key: UUID | str = centre.id if centre is not None else fold(details.name)
        before = self.seen.setdefault(key, listed) if details.name or centre is not None else listed
        if before is not listed:
            found.append(Problem(f"Ce centre est déjà à la ligne {before.row}.", listed.place("name")))
        if centre is not None:
            if centre.closed_on is not None:
                message = "Ce centre est fermé\u00a0: rouvrez-le d’abord sur sa page."
                found.append(Problem(message, listed.place("name")))
            return found
        for column, sentence in (
            ("name", "Indiquez le nom du centre."),
            ("commune", "Indiquez la commune\u00a0: ce centre n’est pas encore connu."),
            ("department", "Indiquez le département\u00a0: ce centre n’est pas encore connu."),
        ):
            if not listed.texts.get(column):
                found.append(Problem(sentence, listed.place(column)))
        return found


def _details(listed: ListedCentre) -> tuple[Details, list[Problem]]:
    """The texts of a line as a centre's details, and what can't be read of them."""
    problems, texts = list(listed.problems), listed.texts
    read_texts: dict[str, str] = {}
    for column, reading in _READINGS.items():
        try:
            read_texts[column] = reading(texts.get(column, ""))
        except Refused as refused:
            problems.append(Problem(refused.message, listed.place(column)))
    return (
        Details(
            name=texts.get("name", ""),
            commune=texts.get("commune", ""),
            department=read_texts.get("department", ""),
            siret=read_texts.get("siret", ""),
            contact_name=texts.get("contact_name", ""),
            email=read_texts.get("email", ""),
            phone=read_texts.get("phone", ""),
        ),
        problems,
    )


def _department(text: str) -> str:
    """« 46 », « Lot », « 1 » for 01, « 46 – Lot »."""
    first = text.split()[0].upper() if text else ""
    code = first.zfill(2) if first.isdigit() else first
    found = code if code in DEPARTMENTS else department_code(text)
    if text and found is None:
        raise Refused("Écrivez le département par son nom ou son numéro, par exemple 46 ou Lot.")
    return found or ""


def _phone(text: str) -> str:
    """Excel takes a number's first zero away."""
    return f"0{text}" if text.isdigit() and len(text) == 9 else text


_READINGS: dict[str, Callable[[str], str]] = {
    "department": _department,
    "siret": lambda text: checked_siret(text) or "",
    "email": lambda text: accounts.clean_email(text) if text else "",
    "phone": _phone,
}


def _notes(details: Details, centre: Centre | None, guess: Guess[UUID]) -> list[str]:
    if centre is not None and guess.match is Match.NEAR:
        return [f"«\u00a0{typography(details.name)}\u00a0» a été lu comme «\u00a0{typography(centre.name)}\u00a0»."]
    return []
