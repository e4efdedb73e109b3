"""The seal of a PDF: nothing is written again, every change shows, a signature is somebody's."""

from __future__ import annotations

import hashlib
import io
import zlib

import pikepdf
import pytest
from pypdf import PdfReader

from reports import sheet
from reports.content import no_progress
from reports.manifest import manifest_of
from reports.sealing import find_seal, manifest_in, seal
from tests.reports.samples import REPAIR
from tests.reports.sealed import sent, sent_input

CONTENT = sent_input(sent(REPAIR), title="Titre « & » <b>\ud800")
MANIFEST = manifest_of("sheet", CONTENT)


def key(seal: str) -> str:
    return hashlib.sha256(b"a key" + seal.encode()).hexdigest()


@pytest.fixture(scope="module")
def bare() -> bytes:
    """A PDF as the printer makes it: its table is a stream."""
    out = io.BytesIO()
    sheet.make(CONTENT, out, no_progress)
    return out.getvalue()


def sealed(bare: bytes, *, signed: bool = True) -> bytes:
    out = io.BytesIO()
    seal(io.BytesIO(bare), MANIFEST, out, sign=key if signed else None)
    return out.getvalue()


def with_a_plain_table(bare: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(bare)) as pdf:
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


@pytest.mark.parametrize("plain", [False, True], ids=["stream", "table"])
def test_a_sealed_file_is_the_same_file_with_more_metadata(bare: bytes, plain: bool) -> None:
    before = with_a_plain_table(bare) if plain else bare
    after = sealed(before)
    assert after.startswith(before)
    with pikepdf.open(io.BytesIO(after)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert manifest_in(pdf.Root.Metadata.read_bytes()) == MANIFEST
    texts = [[page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages] for pdf in (before, after)]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 2


def test_a_seal_is_whole_and_signed_by_its_key_alone(bare: bytes) -> None:
    found = find_seal(sealed(bare))
    assert found is not None
    assert found.whole
    assert found.signed_with(key)
    assert not found.signed_with(lambda seal: key(key(seal)))


def test_a_file_without_key_is_whole_and_nobodys(bare: bytes) -> None:
    found = find_seal(sealed(bare, signed=False))
    assert found is not None
    assert found.whole
    assert not found.signed_with(key)
    assert not found.signed_with(lambda _seal: "0" * 64)


def test_every_changed_byte_shows(bare: bytes) -> None:
    whole = sealed(bare)
    for at in (*range(0, len(whole), 997), *range(len(whole) - 40, len(whole))):
        changed = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        found = find_seal(changed)
        assert found is None or not found.signed_with(key), at
    for changed in (whole + b"\n", whole[:-1], b" " + whole, whole + whole):
        found = find_seal(changed)
        assert found is None or not found.signed_with(key)


def test_an_update_that_somebody_appends_shows(bare: bytes) -> None:
    """The most likely way to alter a page: one more version of it behind the file, a seal of one's own behind that."""
    whole = sealed(bare)
    again = io.BytesIO()
    seal(io.BytesIO(whole), MANIFEST, again, sign=None)
    found = find_seal(again.getvalue())
    assert found is not None
    assert not found.signed_with(key)


def test_the_same_file_is_sealed_with_the_same_bytes(bare: bytes) -> None:
    assert sealed(bare) == sealed(bare)


def test_a_file_without_seal_has_none(bare: bytes) -> None:
    assert find_seal(bare) is None
    assert find_seal(b"") is None
    assert find_seal(b"<recueil:seal>" + b"0" * 64) is None
    with pytest.raises(ValueError, match="no manifest"):
        manifest_in(zlib.compress(bare))


def test_a_pdf_without_metadata_cannot_be_sealed() -> None:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out)
    with pytest.raises(ValueError, match="without metadata"):
        seal(out, MANIFEST, io.BytesIO())
