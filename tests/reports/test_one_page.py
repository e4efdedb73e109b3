"""The one-pager: always one page, cut at the end of sentences, nothing over anything."""

from __future__ import annotations

import io
import itertools
import re
from typing import Any

import pdfplumber
import pikepdf
import pypdf
import pytest

from reports import one_page
from reports.catalogue import ReportKind
from reports.printing import print_page
from tests.reports.reading import made, outline, squeezed, structure, whole_text
from tests.reports.samples import PICTURE_ID, REPAIR, SCHOOL, TALE, report_input, report_sheet

SENTENCE = "Une phrase d'une longueur moyenne, avec une virgule et ses mots. "
TEXTS = ("summary", "results_territory", "results_centre", "results_residents", "limits", "perspectives")
LONG = dict.fromkeys(TEXTS, SENTENCE * 40)
FULL = {
    "title": "W" * 250,
    "keywords": ["intergenerationnel", "education", "solidarite", "culture", "democratie", "vieillissement", "sante"],
    "partners": ["association_locale", "association_nationale", "caf", "msa", "commune", "intercommunalite", "region"],
    "public": ["enfants", "jeunesse", "familles", "adultes", "seniors"],
    "partners_named": [{"name": f"Association numéro {number} " + "des amis " * 20} for number in range(40)],
    "people": SENTENCE * 20,
    "funding": SENTENCE * 20,
}


def one(answers: dict[str, Any]) -> bytes:
    return made(ReportKind.ONE_PAGE, report_input(report_sheet(answers))).content


def pages(pdf: bytes) -> int:
    return len(pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture(scope="module")
def repair() -> bytes:
    return one(REPAIR)


def test_a_sheet_that_finds_room_is_told_in_full(repair: bytes) -> None:
    assert pages(repair) == 1
    text = whole_text(repair)
    for id in ("title", *TEXTS):
        assert squeezed(REPAIR[id]) in text
    for words in ("164", "Participants", "Tous publics", "Ressourcerie du plateau", "Validée le 19 octobre 2026"):
        assert squeezed(words) in text
    assert "suitedanslafiche" not in text


@pytest.mark.parametrize(
    "answers",
    [
        REPAIR,
        SCHOOL,
        TALE,
        {"title": "Presque rien", "year": 2026},
        REPAIR | LONG,
        REPAIR | LONG | FULL,
        REPAIR | {"summary": "a\n" * 20_000},
        REPAIR | {"summary": "MAJUSCULES " * 4_000, "limits": "x" * 40_000},
        REPAIR | LONG | {"summary": "漢字" * 4_000, "title": "Ω" * 250},
    ],
    ids=lambda answers: str(answers["title"])[:12] + f" {len(str(answers))}",
)
def test_it_is_one_page_whatever_its_length(answers: dict[str, Any]) -> None:
    pdf = one(answers)
    assert pages(pdf) == 1
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        (page,) = opened.pages
        (foot,) = page.search("empreinte")
        body = [char for char in page.chars if char["top"] < foot["top"] - 2]
        assert max(char["bottom"] for char in body) < foot["top"]
        assert max(char["x1"] for char in body) <= page.width - 40


def test_a_text_that_finds_no_room_ends_with_a_sentence_and_says_where_the_rest_is() -> None:
    text = whole_text(one(REPAIR | LONG))
    assert text.count("suitedanslafiche2026-0001") == len(LONG)
    before = re.findall(r"(.{12})suitedanslafiche", text)
    assert set(before) == {squeezed(SENTENCE)[-12:]}


def test_much_of_the_page_is_used() -> None:
    with pdfplumber.open(io.BytesIO(one(REPAIR | LONG))) as opened:
        (page,) = opened.pages
        (foot,) = page.search("empreinte")
        lowest = max(char["bottom"] for char in page.chars if char["top"] < foot["top"] - 2)
    assert lowest > 0.8 * page.height


def test_nothing_stands_over_anything(repair: bytes) -> None:
    for pdf in (repair, one(REPAIR | LONG)):
        with pdfplumber.open(io.BytesIO(pdf)) as opened:
            (page,) = opened.pages
            words = page.extract_words()
            boxes = [(w["x0"], w["top"] + 2, w["x1"], w["bottom"] - 2) for w in words]
            boxes += [(i["x0"], i["top"], i["x1"], i["bottom"]) for i in page.images]
        assert [pair for pair in itertools.combinations(boxes, 2) if _meet(*pair)] == []


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] - 0.5 and other[0] < one[2] - 0.5 and one[1] < other[3] and other[1] < one[3]


def test_one_picture_is_shown_and_the_poster_before_others() -> None:
    other = REPAIR["files"][0] | {
        "id": "0b6f7a52-0000-4000-8000-000000000009",
        "name": "salle.png",
        "caption": "La salle",
    }
    other |= {"alt": "La salle vide"}
    pdf = one(REPAIR | {"files": [other, *REPAIR["files"]]})
    alts = [entries["/Alt"] for type_, entries in structure(pdf) if type_ == "/Figure"]
    assert alts == [REPAIR["files"][0]["alt"]]
    assert REPAIR["files"][0]["id"] == PICTURE_ID


def test_it_is_tried_four_times_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def counting(html: str, *rest: Any) -> Any:
        tried.append(html)
        return print_page(html, *rest)

    monkeypatch.setattr(one_page, "print_page", counting)
    for answers in (REPAIR, REPAIR | LONG, REPAIR | LONG | FULL):
        tried.clear()
        one(answers)
        assert 1 <= len(tried) <= 4


def test_it_is_tagged_and_titled(repair: bytes) -> None:
    assert outline(repair) == [(1, REPAIR["title"])]
    types = [type_ for type_, _entries in structure(repair)]
    assert types.count("/H1") == 1
    assert types.count("/H2") >= 8
    with pikepdf.open(io.BytesIO(repair)) as opened:
        assert str(opened.Root.Lang) == "fr"
        assert opened.Root.MarkInfo.Marked


def test_the_same_sheet_makes_the_same_bytes(repair: bytes) -> None:
    assert one(REPAIR) == repair
