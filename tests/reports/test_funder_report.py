"""The report to a funder: its figures by hand, its money told apart, what lacks said, nothing made up."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from forms.values import Refused
from reports.catalogue import ReportKind
from reports.content import Coverage, Design, Quote, ReportInput
from reports.financial_account import account_of, missing_of
from reports.funder_report import PARTS, actions, centre_rows, public_rows, unanswered
from reports.funding import lines_of, money_of, names_in, parted
from reports.over_years import changes
from tests.reports.reading import made, outline, page_texts, squeezed, structure, whole_text
from tests.reports.samples import TERMS, counted, report_input, report_sheet

EAST = "CENTRE SOCIAL LES TROIS RIVIÈRES - Corrèze"
WEST = "ESPACE DE VIE SOCIALE DU HAMEAU - Corrèze"

# Three sheets of two centres over two of three years; every sum below is made from these by hand.
GARDEN: dict[str, Any] = {
    "title": "Jardin des voisines",
    "organisation": EAST,
    "year": 2024,
    "summary": "Un terrain, douze parcelles.",
    "description": "On bêche le samedi.",
    "public": ["adultes", "seniors"],
    "participants_count": counted(30),
    "sessions_count": counted(12),
    "funding_lines": [
        {"funder": "Caf", "type": "caf", "requested": "1000.00", "granted": "800.25"},
        {"funder": "CAF de la Corrèze", "type": "caf", "requested": "200.00"},
        {"funder": "Mairie", "type": "commune", "requested": "300.00", "granted": "300.00"},
    ],
}
CHOIR: dict[str, Any] = {
    "title": "Chorale du lundi",
    "organisation": EAST,
    "year": 2026,
    "public": ["seniors"],
    "participants_count": counted(3, "estimated"),
    "sessions_count": {"how": "unknown"},
    "funding_lines": [
        {"funder": "Caf", "type": "caf", "granted": "0.00"},
        {"funder": "Recettes du concert", "type": "autre", "requested": "150.50", "granted": "150.50"},
        {"funder": "Caisse d’entraide", "requested": "40.00", "granted": "10.00"},
    ],
}
WALK: dict[str, Any] = {"title": "Marche lente", "organisation": WEST, "year": 2026, "public": ["seniors"]}


def sheets() -> tuple[Any, ...]:
    return tuple(report_sheet(answers, number) for number, answers in enumerate((GARDEN, CHOIR, WALK), 1))


def content(**changes: Any) -> ReportInput:
    given = {"terms": TERMS, "title": "Rapport de convention", "address": "Service action sociale\n19000 Tulle"}
    return report_input(*sheets(), **(given | changes))


def test_the_money_of_the_funder_is_told_from_that_of_others() -> None:
    money = money_of(sheets(), TERMS)
    assert (money.requested.value, money.granted.value) == (Decimal("1200.00"), Decimal("800.25"))
    assert (money.others_requested.value, money.others_granted.value) == (Decimal("490.50"), Decimal("460.50"))
    # Three lines are the Caf's: two say what was asked for, two what was granted (one of them: nothing).
    assert (money.requested.given, money.granted.given, money.granted.lines) == (2, 2, 3)
    assert (
        money.granted.base_text
        == "2\u00a0montants sur 3\u00a0lignes\u202f; 2\u00a0fiches sur 3 ont un plan de financement"
    )


def test_a_funder_of_a_kind_that_many_bear_is_known_by_its_name_only() -> None:
    terms = replace(TERMS, funder="Mairie", funder_kind="commune", funder_kind_label="Commune")
    village = {"funder": "Commune voisine", "type": "commune", "granted": "70.00"}
    sheet = report_sheet({**GARDEN, "funding_lines": [*GARDEN["funding_lines"], village]})
    own, others = parted(lines_of([sheet]), terms)
    assert [line.funder for line in own] == ["Mairie"]
    assert len(others) == 3
    assert [(named.name, named.lines) for named in names_in(others)] == [
        ("CAF de la Corrèze", 1),
        ("Caf", 1),
        ("Commune voisine", 1),
    ]


def test_no_line_is_not_zero() -> None:
    money = money_of([report_sheet(WALK)], TERMS)
    assert money.granted.value is None
    assert money.granted.text == "non renseigné"
    assert money.granted.base_text == "aucune ligne\u202f; 0\u00a0fiche sur 1 a un plan de financement"


def test_each_centre_has_its_line_and_what_lacks_in_it() -> None:
    east, west = centre_rows(sheets(), TERMS)
    assert (east.name, len(east.sheets)) == ("Centre social Les Trois Rivières", 2)
    assert east.people is not None
    assert east.times is not None
    # « ne sait pas » adds nothing to the sessions, and is no answer in figures.
    assert (east.people.value, east.times.value, east.times.base.answered) == (33, 12, 1)
    assert (east.requested.value, east.granted.value) == (Decimal("1200.00"), Decimal("800.25"))
    assert west.people is not None
    assert west.people.value is None
    assert west.granted.value is None
    assert east.missing == sum(unanswered(sheet) for sheet in east.sheets)


def test_unanswered_counts_what_is_asked_and_what_the_report_rests_on() -> None:
    before = unanswered(report_sheet(WALK))
    assert unanswered(report_sheet({**WALK, "participants_count": counted(4)})) == before - 1
    assert unanswered(report_sheet({**WALK, "summary": "Deux boucles."})) == before - 1
    # Optional, and nothing here rests on it.
    assert unanswered(report_sheet({**WALK, "staff_count": counted(1)})) == before


def test_people_by_public_are_added_and_small_groups_not_told() -> None:
    seniors, adults = public_rows(sheets())
    assert (seniors.label, seniors.sheets, seniors.people.value) == ("Seniors", 3, 33)
    assert (seniors.people.base.answered, seniors.people.base.asked) == (2, 3)
    assert (adults.label, adults.people_text) == ("Adultes", "30")
    (alone,) = public_rows([report_sheet(CHOIR)])
    assert alone.people_text == "moins de 5"
    (nobody,) = public_rows([report_sheet({**CHOIR, "participants_count": counted(0)})])
    assert nobody.people_text == "0"


def test_a_year_without_sheets_says_so_and_a_zero_is_a_zero() -> None:
    rows = {row.label: row.cells for row in changes(sheets(), TERMS)}
    assert [cell.text for cell in rows["Fiches"]] == ["1", "aucune fiche", "2"]
    assert [cell.value for cell in rows["Participants"]] == [Decimal(30), None, Decimal(3)]
    assert [cell.percent for cell in rows["Participants"]] == [100, 0, 10]
    assert [cell.value for cell in rows["Accordé par le financeur"]] == [Decimal("800.25"), None, Decimal("0.00")]
    assert [cell.text for cell in rows["Demandé au financeur"]][2] == "non renseigné"
    assert [cell.text for cell in rows["Séances ou passages"]] == ["12", "aucune fiche", "non renseigné"]


def entries(year: int) -> dict[str, tuple[str, str, str]]:
    own = [sheet for sheet in sheets() if sheet.year == year]
    account = account_of(year, own)
    found = (*account.costs, *account.income, *account.in_kind_costs, *account.in_kind)
    return {entry.box.title: (entry.planned_text, entry.actual_text, entry.percent_text) for entry in found}


def test_the_account_is_filled_from_the_funding_plans() -> None:
    found = entries(2024)
    assert found["74 – Subventions d’exploitation"] == ("1\u202f500\u00a0€", "1\u202f100,25\u00a0€", "–")
    # One of the two lines of the Caf has no amount granted: a percentage would compare different lines.
    assert found["Organismes sociaux"] == ("1\u202f200\u00a0€", "800,25\u00a0€", "–")
    assert found["Commune(s)"] == ("300\u00a0€", "300\u00a0€", "100\u202f%")
    assert found["Total des produits"][1] == "1\u202f100,25\u00a0€"
    assert "À classer\u00a0: type «\u00a0Autre\u00a0», ou sans type" not in found


def test_what_has_no_place_in_the_account_stays_to_be_placed_and_is_counted() -> None:
    found = entries(2026)
    assert found["À classer\u00a0: type «\u00a0Autre\u00a0», ou sans type"] == (
        "190,50\u00a0€",
        "160,50\u00a0€",
        "84\u202f%",
    )
    assert found["Organismes sociaux"] == ("n.\u00a0r.", "0\u00a0€", "–")
    assert found["Total des produits"] == ("190,50\u00a0€", "160,50\u00a0€", "–")


def test_an_action_has_its_own_lines_of_the_account() -> None:
    (action,) = actions([sheets()[0]])
    assert [(entry.box.label, entry.planned, entry.actual) for entry in action.income] == [
        ("Subventions d’exploitation", Decimal("1500.00"), Decimal("1100.25")),
        ("Commune(s)", Decimal("300.00"), Decimal("300.00")),
        ("Organismes sociaux", Decimal("1200.00"), Decimal("800.25")),
        ("Total des produits", Decimal("1500.00"), Decimal("1100.25")),
    ]
    assert [(heading, len(items)) for heading, items in action.answers] == [
        ("Mise en œuvre de l’action", 1),
        ("Bénéficiaires", 2),
        ("Dates et lieux", 1),
        ("Atteinte des objectifs", 0),
    ]


def test_costs_and_volunteers_are_never_made_up() -> None:
    found = entries(2024)
    for box in (
        "60 – Achats",
        "64 – Charges de personnel",
        "Total des charges",
        "87 – Contributions volontaires en nature",
    ):
        assert found[box] == ("n.\u00a0r.", "n.\u00a0r.", "–"), box


def test_every_kind_of_funder_has_one_place_in_the_account() -> None:
    from forms.questions.lists import PARTNERS

    for choice in PARTNERS:
        line = {"funder": "Lui", "type": choice.code, "requested": "10.00", "granted": "5.00"}
        account = account_of(2026, [report_sheet({**WALK, "funding_lines": [line]})])
        filled = [entry for entry in account.income if entry.planned == 10 and not entry.total]
        within = [entry for entry in filled if entry.depth]
        assert len(within) == (choice.code != "autre"), choice.code
        assert len(filled) == len(within) + 1, choice.code


def test_what_lacks_for_the_account_is_listed_by_box_question_and_sheet() -> None:
    found = {(one.box, one.question): one for one in missing_of(sheets())}
    plan = found["74 – Subventions d’exploitation, réalisation", "Plan de financement"]
    assert [sheet.title for sheet in plan.sheets] == ["Jardin des voisines"]
    assert plan.what == "un montant accordé sur 1\u00a0ligne"
    without = [sheet.title for sheet in found["Mise en œuvre de l’action", "Description générale"].sheets]
    assert without == ["Chorale du lundi", "Marche lente"]
    assert [one.title for one in found["Nombre et types de bénéficiaires", "Participants"].sheets] == ["Marche lente"]
    costs = found["60 à 68 – Charges", ""]
    assert (costs.sheets, costs.who) == ((), "la trésorerie de chaque centre")
    answered = {**GARDEN, "funding_lines": [GARDEN["funding_lines"][2]]}
    boxes = {one.box for one in missing_of([report_sheet(answered)])}
    assert not {box for box in boxes if box.startswith("74")}


def test_the_report_is_addressed_and_holds_every_part_it_announces() -> None:
    quote = Quote(
        "2024-0001", "Jardin des voisines", "Les Trois Rivières", 2024, "Résumé", "Un terrain, à nous.", "À lire."
    )
    report = made(ReportKind.FUNDER, content(quotes=(quote,)))
    first, *rest = page_texts(report.content)
    for words in (
        "Caf de la Corrèze",
        "Service action sociale",
        "19000 Tulle",
        "AVL-2024-7",
        "Mots clés",
        "1 200,50 €",
    ):
        assert squeezed(words) in squeezed(first), words
    text = squeezed("".join(rest))
    for words in ("Un terrain, à nous.", "À lire.", "Marche lente", "aucune fiche", "Exercice 2024", "Exercice 2026"):
        assert squeezed(words) in text, words
    assert "Exercice2025" not in text
    titles = [title for depth, title in outline(report.content) if depth == 1]
    assert titles == ["Rapport de convention", *PARTS.values()]
    # The contents say on which page each part begins.
    pages = [squeezed(page) for page in page_texts(report.content)]
    for title in PARTS.values():
        (number,) = re.findall(rf"{re.escape(squeezed(title))}(\d+)(?=\D|$)", pages[0])
        assert squeezed(title) in pages[int(number) - 1], title


def test_the_table_of_centres_cuts_no_word_and_names_a_page_once() -> None:
    second = report_sheet(CHOIR | {"title": "Chorale du mardi"}, 4)
    report = made(ReportKind.FUNDER, content(sheets=(*sheets(), second), design=Design(sections=("centres", "fiches"))))
    (page,) = [text for text in page_texts(report.content) if text.startswith("Centre par centre")]
    # The centre that says nothing says it of its participants and its sessions.
    assert page.count("renseigné") >= 2
    assert not re.search(r"renseign(?!é)", page)
    # Both choirs are on the page on which the other sheets are.
    assert len(re.findall(r"2024\s:\s\d+$", page, re.MULTILINE)) == 1
    assert len(re.findall(r"2026\s:\s\d+$", page, re.MULTILINE)) == 2


def test_a_part_that_is_not_wanted_or_would_be_empty_is_left_out() -> None:
    report = made(ReportKind.FUNDER, content(design=Design(sections=("centres", "fiches", "paroles"))))
    titles = [title for depth, title in outline(report.content) if depth == 1]
    assert titles == ["Rapport de convention", "Centre par centre", "Les fiches"]


def test_sheets_are_printed_whole_where_that_is_wanted() -> None:
    short = whole_text(made(ReportKind.FUNDER, content(design=Design(sections=("fiches",)))).content)
    whole = content(terms=replace(TERMS, whole=True), design=Design(sections=("fiches",)))
    assert squeezed("On bêche le samedi.") not in short
    assert squeezed("On bêche le samedi.") in whole_text(made(ReportKind.FUNDER, whole).content)


def test_it_says_that_it_is_provisional_until_the_campaigns_close() -> None:
    only = Design(sections=("essentiel",))
    open_ = content(coverage=Coverage(2, 4, closed=False), design=only)
    assert "Provisoire,2centressur4" in whole_text(made(ReportKind.FUNDER, open_).content)
    closed = content(coverage=Coverage(2, 4, closed=True), design=only)
    assert "Provisoire" not in whole_text(made(ReportKind.FUNDER, closed).content)


def test_it_is_tagged_with_real_headers_and_the_same_data_give_the_same_bytes() -> None:
    report = made(ReportKind.FUNDER, content())
    assert report.content == made(ReportKind.FUNDER, content()).content
    elements = structure(report.content)
    assert {"/H1", "/H2", "/Table", "/TH", "/TD"} <= {name for name, _entries in elements}
    assert sum(name == "/H1" for name, _entries in elements) == 1


def test_typed_words_are_printed_as_typed() -> None:
    odd = "<b>Caf</b> & {{ 1 }}"
    terms = replace(TERMS, title=odd, scope=(odd,))
    text = whole_text(made(ReportKind.FUNDER, content(terms=terms, address=odd)).content)
    assert text.count(squeezed(odd)) == 3


def test_it_is_refused_without_an_agreement_or_a_sheet() -> None:
    with pytest.raises(Refused, match="convention"):
        made(ReportKind.FUNDER, content(terms=None))
    with pytest.raises(Refused, match="Aucune fiche"):
        made(ReportKind.FUNDER, replace(content(), sheets=()))
