"""Figures over sheets, each with what it rests on: no answer is never 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from forms import french
from forms.definition import Question
from forms.document import AnswerStatus, ReadItem
from forms.kinds import CellType, Column
from reports.columns import AskedColumns, asked_columns, is_asked, rows_of
from reports.content import ReportSheet


@dataclass(frozen=True)
class Base:
    """What a figure rests on: sheets that answered, that were asked, and all of them.

    unknown: those whose answer is that they don't know; they are none of those that answered.
    """

    answered: int
    asked: int
    total: int
    unknown: int = 0

    @property
    def text(self) -> str:
        """« 41 fiches sur 45 ont répondu, 2 ne savent pas », and how many were not asked."""
        if not self.asked:
            return "question non posée"
        verb = "ont répondu" if self.answered >= 2 else "a répondu"
        said = f"{french.plural(self.answered, 'fiche', 'fiches')} sur {french.number(self.asked)} {verb}"
        if not self.answered:
            said = f"aucune réponse sur {french.plural(self.asked, 'fiche', 'fiches')}"
        if self.unknown:
            said = said.replace("aucune réponse", "aucun chiffre")
            said += f", {french.number(self.unknown)} {'ne savent pas' if self.unknown >= 2 else 'ne sait pas'}"
        unasked = self.total - self.asked
        return f"{said} (question non posée à {french.number(unasked)})" if unasked else said


@dataclass(frozen=True)
class Figure:
    """A total. group: the table in which it stands, or empty. unit: of the workbook column. value:
    None where nobody answered (which is not 0)."""

    id: str
    group: str
    label: str
    type: CellType
    unit: str
    value: int | Decimal | None
    base: Base
    estimated: int | Decimal = 0
    """How much of the value was estimated, not counted."""
    definition: str = ""
    """Who or what is counted, in which unit, in the form's own words: French sentences."""
    sheets: tuple[str, ...] = ()
    """Ids of the sheets that it adds up, in their order."""

    @property
    def share_text(self) -> str:
        """« dont 23 % estimés », « estimé » where all of it is; empty where all was counted."""
        if not self.value or not self.estimated:
            return ""
        if self.estimated == self.value:
            return "estimé"
        percent = min(99, _percent(int(100 * self.estimated), int(100 * self.value)))
        return f"dont {percent}{french.NARROW}% estimés" if percent else f"dont moins de 1{french.NARROW}% estimé"

    @property
    def text(self) -> str:
        """« 1 250 € », « 98 », or « non renseigné »."""
        if self.value is None:
            return "non renseigné"
        if self.type is CellType.AMOUNT:
            return french.amount(Decimal(self.value))
        return french.number(self.value)

    @property
    def plain(self) -> str:
        """The same without its unit, for where that stands above."""
        return self.text.removesuffix(f"{french.NBSP}{self.unit}")


@dataclass(frozen=True)
class Line:
    """A total as a table of key figures says it, whatever it was added up from; all in French but known.

    text: its value, or why it has none (known is then False). share: how much of it was estimated, empty where nothing.
    base: what it rests on.
    """

    id: str
    group: str
    label: str
    text: str
    known: bool
    share: str
    base: str

    @classmethod
    def of(cls, figure: Figure) -> Line:
        return cls(
            id=figure.id,
            group=figure.group,
            label=figure.label,
            text=figure.text,
            known=figure.value is not None,
            share=figure.share_text,
            base=figure.base.text,
        )


@dataclass(frozen=True)
class Share:
    """A row of a breakdown: how many sheets, and per cent of those that answered, rounded."""

    label: str
    count: int
    percent: int
    code: str = ""
    sheets: tuple[str, ...] = ()
    """Ids of the sheets that it counts, in their order."""


@dataclass(frozen=True)
class Breakdown:
    """The sheets by the answers to a question. many: a sheet may stand in several rows."""

    id: str
    label: str
    shares: tuple[Share, ...]
    base: Base
    many: bool
    definition: str = ""
    """Which question is meant, in the form's own words."""


def key_figures(sheets: Sequence[ReportSheet], asked: Sequence[AskedColumns] | None = None) -> tuple[Figure, ...]:
    """The totals of all that is counted: whole numbers, and amounts wherever they stand.

    asked: the questions to total; those of the sheets where nothing is given. Numbers in the rows
    of a table are left alone: they may be sizes or ranks, which don't add up.
    """
    return Counted.of(sheets, asked).figures(sheets)


