"""The whole way by the command line: a catalogue's file in, the public list, the book and the workbook out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
import tinyhtml5

from tests import databases
from tests.forms.catalogue_files import ITEMS, LABELS, LISTS, USUAL, file_text, sheet_text
from tests.installation import Site
from tests.reports.reading import foot_texts, page_texts, records, tabs

ROOT = Path(__file__).resolve().parents[1]
REAL = Path("../shared/data/actions-lot.txt")
FILLED = {"organisation", "year"}
MERGED = "partners_territory"

# ---------------------------------------------------------------- an installation of its own


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Site]:
    """An installation with an empty database."""
    folder = tmp_path_factory.mktemp("site")
    with databases.database(folder, f"recueil_whole_way_{os.getpid()}_{worker_id}") as url:
        yield Site(folder, url)


def imported(site: Site, file: Path) -> dict[str, Any]:
    """Import a file; it must come in without a refusal. What `--json` prints."""
    done = site.recueil("import", file, "--json")
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def report(site: Site, kind: str) -> bytes:
    """A report over everything, by the command."""
    out = site.folder / kind
    done = site.recueil("report", kind, "--out", out)
    assert done.returncode == 0, done.stderr
    return out.read_bytes()


def visit(site: Site, address: str) -> Element:
    """The main part of a page, as a visitor gets it."""
    with site.application() as application:
        root = tinyhtml5.parse(application.test_client().get(address).text, namespace_html_elements=False)
    return next(element for element in root.iter() if element.tag == "main")


# ---------------------------------------------------------------- the source, read without Recueil


@dataclass(frozen=True)
class Source:
    """A file of the catalogue read by plain searches: its table, and of each sheet the text under each label."""

    table: list[tuple[str, str, str]]
    sheets: list[dict[str, str]]


def source_of(text: str) -> Source:
    """Read a whole file."""
    head, *parts = re.split(r"^Actions\n", text, flags=re.MULTILINE)
    rows = [[cell.strip() for cell in line.split("|")[:3]] for line in head.splitlines()[3:]]
    return Source([(name, department, year) for name, department, year in rows], [_sheet_of(part) for part in parts])


def _sheet_of(part: str) -> dict[str, str]:
    title, _, rest = part.partition("\n")
    found, rest = {"title": title.strip()}, "\n" + rest.removesuffix("\n") + "\n"
    places = []
    for name, label in LABELS.items():
        at = rest.find(f"\n- {label}\n", places[-1][2] - 1 if places else 0)
        if at >= 0:
            places.append((name, at, at + len(label) + 4))
    for (name, _, begin), (_, end, _) in zip(places, [*places[1:], ("", len(rest) - 1, 0)], strict=True):
        found[name] = rest[begin : max(begin, end)]
    return {name: text for name, text in found.items() if text and name != "files"}


def items(text: str) -> list[str]:
    """The lines of a list: « - Culture » is Culture, an empty dash and the list's own title are none."""
    return [line.removeprefix("- ") for line in text.split("\n") if line.startswith("- ")]


def in_words(name: str, text: str) -> str | set[str] | None:
    """What must stand under a question: a text, the choices in whatever order, or None for no answer."""
    if name in LISTS or name == "public":
        return set(items(text)) or None
    if name in ITEMS:
        return "\n".join(items(text)) or None
    return text or None


# ---------------------------------------------------------------- the files, read with other libraries


def cell_in_words(name: str, cell: Any) -> str | set[str] | None:
    """A cell of the workbook in the same shape."""
    if cell is None or cell == "Non posée":
        return None
    if name in LISTS or name == "public":
        return set(cell.split(" ; "))
    return str(cell)


def pages_by_sheet(book: bytes) -> dict[str, str]:
    """Reference → the text of its pages, without running heads and feet, nor the hyphens that full lines end with."""
    found: dict[str, list[str]] = {}
    for text, foot in zip(page_texts(book), foot_texts(book), strict=True):
        if told := re.search(r"Fiche (\S+) · empreinte", foot):
            found.setdefault(told[1], []).append(text)
    return {reference: "\n".join(texts).replace("\u2010\n", "\n") for reference, texts in found.items()}


def laid_out(text: str) -> str:
    """A pattern of this text on paper: its words and line breaks as they are, broken where the line was full."""
    lines = [" ".join(line.split()) for line in text.split("\n") if line.strip()]
    return r"\s*\n\s*".join(_line(line) for line in lines)


def _line(line: str) -> str:
    return r"\n?".join(r"\s+" if character == " " else re.escape(character) for character in line)


# The form asks for both in the same words; the paper tells them apart.
ON_PAPER = {
    **LABELS,
    "initiative_territory": "Territoire de l’action",
    "partners_territory": "Territoire des partenaires",
}


def expected_on_paper(name: str, answer: str | set[str]) -> list[str]:
    """Patterns that the sheet's pages must hold for an answer."""
    if isinstance(answer, str):
        return [rf"{_line(ON_PAPER[name])}\s+{laid_out(answer)}\s*(\n|\Z)"]
    label = "Partenaires d'action" if name == "partners" else ON_PAPER[name]
    one = "|".join(_line(choice) for choice in sorted(answer, key=len, reverse=True))
    return [rf"{_line(label)}\s+(?:(?:{one})(?:,\s+|\s*\n)){{{len(answer)}}}"]


# ---------------------------------------------------------------- the comparison


