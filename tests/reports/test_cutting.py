"""Texts shared out over slides and cut to a length: nothing lost, nothing overfull, cut where a reader pauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.cutting import beginning, ems, height, sentences, shared, spread
from reports.ideas import Idea, runs, steps
from reports.rendering import Line, lines
from reports.tints import tint
from tests.reports.reading import squeezed
from tests.reports.samples import REPAIR

TEXTS = st.text(alphabet=st.sampled_from("aàm WÉ.,;:!?…«»\n-12 \t漢\U0001f600"), max_size=600)


@given(text=TEXTS)
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(sentences(text)) == text


@given(text=TEXTS, most=st.integers(2, 9))
def test_a_text_over_slides_is_the_text_and_no_slide_is_overfull(text: str, most: int) -> None:
    slides = spread(lines(text), 20.0, most)
    assert squeezed("".join(line.text for slide in slides for line in slide)) == squeezed(text)
    for slide in slides:
        assert sum(height(line.text, 20.0) for line in slide if line.shape != "blank") <= most
        assert "blank" not in (slide[0].shape, slide[-1].shape)


def test_a_list_stays_with_what_announces_it() -> None:
    paragraph = Line("text", "Une phrase qui prend de la place sur la page. " * 3)
    typed = [paragraph, Line("text", "Trois raisons :"), *(Line("item", f"- la raison {one}") for one in "abc")]
    slides = spread(typed, 20.0, 8)
    assert [slide[0].text for slide in slides] == [paragraph.text, "Trois raisons :"]


def test_a_paragraph_longer_than_a_slide_is_cut_between_sentences() -> None:
    text = " ".join(f"Voici la phrase numéro {number} de ce paragraphe." for number in range(12))
    slides = spread([Line("text", text)], 20.0, 5)
    assert len(slides) > 2
    assert all(slide[-1].text.rstrip().endswith("paragraphe.") for slide in slides)
    counts = [len(slide[-1].text) for slide in slides]
    assert max(counts) < 2 * min(counts)


@given(text=TEXTS, most=st.integers(1, 300))
def test_the_beginning_of_a_text_is_its_beginning_and_no_longer_than_asked(text: str, most: int) -> None:
    kept = beginning(text, most)
    assert len(kept) <= max(most, 2)
    assert text.startswith(kept.removesuffix("…") if kept != text.rstrip() else kept)


@pytest.mark.parametrize(
    ("most", "kept"),
    [
        (200, "Une première phrase. Une seconde, plus longue : avec deux points !\nUn autre alinéa."),
        (70, "Une première phrase. Une seconde, plus longue : avec deux points !"),
        (65, "Une première phrase."),
        (12, "Une…"),
    ],
)
def test_a_text_is_cut_at_the_end_of_a_sentence(most: int, kept: str) -> None:
    text = "Une première phrase. Une seconde, plus longue : avec deux points !\nUn autre alinéa."
    assert beginning(text, most) == kept


def test_things_of_the_same_height_are_shared_out_evenly() -> None:
    assert [run.stop - run.start for run in shared([1.0] * 10, [0.0] * 10, 6)] == [5, 5]
    assert shared([], [], 6) == []
    assert [run.stop - run.start for run in shared([9.0, 1.0], [0.0, 0.0], 6)] == [1, 1]


def test_capitals_and_wide_letters_take_more_room() -> None:
    assert ems("iiii") < ems("aaaa") < ems("AAAA") < ems("漢漢漢漢")
    assert height("mot " * 30, 10) == height("mot " * 60, 20)
    assert height("", 10) == 1
    assert height("x" * 1000, 10) in range(60, 72)


STORY = """L'envie est venue d'un constat : chacun rentrait chez soi.

Objectifs :
- se rencontrer ;
- sortir.

Le questionnaire date de mars 2022. La première sortie a eu lieu le 14 juin 2022, sous la pluie.

La permanence se tient tous les deuxièmes mardis du mois, de 10 h à 12 h.
Le reste de la semaine, la salle est fermée."""


def test_the_parts_of_an_account_are_told_by_what_they_are_about() -> None:
    found = runs(STORY)
    assert [run.idea for run in found] == [Idea.ORIGIN, Idea.AIMS, Idea.STEPS, Idea.SESSION, Idea.STORY]
    assert "\n".join(line.text for run in found for line in run.lines) == STORY
    assert [(step.when, step.text) for step in steps(found[2].lines)] == [
        ("mars 2022", "Le questionnaire date de mars 2022."),
        ("14 juin 2022", "La première sortie a eu lieu le 14 juin 2022, sous la pluie."),
    ]


def test_what_announces_a_paragraph_stays_with_it() -> None:
    (run,) = runs("Objectifs de l'action :\n\nFavoriser le lien entre voisins.")
    assert run.idea is Idea.AIMS


def test_a_habit_without_a_day_or_an_hour_is_no_meeting() -> None:
    assert [run.idea for run in runs("Chaque semaine il fallait trouver une solution.")] == [Idea.STORY]
    assert [run.idea for run in runs("On ouvre chaque mardi.\nDeux fois par mois à 14 h.")] == [Idea.SESSION]


@given(text=TEXTS)
def test_no_line_of_an_account_is_lost_or_moved(text: str) -> None:
    assert [line for run in runs(text) for line in run.lines] == lines(text)


@pytest.mark.parametrize("text", [REPAIR["description"], REPAIR["summary"], "2 000 € en 2024", "Le budget : 2024 €"])
def test_a_number_alone_makes_no_step(text: str) -> None:
    assert Idea.STEPS not in {run.idea for run in runs(text)}


@pytest.mark.parametrize("colour", ["#1d4b40", "#f0c14b", "#FFFFFF", "#000000", "#e2001a"])
def test_letters_are_readable_whatever_the_colour(colour: str) -> None:
    found = tint(colour)
    assert found.ground == colour.lower()
    assert found.on_ground == ("#ffffff" if colour in ("#1d4b40", "#000000", "#e2001a") else "#1b1916")
    assert int(found.ink[1:3], 16) <= int(colour[1:3], 16)


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "red}*{background:url(x)}", "", "#12345g"])
def test_what_is_no_colour_never_stands_in_a_style(colour: str) -> None:
    assert tint(colour) == tint("#1d4b40")
