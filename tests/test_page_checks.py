"""The checks that every fetched page goes through see what they should."""

from typing import Any

import pytest
import tinyhtml5
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import page_tree
from tests.page_checks import problems

PAGE = """<!doctype html><html lang="fr"><head><title>Une page – Recueil</title></head><body><main><h1>Une page</h1>
{}</main></body></html>"""


@pytest.mark.parametrize(
    "content",
    [
        "<p>Nom\u00a0: «\u00a0Ici\u00a0»\u202f! C’est l’été.</p>",
        '<label for="a">Nom</label><input id="a" name="a" aria-describedby="b"><p id="b">Aide</p>',
        "<label>Nom <input name='a'></label>",
        "<p class='as-typed'>C'est ici !</p><textarea aria-label='Texte'>C'est là !</textarea>",
        "<p>Ouvrez https://exemple.fr/page?a=1 à 10:30</p>",
        '<script type="application/json">{}</script><script src="/a.js"></script>',
        '<a href="/x"><img src="a.png" alt="Accueil"></a>',
    ],
)
def test_a_good_page_passes(content: str) -> None:
    assert problems(PAGE.format(content)) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<h1>Encore</h1>", "2 h1"),
        ("<h2> </h2>", "empty heading"),
        ('<p id="a"></p><p id="a"></p>', "twice"),
        ('<input name="a">', "no label"),
        ('<select name="a" id="a"></select>', "no label"),
        ('<label for="b">Nom</label>', "points at nothing"),
        ('<input aria-label="a" aria-describedby="c">', "points at nothing"),
        ("<button></button>", "without words"),
        ('<img src="a.png">', "alternative text"),
        ('<p style="color:red">Rouge</p>', "inline style"),
        ("<style>p{}</style>", "style element"),
        ("<script>1</script>", "inline script"),
        ('<a href="javascript:1">Oui</a>', "javascript"),
        ('<button onclick="x()">Oui</button>', "inline onclick"),
        ("<p>Attention !</p>", "typography"),
        ("<p>Nom : ici</p>", "typography"),
        ("<p>« Ici »</p>", "typography"),
        ("<p>l'action</p>", "typography"),
        ("<p>Vraiment?</p>", "typography"),
        ("<p><b>Nom</b> : ici</p>", "typography"),
        ('<p title="Vraiment ?">Oui</p>', "typography"),
    ],
)
def test_a_bad_page_does_not(content: str, said: str) -> None:
    found = problems(PAGE.format(content))
    assert found
    assert said in found[0]


def test_a_page_without_title_or_language_does_not() -> None:
    found = problems("<!doctype html><html><head></head><body><main><h1>A</h1></main></body></html>")
    assert found == ["the page does not say that it is French", "no title"]


PARTS = (
    *("div", "p", "a", "b", "ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "td", "caption", "form"),
    *("button", "input", "select", "option", "h1", "h2", "label", "summary", "pre", "textarea", "svg", "path", "title"),
    *("br", "img", "section", "template", "script", "nav"),
)
# Parts that stand in one another more often than chance would have it.
HELD = {"ul": "li", "dl": "dt", "table": "tbody", "tbody": "tr", "tr": "td", "select": "option", "svg": "path"}
SAID = ("x", " ", "\n", "é : y", "&amp;", "&lt;b>", "&nbsp;!", "&eacute", "a > b", "<!-- c -->", "<")
GIVEN = ("", ' id="a"', ' class="b c" disabled', " title='l'&eacute;t&eacute;'", ' id="a" id="b"', " href=/a/")


@st.composite
def written(draw: st.DrawFn, depth: int = 4) -> str:
    """A piece of a page, mostly as it should be."""
    pieces = []
    for _ in range(draw(NUMBERS)):
        part = draw(NAMES)
        if depth == 0 or draw(DRAWS) > 7:
            pieces.append(draw(WORDS))
            continue
        inside = draw(DEEPER[depth - 1])
        if part in HELD and draw(DRAWS) > 1:
            inside = f"<{HELD[part]}>{inside}</{HELD[part]}>"
        ended = part not in page_tree.VOID and draw(DRAWS) > 0
        pieces.append(f"<{part}{draw(ATTRIBUTES)}>{'' if part in page_tree.VOID else inside}{f'</{part}>' * ended}")
    return "".join(pieces)


NUMBERS, DRAWS = st.integers(0, 3), st.integers(0, 9)
NAMES, WORDS, ATTRIBUTES = st.sampled_from(PARTS), st.sampled_from(SAID), st.sampled_from(GIVEN)
DEEPER = [written(depth) for depth in range(5)]


def as_read(element: Any) -> tuple[Any, ...]:
    """An element in plain values; how much blank there is matters only where one types."""
    name = element.tag if isinstance(element.tag, str) else "a comment"
    given = sorted((str(key).lower(), value) for key, value in element.attrib.items())
    children = [(as_read(child), " ".join((child.tail or "").split())) for child in element]
    text = element.text or ""
    return name, given, text if name == "textarea" else " ".join(text.split()), children


@settings(deadline=None, max_examples=150)
@given(DEEPER[4])
def test_a_page_is_read_as_html_says_however_it_is_written(content: str) -> None:
    page = PAGE.format(content)
    assert as_read(page_tree.parse(page)) == as_read(tinyhtml5.parse(page, namespace_html_elements=False))


@pytest.mark.parametrize(
    "content",
    [
        "<p>Un<div>Deux</div></p>",
        "<ul><li>Un<li>Deux</ul>",
        "<ul><li>Un<div><li>Deux</li></div></li></ul>",
        "<div><tr><td>Un</td></tr></div>",
        "<table><tr><td>Un</td></tr></table>",
        "<table><tbody><tr>Un<td>Deux</td></tr></tbody></table>",
        "<a href='/a'>Un<a href='/b'>Deux</a></a>",
        "<form><form><button>Un</button></form></form>",
        "<select><p>Un</p></select>",
        "<dl><dt>Un<div><dd>Deux</dd></div></dt></dl>",
        "<b>Un<p>Deux</b>Trois</p>",
        "<textarea>Un <b>Deux</b></textarea>",
        "<textarea>\n\nTrois</textarea>",
        "<p title='&sect=1'>Un</p>",
        "<div/>Un",
        "Un</main>Deux",
    ],
)
def test_what_a_browser_reads_otherwise_is_read_as_a_browser_does(content: str) -> None:
    page = PAGE.format(content)
    assert as_read(page_tree.parse(page)) == as_read(tinyhtml5.parse(page, namespace_html_elements=False))
