"""What an import would do: for every sheet its centre, its fate and what there is to say; writes nothing."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from forms.catalogue_text import Finding, Level, Parsed, ParsedSheet, held_questions, parse
from forms.counting import taken
from forms.definition import FormVersion
from forms.departments import DEPARTMENTS
from forms.document import snapshot_answers
from forms.french import fold
from forms.lifecycle import SheetState
from forms.prose import ToldCount
from forms.registry import shipped
from webapp.centre_names import CentreNames, Guess, Known, Match
from webapp.models import Campaign, Centre, Sheet
from webapp.queries import imports as queries
from webapp.queries.imports import Stored
from webapp.queries.versions import form_of
from webapp.services.import_shapes import Choice, Fate, Place, Plan, PlannedSheet


def make_plan(
    text: str,
    *,
    federation_id: UUID | None,
    choices: Mapping[int, Choice] | None = None,
    ask: bool = False,
) -> Plan:
    """Read a file and compare it with what is there.

    federation_id: None where it is still to be made. choices: by number of the sheet. ask: a centre
    in doubt waits for a person; otherwise it is made anew, and told. Raises Refused where the file
    as a whole can't be read.
    """
    centres = queries.centres(federation_id) if federation_id else []
    campaigns = queries.campaigns(federation_id) if federation_id else {}
    parsed = parse(text, _versions(campaigns))
    planner = Planner(centres, campaigns, choices or {}, ask)
    places = [planner.place(number, sheet) for number, sheet in enumerate(parsed.sheets)]
    planner.look_up(parsed, places)
    sheets = tuple(
        planner.sheet(number, sheet, place)
        for number, (sheet, place) in enumerate(zip(parsed.sheets, places, strict=True))
    )
    return Plan(sheets, parsed.findings, centres)


def version_for(year: int, campaigns: Mapping[int, Campaign]) -> FormVersion:
    """The form to read that year by: its campaign's, else the one shipped."""
    return form_of(campaigns[year].form_version) if year in campaigns else shipped(year)


def _versions(campaigns: Mapping[int, Campaign]) -> Any:
    return lambda year: version_for(year, campaigns)


def title_key(title: str) -> str:
    """Under which an action is known again: its title folded, or as it stands where folding leaves nothing."""
    return fold(title) or title