def assert_workbook_holds(workbook: bytes, source: Source) -> dict[str, str]:
    """Every answer of the source is in its cell, and nothing else is. Returns title → reference."""
    rows = {row["title"]: row for row in records(tabs(workbook)["Fiches"])}
    assert len(rows) == len(source.sheets)
    years = {name: (department, year) for name, department, year in source.table}
    for said in source.sheets:
        row = rows[said["title"]]
        department, year = years[said["title"]]
        assert (row["sheet.department"], str(int(row["year"]))) == (department, year)
        for name in LABELS:
            if name == "files":
                continue
            assert cell_in_words(name, row[name]) == in_words(name, said.get(name, "")), (said["title"], name)
    return {title: row["sheet.reference"] for title, row in rows.items()}


def assert_book_holds(book: bytes, source: Source, references: dict[str, str]) -> None:
    """Every answer of the source stands under its label on the pages of its sheet."""
    pages = pages_by_sheet(book)
    assert set(pages) == set(references.values())
    for said in source.sheets:
        text = pages[references[said["title"]]]
        assert re.search(laid_out(said["title"]), text), said["title"]
        for name in LABELS:
            answer = in_words(name, said.get(name, "")) if name != "files" else None
            for pattern in expected_on_paper(name, answer) if answer else ():
                assert re.search(pattern, text), (said["title"], name, answer, text)


def listed(main: Element) -> list[tuple[str, ...]]:
    """The lines of the page: title, department, year."""
    found = []
    for line in main.iter("li"):
        if line.get("class") == "found-line":
            title, *_rest = ("".join(head.itertext()).strip() for head in line.iter("h2"))
            said = ["".join(one.itertext()).strip() for one in line.iter("span")]
            found.append((title, *said[-2:]))
    return found


# ---------------------------------------------------------------- the real sheets


@pytest.fixture(scope="module")
def real(site: Site) -> tuple[Site, Source, dict[str, Any]]:
    """The real file brought into an empty database: where, what it says, what the command printed."""
    if not (ROOT / REAL).is_file():
        pytest.skip("no real sheets here")
    source = source_of((ROOT / REAL).read_text("utf-8"))
    return site, source, imported(site, REAL)


Real = tuple[Site, Source, dict[str, Any]]


def test_eleven_of_eleven_sheets_come_in_and_a_second_run_changes_nothing(real: Real) -> None:
    site, _source, printed = real
    assert set(printed) == {"read", "created", "unchanged", "updated", "findings"}
    assert {key: printed[key] for key in ("read", "created", "unchanged", "updated")} == {
        "read": 11,
        "created": 11,
        "unchanged": 0,
        "updated": 0,
    }
    assert {finding["level"] for finding in printed["findings"]} <= {"info", "proposal"}
    again = imported(site, REAL)
    assert (again["created"], again["unchanged"], again["updated"]) == (0, 11, 0)


def test_the_catalogue_lists_them_as_the_source_does(real: Real) -> None:
    site, source, _printed = real
    assert len(source.table) == 11
    assert listed(visit(site, "/catalogue")) == source.table


def test_every_answer_is_in_the_workbook_and_in_the_book_as_in_the_source(real: Real) -> None:
    site, source, _printed = real
    assert sum(len(said) for said in source.sheets) > 180
    references = assert_workbook_holds(report(site, "workbook"), source)
    assert_book_holds(report(site, "book"), source, references)


# ---------------------------------------------------------------- sheets of our own, as odd as can be

ODD = {
    "=1+1 « L’été » / [bis] : \\suite?": {
        "summary": '=HYPERLINK("http://exemple.example")\n+33 5 65 00 00 00\n-12\n@maison',
        "experience": "<b>gras</b> & &amp; {{ 7 * 7 }} {% raw %} %s \\n ${HOME} <!-- rien -->",
        "description": "- un\n- deux : « trois »\n   décalé de trois\n\n\nune ligne après deux vides",
    },
    "ŒUVRE ÆTHER ẞ fin de l’année": {
        "summary": "œ Œ æ ç ÿ ñ ß Ł ő ț – — … “ ” ‘ ’ • € £ ½ ² № ™ °",
        "experience": "Ελληνικά, Русский, Türkçe ıİ, Việt Nam",
        "funding": "1 200 € dont 300 € de la commune ; le reste : 900 €",
        "people": "98 participants + 15 bénévoles",
    },
    "'apostrophe": {
        "summary": "m" * 400,
        "limits": "https://exemple.example/" + "tres/long/chemin/" * 12,
        "perspectives": "a;b,c\td|e",
    },
}


@pytest.fixture
def odd(tmp_path: Path, worker_id: str) -> Iterator[tuple[Site, Path]]:
    """A file of odd sheets, and an empty database to bring it into."""
    written = [sheet_text(title, USUAL | {MERGED: "Une commune"} | said) for title, said in ODD.items()]
    file = tmp_path / "odd.txt"
    file.write_text(file_text(*written, years=[2021, 2020, 2020]), "utf-8")
    with databases.database(tmp_path, f"recueil_odd_{os.getpid()}_{worker_id}") as url:
        yield Site(tmp_path, url), file


def test_odd_characters_come_out_as_they_went_in(odd: tuple[Site, Path]) -> None:
    site, file = odd
    source = source_of(file.read_text("utf-8"))
    assert [said["title"] for said in source.sheets] == list(ODD)
    assert imported(site, file)["created"] == len(ODD)
    assert listed(visit(site, "/catalogue")) == source.table
    references = assert_workbook_holds(report(site, "workbook"), source)
    assert_book_holds(report(site, "book"), source, references)
