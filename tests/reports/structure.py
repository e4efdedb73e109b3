"""Checks the structure of a PDF against what PDF/UA-1 and PDF/A-3 ask that a program can see.

« Structure checked », not « validated »: veraPDF, the validator of reference, is in none of the registries that this
project installs from (PyPI, npm and Debian were looked through; Debian's PDFBox Preflight knows PDF/A-1b alone, which
has no attachments). What only a person can judge (whether an alternative text says what the picture shows) is not
looked at here.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from reports.sealing import find_seal

HEADING = re.compile(r"/H[1-6]")
PAINTING = frozenset(["S", "s", "f", "F", "f*", "B", "B*", "b", "b*", "Tj", "TJ", "'", '"', "Do", "sh", "INLINE IMAGE"])
STANDARD = set(
    re.findall(
        r"\w+",
        "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H H1 H2 H3 H4 H5 H6 L LI Lbl "
        "LBody Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code Link Annot Ruby RB RT RP "
        "Warichu WT WP Figure Formula Form",
    )
)
CHILDREN = {
    "/Table": {"/TR", "/THead", "/TBody", "/TFoot", "/Caption"},
    "/THead": {"/TR"},
    "/TBody": {"/TR"},
    "/TFoot": {"/TR"},
    "/TR": {"/TH", "/TD"},
    "/L": {"/LI", "/Caption", "/L"},
    "/LI": {"/Lbl", "/LBody"},
}
PARENTS = {
    "/TR": {"/Table", "/THead", "/TBody", "/TFoot"},
    "/TH": {"/TR"},
    "/TD": {"/TR"},
    "/LI": {"/L"},
    "/LBody": {"/LI"},
}


@dataclass
class Element:
    """A structure element as it is met: its type, its entries, what is below it."""

    type: str
    node: Any
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)
    objects: list[tuple[int, int]] = field(default_factory=list)

    def below(self) -> Iterator[Element]:
        """The element and all below it."""
        yield self
        for child in self.children:
            yield from child.below()

    @property
    def holds_something(self) -> bool:
        """Whether anything on a page belongs to it."""
        return any(element.marks or element.objects for element in self.below())


@dataclass
class Checked:
    """A PDF that is being looked at, and what is wrong with it, in English."""

    pdf: pikepdf.Pdf
    problems: list[str] = field(default_factory=list)
    marked: dict[int, set[int]] = field(default_factory=dict)

    def say(self, wrong: object, words: str) -> None:
        """Note a problem where there is one."""
        if wrong:
            self.problems.append(words)


def problems_of(content: bytes) -> list[str]:
    """What is wrong with the structure of a PDF that says it is PDF/UA; nothing where all is well."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        checked = Checked(pdf)
        _check_document(checked)
        _check_pages(checked)
        root = pdf.Root.get("/StructTreeRoot")
        if root is None:
            return [*checked.problems, "no structure tree"]
        top = Element("root", root, None)
        _walk(checked, root.get("/K"), top, None)
        elements = [element for element in top.below() if element is not top]
        _check_elements(checked, elements)
        _check_headings(checked, elements)
        _check_tables(checked, elements)
        _check_marks(checked, elements)
        _check_links(checked, elements)
        _check_outline(checked)
        _check_fonts(checked)
        return checked.problems


