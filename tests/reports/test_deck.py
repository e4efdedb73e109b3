"""The deck: an action told to a room, an idea a page, nothing cut off, everything readable by everyone."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pdfplumber
import pikepdf
import pypdf
import pytest

from forms.definition import Question
from forms.kinds import LongText, ShortText, Table, TableColumn
from reports.catalogue import REPORTS, ReportKind, file_name
from reports.content import Design, ReportInput
from reports.cutting import sentences
from tests.forms.strategies import KIND_VARIANTS, asked, version_of
from tests.reports.reading import made, outline, squeezed, structure
from tests.reports.samples import REPAIR, SCHOOL, TALE, counted, picture, report_input, report_sheet
from tests.reports.traps import a_picture

EXPERIENCE = (
    "L'envie est née d'un constat : chacun rentrait chez soi sans savoir ce que faisait son voisin.\n\n"
    "Objectifs :\n- se rencontrer ;\n- sortir.\n\n"
    "Le questionnaire date de mars 2022. La première sortie a eu lieu le 14 juin 2022, sous la pluie.\n\n"
    "La permanence se tient tous les deuxièmes mardis du mois, de 10 h à 12 h."
)
HALL = REPAIR | {"experience": EXPERIENCE}


def deck(*answers: dict[str, Any], **changes: Any) -> bytes:
    return made(ReportKind.DECK, content(*answers, **changes)).content


def content(*answers: dict[str, Any], **changes: Any) -> ReportInput:
    return report_input(*(report_sheet(one, number) for number, one in enumerate(answers, 1)), **changes)


def pages(pdf: bytes) -> list[str]:
    return [squeezed(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def titles(pdf: bytes) -> list[str]:
    return [title for _depth, title in outline(pdf)]


def type_sizes(pdf: bytes) -> list[set[float]]:
    """The sizes of letters of each page, between what stands above and below."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [
            {round(char["size"], 1) for char in page.chars if char["top"] > 110 and char["bottom"] < page.height - 45}
            for page in opened.pages
        ]


@pytest.fixture(scope="module")
def hall() -> bytes:
    return deck(HALL)


def test_it_tells_the_action_in_the_order_of_a_talk(hall: bytes) -> None:
    assert titles(hall) == [
        REPAIR["title"],
        "L’essentiel 1 / 2",
        "L’action en quelques repères",
        "Avec qui",
        "Qui en a eu l’idée",
        "Comment l’action a commencé",
        "Les objectifs",
        "La mise en place, date par date",
        "Le rendez-vous",
        "Comment cela se passe 1 / 4",
        "L’affiche",
        "Ce qui compte",
        "Sur le territoire",
        "Pour le centre social",
        "Pour les habitants",
        "Ce que cela coûte",
        "Le plan de financement",
        "Les limites",
        "Et pour 2027",
        "La fiche 2026-0001",
    ]


def test_every_text_is_on_it_as_typed(hall: bytes) -> None:
    text = "".join(pages(hall))
    sheet = report_sheet(HALL)
    for section in sheet.document.sections:
        for item in section.answered:
            if item.question.kind.name == "long_text":
                # A dated sentence stands beside its date, so that lines are parted there.
                for piece in (piece for line in item.text.split("\n") for piece in sentences(line)):
                    assert squeezed(piece) in text, item.question.id


def test_it_is_wide_and_set_in_big_type(hall: bytes) -> None:
    with pikepdf.open(io.BytesIO(hall)) as opened:
        sides = {tuple(round(float(side)) for side in page.mediabox) for page in opened.pages}
    assert sides == {(0, 0, 960, 540)}
    smallest = [min(sizes, default=99.0) for sizes in type_sizes(hall)]
    # The heads of tables and what is said below a picture are smaller than what a room reads.
    assert [size for size in smallest if size < 15] == []
    assert sum(size >= 20 for size in smallest) > len(smallest) * 2 // 3


def test_the_poster_has_a_page_of_its_own(hall: bytes) -> None:
    with pdfplumber.open(io.BytesIO(hall)) as opened:
        (page,) = [page for page in opened.pages if page.images]
        (image,) = page.images
        assert image["height"] > 0.75 * page.height
        assert "L’affiche" in page.extract_text()


def test_several_pictures_stand_in_rows_after_the_poster() -> None:
    files = [a_picture(number, caption=f"Légende {number}") for number in range(1, 6)]
    files[2]["caption"] = "L'AFFICHE de la fête"
    pdf = deck(HALL | {"files": files}, open_file=lambda _id: picture())
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        counts = [len(page.images) for page in opened.pages if page.images]
        tops = [{round(image["top"]) for image in page.images} for page in opened.pages if page.images]
    assert counts == [1, 2, 2]
    assert [len(one) for one in tops] == [1, 1, 1]
    assert squeezed("L'AFFICHE de la fête") in next(page for page in pages(pdf) if "L’affiche" in page)
    alts = [entries["/Alt"] for type_, entries in structure(pdf) if type_ == "/Figure"]
    assert sorted(alts) == sorted(file["caption"] for file in files)


def test_what_was_not_answered_makes_no_page() -> None:
    pdf = deck({"title": "Une action", "year": 2026, "summary": "Deux mots."})
    assert titles(pdf) == ["Une action", "L’essentiel", "La fiche 2026-0001"]
    assert len(pages(pdf)) == 3


