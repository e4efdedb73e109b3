"""The archive: a book that lasts, with the data that it was made from."""

from __future__ import annotations

import io
import json

import pikepdf
import pytest
from PIL import ImageCms
from pypdf import PdfReader

from reports import book, json_file, workbook
from reports.archive import pack, srgb_profile
from reports.catalogue import REPORTS, ReportKind, file_name
from reports.content import no_progress
from tests.reports.reading import Made, made, page_texts, tabs
from tests.reports.samples import MADE_AT, REPAIR
from tests.reports.sealed import sent, sent_input
from tests.reports.structure import archive_problems_of, problems_of, seal_problems_of

CONTENT = sent_input()


@pytest.fixture(scope="module")
def archive() -> Made:
    return made(ReportKind.ARCHIVE, CONTENT)


def test_the_archive_is_pdf_a_and_pdf_ua_at_once(archive: Made) -> None:
    """As far as structure tells: see tests.reports.structure."""
    assert archive_problems_of(archive.content) == []
    assert problems_of(archive.content) == []
    assert seal_problems_of(archive.content) == []


def test_the_archive_prints_what_the_book_prints(archive: Made) -> None:
    out = io.BytesIO()
    book.make(CONTENT, out, no_progress)
    assert page_texts(archive.content) == page_texts(out.getvalue())


def test_workbook_and_json_are_inside_byte_by_byte(archive: Made) -> None:
    inside = {name: content[0] for name, content in PdfReader(io.BytesIO(archive.content)).attachments.items()}
    assert list(inside) == ["classeur-2025-2026.xlsx", "fiches-2025-2026.json"]
    for make, content in zip((workbook.make, json_file.make), inside.values(), strict=True):
        out = io.BytesIO()
        make(CONTENT, out, no_progress)
        assert content == out.getvalue()
    assert "Fiches" in tabs(inside["classeur-2025-2026.xlsx"])
    references = [sheet["reference"] for sheet in json.loads(inside["fiches-2025-2026.json"])["sheets"]]
    assert references == [sheet.reference for sheet in CONTENT.sheets]


def test_each_attachment_says_what_it_is(archive: Made) -> None:
    with pikepdf.open(io.BytesIO(archive.content)) as pdf:
        for found in pdf.Root.AF:
            assert found.AFRelationship == "/Data"
            assert "fiches" in str(found.Desc)
            assert str(found.EF.F.Params.ModDate) == "D:20261121093000Z"
        types = [str(found.EF.F.Subtype) for found in pdf.Root.AF]
    assert types == [f"/{REPORTS[ReportKind.WORKBOOK].media_type}", f"/{REPORTS[ReportKind.JSON].media_type}"]


def test_an_archive_with_a_character_without_drawing_does_not_say_it_is_pdf_a() -> None:
    report = made(ReportKind.ARCHIVE, sent_input(sent(REPAIR | {"summary": "avant \U000f1234 après"})))
    assert "not identified as PDF/A-3" in archive_problems_of(report.content)
    assert report.notes[-1].startswith("Un caractère n’a pas de dessin")


def test_a_note_of_book_and_workbook_is_said_once() -> None:
    report = made(ReportKind.ARCHIVE, sent_input(sent(REPAIR | {"summary": "avant\x02après"})))
    assert len(report.notes) == len(set(report.notes)) > 0


def test_the_profile_of_the_colours_is_a_profile_and_tells_no_time() -> None:
    assert srgb_profile() == srgb_profile()
    read = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    assert read.profile.xcolor_space == "RGB "
    assert read.profile.creation_date is not None
    assert read.profile.creation_date.year == 2010


def test_a_pdf_without_metadata_cannot_be_an_archive() -> None:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    with pytest.raises(ValueError, match="without metadata"):
        pack(out, (), MADE_AT, io.BytesIO())


def test_the_file_is_named_after_the_years() -> None:
    assert file_name(REPORTS[ReportKind.ARCHIVE], CONTENT) == "archive-2025-2026.pdf"
    assert file_name(REPORTS[ReportKind.JSON], CONTENT) == "fiches-2025-2026.json"
