"""A page as a tree, fast: as it is written where that is what a browser reads, else by the rules of HTML."""

import re
from html.parser import HTMLParser
from xml.etree.ElementTree import Comment, Element, SubElement

import tinyhtml5

# An ampersand that may or may not begin a character's name, and what is read as something else or not at all.
UNCLEAR = re.compile(r"&(?!#?\w+;)|[\r\0]")
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = frozenset({"circle", "g", "path", "polyline", "rect", "text", "title", "use"})
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# A paragraph that is open ends where one of these begins.
ENDS_A_PARAGRAPH = HEADINGS | {
    *("address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div", "dl", "dd", "dt"),
    *("fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "li", "main", "menu", "nav"),
    *("ol", "p", "pre", "search", "section", "summary", "table", "ul"),
}
# What ends, or is not begun, where one of these is open.
NEVER_NESTED = {name: frozenset({name}) for name in ("a", "button", "form", "nobr", "option")} | dict.fromkeys(
    HEADINGS, HEADINGS
)
# What is moved, closed or thrown away where its parent is none of these, or is none of theirs.
PARENTS = {
    "head": {"html"},
    "body": {"html"},
    "li": {"ul", "ol", "menu"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "optgroup": {"select"},
    "option": {"select", "optgroup", "datalist"},
    "caption": {"table"},
    "colgroup": {"table"},
    "col": {"colgroup"},
    "thead": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
    "tr": {"thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
}
CHILDREN = {
    "html": {"head", "body"},
    "head": {"base", "link", "meta", "script", "style", "title"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot"},
    "colgroup": {"col"},
    **{part: {"tr"} for part in ("thead", "tbody", "tfoot")},
    "tr": {"td", "th"},
    "select": {"option", "optgroup"},
    "optgroup": {"option"},
    **dict.fromkeys(("option", "title", "textarea", "script", "style"), frozenset()),
}
# No words stand between the parts of these.
WORDLESS = frozenset({"html", "head", "table", "colgroup", "thead", "tbody", "tfoot", "tr"})
# What has rules of its own that nobody needs here.
STRANGE = frozenset(
    {"frameset", "iframe", "image", "isindex", "listing", "math", "noembed", "noframes", "noscript", "plaintext"}
    | {"rb", "rp", "rt", "rtc", "template", "xmp"}
)


def parse(html: str) -> Element:
    """The html element. Where a browser would not read what is written, what it reads."""
    try:
        return _Written(html).root
    except NotAsWritten:
        root: Element = tinyhtml5.parse(html, namespace_html_elements=False)
        return root


class NotAsWritten(Exception):  # noqa: N818 (no error: somebody else reads it)
    """Something that a browser reads otherwise than it stands there, or may."""


class _Written(HTMLParser):
    """Builds the tree of a page in which every element ends where it says and stands where it may."""

    def __init__(self, html: str) -> None:
        super().__init__()
        if UNCLEAR.search(html):
            raise NotAsWritten
        self.root = Element("html")
        self.open: list[Element] = []
        self.names: list[str] = []
        self.last: Element | None = None  # the element after which text would stand
        self.feed(html)
        self.close()
        if self.open or self.last is not self.root:
            raise NotAsWritten

    def handle_decl(self, decl: str) -> None:
        if decl.lower() != "doctype html" or self.last is not None:
            raise NotAsWritten

    def unknown_decl(self, data: str) -> None:
        raise NotAsWritten

    def handle_pi(self, data: str) -> None:
        raise NotAsWritten

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if tag in VOID and "svg" not in self.names:
            self._end()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begin(tag, attrs)
        if tag not in VOID and "svg" not in self.names:
            raise NotAsWritten
        self._end()

    def handle_endtag(self, tag: str) -> None:
        if not self.names or self.names[-1] != tag:
            raise NotAsWritten
        self._end()

    def handle_data(self, data: str) -> None:
        blank = not data.strip(" \t\n\f")
        if not self.open or self.names[-1] in WORDLESS:
            if not blank:
                raise NotAsWritten
            if not self.open:
                return
        if self.names[-1] == "script" and "<!--" in data:
            raise NotAsWritten
        if self.names[-1] in ("textarea", "pre") and self.last is None and self.open[-1].text is None:
            data = data.removeprefix("\n")
        if self.last is None:
            self.open[-1].text = (self.open[-1].text or "") + data
        else:
            self.last.tail = (self.last.tail or "") + data

    def handle_comment(self, data: str) -> None:
        if not self.open or self.names[-1] in CHILDREN:
            raise NotAsWritten
        self.last = Comment(data)
        self.open[-1].append(self.last)

    def _begin(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        drawn = "svg" in self.names
        given = {name: value or "" for name, value in attrs}
        if len(given) != len(attrs) or (drawn and not self._may_be_drawn(tag)) or not (drawn or self._may_stand(tag)):
            raise NotAsWritten
        if not self.open:
            if tag != "html" or self.last is not None:
                raise NotAsWritten
            self.root.attrib.update(given)
            self.open.append(self.root)
        else:
            name = SVG + tag if drawn or tag == "svg" else tag
            self.open.append(SubElement(self.open[-1], name, given))
        self.names.append(tag)
        self.last = None

    def _end(self) -> None:
        self.last = self.open.pop()
        self.names.pop()

    def _may_be_drawn(self, tag: str) -> bool:
        return tag in DRAWN and (self.names[-1] not in {"title", "text"})

    def _may_stand(self, tag: str) -> bool:
        parent = self.names[-1] if self.names else ""
        if parent in CHILDREN and tag not in CHILDREN[parent]:
            return False
        if tag in PARENTS and parent not in PARENTS[tag]:
            return False
        if tag in ("dt", "dd") and parent == "div" and self.names[-2:-1] != ["dl"]:
            return False
        if tag in STRANGE or (tag in ENDS_A_PARAGRAPH and "p" in self.names):
            return False
        return NEVER_NESTED.get(tag, frozenset()).isdisjoint(self.names)
