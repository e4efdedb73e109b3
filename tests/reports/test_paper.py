"""The form on paper: every question with room to answer, and what is there already."""

from __future__ import annotations

import io

import pikepdf
import pytest

from forms.kinds import ShortText, Table, TableColumn
from forms.steps import Unparsed
from reports.paper import Paper, make
from tests.forms.strategies import KIND_VARIANTS, asked, version_of
from tests.reports.reading import foot_texts, squeezed, whole_text
from tests.reports.samples import MADE_AT, REPAIR
from tests.reports.takeaways import VERSION


def printed(paper: Paper) -> bytes:
    out = io.BytesIO()
    make(paper, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def empty() -> bytes:
    return printed(Paper(VERSION, "", MADE_AT))


@pytest.fixture(scope="module")
def filled() -> bytes:
    typed = {"staff_count": Unparsed((("staff_count", "une ou deux"),), "Écrivez un nombre.")}
    return printed(
        Paper(
            VERSION,
            "Fédération du Val",
            MADE_AT,
            year=2026,
            reference="2026-ABCDEF",
            title=REPAIR["title"],
            centre="Centre social Les Trois Rivières",
            deadline="31 janvier 2027",
            answers=REPAIR,
            unparsed=typed,
        )
    )


def test_every_question_every_choice_and_every_help_stands_on_it(empty: bytes) -> None:
    text = whole_text(empty)
    for section in VERSION.sections:
        assert squeezed(section.title) in text
    for question in VERSION.questions:
        assert squeezed(question.label) in text
        assert squeezed(question.help) in text
        for choice in getattr(question.kind, "choices", ()):
            assert squeezed(choice.label) in text
        for column in getattr(question.kind, "of", ()):
            assert squeezed(column.label) in text
    assert squeezed("À remplir seulement si «\u00a0Statut\u00a0» est «\u00a0Terminée\u00a0».") in text


def test_what_is_there_already_is_printed_and_what_could_not_be_read_too(filled: bytes) -> None:
    text = whole_text(filled)
    for id in ("title", "summary", "experience", "description", "limits"):
        assert squeezed(REPAIR[id]) in text
    for words in ("2026-ABCDEF", "31janvier2027", "Ressourcerieduplateau", "2\u202f000", "800,50", "uneoudeux"):
        assert squeezed(words) in text


def test_the_foot_says_which_sheet_and_what_to_do_with_it(filled: bytes) -> None:
    for text in foot_texts(filled):
        assert "2026-ABCDEF" in text
        assert "à remplir à la main" in text


def test_it_is_a4_and_short(empty: bytes, filled: bytes) -> None:
    for pdf in (empty, filled):
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            assert len(opened.pages) <= 8
            assert [round(float(side)) for side in opened.pages[0].mediabox] == [0, 0, 595, 842]


def test_any_kind_of_question_finds_its_room() -> None:
    version = version_of(*(asked(kind, f"q{number}") for number, kind in enumerate(KIND_VARIANTS.values())))
    answers = {question.id: question.kind.dump(question.kind.sample(3)) for question in version.questions}
    for held in ({}, answers):
        assert "Libellédelaquestion" in whole_text(printed(Paper(version, "", MADE_AT, answers=held)))


def test_a_retired_choice_stands_only_where_it_was_made() -> None:
    version = version_of(asked(KIND_VARIANTS["choice_many"], "many"), asked(KIND_VARIANTS["choice_one"], "one"))
    assert "Ancienchoix" not in whole_text(printed(Paper(version, "", MADE_AT)))
    for held in ({"many": ["ancien"]}, {"one": "ancien"}):
        assert "Ancienchoix" in whole_text(printed(Paper(version, "", MADE_AT, answers=held)))


def test_what_was_typed_is_text_and_never_markup() -> None:
    table = asked(Table((TableColumn("name", "Nom", ShortText()),)), "rows")
    version = version_of(table, asked(ShortText(), "line"))
    held = {"rows": [{"name": "<script>a</script>"}], "line": "<b>&amp;"}
    text = whole_text(printed(Paper(version, "", MADE_AT, answers=held)))
    assert "<script>a</script>" in text
    assert "<b>&amp;" in text
