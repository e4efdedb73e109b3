"""The engine of parts: what it assembles is what one pass would have made, and the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pdfplumber
import pikepdf
import pypdf
import pytest

from forms.values import Refused
from reports.album import Album
from reports.book import whole
from reports.book_pages import Book
from reports.content import Design, ReportInput, no_progress
from reports.layout import crew
from reports.layout.fragment import TornError, summary_of
from reports.printing import Head, Limits, Part, Printed, print_page, print_parts
from tests.reports.reading import outline, structure
from tests.reports.samples import REPAIR, SCHOOL, TALE, report_input, report_sheet


@dataclass
class Cut:
    """A book as one page, and cut into parts."""

    html: str
    head: Head
    parts: list[Part]
    album: Album
    made: list[str] = field(default_factory=list)
    """The parts whose HTML was asked for, by number."""

    def printed(self, out: io.BytesIO, **how: Any) -> Printed:
        """Print the parts."""
        return print_parts(self.head, self.parts, self.album.readers, out, how.pop("progress", no_progress), **how)

    def bytes(self, **how: Any) -> bytes:
        """The file assembled of the parts."""
        out = io.BytesIO()
        self.printed(out, **how)
        return out.getvalue()

    def of(self, *parts: Part) -> Cut:
        """Another book, of these parts."""
        return replace(self, parts=list(parts))


def cut(content: ReportInput) -> Cut:
    """A book in both shapes."""
    book = Book(content, Album.of(content))
    parts = tuple(book.parts())
    made = Cut(whole(book, parts), book.head, [], book.album)

    def told(number: int, part: Part) -> Part:
        def html() -> str:
            made.made.append(str(number))
            return part.html()

        return replace(part, html=html)

    made.parts += [told(number, part) for number, part in enumerate(parts)]
    return made


@pytest.fixture(scope="module")
def content() -> ReportInput:
    tall = REPAIR | {"title": "Un (autre) atelier à 100 %", "description": "Très long.\n\n" * 60}
    answers = (REPAIR, SCHOOL, TALE, tall)
    return report_input(*(report_sheet(given, number) for number, given in enumerate(answers, 1)))


@pytest.fixture(scope="module")
def book(content: ReportInput) -> Cut:
    return cut(content)


@pytest.fixture(scope="module")
def small() -> Cut:
    """A book that is soon made."""
    sheets = (report_sheet(REPAIR, 1), report_sheet(TALE, 2))
    return cut(report_input(*sheets, design=Design(sections=("couverture", "sommaire", "fiches", "centres"))))


@pytest.fixture(scope="module")
def small_pdf(small: Cut) -> bytes:
    return small.bytes()


@pytest.fixture(scope="module")
def assembled(book: Cut) -> bytes:
    return book.bytes()


@pytest.fixture(scope="module")
def one_pass(book: Cut) -> bytes:
    out = io.BytesIO()
    print_page(book.html, book.album.readers, out, no_progress)
    return out.getvalue()


def texts(pdf: bytes, *, flow: bool) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [page.extract_text(use_text_flow=flow) for page in opened.pages]


@pytest.mark.parametrize("flow", [True, False], ids=["as written", "as placed"])
def test_every_page_has_the_text_of_one_pass(assembled: bytes, one_pass: bytes, flow: bool) -> None:
    expected = texts(one_pass, flow=flow)
    assert texts(assembled, flow=flow) == expected
    assert f"page {len(expected)} / {len(expected)}" in expected[-1]


def test_every_word_stands_where_one_pass_puts_it(assembled: bytes, one_pass: bytes) -> None:
    def words(pdf: bytes) -> list[tuple[str, float, float]]:
        with pdfplumber.open(io.BytesIO(pdf)) as opened:
            return [(w["text"], w["x0"], w["top"]) for page in opened.pages for w in page.extract_words()]

    ours, theirs = words(assembled), words(one_pass)
    assert len(ours) == len(theirs)
    # Digits that are written in later are not kerned.
    far = [pair for pair in zip(ours, theirs, strict=True) if abs(pair[0][1] - pair[1][1]) > 1.5]
    assert not far


def test_the_outline_is_that_of_one_pass(assembled: bytes, one_pass: bytes) -> None:
    def entries(pdf: bytes) -> list[tuple[str, int, float]]:
        reader = pypdf.PdfReader(io.BytesIO(pdf))

        def walk(items: Any) -> Iterator[tuple[str, int, float]]:
            for item in items:
                if isinstance(item, list):
                    yield from walk(item)
                else:
                    yield item.title, reader.get_destination_page_number(item), round(float(item.top), 1)

        return list(walk(reader.outline))

    assert outline(assembled) == outline(one_pass)
    assert entries(assembled) == entries(one_pass)


def _links(pdf: bytes) -> list[list[tuple[str, tuple[int, float], list[float], str]]]:
    """Of each page: target, the page and height that it leads to, place and words of each link."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    targets = {
        name: (reader.get_destination_page_number(found), round(float(found.top), 1))
        for name, found in reader.named_destinations.items()
    }
    found = []
    for page in reader.pages:
        links = [link.get_object() for link in page.get("/Annots", ())]
        places = [[round(float(value), 1) for value in link["/Rect"]] for link in links]
        found.append(
            [
                (str(link["/Dest"]), targets[str(link["/Dest"])], place, str(link["/Contents"]))
                for link, place in zip(links, places, strict=True)
            ]
        )
    return found


