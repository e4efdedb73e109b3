"""The shape of the French state's financial account of a grant (Cerfa 15059*02), filled from what sheets say.

The form has two parts: what was done, in words, and a table of costs and income by account of the French chart of
accounts, planned and actual. Sheets know the grants asked for and granted; of the rest they know nothing in figures,
and nothing is made up: what lacks is listed, with who must give it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from forms import french
from forms.document import AnswerStatus
from reports.columns import is_asked
from reports.content import ReportSheet
from reports.figures import is_counted
from reports.funding import GRANTED, QUESTION, REQUESTED, FundingLine, lines_of


@dataclass(frozen=True)
class Box:
    """A line of the form. account: its number, empty for a line within an account; kinds: the types of funders whose
    grants belong in it."""

    account: str
    label: str
    kinds: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """« 64 – Charges de personnel »."""
        return f"{self.account} – {self.label}" if self.account else self.label


# The form's own headings.
COSTS = (
    Box("60", "Achats"),
    Box("61", "Services extérieurs"),
    Box("62", "Autres services extérieurs"),
    Box("63", "Impôts et taxes"),
    Box("64", "Charges de personnel"),
    Box("65", "Autres charges de gestion courante"),
    Box("66", "Charges financières"),
    Box("67", "Charges exceptionnelles"),
    Box("68", "Dotation aux amortissements"),
    Box("", "Charges indirectes réparties"),
)
GRANTS = (
    Box("", "État", ("prefecture", "education_nationale", "fonjep")),
    Box("", "Région(s)", ("region",)),
    Box("", "Département(s)", ("departement",)),
    Box("", "Intercommunalité(s)", ("intercommunalite",)),
    Box("", "Commune(s)", ("commune",)),
    Box("", "Organismes sociaux", ("caf", "msa")),
    Box("", "Fonds européens"),
    Box("", "Agence de services et de paiement"),
    Box("", "Autres établissements publics"),
    Box("", "Aides privées", ("association_locale", "association_nationale", "entreprise")),
)
SALES = Box("70", "Vente de produits finis, prestations de services")
SUBSIDIES = Box("74", "Subventions d’exploitation")
UNSORTED = Box("", "À classer : type « Autre », ou sans type")
OTHER_INCOME = (
    Box("75", "Autres produits de gestion courante"),
    Box("76", "Produits financiers"),
    Box("77", "Produits exceptionnels"),
    Box("78", "Reprises sur amortissements et provisions"),
)
IN_KIND_COSTS = Box("86", "Emplois des contributions volontaires en nature")
IN_KIND = Box("87", "Contributions volontaires en nature")

NOT_KNOWN = "n.\u00a0r."
"""Short for « n. r. »: most boxes of the form stay without answer."""


@dataclass(frozen=True)
class Entry:
    """A filled line. planned, actual: euros, None where nobody said (never 0 for it). lines: the rows of funding plans
    behind it; depth: 1 within an account; total: the form's own sum."""

    box: Box
    planned: Decimal | None = None
    actual: Decimal | None = None
    lines: tuple[FundingLine, ...] = ()
    depth: int = 0
    total: bool = False

    @property
    def planned_text(self) -> str:
        """« 1 250 € » or « n. r. »."""
        return NOT_KNOWN if self.planned is None else french.amount(self.planned)

    @property
    def actual_text(self) -> str:
        """« 1 250 € » or « n. r. »."""
        return NOT_KNOWN if self.actual is None else french.amount(self.actual)

    @property
    def percent_text(self) -> str:
        """Actual per cent of planned, rounded half up. « – » where it would compare different lines: one of the two
        amounts lacks somewhere, or nothing was planned."""
        if not self.lines or not self.planned or any(_half_known(line) for line in self.lines):
            return "–"
        actual = self.actual or Decimal(0)
        return f"{french.number(int((200 * actual + self.planned) // (2 * self.planned)))}{french.NARROW}%"


@dataclass(frozen=True)
class Account:
    """The table of one year: costs on the left, income on the right, voluntary contributions below each."""

    year: int
    sheets: tuple[ReportSheet, ...]
    costs: tuple[Entry, ...]
    income: tuple[Entry, ...]
    in_kind_costs: tuple[Entry, ...]
    in_kind: tuple[Entry, ...]


@dataclass(frozen=True)
class Missing:
    """Something that the form asks and the sheets don't hold. box: of the form; question: label of ours, empty where no
    question asks it; what: in words; who: who must give it; sheets: where it lacks, empty for everywhere."""

    box: str
    question: str
    what: str
    who: str
    sheets: tuple[ReportSheet, ...] = ()


def account_of(year: int, sheets: Sequence[ReportSheet]) -> Account:
    """The table of a year, from that year's sheets."""
    lines = lines_of(sheets)
    grants = tuple(_sum(box, [line for line in lines if line.kind in box.kinds], 1) for box in GRANTS)
    sorted_kinds = {kind for box in GRANTS for kind in box.kinds}
    unsorted = _sum(UNSORTED, [line for line in lines if line.kind not in sorted_kinds], 0)
    subsidies = _sum(SUBSIDIES, [line for line in lines if line.kind in sorted_kinds], 0)
    income = (
        Entry(SALES),
        subsidies,
        *grants,
        *(Entry(box) for box in OTHER_INCOME),
        *((unsorted,) if unsorted.lines else ()),
        _total("Total des produits", lines),
    )
    costs = (*(Entry(box) for box in COSTS), _total("Total des charges", ()))
    return Account(year, tuple(sheets), costs, income, (Entry(IN_KIND_COSTS),), (Entry(IN_KIND),))


