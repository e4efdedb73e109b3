"""The archive: the book as PDF/A-3, with the workbook and the JSON of the same sheets inside.

What a reader finds in twenty years: a document that needs nothing from outside (fonts and the meaning of colours are
in it), and the data that it was made from, attached by name and purpose. WeasyPrint writes either PDF/UA or PDF/A; the
book that it wrote as PDF/UA is completed here, so that the file says it is both.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import ImageCms

from reports import book, json_file, workbook
from reports.album import UNDRAWN
from reports.content import Progress, ReportInput
from reports.sealing import NAMESPACE, kept_aside, opened

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PRINTED = 4
"""The flag of an annotation that is printed, and not hidden."""
_END_OF_RDF = b"</rdf:RDF>"


@dataclass(frozen=True)
class Attached:
    """A file that goes into the PDF: its name, its type, what it is in French."""

    name: str
    media_type: str
    description: str
    content: bytes


def make(content: ReportInput, out: BinaryIO, progress: Progress) -> tuple[str, ...]:
    """See reports.catalogue.Make; takes as many sheets as the book does."""
    notes: dict[str, None] = {}
    files: list[bytes] = []
    for part in (workbook.make, json_file.make):
        written = io.BytesIO()
        notes |= dict.fromkeys(part(content, written, progress))
        files.append(written.getvalue())
    with kept_aside() as made:
        printed = book.make(content, made, progress)
        progress("Assemblage de l’archive", 0, 0)
        pack(made, attachments(content, *files), content.made_at, out, legible=not _undrawn(printed))
    told = () if not _undrawn(printed) else (_NOT_PDF_A,)
    return (*dict.fromkeys((*printed, *notes)), *told)


_NOT_PDF_A = "Un caractère n’a pas de dessin dans les polices : l’archive ne se dit pas conforme à PDF/A."


def _undrawn(notes: Sequence[str]) -> bool:
    return any(note.startswith(UNDRAWN) for note in notes)


def attachments(content: ReportInput, xlsx: bytes, json: bytes) -> tuple[Attached, ...]:
    """The files of an archive, named after its years."""
    years = "-".join(str(year) for year in sorted({content.years[0], content.years[-1]})) if content.years else "vide"
    return (
        Attached(
            f"classeur-{years}.xlsx",
            XLSX,
            "Classeur Excel des mêmes fiches : une ligne par fiche, un onglet par tableau, un dictionnaire",
            xlsx,
        ),
        Attached(
            f"fiches-{years}.json",
            "application/json",
            "Les mêmes fiches en JSON : toutes les réponses, les formulaires qui les expliquent, les empreintes",
            json,
        ),
    )


def pack(made: BinaryIO, files: Sequence[Attached], made_at: datetime, out: BinaryIO, *, legible: bool = True) -> None:
    """Write to out the tagged PDF that `made` holds as PDF/A-3 with these files inside; the same input, the same bytes.

    made_at: aware, the date of the files. legible: False where a character has no drawing in the fonts: PDF/A forbids
    that, and the file doesn't say that it is one. Raises ValueError where the PDF has no metadata.
    """
    with opened(made) as pdf:
        if not isinstance(pdf.Root.get("/Metadata"), pikepdf.Stream):
            raise ValueError("a PDF without metadata can't be an archive")
        _attach(pdf, files, made_at)
        _explain_colours(pdf)
        _forbid_what_changes_the_look(pdf)
        tagged = "/StructTreeRoot" in pdf.Root
        said = pdf.Root.Metadata.read_bytes()
        pdf.Root.Metadata = pdf.make_stream(_as_archive(said, "A" if tagged else "B", legible))
        pdf.Root.Metadata.Type, pdf.Root.Metadata.Subtype = Name.Metadata, Name.XML
        pdf.save(
            out,
            deterministic_id=True,
            force_version="1.7",
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            fix_metadata_version=False,
        )


def _attach(pdf: Pdf, files: Sequence[Attached], made_at: datetime) -> None:
    date = f"D:{made_at.astimezone(UTC):%Y%m%d%H%M%S}Z"
    names, associated = [], []
    for file in sorted(files, key=lambda file: file.name):
        stored = pdf.make_stream(file.content)
        stored.Type = Name.EmbeddedFile
        stored.Subtype = Name("/" + file.media_type)
        # The sum that PDF asks for is MD5: against accidents, not against people.
        sum_ = hashlib.md5(file.content, usedforsecurity=False).digest()
        stored.Params = Dictionary(
            Size=len(file.content), CheckSum=String(sum_), CreationDate=String(date), ModDate=String(date)
        )
        found = pdf.make_indirect(
            Dictionary(
                Type=Name.Filespec,
                F=String(file.name),
                UF=String(file.name),
                Desc=String(file.description),
                AFRelationship=Name.Data,
                EF=Dictionary(F=stored, UF=stored),
            )
        )
        names += [String(file.name), found]
        associated.append(found)
    if "/Names" not in pdf.Root:
        pdf.Root.Names = Dictionary()
    pdf.Root.Names.EmbeddedFiles = Dictionary(Names=Array(names))
    pdf.Root.AF = Array(associated)


def _explain_colours(pdf: Pdf) -> None:
    """Say that the colours are sRGB, with its profile."""
    profile = pdf.make_stream(srgb_profile())
    profile.N = 3
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name.GTS_PDFA1,
        OutputConditionIdentifier=String("sRGB IEC61966-2.1"),
        RegistryName=String("http://www.color.org"),
        Info=String("sRGB IEC61966-2.1"),
        DestOutputProfile=profile,
    )
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])


def srgb_profile() -> bytes:
    """The ICC profile of sRGB, without the moment at which it was calculated."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07DA00010001000000000000")
    profile[84:100] = bytes(16)
    return bytes(profile)


