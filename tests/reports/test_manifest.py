"""What a report says of itself: the same for the same sheets, another for others, refused where it is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reports.catalogue import ReportKind
from reports.manifest import Manifest, content_hash, grouped, manifest_of
from tests.reports.reading import made, squeezed, tabs, whole_text
from tests.reports.sealed import sent_input


def test_the_fingerprint_depends_on_the_sheets_and_not_on_their_order() -> None:
    sheets = sent_input().sheets
    assert content_hash(sheets) == content_hash(sheets[::-1])
    assert content_hash(sheets) != content_hash(sheets[1:])
    other = replace(sheets[0], snapshot_sha256="0" * 64)
    assert content_hash(sheets) != content_hash((other, *sheets[1:]))


def test_a_manifest_comes_back_from_json() -> None:
    manifest = manifest_of("book", sent_input())
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    assert manifest.coherent
    assert not replace(manifest, sheets=manifest.sheets[1:]).coherent


def without(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda data: {key: value for key, value in data.items() if key != name}


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a list": lambda _data: [],
    "a word": lambda _data: "recueil",
    "nothing": lambda _data: None,
    "another format": lambda data: data | {"recueil": 2},
    "no sheets": without("sheets"),
    "sheets that are a word": lambda data: data | {"sheets": "abc"},
    "a sheet that is a number": lambda data: data | {"sheets": [7]},
    "too many sheets": lambda data: data | {"sheets": data["sheets"] * 10_000},
    "no title": without("title"),
    "an endless title": lambda data: data | {"title": "x" * 5_000},
    "a short hash": lambda data: data | {"content_sha256": "abc"},
    "a hash in capitals": lambda data: data | {"content_sha256": "A" * 64},
    "no day": lambda data: data | {"made_at": "hier"},
    "a day without offset": lambda data: data | {"made_at": "2026-11-21T09:30:00"},
    "a year that is a word": lambda data: data | {"sheets": [data["sheets"][0] | {"year": "2026"}]},
    "a year far away": lambda data: data | {"sheets": [data["sheets"][0] | {"year": 10**9}]},
}


@pytest.mark.parametrize("break_", BROKEN.values(), ids=BROKEN)
def test_what_is_no_manifest_is_refused(break_: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever is wrong with it)
        Manifest.from_json(break_(manifest_of("book", sent_input()).to_json()))


def test_book_and_workbook_print_the_same_fingerprint() -> None:
    content = sent_input()
    words = grouped(content_hash(content.sheets))
    assert squeezed(words) in whole_text(made(ReportKind.BOOK, content).content)
    cells = [cell for row in tabs(made(ReportKind.WORKBOOK, content).content)["Lisez-moi"] for cell in row]
    assert words in cells