def archive_problems_of(content: bytes) -> list[str]:
    """What keeps a PDF from being PDF/A-3, as far as its structure tells."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        checked = Checked(pdf)
        metadata = pdf.Root.Metadata.read_bytes()
        say = checked.say
        say(b'pdfaid:part="3"' not in metadata, "not identified as PDF/A-3")
        say(b'pdfaid:conformance="A"' not in metadata, "not identified as level A")
        say(metadata.count(b"<rdf:RDF") != 1, "the metadata is not one RDF")
        say("/Filter" in pdf.Root.Metadata, "the metadata is compressed")
        say(pdf.is_encrypted, "encrypted")
        say("/ID" not in pdf.trailer, "no identifier")
        say(not content.startswith(b"%PDF-1.7"), "not PDF 1.7")
        intents = list(pdf.Root.get("/OutputIntents", ()))
        say(len(intents) != 1 or intents[0].get("/S") != "/GTS_PDFA1", "no output intent")
        say(intents and intents[0].DestOutputProfile.read_bytes()[36:40] != b"acsp", "no colour profile")
        for key in ("/OpenAction", "/AA"):
            say(key in pdf.Root, f"{key} in the catalogue")
        say("/JavaScript" in pdf.Root.get("/Names", {}), "JavaScript")
        _check_attachments(checked)
        for found in pdf.objects:
            if isinstance(found, pikepdf.Stream):
                say("/LZWDecode" in str(found.get("/Filter", "")), "LZW")
                say(found.get("/Interpolate", False), "an interpolated picture")
        for number, page in enumerate(pdf.pages, 1):
            for annotation in page.get("/Annots", ()):
                say(int(annotation.get("/F", 0)) & 0b100111 != 4, f"page {number}: a link that isn't printed")
        return checked.problems


def _check_attachments(checked: Checked) -> None:
    root = checked.pdf.Root
    named = root.get("/Names", {}).get("/EmbeddedFiles", {}).get("/Names", [])
    files = list(named)[1::2]
    associated = {file.objgen for file in root.get("/AF", ())}
    for file in files:
        stored = file.EF.F
        name = str(file.UF)
        checked.say(file.objgen not in associated, f"{name} is not associated")
        checked.say(str(file.get("/AFRelationship", "")) != "/Data", f"{name} has no relationship")
        checked.say(not str(file.get("/Desc", "")), f"{name} has no description")
        checked.say("/Subtype" not in stored, f"{name} has no type")
        checked.say("/ModDate" not in stored.get("/Params", {}), f"{name} has no date")
        checked.say(int(stored.Params.Size) != len(stored.read_bytes()), f"{name} has another size")


def _check_document(checked: Checked) -> None:
    pdf, say = checked.pdf, checked.say
    metadata = pdf.Root.Metadata.read_bytes() if "/Metadata" in pdf.Root else b""
    say(not re.search(rb'pdfuaid:part(="|>)1', metadata), "not identified as PDF/UA-1")
    title = re.search(rb"<dc:title>.*?<rdf:li[^>]*>([^<]+)</rdf:li>", metadata, re.DOTALL)
    say(title is None or not title.group(1).strip(), "no title in the metadata")
    say(not str(pdf.docinfo.get("/Title", "")), "no title")
    say(not pdf.Root.get("/MarkInfo", {}).get("/Marked", False), "not marked")
    say(pdf.Root.get("/MarkInfo", {}).get("/Suspects", False), "suspect marks")
    say(not pdf.Root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False), "the title is not displayed")
    say(not str(pdf.Root.get("/Lang", "")), "no language")


def _check_pages(checked: Checked) -> None:
    for number, page in enumerate(checked.pdf.pages, 1):
        checked.say(page.get("/Tabs") != "/S", f"page {number}: the tab order is not that of the structure")
        found = checked.marked.setdefault(page.objgen[0], set())
        open_marks: list[bool] = []
        bare = 0
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            if name in ("BMC", "BDC"):
                tag = str(operands[0])
                entries = operands[1] if name == "BDC" and isinstance(operands[1], pikepdf.Dictionary) else {}
                if "/MCID" in entries:
                    found.add(int(entries["/MCID"]))
                checked.say(tag == "/Artifact" and "/MCID" in entries, f"page {number}: an artifact in the tree")
                open_marks.append(tag == "/Artifact" or "/MCID" in entries)
            elif name == "EMC":
                open_marks.pop()
            elif name in PAINTING and not any(open_marks):
                bare += 1
        checked.say(bare, f"page {number}: {bare} paintings outside of marked content")
        checked.say(open_marks, f"page {number}: marked content that does not end")
        checked.say(found and "/StructParents" not in page, f"page {number}: no structure parents")


def _walk(checked: Checked, node: Any, parent: Element, page: int | None) -> None:
    if node is None:
        return
    if isinstance(node, pikepdf.Array):
        for child in node:
            _walk(checked, child, parent, page)
        return
    if not isinstance(node, pikepdf.Dictionary):
        parent.marks.append((page or 0, int(node)))
        return
    own = node.Pg.objgen[0] if "/Pg" in node else page
    kind = str(node.get("/Type", ""))
    if kind == "/MCR":
        parent.marks.append((own or 0, int(node.MCID)))
    elif kind == "/OBJR":
        parent.objects.append(node.Obj.objgen)
    else:
        roles = checked.pdf.Root.StructTreeRoot.get("/RoleMap", {})
        type_ = str(node.S)
        element = Element(str(roles.get(type_, type_)), node, parent)
        parent.children.append(element)
        checked.say(
            node.get("/P") is None or node.P.objgen != parent.node.objgen, f"{type_} whose parent is another one"
        )
        _walk(checked, node.get("/K"), element, own)


def _check_elements(checked: Checked, elements: list[Element]) -> None:
    for element in elements:
        parent = element.parent.type if element.parent else ""
        checked.say(element.type[1:] not in STANDARD, f"{element.type} is no type that readers know")
        if allowed := CHILDREN.get(element.type):
            wrong = {child.type for child in element.children} - allowed
            checked.say(wrong, f"{element.type} with {', '.join(sorted(wrong))} right below it")
        checked.say(parent not in PARENTS.get(element.type, {parent}), f"{element.type} right below {parent}")
        if element.type in ("/Figure", "/Formula"):
            words = str(element.node.get("/Alt", element.node.get("/ActualText", "")))
            checked.say(not words.strip(), f"{element.type} without alternative text")
        if HEADING.fullmatch(element.type) or element.type == "/Figure":
            checked.say(not element.holds_something, f"{element.type} that holds nothing")


def _check_headings(checked: Checked, elements: list[Element]) -> None:
    levels = [int(element.type[2]) for element in elements if HEADING.fullmatch(element.type)]
    checked.say(not levels, "no heading")
    checked.say(levels and levels[0] != 1, "the first heading is not of level 1")
    for before, after in itertools.pairwise(levels):
        checked.say(after > before + 1, f"a heading of level {after} after one of level {before}")


def _check_tables(checked: Checked, elements: list[Element]) -> None:
    for table in (element for element in elements if element.type == "/Table"):
        cells = [element for element in table.below() if element.type in ("/TH", "/TD")]
        heads = [cell for cell in cells if cell.type == "/TH"]
        checked.say(not heads, "a table without header cells")
        ids = {bytes(head.node.ID) for head in heads if "/ID" in head.node}
        scoped = [head for head in heads if _attribute(head, "/Scope") is not None]
        checked.say(len(scoped) < len(heads) and len(ids) < len(heads), "a header cell without scope and id")
        for cell in cells:
            named = [bytes(name) for name in _attribute(cell, "/Headers") or ()]
            checked.say(set(named) - ids, "a cell whose header is not in its table")
            checked.say(
                cell.type == "/TD" and cell.holds_something and not named and not scoped, "a cell without header"
            )
        widths = set(_widths([row for row in table.below() if row.type == "/TR"]))
        checked.say(len(widths) > 1, f"rows of {sorted(widths)} columns in one table")


def _widths(rows: list[Element]) -> Iterator[int]:
    """How many columns each row has, cells of the rows above that reach down to it included."""
    reaching: list[tuple[int, int]] = []
    for row in rows:
        cells = [
            (int(_attribute(cell, "/ColSpan") or 1), int(_attribute(cell, "/RowSpan") or 1)) for cell in row.children
        ]
        yield sum(columns for columns, _left in (*cells, *reaching))
        reaching = [(columns, left - 1) for columns, left in (*cells, *reaching) if left > 1]


def _attribute(element: Element, name: str) -> Any:
    attributes = element.node.get("/A", pikepdf.Array())
    for entries in attributes if isinstance(attributes, pikepdf.Array) else [attributes]:
        if isinstance(entries, pikepdf.Dictionary) and name in entries:
            return entries[name]
    return None


def _check_marks(checked: Checked, elements: list[Element]) -> None:
    """What the pages mark and what the tree holds are the same, each once; the parents know it too."""
    held = [mark for element in elements for mark in element.marks]
    checked.say(len(held) != len(set(held)), "marked content in two elements")
    on_pages = {(page, mark) for page, marks in checked.marked.items() for mark in marks}
    checked.say(on_pages - set(held), f"{len(on_pages - set(held))} pieces of marked content in no element")
    checked.say(set(held) - on_pages, f"{len(set(held) - on_pages)} elements' content is on no page")
    parents = _parents(checked)
    owners = {mark: element for element in elements for mark in element.marks}
    for page in checked.pdf.pages:
        key = int(page.get("/StructParents", -1))
        listed = parents.get(key)
        for mark in checked.marked.get(page.objgen[0], ()):
            owner = owners.get((page.objgen[0], mark))
            known = listed is not None and mark < len(listed) and isinstance(listed[mark], pikepdf.Dictionary)
            checked.say(
                not known or (owner is not None and listed[mark].objgen != owner.node.objgen),
                "marked content whose parent is not its element",
            )


def _parents(checked: Checked) -> dict[int, Any]:
    tree = checked.pdf.Root.StructTreeRoot.get("/ParentTree")
    checked.say(tree is None, "no parent tree")
    return dict(pikepdf.NumberTree(tree).items()) if tree is not None else {}


def _check_links(checked: Checked, elements: list[Element]) -> None:
    owners = {found: element for element in elements for found in element.objects}
    parents = _parents(checked)
    for number, page in enumerate(checked.pdf.pages, 1):
        for annotation in page.get("/Annots", ()):
            say, where = checked.say, f"page {number}: "
            say(annotation.get("/Subtype") != "/Link", f"{where}an annotation that is no link")
            say(not str(annotation.get("/Contents", "")).strip(), f"{where}a link without words")
            owner = owners.get(annotation.objgen)
            say(owner is None or owner.type != "/Link", f"{where}a link outside of the structure")
            key = int(annotation.get("/StructParent", -1))
            say(
                owner is not None and (key not in parents or parents[key].objgen != owner.node.objgen),
                f"{where}a link whose parent is not its element",
            )
            if "/Dest" in annotation:
                say(not _reaches_a_page(checked.pdf, annotation.Dest), f"{where}a link that leads nowhere")


def _check_outline(checked: Checked) -> None:
    with checked.pdf.open_outline() as outline:
        items = list(outline.root)
        checked.say(not items, "no outline")
        while items:
            item = items.pop()
            items += item.children
            target = item.destination if item.destination is not None else (item.action or {}).get("/D")
            checked.say(not _reaches_a_page(checked.pdf, target), f"the outline's « {item.title} » leads nowhere")


def _reaches_a_page(pdf: pikepdf.Pdf, target: Any) -> bool:
    if isinstance(target, pikepdf.String):
        names = pdf.Root.get("/Names", {}).get("/Dests")
        target = pikepdf.NameTree(names).get(str(target)) if names is not None else None
    if isinstance(target, pikepdf.Dictionary):
        target = target.get("/D")
    if not isinstance(target, pikepdf.Array) or not len(target):
        return False
    return target[0].objgen in {page.objgen for page in pdf.pages}


def _check_fonts(checked: Checked) -> None:
    fonts = [
        found
        for found in checked.pdf.objects
        if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/Font"
    ]
    checked.say(not fonts, "no font")
    for font in fonts:
        name = str(font.get("/BaseFont", "?"))
        if font.get("/Subtype") in ("/CIDFontType0", "/CIDFontType2"):
            continue
        checked.say("/ToUnicode" not in font, f"{name} does not say what its letters are")
        own = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        described = own.get("/FontDescriptor", {})
        embedded = {"/FontFile", "/FontFile2", "/FontFile3"} & set(described.keys())
        checked.say(font.get("/Subtype") != "/Type3" and not embedded, f"{name} is not in the file")


def seal_problems_of(content: bytes) -> list[str]:
    """What is wrong with the seal of a file that was just made."""
    found = find_seal(content)
    return ["no seal"] if found is None else ([] if found.whole else ["the seal is broken"])
