"""The format of the public catalogue as Recueil writes it: the reader gives back what went in."""

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from forms.catalogue_text import WrittenSheet, parse, read_otherwise, write
from forms.document import reading
from forms.registry import shipped
from tests.forms.catalogue_files import USUAL, file_text, sheet_text
from tests.forms.test_catalogue_text_whole import VERSION, answers, written


def sheet(said: Mapping[str, Any], year: int = 2019) -> WrittenSheet:
    """A sheet of the centre that the tests of this format know."""
    return WrittenSheet("Centre social du Gué", "Lot", year, reading(VERSION, said))


@hypothesis_settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
@given(st.lists(answers(), min_size=1, max_size=3))
def test_what_is_written_is_read_again(drawn: list[dict[str, Any]]) -> None:
    sheets = [sheet(said, 2016 + number) for number, said in enumerate(drawn)]
    text = write(sheets)
    assert [dict(back.answers) for back in parse(text).sheets] == [one.answers for one in sheets]
    assert read_otherwise(sheets, text) == ()


@hypothesis_settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.filter_too_much])
@given(answers())
def test_nothing_that_the_format_holds_is_left_out(said: dict[str, Any]) -> None:
    repeated = said.get("partners_territory") == said.get("initiative_territory")
    kept = {name: value for name, value in said.items() if not (repeated and name == "partners_territory")}
    assert sheet(said).answers == kept
    assert sheet(said).left_out == ()


def test_it_is_the_format_that_the_catalogue_writes() -> None:
    said = {"title": "Le café", "status": "en_cours", "summary": "Chaque jeudi.", "partners": ["caf", "commune"]}
    said |= {"keywords": ["culture", "solidarite"], "initiative_territory": "commune"}
    said |= {"people": "12 participants + 3 bénévoles", "description": USUAL["description"]}
    theirs = sheet_text("Le café", written(said) | {"partners_territory": "Une commune"})
    assert write([sheet(said)]) == file_text(theirs)


def test_an_answer_without_a_place_in_the_format_is_named() -> None:
    version = shipped(2026)
    said = {"title": "Le café", "participants_count": {"number": 12, "how": "counted"}, "summary": "Chaque jeudi."}
    one = WrittenSheet("Centre social du Gué", "Lot", 2026, reading(version, said))
    assert [question.id for question in one.left_out] == ["participants_count"]
    assert "12" not in write([one])


def test_a_sheet_whose_text_opens_another_sheet_is_told() -> None:
    trap = "Actions\nAutre chose\n- Structure organisatrice\n- Ailleurs - Lot"
    sheets = [sheet({"title": "Le café", "summary": "Chaque jeudi."}), sheet({"title": "Le piège", "summary": trap})]
    assert "Le piège" in [one.title for one in read_otherwise(sheets, write(sheets))]


def test_a_sheet_whose_text_holds_the_next_label_is_told_and_no_other() -> None:
    trap = "On a noté :\n- Résultat pour le centre social\n- rien encore"
    said = USUAL["summary"]
    sheets = [
        sheet({"title": "Le café", "summary": said}),
        sheet({"title": "Le piège", "results_territory": trap, "results_centre": "Une équipe."}),
    ]
    assert [one.title for one in read_otherwise(sheets, write(sheets))] == ["Le piège"]
