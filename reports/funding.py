"""The funding plans of sheets: what was asked and granted, by one funder and by the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from forms import french
from reports.columns import is_asked
from reports.content import ReportSheet, Terms

QUESTION = "funding_lines"
"""The question that holds the plans: rows of funder, type, requested, granted."""

ONE_OF_ITS_KIND = frozenset({"caf", "msa", "departement", "region", "prefecture", "education_nationale", "fonjep"})
"""Kinds of which a territory has one: there the type says whose line it is. Communes, associations and firms are
many: there the name must agree."""

REQUESTED, GRANTED = "requested", "granted"


@dataclass(frozen=True)
class FundingLine:
    """A row of a funding plan. kind: code of the partners' list, empty where none was chosen; amounts in euros, None
    where none was given."""

    sheet: ReportSheet
    funder: str
    kind: str
    requested: Decimal | None
    granted: Decimal | None

    def amount(self, column: str) -> Decimal | None:
        """requested or granted, by its column id."""
        return self.requested if column == REQUESTED else self.granted


@dataclass(frozen=True)
class Named:
    """A name under which sheets speak of a funder, and on how many lines."""

    name: str
    lines: int


def lines_of(sheets: Iterable[ReportSheet]) -> tuple[FundingLine, ...]:
    """All rows of the sheets' funding plans, in their order."""
    return tuple(
        FundingLine(sheet, row.get("funder", ""), row.get("type", ""), row.get(REQUESTED), row.get(GRANTED))
        for sheet in sheets
        for row in sheet.document.value(QUESTION) or ()
    )


def is_of(line: FundingLine, terms: Terms) -> bool:
    """Whether the line is the agreement's funder's: by its type where there is one of the kind, else by the name."""
    if french.fold(line.funder) == french.fold(terms.funder):
        return True
    return line.kind == terms.funder_kind and terms.funder_kind in ONE_OF_ITS_KIND


def parted(lines: Iterable[FundingLine], terms: Terms) -> tuple[tuple[FundingLine, ...], tuple[FundingLine, ...]]:
    """(The funder's own lines, the lines of all others.)"""
    own: list[FundingLine] = []
    others: list[FundingLine] = []
    for line in lines:
        (own if is_of(line, terms) else others).append(line)
    return tuple(own), tuple(others)


def names_in(lines: Iterable[FundingLine]) -> tuple[Named, ...]:
    """Under which names these lines go, the most frequent first; « sans nom » where none was typed."""
    counted = Counter(line.funder.strip() or "sans nom" for line in lines)
    return tuple(Named(name, counted[name]) for name in sorted(counted, key=lambda name: (-counted[name], name)))


@dataclass(frozen=True)
class Sum:
    """The sum of a column of some lines, in euros. value: None where no line gives an amount (which is not 0).

    given: the lines with an amount, of `lines`; planned: the sheets that have a funding plan, of `asked` that were
    asked for one.
    """

    value: Decimal | None
    given: int
    lines: int
    planned: int
    asked: int

    @property
    def text(self) -> str:
        """« 1 250 € » or « non renseigné »."""
        return "non renseigné" if self.value is None else french.amount(self.value)

    @property
    def base_text(self) -> str:
        """« 12 montants sur 14 lignes ; 9 fiches sur 11 ont un plan de financement »."""
        if not self.asked:
            return "question non posée"
        plans = f"{french.plural(self.planned, 'fiche', 'fiches')} sur {french.number(self.asked)}"
        have = f"{plans} {'ont' if self.planned >= 2 else 'a'} un plan de financement"
        if not self.lines:
            return f"aucune ligne{french.NARROW}; {have}"
        amounts = f"{french.plural(self.given, 'montant', 'montants')} sur"
        return f"{amounts} {french.plural(self.lines, 'ligne', 'lignes')}{french.NARROW}; {have}"


def total(lines: Sequence[FundingLine], column: str, sheets: Sequence[ReportSheet]) -> Sum:
    """The sum of a column (REQUESTED or GRANTED) of these lines. sheets: all that were read for it."""
    given = [amount for line in lines if (amount := line.amount(column)) is not None]
    planned = sum(sheet.document.value(QUESTION) is not None for sheet in sheets)
    asked = sum(is_asked(sheet, QUESTION) for sheet in sheets)
    return Sum(sum(given, Decimal(0)) if given else None, len(given), len(lines), planned, asked)


def rule_in_words(terms: Terms) -> str:
    """By which rule a line is counted as the funder's, in French."""
    if terms.funder_kind in ONE_OF_ITS_KIND:
        return f"les lignes de type «\u00a0{terms.funder_kind_label}\u00a0» et celles au nom de {terms.funder}"
    return f"les lignes au nom de {terms.funder}"


@dataclass(frozen=True)
class Money:
    """The funding plans: this funder's own lines and those of all others.

    names: under which the own lines go, in French; rule: by which they were told from the others.
    """

    requested: Sum
    granted: Sum
    others_requested: Sum
    others_granted: Sum
    names: str
    rule: str


def money_of(sheets: Sequence[ReportSheet], terms: Terms) -> Money:
    """What this funder and all others were asked for and granted."""
    own, others = parted(lines_of(sheets), terms)
    names = ", ".join(
        f"«\u00a0{named.name}\u00a0» ({french.plural(named.lines, 'ligne', 'lignes')})" for named in names_in(own)
    )
    return Money(
        total(own, REQUESTED, sheets),
        total(own, GRANTED, sheets),
        total(others, REQUESTED, sheets),
        total(others, GRANTED, sheets),
        names,
        rule_in_words(terms),
    )
