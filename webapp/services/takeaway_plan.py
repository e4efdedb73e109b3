"""What a workbook of many sheets would do: which become drafts, which answers of drafts that are there change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from forms.catalogue_text import Finding, Level, Parsed, ParsedSheet
from forms.definition import FormVersion
from forms.departments import department_code
from forms.registry import shipped_versions
from forms.values import Refused
from reports.takeaway.book import TakenBook, read_book
from reports.takeaway.layout import name_of
from reports.takeaway.reading import TakenSheet, read_sheet
from webapp.campaign_dates import may_edit
from webapp.centre_names import Match
from webapp.models import Sheet
from webapp.queries import imports as queries
from webapp.queries.campaigns import expectation
from webapp.queries.imports import Stored
from webapp.queries.versions import form_of
from webapp.services.import_plan import Planner
from webapp.services.import_shapes import Choice, Fate, Place, Plan
from webapp.services.sheets import mark_of, refuse_unless_editable

_OTHER_FORM = (
    "Ce classeur vient d’un autre formulaire que celui de la campagne {} : reprenez un classeur de cette campagne."
)


def make_workbook_plan(
    kept: str,
    *,
    federation_id: UUID,
    at: datetime,
    choices: Mapping[int, Choice] | None = None,
    ask: bool = False,
) -> Plan:
    """Read a workbook and compare it with what is there. kept: its cells, from open_workbook().

    choices, ask: as make_plan() has them. Raises Refused where the workbook as a whole can't be read.
    """
    book = read_book(kept)
    version = _version_of(book)
    taken = [sheet for column in book.sheets if (sheet := read_sheet(book, column, version)).column.id or sheet.used]
    if not taken:
        raise Refused("Ce classeur ne contient encore aucune réponse : remplissez au moins une colonne.")
    own = queries.sheets_with_ids(federation_id, [sheet.column.id for sheet in taken])
    parsed = Parsed((), tuple(_parsed(sheet, own.get(sheet.column.id)) for sheet in taken), ())
    centres = queries.centres(federation_id)
    planner = WorkbookPlanner(
        centres, queries.campaigns(federation_id), choices or {}, ask, taken=taken, own=own, version=version, at=at
    )
    places = [planner.place(number, sheet) for number, sheet in enumerate(parsed.sheets)]
    planner.look_up(parsed, places)
    planner.look_back()
    sheets = tuple(
        planner.sheet(number, sheet, place)
        for number, (sheet, place) in enumerate(zip(parsed.sheets, places, strict=True))
    )
    findings = tuple(Finding(None, None, Level.ERROR, problem.text) for problem in book.problems)
    return Plan(sheets, findings, centres)


def _version_of(book: TakenBook) -> FormVersion:
    """The form that the workbook was made from, published here or shipped."""
    published = queries.form_with_hash(book.form_sha256)
    found = form_of(published) if published else None
    found = found or next((one for one in shipped_versions().values() if one.sha256 == book.form_sha256), None)
    if found is None:
        raise Refused(
            f"Le formulaire de ce classeur (« {book.form_key} ») n’est pas connu ici : reprenez un classeur vierge."
        )
    return found


def _parsed(taken: TakenSheet, own: Sheet | None) -> ParsedSheet:
    """A sheet of the workbook as the import of the catalogue knows one."""
    said = taken.answers.get("title")
    title = (said.answer if said else None) or (own.action.title if own else "")
    # A sheet that isn't one of ours: whose it is doesn't matter.
    organisation = taken.organisation if own or not taken.column.id else ""
    name, dash, place = organisation.rpartition(" - ")
    code = department_code(place) if dash else None
    known = title or name_of(taken.column.number)
    findings = [Finding(known, problem.question, Level.WARNING, problem.text) for problem in taken.problems]
    for answer in taken.answers.values():
        findings += [Finding(known, problem.question, Level.ERROR, problem.text) for problem in answer.problems]
    if not title:
        column = name_of(taken.column.number)
        message = f"La colonne « {column} » n’a pas de nom d’action : indiquez-le."
        findings.append(Finding(known, "title", Level.ERROR, message))
    return ParsedSheet(
        title=known,
        organisation=name.strip() if code else organisation,
        department=code,
        year=own.campaign.year if own else taken.year,
        answers={
            answer.question: answer.answer
            for answer in taken.answers.values()
            if answer.answer is not None and (answer.touched or own is None)
        },
        unparsed={},
        proposals=(),
        findings=tuple(findings),
    )


@dataclass
class WorkbookPlanner(Planner):
    """The same, for sheets that become drafts and whose answers are taken one by one.

    taken: the sheets as they were read. own: those that were taken away from here, by id. marks: by
    sheet, the marks of what a workbook has already brought.
    """

    drafts: ClassVar[bool] = True
    taken: list[TakenSheet] = field(kw_only=True)
    own: Mapping[str, Sheet] = field(kw_only=True)
    version: FormVersion = field(kw_only=True)
    at: datetime = field(kw_only=True)
    marks: dict[UUID, dict[str, str]] = field(default_factory=dict, kw_only=True)

    def place(self, number: int, sheet: ParsedSheet) -> Place:
        """The centre: its own for a sheet that was taken away, else as its name says."""
        own = self.own.get(self.taken[number].column.id)
        if own is not None:
            return Place(own.centre_id, own.centre.name, Match.SAME)
        return super().place(number, sheet)

    def look_back(self) -> None:
        """Load what workbooks have brought before."""
        known = {stored.sheet.id for stored in self.stored.values()} | {sheet.id for sheet in self.own.values()}
        self.marks = queries.marks_brought(known)

    def _there(self, number: int, parsed: ParsedSheet, place: Place) -> tuple[UUID | None, Stored | None]:
        own = self.own.get(self.taken[number].column.id)
        return (own.action_id, Stored(own, None)) if own is not None else super()._there(number, parsed, place)

    def _fate(self, number: int, parsed: ParsedSheet, place: Place, choice: Choice, findings: list[Finding]) -> Fate:
        reason = "" if choice.leave_out or parsed.refused else self._refusal(number, parsed, place)
        if reason:
            findings.append(Finding(parsed.title, None, Level.ERROR, reason))
            return Fate.REFUSED
        return super()._fate(number, parsed, place, choice, findings)

    def _refusal(self, number: int, parsed: ParsedSheet, place: Place) -> str:
        """Why that sheet can't be taken at all."""
        id = self.taken[number].column.id
        if id and id not in self.own:
            return "Cette fiche n’est pas de votre fédération, ou n’existe plus."
        own = self.own.get(id)
        if own is not None:
            other = own.form_version.sha256 != self.version.sha256
            return _OTHER_FORM.format(own.campaign.year) if other else ""
        campaign = self.campaigns.get(parsed.year or 0)
        if parsed.year is None:
            return "Indiquez l’année de la campagne."
        if campaign is None:
            return f"Il n’y a pas de campagne {parsed.year} : ouvrez-la d’abord."
        if campaign.form_version.sha256 != self.version.sha256:
            return _OTHER_FORM.format(parsed.year)
        expected = expectation(campaign.id, place.key) if isinstance(place.key, UUID) else None
        return "" if may_edit(campaign, expected, at=self.at) else f"La campagne {parsed.year} n’est pas ouverte."

    def _against(
        self, number: int, stored: Stored, answers: Mapping[str, Any], parsed: ParsedSheet, findings: list[Finding]
    ) -> tuple[Fate, dict[str, Any], tuple[str, ...], Mapping[str, str]]:
        sheet, taken = stored.sheet, self.taken[number]
        brought = self.marks.get(sheet.id, {})
        changed: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for answer in taken.answers.values():
            id = answer.question
            online = mark_of(sheet.answers.get(id), sheet.unparsed.get(id))
            said = mark_of(answer.answer, None)
            if not answer.touched or answer.unparsed or said in {online, brought.get(id)}:
                continue
            label = self.version.question(id).short_label
            if answer.answer is None:
                findings.append(
                    _note(parsed, id, f"« {label} » est vide dans le classeur : la réponse en ligne est gardée.")
                )
            elif online in {answer.base, brought.get(id), mark_of(None, None)}:
                changed[id], seen[id] = answer.answer, online
            else:
                message = f"« {label} » a aussi changé en ligne : la réponse en ligne est gardée."
                findings.append(Finding(parsed.title, id, Level.ERROR, message))
        return self._settled(sheet, changed, seen, parsed, findings)

    def _settled(
        self,
        sheet: Sheet,
        changed: dict[str, Any],
        seen: dict[str, str],
        parsed: ParsedSheet,
        findings: list[Finding],
    ) -> tuple[Fate, dict[str, Any], tuple[str, ...], Mapping[str, str]]:
        """The fate of a sheet that is there, once every answer is compared."""
        if not changed:
            return Fate.UNCHANGED, {}, (), {}
        try:
            if sheet.form_version.sha256 != self.version.sha256:
                raise Refused(_OTHER_FORM.format(parsed.year))
            refuse_unless_editable(sheet, at=self.at, questions=changed)
        except Refused as refused:
            findings.append(Finding(parsed.title, None, Level.ERROR, refused.message))
            return Fate.REFUSED, {}, (), {}
        findings += [
            _note(parsed, id, f"« {self.version.question(id).short_label} » est à reprendre du classeur.")
            for id in changed
        ]
        return Fate.UPDATED, changed, tuple(changed), seen


def _note(parsed: ParsedSheet, question: str, message: str) -> Finding:
    return Finding(parsed.title, question, Level.INFO, message)
