"""One sheet on paper: whole, exact, readable by everyone."""

from __future__ import annotations

import io
import itertools
import re
from typing import Any

import pdfplumber
import pikepdf
import pytest

from forms.document import snapshot_answers
from forms.registry import shipped
from reports.catalogue import REPORTS, ReportKind, file_name
from reports.rendering import lines
from tests.reports.reading import foot_texts, made, outline, page_texts, squeezed, structure, whole_text
from tests.reports.samples import REPAIR, SCHOOL, report_input, report_sheet

VERSION = shipped(2026)

AWKWARD = (
    '« guillemets », "droits", l\'apostrophe & l’autre ; 50 % < 3 > 2',
    "<script>alert(1)</script><b>gras</b> &eacute; &#65; {{ 7 * 7 }} {% raw %} ${x}",
    "- un\n- deux\n  - deux bis\n\n\n1. premier\n2) second\n• troisième",
    "office difficile affluent -> => <= != 1/2 (c) ... -- --- fi ffl",
    "espaces  doubles   triples,\ttabulation ; n° 5 : 1 250 €",
    "Œuvre, cœur, naïve, ÉCOLE, Ÿ, ð, ł, ş, Ω, ж, ≥, →, ½, 5 m², H₂O, №, †",
    "https://exemple.fr/un-lien-tres-long?avec=" + "des-parametres-sans-fin" * 12,
    "motsanscoupure" * 40,
    "une ligne\u2028une autre\u2029un paragraphe",
)


@pytest.fixture(scope="module")
def repair() -> bytes:
    """The fullest sample, printed once."""
    return made(ReportKind.SHEET, report_input(report_sheet(REPAIR))).content


@pytest.fixture(scope="module")
def school() -> str:
    """The text of a sheet with many gaps."""
    return whole_text(made(ReportKind.SHEET, report_input(report_sheet(SCHOOL))).content)


def _every_question(seed: int) -> dict[str, Any]:
    answers = {q.id: q.kind.dump(q.kind.sample(seed)) for q in VERSION.questions if q.typed}
    answers |= {"status": "terminee", "initiators": ["centre", "autre"]}
    return snapshot_answers(VERSION, answers, organisation="LE CENTRE - Lot", year=2026)


def _printed_texts(answers: dict[str, Any]) -> list[str]:
    """What must stand on paper for these answers: every text that people read, cell by cell."""
    sheet = report_sheet(answers)
    texts = [sheet.reference, sheet.centre, str(sheet.year)]
    for section in sheet.document.sections:
        for item in section.answered:
            rows = item.value if item.question.kind.own_tab else []
            if item.question.kind.name == "files":
                texts += [row.get("caption") or row["name"] for row in rows]
            elif rows:
                kinds = {column.id: column.kind for column in item.question.kind.of}
                texts += [kinds[id].text(cell) for row in rows for id, cell in row.items()]
            else:
                texts.append(item.text)
    return texts


@pytest.mark.parametrize("seed", [3, 10])
def test_every_answer_of_every_question_is_printed_character_for_character(seed: int) -> None:
    answers = _every_question(seed)
    text = whole_text(made(ReportKind.SHEET, report_input(report_sheet(answers))).content)
    missing = [wanted for wanted in _printed_texts(answers) if squeezed(wanted) not in text]
    assert missing == []


def test_awkward_texts_come_out_as_typed() -> None:
    long_texts = [q.id for q in VERSION.questions if q.kind.name == "long_text"]
    answers = {**REPAIR, "status": "terminee"} | dict(zip(long_texts, AWKWARD, strict=False))
    answers |= {"title": AWKWARD[-1], "initiators_detail": AWKWARD[-1], "partners_named": [{"name": AWKWARD[-1]}]}
    assert len(long_texts) >= len(AWKWARD)
    report = made(ReportKind.SHEET, report_input(report_sheet(answers)))
    text = whole_text(report.content)
    assert [wanted for wanted in AWKWARD if squeezed(wanted) not in text] == []
    assert text.count(squeezed(AWKWARD[-1])) == 4


def test_a_text_cut_into_lines_is_the_same_text() -> None:
    for text in (*AWKWARD, "\n", "", "\n\na\n"):
        assert "\n".join(line.text for line in lines(text)) == re.sub("[\u2028\u2029]", "\n", text)


def test_labels_stand_in_the_order_of_the_form() -> None:
    sheet = report_sheet(_every_question(5))
    text = whole_text(made(ReportKind.SHEET, report_input(sheet)).content)
    items = [item for section in sheet.document.sections for item in section.items]
    labels = [squeezed(item.label) for item in items if item.question.id not in ("title", "year")]
    # Two that are worded alike are told apart.
    assert len(set(labels)) == len(labels)
    at = 0
    for label in labels:
        at = text.index(label, at) + 1


def test_what_was_not_answered_says_so_and_what_was_not_asked_is_left_out(school: str) -> None:
    assert "DimensionSansréponse" in school
    together = [squeezed(VERSION.question(id).label) for id in ("limits", "perspectives")]
    assert f"Sansréponse:{'·'.join(together)}" in school
    assert squeezed(VERSION.question("initiators_detail").label) not in school


def test_nobody_is_a_number_and_no_answer_is_not(school: str) -> None:
    """0 participants was answered; the sessions were not."""
    assert "Participants0personne" in school
    assert "Bénévolesnesaitpas" in school
    assert "SéancesoupassagesSansréponse" in school