def test_an_action_that_ended_says_why_and_announces_no_year() -> None:
    found = titles(deck(SCHOOL | {"perspectives": "Un autre groupe se formera."}))
    assert "Pourquoi l’action est terminée" in found
    assert "Et après" in found
    assert not any(title.startswith("Et pour") for title in found)


def test_figures_of_former_years_stand_beside_those_of_this_one() -> None:
    years = [TALE | {"year": 2024, "participants_count": counted(150)}, TALE, TALE | {"year": 2026}]
    pdf = deck(*years)
    (page,) = [page for page in pages(pdf) if "D’uneannéeàl’autre" in page]
    assert "202420252026" in page
    assert "150210(estimé)210(estimé)" in page
    assert "Lesannéesprécédentes:2024(fiche2024-0001),2025(fiche2025-0002)." in pages(pdf)[-1]
    assert "D’une année à l’autre" not in titles(deck(TALE))


def test_what_is_not_shown_is_named_on_the_last_page(hall: bytes) -> None:
    assert "s’ylit:Fichiers." in pages(hall)[-1]
    bare = {id: answer for id, answer in HALL.items() if id != "files"}
    assert "Toutessesréponsesysontmontrées." in pages(deck(bare))[-1]


@pytest.mark.parametrize("text", ["Une phrase assez courte pour un essai. " * 1_000, "x" * 40_000, "a\n" * 20_000])
def test_an_answer_without_end_stops_and_says_where_the_rest_is(text: str) -> None:
    report = made(ReportKind.DECK, content(HALL | {"description": text}))
    found = pages(report.content)
    assert len(found) < 60
    assert sum("Lasuiteselitdanslafiche2026-0001." in page for page in found) == 1
    assert "s’ylit:Fichiers,Descriptiongénérale" in found[-1] or "s’ylit:Descriptiongénérale,Fichiers" in found[-1]
    assert report.notes == (
        "Fiche 2026-0001 : trop long pour un diaporama, cité en partie : « Comment cela se passe ».",
    )


def test_no_page_runs_over_onto_another() -> None:
    """Every page but the poster's has a title of its own: what runs over would have none."""
    wide = dict.fromkeys(("experience", "limits", "results_centre"), "MAJUSCULES ET MOTSTRÈSLONGS " * 60)
    rows = [{"name": "N" * 190, "type": "association_locale", "role": "Rôle " * 55} for _row in range(9)]
    for answers in (HALL, HALL | wide, HALL | {"partners_named": rows, "initiators_detail": "Un mot " * 70}):
        pdf = deck(answers)
        headings = sum(type_ in ("/H1", "/H2") for type_, _entries in structure(pdf))
        assert headings == len(pages(pdf))


def test_it_is_tagged_titled_and_in_french(hall: bytes) -> None:
    found = structure(hall)
    levels = [int(type_[2]) for type_, _entries in found if type_ in ("/H1", "/H2", "/H3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [entries["/Alt"] for type_, entries in found if type_ == "/Figure"] == [REPAIR["files"][0]["alt"]]
    with pikepdf.open(io.BytesIO(hall)) as opened:
        assert str(opened.Root.Lang) == "fr"
        assert str(opened.docinfo["/Title"]).startswith(REPAIR["title"])
        with opened.open_metadata() as metadata:
            assert str(metadata["pdfuaid:part"]) == "1"


def test_the_cover_has_the_colour_of_the_federation() -> None:
    pdf = deck(TALE, design=Design(colour="#e2001a"))
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        grounds = [rect["non_stroking_color"] for rect in opened.pages[0].rects if rect["width"] > 900]
    assert [[round(part * 255) for part in colour] for colour in grounds] == [[0xE2, 0x00, 0x1A]]


def test_a_question_that_nobody_planned_for_has_pages_of_its_own() -> None:
    """Adding a question to the form changes nothing here."""
    columns = tuple(TableColumn(f"c{number}", f"Colonne {number}", ShortText()) for number in range(6))
    questions: list[Question] = [
        asked(LongText(), "long_one"),
        asked(Table(columns[:2]), "small_table"),
        asked(Table(columns), "wide_table"),
        *(asked(kind, f"q{number}") for number, kind in enumerate(KIND_VARIANTS.values())),
    ]
    version = version_of(*questions)
    answers = {question.id: question.kind.dump(question.kind.sample(3)) for question in questions}
    answers |= {"small_table": [{"c0": "ici", "c1": "là"}], "wide_table": [{"c5": "tout au bout"}]}
    answers |= {"long_one": "Ce que personne n'avait prévu."}
    pdf = made(ReportKind.DECK, report_input(report_sheet(answers, version=version))).content
    text = "".join(pages(pdf))
    for words in ("Ce que personne n'avait prévu.", "ici", "tout au bout"):
        assert squeezed(words) in text


def test_the_same_sheet_makes_the_same_bytes(hall: bytes) -> None:
    assert deck(HALL) == hall


def test_the_file_is_named_after_the_newest_sheet() -> None:
    years = content(TALE | {"year": 2026}, TALE)
    assert file_name(REPORTS[ReportKind.DECK], years) == "diaporama-2026-0001.pdf"
    assert file_name(REPORTS[ReportKind.ONE_PAGE], years) == "fiche-en-une-page-2026-0001.pdf"