def test_links_stand_where_one_pass_puts_them_and_lead_to_the_same_places(assembled: bytes, one_pass: bytes) -> None:
    expected = _links(one_pass)
    assert sum(map(len, expected)) >= 10
    assert _links(assembled) == expected


def _tags(pdf: bytes) -> list[tuple[str, str | None, int]]:
    return [(type_, entries.get("/Alt"), entries["headers"]) for type_, entries in structure(pdf)]


def test_tags_are_those_of_one_pass(assembled: bytes, one_pass: bytes) -> None:
    expected = _tags(one_pass)
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/Link"} <= {type_ for type_, *_rest in expected}
    assert _tags(assembled) == expected


def _cells(pdf: bytes) -> list[list[list[str]]]:
    """Of each table, the texts of the cells that each cell names as its headings."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        by_id: dict[str, int] = {}
        cells: list[list[str]] = []

        def walk(node: Any) -> None:
            if isinstance(node, pikepdf.Array):
                for child in node:
                    walk(child)
            elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
                if "/ID" in node:
                    assert str(node.ID) not in by_id, "an id names one cell"
                    by_id[str(node.ID)] = len(by_id)
                if node.S == "/TD":
                    cells.append([str(name) for name in node.A.get("/Headers", ())])
                walk(node.get("/K", pikepdf.Array()))

        walk(opened.Root.StructTreeRoot.K)
        return [[[str(by_id[name]) for name in names]] for names in cells]


def test_cells_name_the_headings_that_they_name_in_one_pass(assembled: bytes, one_pass: bytes) -> None:
    expected = _cells(one_pass)
    assert any(names for [names] in expected)
    assert _cells(assembled) == expected


def test_all_marked_content_belongs_to_the_element_that_names_it(assembled: bytes) -> None:
    """From every page's marks through the tree of parents to an element that has the mark, of that page."""
    with pikepdf.open(io.BytesIO(assembled)) as opened:
        parents = pikepdf.NumberTree(opened.Root.StructTreeRoot.ParentTree)
        for page in opened.pages:
            marks = [
                int(operands[1].MCID)
                for operands, operator in pikepdf.parse_content_stream(page)
                if str(operator) == "BDC" and "/MCID" in operands[1]
            ]
            elements = parents[int(page.obj.StructParents)]
            assert marks == sorted(set(marks))
            assert len(elements) == len(marks)
            for mark in marks:
                assert mark in [kid for kid in elements[mark].K if isinstance(kid, int)]
                assert elements[mark].Pg.objgen == page.obj.objgen
            for link in page.get("/Annots", ()):
                element = parents[int(link.StructParent)]
                # WeasyPrint gives the lines of a link that is broken by hand an area and a wrapper each.
                while element.S == "/NonStruct":
                    element = element.P
                assert element.S == "/Link"


def test_all_that_is_painted_is_marked(assembled: bytes) -> None:
    with pikepdf.open(io.BytesIO(assembled)) as opened:
        for page in opened.pages:
            inside = 0
            for _operands, operator in pikepdf.parse_content_stream(page):
                name = str(operator)
                inside += {"BDC": 1, "BMC": 1, "EMC": -1}.get(name, 0)
                assert inside or name not in ("Tj", "TJ", "Do", "f", "S", "B"), name
            assert not inside


def test_the_file_has_no_fault(assembled: bytes) -> None:
    with pikepdf.open(io.BytesIO(assembled)) as opened:
        assert opened.check_pdf_syntax() == []
        assert opened.docinfo.Title
        assert opened.Root.Lang == "fr"
        assert opened.Root.ViewerPreferences.DisplayDocTitle
        with opened.open_metadata() as words:
            assert words["pdfuaid:part"] == "1"


def test_a_picture_that_several_parts_show_is_held_once(small: Cut) -> None:
    shown = next(part for part in small.parts if part.pictures)
    twice = small.of(shown, replace(shown, id="again", key="again"))
    with pikepdf.open(io.BytesIO(twice.bytes())) as opened:
        pictures = [
            made for made in opened.objects if isinstance(made, pikepdf.Stream) and made.get("/Subtype") == "/Image"
        ]
    assert len(pictures) == 1


def test_the_same_parts_make_the_same_bytes_kept_or_not_and_with_two_processes(
    small: Cut, small_pdf: bytes, tmp_path: Path
) -> None:
    assert small.bytes() == small_pdf
    assert small.bytes(keep=tmp_path) == small_pdf
    small.made.clear()
    assert small.bytes(keep=tmp_path, processes=2) == small_pdf
    assert not small.made, "what is kept isn't made again"
    many = small.of(*(replace(part, id=f"{turn}{part.id}") for turn in range(2) for part in small.parts))
    assert many.bytes(processes=2) == many.bytes(processes=1)


