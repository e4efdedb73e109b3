"""What every page must be: one heading, labelled controls, French typography, nothing inline."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from forms.kinds import Kind
from forms.registry import shipped_versions
from tests import page_tree

# What a person typed is shown as it was typed: inside these, typography is theirs.
TYPED_CLASSES = frozenset({"as-typed"})
# The name of a sheet stands in the window's title too.
SILENT = frozenset({"title", "script", "style", "template", "textarea", "code", "pre", "kbd", "samp"})
CONTROLS = frozenset({"input", "select", "textarea"})
SELF_NAMED = frozenset({"hidden", "submit", "button", "reset", "image"})
# A script of these types is never run: the security policy has nothing to say against it.
DATA = ("application/json", "application/ld+json")
REFERRING = ("aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "list", "for", "form")

BAD_TYPOGRAPHY = re.compile(
    r"(?<=\S)[ \t\n](?P<mark>[;!?»])"  # a plain space before
    r"|(?<=[^\s/:])[ \t\n](?P<colon>:)(?=\s|$)"
    r"|(?P<opening>«)[ \t\n]"
    r"|\w(?P<straight>')\w"
    r"|[a-zà-ÿ](?P<glued>[;!?])(?=\s|$)"
)

# Without one of these there is nothing to be wrong.
MARK = re.compile("[;!?»:«']")


def _labels(kind: Kind) -> Iterator[str]:
    """The words of a kind's choices, and of those in a table's columns."""
    yield from (choice.label for choice in getattr(kind, "choices", ()))
    for column in getattr(kind, "of", ()):
        yield column.label
        yield from _labels(column.kind)


# The questions and choices are the source's own and shown exactly so, its straight apostrophes too.
SOURCE_WORDS = sorted(
    {
        words
        for version in shipped_versions().values()
        for question in version.questions
        for words in (question.label, *_labels(question.kind))
    },
    key=len,
    reverse=True,
)


def problems(html: str) -> list[str]:
    """Everything wrong with a page, in words; nothing when all is well."""
    root = page_tree.parse(html)
    parents = {child: parent for parent in root.iter() for child in parent}
    return [
        *_frame(root),
        *_ids(root),
        *_controls(root, parents),
        *_nothing_inline(root),
        *_typography(root),
    ]


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _elements(root: Element, *tags: str) -> Iterator[Element]:
    return (element for element in root.iter() if isinstance(element.tag, str) and (not tags or element.tag in tags))


def _frame(root: Element) -> Iterator[str]:
    if root.get("lang") != "fr":
        yield "the page does not say that it is French"
    title = root.find("head/title")
    if title is None or not _text(title):
        yield "no title"
    headings = list(_elements(root, "h1"))
    if len(headings) != 1:
        yield f"{len(headings)} h1 instead of one"
    if any(not _text(heading) for heading in _elements(root, "h1", "h2", "h3", "h4")):
        yield "an empty heading"
    if sum(1 for _ in _elements(root, "main")) != 1:
        yield "not exactly one main"


def _ids(root: Element) -> Iterator[str]:
    seen: set[str] = set()
    for element in _elements(root):
        name = element.get("id")
        if name is None:
            continue
        if name in seen or not name or " " in name:
            yield f"id {name!r} is there twice or is no id"
        seen.add(name)
    for element in _elements(root):
        for attribute in REFERRING:
            for name in (element.get(attribute) or "").split():
                if name not in seen:
                    yield f"{element.tag} {attribute}={name!r} points at nothing"


def _controls(root: Element, parents: dict[Element, Element]) -> Iterator[str]:
    labelled = {label.get("for") for label in _elements(root, "label")}
    for control in _elements(root, *CONTROLS):
        if control.tag == "input" and control.get("type", "text") in SELF_NAMED:
            continue
        named = control.get("aria-label") or control.get("aria-labelledby") or control.get("id") in labelled
        if not named and not _within(control, "label", parents):
            yield f"{control.tag} {control.get('name')!r} has no label"
    for pressed in _elements(root, "button", "a"):
        if pressed.tag == "a" and pressed.get("href") is None:
            continue
        pictured = any(image.get("alt") for image in _elements(pressed, "img"))
        if not (_text(pressed) or pressed.get("aria-label") or pictured):
            yield f"{pressed.tag} without words: {pressed.attrib}"
    for image in _elements(root, "img"):
        if image.get("alt") is None:
            yield f"image {image.get('src')!r} without alternative text"


def _within(element: Element, tag: str, parents: dict[Element, Element]) -> bool:
    while element in parents:
        element = parents[element]
        if element.tag == tag:
            return True
    return False


def _nothing_inline(root: Element) -> Iterator[str]:
    for element in _elements(root):
        if element.tag == "style":
            yield "a style element"
        if element.tag == "script" and not element.get("src") and element.get("type") not in DATA:
            yield "an inline script"
        for attribute, value in element.attrib.items():
            if attribute == "style" or attribute.startswith("on"):
                yield f"{element.tag} with an inline {attribute}"
            if value.strip().lower().startswith("javascript:"):
                yield f"{element.tag} with a javascript: address"


def _typography(root: Element) -> Iterator[str]:
    for text in _own_texts(root):
        if not MARK.search(text):
            continue
        for words in SOURCE_WORDS:
            text = text.replace(words, "\u25a1")
        for found in BAD_TYPOGRAPHY.finditer(text):
            around = text[max(0, found.start() - 30) : found.end() + 15]
            yield f"typography: {around!r}"


def _own_texts(element: Element) -> Iterator[str]:
    if not isinstance(element.tag, str) or element.tag in SILENT:
        return
    if TYPED_CLASSES & set((element.get("class") or "").split()):
        return
    # « <b>Nom</b> : » is one sentence: what stands inside is looked at by itself, a box takes its place here.
    pieces = [element.text or ""]
    for child in element:
        yield from _own_texts(child)
        pieces.append(f"\u25a1{child.tail or ''}")
    yield "".join(pieces)
    for attribute in ("title", "aria-label", "placeholder", "alt"):
        yield element.get(attribute) or ""
