"""A file that is handed in: what it says of itself, and a sentence for what is none of ours."""

from __future__ import annotations

import io
import json
import time
import zipfile
from functools import cache
from typing import Any

import pikepdf
import pytest
from openpyxl import load_workbook

from forms.values import Refused
from reports import verifying
from reports.catalogue import ReportKind
from reports.printing import Limits
from reports.verifying import Claim, Shape
from tests.reports.reading import made
from tests.reports.samples import REPAIR
from tests.reports.sealed import sent, sent_input

CONTENT = sent_input()


@cache
def report(kind: ReportKind) -> bytes:
    return made(kind, sent_input(sent(REPAIR)) if kind is ReportKind.SHEET else CONTENT).content


def resaved(pdf: bytes, change: Any = lambda _pdf: None) -> bytes:
    """As another program saves it again."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        change(opened)
        opened.save(out, fix_metadata_version=False)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (ReportKind.SHEET, Shape.PDF),
        (ReportKind.BOOK, Shape.PDF),
        (ReportKind.ARCHIVE, Shape.PDF),
        (ReportKind.WORKBOOK, Shape.WORKBOOK),
        (ReportKind.JSON, Shape.JSON),
    ],
)
def test_every_report_says_what_it_holds(kind: ReportKind, shape: Shape) -> None:
    claim = verifying.read(report(kind))
    held = CONTENT.sheets[:1] if kind is ReportKind.SHEET else CONTENT.sheets
    assert claim.shape is shape
    assert claim.faults == ()
    assert [(entry.reference, entry.snapshot_sha256) for entry in claim.manifest.sheets] == [
        (sheet.reference, sheet.snapshot_sha256) for sheet in held
    ]
    assert [(entry.year, entry.centre, entry.title.strip()) for entry in claim.manifest.sheets] == [
        (sheet.year, sheet.centre, sheet.title.strip()) for sheet in held
    ]


@pytest.mark.parametrize("kind", [ReportKind.ARCHIVE, ReportKind.JSON])
def test_answers_come_back_from_files_that_hold_them(kind: ReportKind) -> None:
    assert verifying.read(report(kind)).sheets() == CONTENT.sheets


def test_a_pdf_holds_no_answers() -> None:
    assert verifying.read(report(ReportKind.BOOK)).sheets() == ()


def test_an_altered_text_of_a_pdf_shows() -> None:
    def blank_a_page(pdf: pikepdf.Pdf) -> None:
        pdf.pages[-1].contents_add(b"/Artifact BMC 1 1 1 rg 0 0 600 900 re f EMC")

    faults = verifying.read(resaved(report(ReportKind.BOOK), blank_a_page)).faults
    assert faults
    assert "scellé" in faults[0] or "sceau" in faults[0]


def test_a_pdf_saved_again_still_says_what_it_holds() -> None:
    claim = verifying.read(resaved(report(ReportKind.BOOK)))
    assert len(claim.manifest.sheets) == len(CONTENT.sheets)
    assert claim.faults


def changed_json(**changes: Any) -> Claim:
    data = json.loads(report(ReportKind.JSON))
    return verifying.read(json.dumps(data | changes).encode())


def test_an_altered_answer_of_a_json_file_shows() -> None:
    data = json.loads(report(ReportKind.JSON))
    data["sheets"][0]["answers"]["summary"] = "Autre chose"
    claim = verifying.read(json.dumps(data).encode())
    assert claim.faults == (
        f"Fiche {CONTENT.sheets[0].reference}\u00a0: les réponses ne sont pas celles de l’empreinte annoncée.",
    )


def test_a_sheet_taken_out_of_a_json_file_shows() -> None:
    data = json.loads(report(ReportKind.JSON))
    assert (
        "L’empreinte du contenu n’est pas celle des fiches annoncées"
        in changed_json(sheets=data["sheets"][1:]).faults[0]
    )


def test_an_altered_form_of_a_json_file_shows() -> None:
    data = json.loads(report(ReportKind.JSON))
    form = next(iter(data["forms"].values()))
    form["title"] = "Autre formulaire"
    assert changed_json(forms=data["forms"]).faults == (
        "Les formulaires joints ne sont pas ceux des empreintes annoncées.",
    )


def test_another_json_file_inside_an_archive_shows() -> None:
    other = made(ReportKind.JSON, sent_input(sent(REPAIR))).content

    def swap(pdf: pikepdf.Pdf) -> None:
        for name in pdf.attachments:
            if name.endswith(".json"):
                pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, other, filename=name)

    assert any(
        "n’est pas celui des fiches imprimées" in fault
        for fault in verifying.read(resaved(report(ReportKind.ARCHIVE), swap)).faults
    )


def test_a_sheet_taken_out_of_a_workbook_shows() -> None:
    book = load_workbook(io.BytesIO(report(ReportKind.WORKBOOK)))
    book["Fiches"].delete_rows(book["Fiches"].max_row)
    out = io.BytesIO()
    book.save(out)
    assert "L’empreinte du contenu" in verifying.read(out.getvalue()).faults[0]


def test_a_workbook_saved_again_says_the_same() -> None:
    out = io.BytesIO()
    load_workbook(io.BytesIO(report(ReportKind.WORKBOOK))).save(out)
    claim = verifying.read(out.getvalue())
    assert claim.faults == ()
    assert len(claim.manifest.sheets) == len(CONTENT.sheets)


def packed(name: str, content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr(name, content)
    return out.getvalue()


def blank_pdf() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    return out.getvalue()


HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "text": b"Bonjour",
    "picture": b"\x89PNG\r\n\x1a\n" + b"0" * 100,
    "a PDF of others": blank_pdf(),
    "the beginning of a PDF": b"%PDF-1.7\n%" + b"\xff" * 50,
    "half a PDF": b"%PDF-1.7\n1 0 obj\n<< /Length 10 >>\nstream\n",
    "a packed file": packed("a.txt"),
    "half a packed file": packed("xl/workbook.xml")[:-30],
    "a hollow workbook": packed("xl/workbook.xml"),
    "json of others": b'{"a": 1}',
    "half a json": b'{"recueil": 1, "sheets": [',
    "deep json": b'{"recueil": 1, "sheets": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a long number": b'{"recueil": 1, "sheets": [' + b"9" * 10_000 + b"]}",
    "json that is no text": b'{"recueil": 1, "\xff\xfe": 1}',
    "json without a number": b'{"recueil": NaN, "sheets": []}',
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_none_of_ours_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        verifying.read(content)
    assert refused.value.message in (verifying.UNKNOWN, verifying.BROKEN, verifying.EMPTY)


def test_a_manifest_that_is_too_long_is_refused() -> None:
    data = json.loads(report(ReportKind.JSON))
    with pytest.raises(Refused):
        changed_json(sheets=data["sheets"] * 7_000)


def test_answers_that_mean_harm_are_read_only_when_asked_for() -> None:
    """An amount whose number has a thousand million digits: its hash is calculated, its value is not."""
    data = json.loads(report(ReportKind.JSON))
    data["sheets"][0]["answers"]["funding_lines"][0]["granted"] = "1e999999999"
    before = time.process_time()
    assert verifying.read(json.dumps(data).encode()).faults
    assert time.process_time() - before < 30


def test_a_pdf_that_asks_for_too_much_is_refused_in_words() -> None:
    with pytest.raises(Refused) as refused:
        verifying.read(report(ReportKind.BOOK), limits=Limits(memory=1 << 24))
    assert refused.value.message in (verifying.TOO_LARGE, verifying.BROKEN)


def test_a_bomb_in_the_metadata_is_refused() -> None:
    def inflate(pdf: pikepdf.Pdf) -> None:
        pdf.Root.Metadata = pdf.make_stream(b" " * (80 << 20))

    with pytest.raises(Refused, match="trop grand"):
        verifying.read(resaved(report(ReportKind.SHEET), inflate))