@dataclass(frozen=True)
class Counted:
    """What each of these sheets adds to each total: read once, however many groups of them are totalled.

    sheets: all of them; columns: what is totalled. own: by the identity of a sheet's object (two versions of one
    sheet share its id), a line as long as columns.
    """

    sheets: tuple[ReportSheet, ...]
    columns: tuple[tuple[Question, Column], ...]
    own: dict[int, tuple[_Own, ...]]

    @classmethod
    def of(cls, sheets: Sequence[ReportSheet], asked: Sequence[AskedColumns] | None = None) -> Counted:
        """asked: as for key_figures."""
        columns = tuple(
            (entry.question, column)
            for entry in (asked_columns(sheets) if asked is None else asked)
            if entry.question.typed
            for column in entry.columns
            if is_counted(entry.question, column)
        )
        own = {id(sheet): tuple(_own(sheet, *column) for column in columns) for sheet in sheets}
        return cls(tuple(sheets), columns, own)

    def figures(self, sheets: Sequence[ReportSheet]) -> tuple[Figure, ...]:
        """The totals over some of them."""
        lines = [self.own[id(sheet)] for sheet in sheets]
        return tuple(_total(sheets, [line[at] for line in lines], *column) for at, column in enumerate(self.columns))


def is_counted(question: Question, column: Column) -> bool:
    """Whether the column of that question is totalled: whole numbers, and amounts wherever they stand."""
    return column.type is CellType.AMOUNT or (column.type is CellType.NUMBER and not question.kind.own_tab)


def _total(sheets: Sequence[ReportSheet], found: Sequence[_Own], question: Question, column: Column) -> Figure:
    given = [one for one in found if one.given]
    adding = tuple(sheet.id for sheet, one in zip(sheets, found, strict=True) if one.given)
    unknown = sum(one.given is False for one in found)
    group = question.short_label if question.kind.own_tab else ""
    label = column.label.removesuffix(f" ({column.unit})")
    base = Base(len(given), sum(one.asked for one in found), len(sheets), unknown)
    value = sum(one.value for one in given) if given else None
    estimated = sum(one.value for one in given if one.estimated)
    definition = defined(question, column)
    return Figure(column.id, group, label, column.type, column.unit, value, base, estimated, definition, adding)


def defined(question: Question, column: Column) -> str:
    """What a total of that column counts, in French: what is added up, its unit, what the form asked for."""
    label = column.label.removesuffix(f" ({column.unit})")
    if question.kind.own_tab:
        summed = f"Somme des montants « {label} » de toutes les lignes de « {question.short_label} »"
    else:
        summed = f"Somme des nombres donnés à « {label} »"
    unit = "euros" if column.type is CellType.AMOUNT else column.unit
    return _with_help(f"{summed}, en {unit}." if unit else f"{summed}.", question)


def _with_help(said: str, question: Question) -> str:
    return f"{said} Le formulaire précise : « {question.help} »" if question.help else said


@dataclass(frozen=True)
class _Own:
    """What one sheet adds to a total. given: False where its answer holds no figure, None without answer."""

    asked: bool
    value: Decimal = Decimal(0)
    given: bool | None = None
    estimated: bool = False


def _own(sheet: ReportSheet, question: Question, column: Column) -> _Own:
    if question.id not in sheet.document.version:
        return _Own(asked=False)
    item = sheet.document.item(question.id)
    asked = item.status is not AnswerStatus.NOT_ASKED
    if item.value is None:
        return _Own(asked)
    kind = item.question.kind
    if question.kind.own_tab:
        cells = [cell for (cell,) in rows_of(sheet, question.id, (column,)) if cell is not None]
        return _Own(asked, sum(cells, Decimal(0)), True) if cells else _Own(asked)
    figure = kind.figure(item.value)
    return _Own(asked, given=False) if figure is None else _Own(asked, figure, True, kind.estimated(item.value))


def _asked(sheets: Iterable[ReportSheet], question: str) -> int:
    return sum(is_asked(sheet, question) for sheet in sheets)


def breakdowns(sheets: Sequence[ReportSheet]) -> tuple[Breakdown, ...]:
    """The sheets by each question that lists can be filtered by; most frequent answers first."""
    return tuple(_breakdown(sheets, entry.question) for entry in asked_columns(sheets) if entry.question.facet)