@dataclass
class Planner:
    """What is known while the sheets are gone through in order."""

    centres: Sequence[Centre]
    campaigns: Mapping[int, Campaign]
    choices: Mapping[int, Choice]
    ask: bool
    known: CentreNames[UUID | str] = field(default_factory=CentreNames)
    actions: dict[tuple[UUID, str], list[UUID]] = field(default_factory=dict)
    stored: dict[tuple[UUID, UUID], Stored] = field(default_factory=dict)
    seen: set[tuple[UUID | str, str, int]] = field(default_factory=set)
    drafts: ClassVar[bool] = False

    def __post_init__(self) -> None:
        for centre in self.centres:
            for name in (centre.name, *(alias.name for alias in centre.aliases)):
                self.known.add(Known(centre.id, name))

    def place(self, number: int, sheet: ParsedSheet) -> Place:
        """Find the centre of a sheet; one to be made is known to the sheets after it."""
        name = sheet.organisation
        choice = self.choices.get(number, Choice())
        if not fold(name):
            return Place(None, name, Match.DOUBTFUL)
        found = self.known.guess(name)
        if choice.centre is not None:
            return self._chosen(choice.centre, name, found)
        if found.found is not None and not (choice.new and found.match is Match.NEAR):
            return Place(found.found.key, found.found.name, found.match, found.candidates)
        if found.match is Match.DOUBTFUL and self.ask and not choice.new:
            return Place(None, name, Match.DOUBTFUL, found.candidates)
        self.known.add(Known(fold(name), name))
        return Place(fold(name), name, Match.NEW, found.candidates)

    def _chosen(self, centre_id: UUID, name: str, found: Guess[UUID | str]) -> Place:
        centre = next((centre for centre in self.centres if centre.id == centre_id), None)
        if centre is None:
            return Place(None, name, Match.DOUBTFUL, found.candidates)
        already = found.found is not None and found.found.key == centre_id
        if not already:
            self.known.add(Known(centre_id, name))
        return Place(
            centre_id, centre.name, found.match if already else Match.SAME, found.candidates, learn=not already
        )

    def look_up(self, parsed: Parsed, places: Sequence[Place]) -> None:
        """Load once what the sheets are compared with."""
        years = {sheet.year for sheet in parsed.sheets}
        centre_ids = {place.key for place in places if isinstance(place.key, UUID)}
        campaign_ids = [campaign.id for year, campaign in self.campaigns.items() if year in years]
        if not centre_ids:
            return
        for action in queries.actions(centre_ids):
            self.actions.setdefault((action.centre_id, title_key(action.title)), []).append(action.id)
        if campaign_ids:
            self.stored = queries.stored_sheets(centre_ids, campaign_ids)

    def sheet(self, number: int, parsed: ParsedSheet, place: Place) -> PlannedSheet:
        """Decide what becomes of a sheet."""
        choice = self.choices.get(number, Choice())
        action_id, stored = self._there(number, parsed, place)
        given = stored.sheet.answers if stored else {}
        proposals = tuple(count for count in parsed.proposals if count.question not in given)
        version = version_for(parsed.year or 0, self.campaigns)
        answers = dict(parsed.answers) | {
            count.question: taken(version, count) for count in proposals if count.question in choice.counts
        }
        findings = [finding for finding in parsed.findings if _still_open(finding, {*given, *choice.counts})]
        findings += [_accepted(parsed, count) for count in proposals if count.question in choice.counts]
        findings += self._about_centre(parsed, place)
        changed: tuple[str, ...] = ()
        fate = self._fate(number, parsed, place, choice, findings)
        seen: Mapping[str, str] = {}
        if fate is Fate.CREATED and stored:
            fate, answers, changed, seen = self._against(number, stored, answers, parsed, findings)
        return PlannedSheet(
            number,
            parsed,
            place,
            fate,
            answers,
            changed,
            proposals,
            tuple(findings),
            action_id,
            stored.sheet if stored else None,
            seen,
            self.drafts,
        )

    def _against(
        self, _number: int, stored: Stored, answers: Mapping[str, Any], parsed: ParsedSheet, findings: list[Finding]
    ) -> tuple[Fate, dict[str, Any], tuple[str, ...], Mapping[str, str]]:
        """What becomes of a sheet that is there: fate, answers, those that change, the marks of what they replace."""
        version = version_for(parsed.year or 0, self.campaigns)
        merged = _merged(stored.sheet, answers, version)
        fate, changed = _compare(stored, merged, parsed, version)
        findings += _about_stored(parsed, fate, changed, version)
        return fate, merged, changed, {}

    def _there(self, _number: int, parsed: ParsedSheet, place: Place) -> tuple[UUID | None, Stored | None]:
        """The action and, for that year, the sheet that are there already."""
        if not isinstance(place.key, UUID):
            return None, None
        actions = self.actions.get((place.key, title_key(parsed.title)), [])
        campaign = self.campaigns.get(parsed.year or 0)
        for action_id in actions:
            if campaign and (action_id, campaign.id) in self.stored:
                return action_id, self.stored[action_id, campaign.id]
        return (actions[0] if actions else None), None

    def _fate(self, _number: int, parsed: ParsedSheet, place: Place, choice: Choice, findings: list[Finding]) -> Fate:
        if choice.leave_out:
            return Fate.LEFT_OUT
        if parsed.refused:
            return Fate.REFUSED
        if place.key is None and self.ask:
            return Fate.WAITING
        if place.key is None:
            findings.append(_error(parsed, "organisation", "Le nom de la structure ne se lit pas : corrigez-le."))
            return Fate.REFUSED
        if _is_without_department(place, parsed):
            findings.append(
                _error(parsed, "organisation", "Son département est inconnu : choisissez un centre existant.")
            )
            return Fate.REFUSED
        same = (place.key, title_key(parsed.title), parsed.year or 0)
        if same in self.seen:
            message = "Une autre fiche du fichier porte le même nom pour le même centre et la même année : renommez-la."
            findings.append(_error(parsed, "title", message))
            return Fate.REFUSED
        self.seen.add(same)
        return Fate.CREATED

    def _about_centre(self, parsed: ParsedSheet, place: Place) -> list[Finding]:
        names = ", ".join(f"« {one.name} »" for one in place.candidates)
        written = f"« {parsed.organisation} »"
        if not fold(parsed.organisation):
            return []
        if place.key is None:
            return [_say(parsed, Level.WARNING, f"{written} ressemble à {names} : choisissez le centre.")]
        if place.match is Match.NEAR:
            return [_say(parsed, Level.INFO, f"{written} a été lu comme le centre « {place.name} ».")]
        if place.match is Match.NEW and place.candidates:
            level = Level.INFO if self.ask else Level.WARNING
            return [_say(parsed, level, f"{written} ressemble à {names} : nouveau centre à créer.")]
        if place.match is Match.NEW:
            return [_say(parsed, Level.INFO, f"{written} n’est pas encore connu : centre à créer.")]
        return self._about_department(parsed, place)

    def _about_department(self, parsed: ParsedSheet, place: Place) -> list[Finding]:
        centre = next((centre for centre in self.centres if centre.id == place.key), None)
        if centre is None or parsed.department in (None, centre.department):
            return []
        known = DEPARTMENTS.get(centre.department, centre.department)
        message = f"Le centre « {centre.name} » est connu dans le département « {known} », non dans celui de la fiche."
        return [_say(parsed, Level.WARNING, message)]