def test_the_total_of_amounts_says_how_many_it_rests_on(repair: bytes) -> None:
    assert "4000,50€2700€2montantsindiquéssur3" in whole_text(repair)


def test_each_page_carries_reference_fingerprint_and_number(repair: bytes) -> None:
    sheet = report_sheet(REPAIR)
    feet = foot_texts(repair)
    assert feet == [
        f"Fiche {sheet.reference} · empreinte {sheet.snapshot_sha256[:12]} page {page} / {len(feet)}"
        for page in range(1, len(feet) + 1)
    ]


def test_title_language_outline_and_standard_are_declared(repair: bytes) -> None:
    sheet = report_sheet(REPAIR)
    with pikepdf.open(io.BytesIO(repair)) as opened:
        assert str(opened.Root.Lang) == "fr"
        assert str(opened.docinfo["/Title"]) == f"{sheet.title} – {sheet.centre}, 2026"
        assert opened.Root.ViewerPreferences.DisplayDocTitle
        with opened.open_metadata() as metadata:
            assert str(metadata["pdfuaid:part"]) == "1"
    titles = [section.title for section in VERSION.sections]
    assert outline(repair) == [(1, sheet.title), *((2, title) for title in titles)]


def test_headings_tables_and_pictures_are_tagged(repair: bytes) -> None:
    found = structure(repair)
    types = [type_ for type_, _entries in found]
    assert types.count("/H1") == 1
    assert types.count("/H2") == len(VERSION.sections)
    levels = [int(type_[2]) for type_ in types if type_ in ("/H1", "/H2", "/H3", "/H4")]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [entries["/Alt"] for type_, entries in found if type_ == "/Figure"] == [REPAIR["files"][0]["alt"]]
    facts = [entries for type_, entries in found if type_ == "/TD" and entries["headers"]]
    assert len(facts) > 20


def test_a_section_begins_on_the_page_of_its_first_words() -> None:
    """Whatever the length of what comes before."""
    texts = ("\n".join(["Une ligne de résumé, ni longue ni courte."] * length) for length in range(1, 36, 4))
    answers = {id: answer for id, answer in REPAIR.items() if id not in ("description", "files")}
    sheets = [report_sheet(answers | {"summary": text}, number) for number, text in enumerate(texts)]
    headings = {section.title for section in VERSION.sections} | {question.label for question in VERSION.questions}
    lasts = [
        page.rstrip().splitlines()[-1] for page in page_texts(made(ReportKind.BOOK, report_input(*sheets)).content)
    ]
    assert len(lasts) > 20
    assert [last for last in lasts if last in headings] == []


def test_a_picture_that_cannot_be_read_is_named_and_its_words_stand_for_it() -> None:
    content = report_input(report_sheet(REPAIR), open_file=lambda _id: b"not a picture")
    report = made(ReportKind.SHEET, content)
    assert report.notes == (
        "Fiche 2026-0001, « affiche-cafe-des-bricoleurs.png » : image illisible, remplacée par sa description.",
    )
    assert squeezed(REPAIR["files"][0]["alt"]) in whole_text(report.content)


def test_a_character_without_drawing_is_announced_and_costs_no_other_its_text() -> None:
    answers = REPAIR | {"title": "Le jeu de go \U000f1234 et le thé", "summary": "avant \U000f1234 après"}
    report = made(ReportKind.SHEET, report_input(report_sheet(answers)))
    assert report.notes == (
        "Caractères sans dessin dans les polices, imprimés comme un cadre vide : \U000f1234 (U+F1234).",
    )
    text = whole_text(report.content)
    assert text.startswith("Ficheaction2026Lejeudego")
    assert squeezed(REPAIR["description"]) in text


def test_several_pictures_stand_two_in_a_row_and_fill_the_page_that_they_begin_on() -> None:
    files = [REPAIR["files"][0] | {"caption": f"Image {number}"} for number in range(1, 4)]
    pdf = made(ReportKind.SHEET, report_input(report_sheet({"title": "x", "year": 2026, "files": files}))).content
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        placed = [
            (page.page_number, round(found["x0"]), round(found["top"]))
            for page in opened.pages
            for found in page.images
        ]
    first, second, third = placed
    assert (first[0], first[2]) == (second[0], second[2])
    assert first[1] == third[1] < second[1]
    assert first[0] == 1


def test_control_characters_are_replaced_and_announced() -> None:
    answers = REPAIR | {"summary": "avant\x02après\x1b et \ufffe, \ud800 fin"}
    report = made(ReportKind.SHEET, report_input(report_sheet(answers)))
    assert "avant\ufffdaprès\ufffdet\ufffd,\ufffdfin" in whole_text(report.content)
    assert report.notes[0].startswith("Fiche 2026-0001, « Résumé » : 4 caractères illisibles remplacés")


def test_the_same_sheet_makes_the_same_bytes(repair: bytes) -> None:
    assert made(ReportKind.SHEET, report_input(report_sheet(REPAIR))).content == repair


def test_the_file_is_named_after_the_reference() -> None:
    assert file_name(REPORTS[ReportKind.SHEET], report_input(report_sheet(REPAIR))) == "fiche-2026-0001.pdf"
