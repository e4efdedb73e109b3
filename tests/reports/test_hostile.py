"""Whatever people type or join: nothing is fetched, nothing leaks, files open, the sheets beside are as they were."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pdfplumber
import pypdf
import pytest
from PIL import Image

from forms.registry import shipped
from reports.catalogue import ReportKind
from reports.content import Design, ReportInput, ReportSheet, no_progress
from reports.printing import print_page
from tests.reports.reading import POINTS, made, page_texts, records, squeezed, tabs
from tests.reports.samples import REPAIR, SCHOOL, picture, report_input, report_sheet
from tests.reports.traps import CANARY, WAYS, Server, a_picture, attempts, leaks, serving

VERSION = shipped(2026)
PRINTED = (ReportKind.SHEET, ReportKind.BOOK, ReportKind.DECK, ReportKind.ONE_PAGE)
LONG_TEXTS = [question.id for question in VERSION.questions if question.kind.name == "long_text"]
SHORT_TEXTS = [question.id for question in VERSION.questions if question.kind.name == "short_text" and question.typed]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as opened:
        yield opened


def spoken(pdf: bytes) -> str:
    """The text of all pages, squeezed; of slides without what stands above and below them."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        if opened.pages[0].width < opened.pages[0].height:
            return squeezed("".join(page_texts(pdf)))
        inner = (page.crop((0, 32 * POINTS, page.width, page.height - 16 * POINTS)) for page in opened.pages)
        return squeezed("".join(page.extract_text(use_text_flow=True) for page in inner))


def hostile(typed: list[str]) -> ReportSheet:
    """A sheet whose every text is an attempt: answers, rows, names and words of files, and who wrote it."""
    answers = SCHOOL | {"status": "terminee", "initiators": ["centre", "autre"]}
    answers |= {question: "\n".join(typed[number % 2 :: 2]) for number, question in enumerate(LONG_TEXTS)}
    answers |= {question: typed[number] for number, question in enumerate(SHORT_TEXTS)}
    answers["partners_named"] = [
        {"name": one, "type": "caf", "role": other} for one, other in itertools.pairwise(typed)
    ][:12]
    answers["funding_lines"] = [{"funder": one, "granted": "12.00"} for one in typed[:6]]
    answers["files"] = [
        a_picture(number, name=f"{one}.png", caption=one, alt=f"{one} décrit")
        for number, one in enumerate(typed[:5], 1)
    ]
    sheet = report_sheet(answers)
    return replace(sheet, centre=typed[0], commune=typed[1], department=typed[2], state_label=typed[3])


def hostile_input(typed: list[str], *sheets: ReportSheet) -> ReportInput:
    """A report whose every word is an attempt."""
    design = Design(
        colour=f"red}}*{{background:url({typed[0]})",
        foreword="\n\n".join(typed[:8]),
        foreword_by=typed[9],
    )
    return report_input(
        *sheets,
        title=typed[4],
        federation=typed[5],
        filter_text=" · ".join(typed[6:9]),
        address=typed[10],
        design=design,
        open_file=lambda _id: picture(),
    )


def test_there_are_more_than_25_ways() -> None:
    assert len(WAYS) >= 25