def _is_without_department(place: Place, parsed: ParsedSheet) -> bool:
    return isinstance(place.key, str) and parsed.department is None


def _say(parsed: ParsedSheet, level: Level, message: str) -> Finding:
    return Finding(parsed.title, "organisation", level, message)


def _error(parsed: ParsedSheet, question: str, message: str) -> Finding:
    return Finding(parsed.title, question, Level.ERROR, message)


def _accepted(parsed: ParsedSheet, count: ToldCount) -> Finding:
    message = f"« {count.excerpt} » : {count.number}, accepté."
    return Finding(parsed.title, count.question, Level.INFO, message)


def _still_open(finding: Finding, given: Container[str]) -> bool:
    """A figure that was accepted before is not proposed again."""
    return finding.level is not Level.PROPOSAL or finding.question is None or finding.question not in given


def _merged(sheet: Sheet, answers: Mapping[str, Any], version: FormVersion) -> dict[str, Any]:
    """The file's answers, and beside them the stored ones that such a file can't hold."""
    held = held_questions(version)
    return {name: value for name, value in sheet.answers.items() if name not in held} | dict(answers)


def _compare(
    stored: Stored, answers: Mapping[str, Any], parsed: ParsedSheet, version: FormVersion
) -> tuple[Fate, tuple[str, ...]]:
    """What becomes of a sheet that is there: work done on it since is never written over."""
    sheet, base = stored.sheet, stored.base
    untouched = (
        base is not None
        and sheet.state is SheetState.PUBLISHED
        and sheet.current_snapshot_id == base.id
        and sheet.revision == base.sheet_revision
    )
    if untouched:
        unparsed = {name: item.to_json() for name, item in parsed.unparsed.items()}
        names = [question.id for question in version.questions]
        changed = tuple(
            name
            for name in names
            if answers.get(name) != sheet.answers.get(name) or unparsed.get(name) != sheet.unparsed.get(name)
        )
        return (Fate.UPDATED if changed else Fate.UNCHANGED), changed
    told = _as_held(snapshot_answers(version, answers, organisation="", year=0, keep_hidden=True), version)
    known = [snapshot.answers for snapshot in (base, sheet.current_snapshot) if snapshot is not None]
    if any(_as_held(one, version) == told for one in known):
        return Fate.UNCHANGED, ()
    return Fate.REFUSED, ()


def _as_held(answers: Mapping[str, Any], version: FormVersion) -> dict[str, Any]:
    held = held_questions(version)
    return {name: value for name, value in answers.items() if name in held}


def _about_stored(parsed: ParsedSheet, fate: Fate, changed: tuple[str, ...], version: FormVersion) -> list[Finding]:
    if fate is Fate.REFUSED:
        message = (
            "Cette fiche existe déjà et quelqu’un y a travaillé dans Recueil : elle n’a pas été remplacée. "
            "Corrigez-la dans Recueil."
        )
        return [_error(parsed, "title", message)]
    return [
        Finding(
            parsed.title,
            name,
            Level.INFO,
            f"« {version.question(name).label} » a changé dans le fichier : mise à jour.",
        )
        for name in changed
    ]
