"""The checks that every fetched page goes through see what they should."""

import pytest

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