@pytest.mark.parametrize("kind", PRINTED)
def test_no_text_makes_a_printer_fetch_anything_and_each_is_printed_as_typed(
    kind: ReportKind, server: Server, tmp_path: Path
) -> None:
    typed = attempts(server, tmp_path)
    report = made(kind, hostile_input(typed, hostile(typed)))
    assert server.calls == []
    assert leaks(report.content) == []
    text = spoken(report.content)
    assert CANARY not in text
    assert squeezed(typed[0]) in text
    if kind is not ReportKind.ONE_PAGE:
        times = {one: text.count(squeezed(one)) for one in typed}
        # In every other long text; a slide may end within one of them.
        assert [one for one, count in times.items() if count < len(LONG_TEXTS) // 2 - 1] == []


def test_no_markup_of_our_own_fetches_anything(server: Server, tmp_path: Path) -> None:
    """Should a template ever let something through, the printer still refuses."""
    body = "".join(attempts(server, tmp_path))
    out = io.BytesIO()
    for root in ("", f'<base href="{server.url}">', f'<base href="file://{tmp_path}/">'):
        html = f'<html lang="fr"><head>{root}<title>t</title></head><body>{body}<img alt="a" src="secret.png"></body>'
        print_page(html, {}, out, no_progress)
    assert server.calls == []
    assert leaks(out.getvalue()) == []


def test_a_way_that_works_is_seen(server: Server, tmp_path: Path) -> None:
    """The canary would be found, were it there."""
    import weasyprint

    attempts(server, tmp_path)
    fetched = weasyprint.HTML(
        string=f'<img src="{server.url}/x.png"><link rel="attachment" href="file://{tmp_path}/secret.txt">'
    )
    found = leaks(fetched.write_pdf() or b"")
    assert server.calls
    assert {"picture (37, 41)", CANARY, "/EmbeddedFile"} <= set(found)


AWKWARD = {
    "formulas": "=1+1\n+33 6\n-2+3\n@SUM(A1)\n\t=cmd|' /C calc'!A0\n=HYPERLINK(\"http://x\")",
    "control characters": "avant\x00\x01\x08\x0b\x0c\x1b[31m\x7f\x9faprès",
    "no characters": "avant\ufffe\uffff\ufdd0\U0001fffeaprès",
    "lone surrogates": "avant\ud800 milieu\udfffaprès",
    "escapes of a workbook": "_x0041_ _x000D_ _xFFFE_",
    "right to left": "avant\u202eerrevni\u202c\u200b\u2066après",
    "forty thousand": "".join(f"Phrase numéro {number}, ni longue ni courte. " for number in range(1_000)),
    # Cutting a word into lines takes a time that grows with the square of its length.
    "one word": "x" * 8_000,
}


NOTED = ("control characters", "no characters", "lone surrogates")


def fifty(*cases: str) -> ReportInput:
    """Fifty short sheets; in the twentieth these texts stand in answers, in a title and in the rows of a table."""
    sheets = []
    for number in range(1, 51):
        answers: dict[str, Any] = {"title": f"Action numéro {number}", "year": 2026, "summary": f"Résumé {number}."}
        if cases and number == 20:
            texts = [AWKWARD[case] for case in cases]
            answers |= dict(zip(("summary", *(id for id in LONG_TEXTS if id != "summary")), texts, strict=False))
            answers |= {"title": texts[0][:120], "status": "terminee"}
            answers["partners_named"] = [{"name": text[:300], "role": text[:300]} for text in texts]
        sheets.append(report_sheet(answers, number))
    return report_input(*sheets)


def by_sheet(pdf: bytes) -> dict[str, list[str]]:
    """The text of the pages of each sheet but its last line of running head, by its reference."""
    found: dict[str, list[str]] = {}
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        for page, text in zip(opened.pages, page_texts(pdf), strict=True):
            foot = page.crop((0, page.height - 20 * POINTS, page.width, page.height)).extract_text()
            if foot.startswith("Fiche 2026-"):
                found.setdefault(foot.split()[1], []).append(text)
    return found


@pytest.fixture(scope="module")
def calm_book() -> dict[str, list[str]]:
    return by_sheet(made(ReportKind.BOOK, fifty()).content)


@pytest.fixture(scope="module")
def calm_workbook() -> dict[str, list[list[Any]]]:
    return tabs(made(ReportKind.WORKBOOK, fifty()).content)


def says_so(notes: tuple[str, ...]) -> bool:
    """Whether the notes tell of replaced characters, and of that sheet only."""
    told = [note for note in notes if "remplacé" in note]
    assert all("2026-0020" in note for note in told)
    return bool(told)


def test_one_awkward_sheet_of_fifty_leaves_the_pages_of_the_others_as_they_were(
    calm_book: dict[str, list[str]],
) -> None:
    report = made(ReportKind.BOOK, fifty(*AWKWARD))
    assert len(pypdf.PdfReader(io.BytesIO(report.content)).pages) >= 50
    found = by_sheet(report.content)
    assert found.keys() == calm_book.keys()
    assert len(found) == 50
    assert [reference for reference in found if found[reference] != calm_book[reference]] == ["2026-0020"]
    assert says_so(report.notes)
    text = squeezed("".join(found["2026-0020"]))
    for case in ("formulas", "escapes of a workbook", "forty thousand", "one word"):
        assert squeezed(AWKWARD[case]) in text
    assert "avant\ufffd\ufffd\ufffd" in text


@pytest.mark.parametrize("case", AWKWARD)
def test_one_awkward_sheet_of_fifty_leaves_the_cells_of_the_others_as_they_were(
    case: str, calm_workbook: dict[str, list[list[Any]]]
) -> None:
    report = made(ReportKind.WORKBOOK, fifty(case))
    read = tabs(report.content)
    others = [row for row in read["Fiches"][2:] if row[0] != "2026-0020"]
    assert others == [row for row in calm_workbook["Fiches"][2:] if row[0] != "2026-0020"]
    assert len(others) == 49
    opened = openpyxl.load_workbook(io.BytesIO(report.content))
    sheet = next(row for row in opened["Fiches"].iter_rows(min_row=3) if row[0].value == "2026-0020")
    assert all(cell.data_type != "f" for cell in sheet)
    # A workbook holds control characters; the others are replaced.
    assert says_so(report.notes) or case not in NOTED[1:]


def test_a_text_that_looks_like_a_formula_is_a_text_to_both_readers() -> None:
    report = made(ReportKind.WORKBOOK, fifty("formulas"))
    (row,) = [row for row in records(tabs(report.content)["Fiches"]) if row["sheet.reference"] == "2026-0020"]
    assert row["summary"] == AWKWARD["formulas"]
    rows = openpyxl.load_workbook(io.BytesIO(report.content))["Fiches"].iter_rows()
    found = [cell for row in rows for cell in row if str(cell.value).startswith("=1+1")]
    assert AWKWARD["formulas"] in [cell.value for cell in found]
    assert {cell.data_type for cell in found} == {"s"}


@pytest.mark.parametrize("kind", [ReportKind.SHEET, ReportKind.DECK, ReportKind.ONE_PAGE])
def test_an_awkward_sheet_alone_is_printed_and_says_what_was_replaced(kind: ReportKind) -> None:
    report = made(kind, report_input(fifty(*AWKWARD).sheets[19]))
    pages = pypdf.PdfReader(io.BytesIO(report.content)).pages
    assert len(pages) == 1 or kind is not ReportKind.ONE_PAGE
    assert len(pages) < 100
    text = squeezed("".join(page.extract_text() for page in pages))
    assert squeezed(AWKWARD["formulas"])[:20] in text
    assert says_so(report.notes)


def _drawn(mode: str, format: str, **how: Any) -> bytes:
    out = io.BytesIO()
    ground: Any = (0, 80, 200, 10) if mode == "CMYK" else 3
    Image.new(mode, (300, 200), ground).save(out, format, **how)
    return out.getvalue()


def _too_large() -> bytes:
    out = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(out, "PNG", optimize=True)
    return out.getvalue()


def _animated() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("P", (300, 200), number) for number in range(3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=50, loop=0)
    return out.getvalue()


# Of a truncated picture what is there is drawn.
SHOWN = {
    "animated GIF": _animated,
    "CMYK JPEG": lambda: _drawn("CMYK", "JPEG"),
    "16 bits": lambda: _drawn("I;16", "PNG"),
    "truncated JPEG": lambda: _drawn("RGB", "JPEG")[:-200],
}
UNREAD = {
    "13000 pixels a side": _too_large,
    "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "nothing": lambda: b"",
    "a page": lambda: b"<html><img src='file:///etc/passwd'></html>",
}


@pytest.mark.parametrize("kind", PRINTED)
def test_pictures_that_set_a_trap_are_drawn_or_named(kind: ReportKind) -> None:
    contents = {name: make() for name, make in (SHOWN | UNREAD).items()}
    assert len(contents["13000 pixels a side"]) < 30_000
    files = [a_picture(number, name=name, caption=f"Légende : {name}") for number, name in enumerate(contents, 1)]
    if kind is ReportKind.ONE_PAGE:
        files = files[-1:]
    by_id = {file["id"]: contents[file["name"]] for file in files}
    report = made(kind, report_input(report_sheet(REPAIR | {"files": files}), open_file=by_id.get))
    unread = [file["name"] for file in files if file["name"] in UNREAD]
    assert [note for note in report.notes if "image illisible" not in note] == []
    assert [name for name, note in zip(unread, report.notes, strict=True) if name not in note] == []
    with pdfplumber.open(io.BytesIO(report.content)) as opened:
        assert sum(len(page.images) for page in opened.pages) == len(files) - len(unread)
    text = spoken(report.content)
    assert [name for name in unread if squeezed(f"Légende : {name}") not in text] == []