def _forbid_what_changes_the_look(pdf: Pdf) -> None:
    """Pictures without smoothing of the reader's own; links that are printed and not hidden."""
    for found in pdf.objects:
        if isinstance(found, pikepdf.Stream) and found.get("/Subtype") == Name.Image and "/Interpolate" in found:
            del found.Interpolate
    for page in pdf.pages:
        for annotation in page.get("/Annots", ()):
            annotation.F = _PRINTED


def _as_archive(metadata: bytes, conformance: str, legible: bool) -> bytes:
    """The metadata, which also says PDF/A-3 and explains the words that PDF/A doesn't know."""
    before, mark, after = metadata.partition(_END_OF_RDF)
    if not mark:
        raise ValueError("metadata that isn't RDF")
    declared = (
        '<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="3" '
        f'pdfaid:conformance="{conformance}"/>'
        if legible
        else ""
    )
    return before + (declared + _schemas()).encode() + mark + after


def _schemas() -> str:
    own = (
        ("content", "Text", "SHA-256 of the list of references and snapshots"),
        ("manifest", "Text", "What the report holds, as JSON"),
        ("seal", "Text", "SHA-256 of the file, seal and signature read as zeros"),
        ("signature", "Text", "Signature of the seal by the installation that made the file"),
    )
    ua = (("part", "Integer", "Part of ISO 14289"),)
    return (
        '<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" '
        'xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" '
        'xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#"><pdfaExtension:schemas><rdf:Bag>'
        + _schema("PDF/UA identification", "http://www.aiim.org/pdfua/ns/id/", "pdfuaid", ua)
        + _schema("Recueil", NAMESPACE, "recueil", own)
        + "</rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    )


def _schema(name: str, uri: str, prefix: str, properties: Sequence[tuple[str, str, str]]) -> str:
    listed = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{id}</pdfaProperty:name>'
        f"<pdfaProperty:valueType>{type_}</pdfaProperty:valueType>"
        "<pdfaProperty:category>internal</pdfaProperty:category>"
        f"<pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"
        for id, type_, words in properties
    )
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{name}</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{uri}</pdfaSchema:namespaceURI><pdfaSchema:prefix>{prefix}</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{listed}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