def places(sheets: Sequence[ReportSheet]) -> tuple[Breakdown, ...]:
    """The sheets by département and by commune, each where there are several."""
    by_department = {
        sheet.id: (sheet.department_code, f"{sheet.department} ({sheet.department_code})") for sheet in sheets
    }
    homes = {(french.fold(sheet.commune), sheet.department_code) for sheet in sheets if sheet.commune}
    twice = {name for name, count in Counter(name for name, _code in homes).items() if count > 1}
    by_commune = {sheet.id: _commune(sheet, twice) for sheet in sheets if sheet.commune}
    found = (
        _by_place("department", "Département", by_department, sheets, "Le département du centre qui mène l’action."),
        _by_place("commune", "Commune", by_commune, sheets, "La commune du centre qui mène l’action."),
    )
    return tuple(breakdown for breakdown in found if len(breakdown.shares) > 1)


def _commune(sheet: ReportSheet, twice: Collection[str]) -> tuple[str, str]:
    """Code and label; twice: names, folded, of communes of several départements."""
    name = french.fold(sheet.commune)
    label = f"{sheet.commune} ({sheet.department_code})" if name in twice else sheet.commune
    return f"{name} {sheet.department_code}".strip(), label


def _by_place(
    id: str, label: str, places: dict[str, tuple[str, str]], sheets: Sequence[ReportSheet], definition: str
) -> Breakdown:
    """places: sheet id → (code, label), without those that have none."""
    labels = dict(places.values())
    counted: dict[str, list[str]] = {}
    for sheet, (code, _label) in places.items():
        counted.setdefault(code, []).append(sheet)
    base = Base(len(places), len(sheets), len(sheets))
    return Breakdown(id, label, _shares(counted, labels, len(places)), base, False, definition)


def _breakdown(sheets: Sequence[ReportSheet], question: Question) -> Breakdown:
    counted: dict[str, list[str]] = {}
    labels: dict[str, str] = {}
    newest: dict[str, str] = {}
    answered = 0
    for sheet in sheets:
        value = sheet.document.value(question.id)
        if value is not None:
            answered += 1
            version = sheet.document.version.key
            for facet in sheet.document.item(question.id).question.kind.facets(value):
                counted.setdefault(facet.code, []).append(sheet.id)
                if version >= newest.get(facet.code, ""):
                    labels[facet.code], newest[facet.code] = facet.label, version
    base = Base(answered, _asked(sheets, question.id), len(sheets))
    many = sum(map(len, counted.values())) > answered
    definition = _with_help(f"Réponses à « {question.label} ».", question)
    return Breakdown(question.id, question.short_label, _shares(counted, labels, answered), base, many, definition)


def _shares(counted: dict[str, list[str]], labels: dict[str, str], answered: int) -> tuple[Share, ...]:
    """Rows for these sheets by code, the largest first, then by label."""
    ordered = sorted(counted, key=lambda code: (-len(counted[code]), french.fold(labels[code]), code))
    return tuple(
        Share(labels[code], len(counted[code]), _percent(len(counted[code]), answered), code, tuple(counted[code]))
        for code in ordered
    )


def behind(figure: str, sheets: Sequence[ReportSheet]) -> tuple[ReportSheet, ...]:
    """The sheets that a figure rests on, in their order.

    figure: id of a total (« participants_count », « funding_lines.granted »), or of a row of a breakdown
    as « <breakdown>:<code> » (« keywords:culture », « department:46 »). Raises KeyError for one that is not there.
    """
    name, _colon, code = figure.partition(":")
    if code:
        found = {
            (breakdown.id, share.code): share.sheets
            for breakdown in (*places(sheets), *breakdowns(sheets))
            for share in breakdown.shares
        }
        wanted = set(found[name, code])
    else:
        wanted = set({one.id: one.sheets for one in key_figures(sheets)}[name])
    return tuple(sheet for sheet in sheets if sheet.id in wanted)


def _percent(part: int, whole: int) -> int:
    """Rounded as people do: 1 in 8 is 13 %, not 12 %."""
    return (200 * part + whole) // (2 * whole)


@dataclass(frozen=True)
class ColumnTotal:
    """The sum of the amounts in a column of one answer; given: how many rows have one."""

    value: Decimal
    given: int

    @property
    def text(self) -> str:
        return french.amount(self.value)


def column_totals(item: ReadItem) -> dict[str, ColumnTotal | None]:
    """Sums of the amounts of a table by column id; empty where there is nothing to add up."""
    totals: dict[str, ColumnTotal | None] = {}
    columns = item.question.kind.columns(item.question)
    rows = item.question.kind.cells(item.value)
    for at, column in enumerate(columns):
        given = [row[at] for row in rows if row[at] is not None]
        summed = column.type is CellType.AMOUNT and len(given) >= 2
        totals[column.id.rpartition(".")[2]] = ColumnTotal(sum(given), len(given)) if summed else None
    return totals if any(totals.values()) else {}