def _sum(box: Box, lines: Sequence[FundingLine], depth: int) -> Entry:
    return Entry(box, _added(lines, REQUESTED), _added(lines, GRANTED), tuple(lines), depth)


def _total(label: str, lines: Sequence[FundingLine]) -> Entry:
    return Entry(Box("", label), _added(lines, REQUESTED), _added(lines, GRANTED), tuple(lines), total=True)


def _added(lines: Sequence[FundingLine], column: str) -> Decimal | None:
    given = [amount for line in lines if (amount := line.amount(column)) is not None]
    return sum(given, Decimal(0)) if given else None


def _half_known(line: FundingLine) -> bool:
    return line.requested is None or line.granted is None


def missing_of(sheets: Sequence[ReportSheet]) -> tuple[Missing, ...]:
    """What lacks for the form, in its order: first what the sheets could have said, then what no question asks."""
    lines = lines_of(sheets)
    answers = [_unanswered(sheets, *asked) for asked in _ASKED]
    plan = _label(sheets, QUESTION)
    grants = "74 – Subventions d’exploitation"
    amounts = (
        _lacking(f"{grants}, prévision", plan, "un montant demandé", lines, lambda line: line.requested is None),
        _lacking(f"{grants}, réalisation", plan, "un montant accordé", lines, lambda line: line.granted is None),
        _lacking(grants, plan, "un type autre que « Autre »", lines, lambda line: line.kind in {"", "autre"}),
    )
    return (*(found for found in (*answers, *amounts) if found is not None), *NEVER_ASKED)


_CENTRES = "les centres, par leurs fiches"
_BOOKS = "la trésorerie de chaque centre"

_ASKED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Mise en œuvre de l’action", ("description",)),
    ("Nombre et types de bénéficiaires", ("participants_count",)),
    ("Nombre et types de bénéficiaires", ("public",)),
    ("Dates et lieux de réalisation", ("initiative_territory",)),
    ("Atteinte des objectifs", ("results_territory", "results_centre", "results_residents")),
    ("74 – Subventions d’exploitation", (QUESTION,)),
)
"""(Box of the form, the questions of which one is enough to fill it.)"""

NEVER_ASKED = (
    Missing("Dates et lieux de réalisation", "", "les dates de l’action : le formulaire ne les demande pas", _CENTRES),
    Missing("Atteinte des objectifs", "", "les indicateurs fixés au départ : aucune question n’en parle", _CENTRES),
    Missing("60 à 68 – Charges", "", "les charges par compte : aucune question ne les demande", _BOOKS),
    Missing(
        "70, 75 à 78 – Autres produits", "", "les recettes hors subventions : aucune question ne les isole", _BOOKS
    ),
    Missing(
        "86, 87 – Contributions volontaires",
        "Bénévoles",
        "les heures de bénévolat et leur valeur : le formulaire compte des personnes, non des heures",
        _BOOKS,
    ),
)


def _unanswered(sheets: Sequence[ReportSheet], box: str, questions: tuple[str, ...]) -> Missing | None:
    """The sheets that were asked one of these questions and answered none of them."""
    lacking = tuple(
        sheet
        for sheet in sheets
        if any(is_asked(sheet, question) for question in questions)
        and not any(_figure_or_words(sheet, question) for question in questions)
    )
    if not lacking:
        return None
    labels = " ou ".join(_label(sheets, question) for question in questions)
    return Missing(box, labels, "la réponse", _CENTRES, lacking)


def _figure_or_words(sheet: ReportSheet, question: str) -> bool:
    """Whether the sheet answers; « ne sait pas » is an answer that fills no box."""
    if question not in sheet.document.version:
        return False
    item = sheet.document.item(question)
    if item.status is not AnswerStatus.ANSWERED:
        return False
    kind = item.question.kind
    counted = not kind.own_tab and any(is_counted(item.question, column) for column in kind.columns(item.question))
    return not counted or kind.figure(item.value) is not None


def _lacking(
    box: str, question: str, what: str, lines: Sequence[FundingLine], lacks: Callable[[FundingLine], bool]
) -> Missing | None:
    found = [line for line in lines if lacks(line)]
    if not found:
        return None
    sheets = tuple({line.sheet.id: line.sheet for line in found}.values())
    return Missing(box, question, f"{what} sur {french.plural(len(found), 'ligne', 'lignes')}", _CENTRES, sheets)


def _label(sheets: Sequence[ReportSheet], question: str) -> str:
    """Its label in the newest version that asks it."""
    versions = [sheet.document.version for sheet in sheets if question in sheet.document.version]
    return max(versions, key=lambda version: version.key).question(question).label if versions else question
