"""An action's years side by side: figures, ends, what was said again."""

from decimal import Decimal
from typing import Any

import pytest

from forms.definition import CarryOver, FormVersion, Question
from forms.document import Document, reading
from forms.french import typography
from forms.kinds import Amount, LongText, ShortText, WholeNumber
from forms.registry import shipped
from forms.years import Unchanged, Year, compared, difference, ended, series, unchanged
from tests.counts import counted
from tests.forms.strategies import version_of

REREAD, SHOW = CarryOver.TAKE_AND_REREAD, CarryOver.SHOW
COUNT = Question("count", "Participants", WholeNumber(unit="personnes"), carry_over=SHOW)
MONEY = Question("money", "Coût", Amount(), carry_over=SHOW)
TEXT = Question("text", "Résumé", LongText(), carry_over=REREAD)
FACT = Question("fact", "Lieu", ShortText())
FORM = version_of(COUNT, MONEY, TEXT, FACT)


def told(answers: dict[str, Any], version: FormVersion = FORM) -> Document:
    return reading(version, answers)


def year(number: int, version: FormVersion = FORM, **answers: Any) -> Year:
    return Year(number, told(answers, version))


def test_figures_are_found_by_their_kind_and_stand_in_the_order_of_the_years() -> None:
    older = version_of(Question("seats", "Chaises", WholeNumber()), COUNT)
    found = series([year(2026, count=12, money="1250.00"), year(2023, older, count=9, seats=4), year(2025, count=0)])
    assert [(row.question.id, [(point.year, point.text) for point in row.points]) for row in found] == [
        ("count", [(2023, "9"), (2025, "0"), (2026, "12")]),
        ("money", [(2026, "1\u202f250\u00a0€")]),
        ("seats", [(2023, "4")]),
    ]
    assert found[0].in_year(2025) == found[0].points[1]
    assert found[0].in_year(2024) is None


def test_what_the_product_fills_in_is_no_figure() -> None:
    version = shipped(2026)
    (only,) = series([Year(2026, reading(version, {"year": 2026, "participants_count": counted(3)}))])
    assert only.points[0].figure == 3


def test_an_answer_is_unchanged_for_as_many_years_in_a_row_as_say_the_same() -> None:
    now = told({"text": "Un jardin.", "count": 9, "money": "3.00", "fact": "Ici"})
    before = [
        year(2025, text="Un jardin.", count=9, money="2.00", fact="Ici"),
        year(2023, text="Un  jardin.\n", count=8, fact="Ici"),
        year(2022, text="Autre chose.", count=9),
        year(2021, text="Un jardin."),
    ]
    assert unchanged(now, before) == (Unchanged(COUNT, 1, 2025), Unchanged(TEXT, 2, 2023))
    assert unchanged(now, []) == ()


def test_a_word_that_differs_is_a_change_and_a_question_that_was_not_there_too() -> None:
    now = told({"text": "Un jardin."})
    assert unchanged(now, [year(2025, text="Un jardin")]) == ()
    assert unchanged(now, [year(2025, version_of(COUNT), count=3)]) == ()
    assert unchanged(now, [year(2025)]) == ()


@pytest.mark.parametrize(
    ("question", "before", "after", "said"),
    [
        (COUNT, 98, 110, "+\u00a012 par rapport à 2025 (+\u00a012\u00a0%)"),
        (COUNT, 50, 46, "−\u00a04 par rapport à 2025 (−\u00a08\u00a0%)"),
        (COUNT, 1000, 1001, "+\u00a01 par rapport à 2025"),
        (COUNT, 0, 7, "+\u00a07 par rapport à 2025"),
        (COUNT, 7, 0, "−\u00a07 par rapport à 2025 (−\u00a0100\u00a0%)"),
        (COUNT, 7, 7, "autant qu’en 2025"),
        (COUNT, 1, 1201, "+\u00a01\u202f200 par rapport à 2025 (+\u00a0120\u202f000\u00a0%)"),
        (MONEY, "100.00", "1350.50", "+\u00a01\u202f250,50\u00a0€ par rapport à 2025 (+\u00a01\u202f250\u00a0%)"),
    ],
)
def test_how_a_figure_has_moved_is_said_in_words(question: Question, before: Any, after: Any, said: str) -> None:
    found = difference(question, Decimal(before), Decimal(after), "2025")
    assert found == said
    assert typography(found) == found


def test_a_draft_is_named_as_what_it_is() -> None:
    assert (
        difference(COUNT, Decimal(1), Decimal(1), "votre brouillon de 2025")
        == "autant que dans votre brouillon de 2025"
    )


def test_figures_are_compared_where_both_years_have_one() -> None:
    now = told({"count": 110, "money": "5.00", "text": "Un jardin."})
    assert compared(now, year(2025, count=98, text="Un parc.")) == {
        "count": "2025\u00a0: 98\u00a0personnes · +\u00a012 par rapport à 2025 (+\u00a012\u00a0%)"
    }
    other_kind = version_of(Question("count", "Participants", ShortText()))
    assert compared(now, year(2025, other_kind, count="beaucoup")) == {}


def test_the_end_of_an_action_is_told_by_its_status() -> None:
    version = shipped(2026)
    assert ended({"status": "terminee"})
    assert not ended({"status": "en_cours"})
    assert not ended({})
    last = Year(2025, reading(version, {"status": "terminee"}))
    assert (last.ended, last.status) == (True, "Terminée")
    running = Year(2026, reading(version, {"status": "en_cours"}))
    assert (running.ended, running.status) == (False, "En cours")
    assert (year(2024).ended, year(2024).status) == (False, "")