def test_the_folder_of_what_is_kept_may_be_named_from_where_one_stands(
    small: Cut, small_pdf: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert small.bytes(keep=Path("kept")) == small_pdf
    assert list(tmp_path.glob("kept/??/*"))


def test_a_process_that_never_met_the_fonts_makes_the_same_bytes_of_what_is_kept(
    small: Cut, small_pdf: bytes, tmp_path: Path
) -> None:
    small.bytes(keep=tmp_path)
    crew.end_idle()
    assert small.bytes(keep=tmp_path) == small_pdf


def test_only_what_has_changed_is_laid_out_again(small: Cut, tmp_path: Path) -> None:
    small.bytes(keep=tmp_path)
    at = next(number for number, part in enumerate(small.parts) if part.instead)
    changed = replace(small.parts[at], key="otherwise")
    small.made.clear()
    small.of(*small.parts[:at], changed, *small.parts[at + 1 :]).bytes(keep=tmp_path)
    assert small.made == [str(at)]


def test_another_style_is_laid_out_anew(small: Cut, tmp_path: Path) -> None:
    small.bytes(keep=tmp_path)
    wide = replace(small, head=replace(small.head, style=small.head.style + "p { letter-spacing: 3pt }"))
    small.made.clear()
    widened = wide.bytes(keep=tmp_path)
    assert len(small.made) == len(small.parts)
    assert texts(widened, flow=True) != texts(small.bytes(keep=tmp_path), flow=True)


@pytest.mark.parametrize(
    "harm", [lambda data: data[:-20], lambda data: data[:99] + b"x" + data[100:], lambda data: b""]
)
def test_a_torn_file_among_what_is_kept_is_made_again(small: Cut, small_pdf: bytes, tmp_path: Path, harm: Any) -> None:
    small.bytes(keep=tmp_path)
    kept = sorted(tmp_path.glob("??/*"))
    kept[2].write_bytes(harm(kept[2].read_bytes()))
    assert small.bytes(keep=tmp_path) == small_pdf
    with pytest.raises(TornError):
        summary_of(harm(kept[0].read_bytes()))
    summary_of(kept[2].read_bytes())


def test_nothing_is_left_behind_but_what_is_kept(small: Cut, tmp_path: Path) -> None:
    class CancelledError(Exception):
        pass

    def cancel(phase: str, done: int, total: int) -> None:
        if done > 1:
            raise CancelledError

    with pytest.raises(CancelledError):
        small.bytes(keep=tmp_path, progress=cancel)
    small.bytes(keep=tmp_path)
    assert not list(tmp_path.glob("run-*"))


def plain() -> str:
    """A page for what can't be laid out."""
    words = "<h2>Une fiche de remplacement</h2>"
    return f'<html lang="fr"><body><article class="sheet" id="plain">{words}</article></body></html>'


def test_a_part_that_takes_too_long_gives_way_to_a_plain_page_and_the_others_are_unharmed(small: Cut) -> None:
    endless = Part(
        "endless", "endless", lambda: "<html lang=fr><body>" + "<p>x</p>" * 500_000 + "</body></html>", (), plain
    )
    mixed = small.of(*small.parts[:2], endless, small.parts[-1])
    out = io.BytesIO()
    printed = mixed.printed(out, limits=Limits(seconds=20))
    assert printed.replaced == ("endless",)
    read = texts(out.getvalue(), flow=True)
    assert "Une fiche de remplacement" in read[2]
    assert "Les centres" in read[-1]


def test_a_part_that_takes_too_much_memory_gives_way_to_a_plain_page(small: Cut) -> None:
    huge = Part("huge", "huge", lambda: "<html lang=fr><body>" + "<p>x</p>" * 200_000 + "</body></html>", (), plain)
    out = io.BytesIO()
    printed = small.of(small.parts[0], huge, small.parts[1]).printed(out, limits=Limits(memory=300 << 20))
    assert printed.replaced == ("huge",)
    assert len(texts(out.getvalue(), flow=True)) == 3


def test_a_part_without_replacement_refuses_the_report_and_says_why(small: Cut) -> None:
    endless = Part("endless", "endless", lambda: "<html lang=fr><body>" + "<p>x</p>" * 500_000 + "</body></html>")
    with pytest.raises(Refused, match="trop de temps.*choisissez moins de fiches"):
        small.of(endless).bytes(limits=Limits(seconds=3))


def test_what_is_kept_stays_within_its_bounds(small: Cut, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reports.layout import keeping

    small.bytes(keep=tmp_path)
    whole = sum(path.stat().st_size for path in tmp_path.glob("??/*"))
    store = keeping.Store(tmp_path, most=whole // 2)
    store.clear()
    assert 0 < sum(path.stat().st_size for path in tmp_path.glob("??/*")) <= whole // 2
