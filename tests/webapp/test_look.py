"""The look: colours that can be read, few bytes, drawings that exist, errors tied to their controls."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "webapp" / "static"
TEMPLATES = ROOT / "templates"
BYTES_COMPRESSED = 20_000  # of css and script of every page together; a page with them stays under 60 kB
BYTES_OF_A_SCRIPT = 5_000  # compressed: one that only some pages load

TEXT_ON_GROUNDS = {
    "ink": ("paper", "sheet", "tint", "accent-soft", "info-soft", "success-soft", "saffron-soft", "danger-soft"),
    "ink-soft": ("paper", "sheet", "tint"),
    "link": ("paper", "sheet", "tint"),
    "link-hover": ("paper", "sheet", "tint"),
    "on-accent": ("accent", "accent-deep"),
    "on-danger": ("danger", "danger-deep"),
    "saffron-ink": ("paper", "sheet", "saffron-soft"),
    "info": ("info-soft",),
    "success": ("paper", "success-soft"),
    "danger": ("paper", "sheet", "danger-soft"),
    "masthead-ink": ("masthead",),
    "masthead-soft": ("masthead",),
}
EDGES_ON_GROUNDS = {"edge": ("paper", "sheet"), "focus": ("paper", "sheet"), "danger": ("sheet",)}
MODES = ("light", "dark")


def palette(mode: str) -> dict[str, str]:
    """The colours of a mode, by name; the dark ones stand in the second block of the file."""
    blocks = (STATIC / "css" / "tokens.css").read_text().split("@media", 1)
    found = re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[MODES.index(mode)])
    return dict(found)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def too_faint(pairs: dict[str, tuple[str, ...]], mode: str, least: float) -> list[tuple[str, str, float]]:
    colours = palette(mode)
    measured = [
        (text, ground, round(contrast(colours[text], colours[ground]), 2))
        for text, grounds in pairs.items()
        for ground in grounds
    ]
    return [line for line in measured if line[2] < least]


@pytest.fixture
def jinja() -> Environment:
    """The templates as the product reads them, without the product."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        url_for=lambda endpoint, filename="": f"/static/{filename}",
        sprite_url=lambda: "/static/img/icons.svg",
        csrf_token=lambda: "token",
        get_flashed_messages=lambda with_categories: [],
    )
    return environment


def macro(jinja: Environment, file: str, name: str) -> Any:
    return getattr(jinja.get_template(f"components/{file}.html").module, name)


@pytest.mark.parametrize("mode", MODES)
def test_every_text_can_be_read_on_its_ground(mode: str) -> None:
    assert too_faint(TEXT_ON_GROUNDS, mode, 4.5) == []


@pytest.mark.parametrize("mode", MODES)
def test_the_edges_of_controls_and_the_focus_can_be_seen(mode: str) -> None:
    assert too_faint(EDGES_ON_GROUNDS, mode, 3) == []


def test_both_modes_name_the_same_colours() -> None:
    assert palette("dark").keys() == palette("light").keys()


def test_styles_and_script_are_light_enough_for_a_bad_line() -> None:
    base = (TEMPLATES / "base.html").read_text()
    scripts = {path: len(gzip.compress(path.read_bytes())) for path in sorted((STATIC / "js").glob("*.js"))}
    everywhere = {path: size for path, size in scripts.items() if f"js/{path.name}'" in base}
    assert [path.name for path in everywhere] == ["recueil.js"]
    styles = [path.read_bytes() for path in sorted((STATIC / "css").glob("*.css"))]
    assert sum(len(gzip.compress(part)) for part in styles) + sum(everywhere.values()) < BYTES_COMPRESSED
    assert {path.name: size for path, size in scripts.items() if size > BYTES_OF_A_SCRIPT} == {}


def test_every_colour_and_measure_used_has_a_value() -> None:
    sheets = "".join(path.read_text() for path in sorted((STATIC / "css").glob("*.css")))
    assert set(re.findall(r"var\(--([\w-]+)", sheets)) - set(re.findall(r"--([\w-]+):", sheets)) == set()


def icons_asked_for() -> Iterator[str]:
    asked = r"""\bicon\("([\w-]+)"|icon_name="([\w-]+)\""""
    for path in sorted(TEMPLATES.rglob("*.html")):
        for names in re.findall(asked, path.read_text()):
            yield next(filter(None, names))


def test_every_icon_asked_for_is_drawn() -> None:
    drawn = re.findall(r'<symbol id="([\w-]+)"', (STATIC / "img" / "icons.svg").read_text())
    assert len(set(drawn)) == len(drawn)
    assert set(icons_asked_for()) - set(drawn) == set()


@pytest.mark.parametrize("path", sorted((TEMPLATES / "errors").glob("[45]*.html")), ids=lambda path: path.stem)
def test_error_pages_stand_without_anything_from_the_application(jinja: Environment, path: Path) -> None:
    page = jinja.get_template(f"errors/{path.name}").render()
    assert page.count("<h1>") == 1
    assert path.stem in page
    assert "style=" not in page
    assert "onclick" not in page


def test_a_failure_of_the_server_asks_nothing_of_the_account(jinja: Environment) -> None:
    def away() -> None:
        raise AssertionError("asked while the database is away")

    for code in (500, 503):
        jinja.get_template(f"errors/{code}.html").render(navigation=away, user_menu=away, footer_links=away)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("text_input", ("title", "Nom")),
        ("number_input", ("count", "Participants", "douze")),
        ("amount_input", ("amount", "Montant", "trois cents")),
        ("date_input", ("day", "Jour", "fin juin")),
        ("text_area", ("summary", "Résumé")),
        ("select", ("kind", "Type", [("a", "Caf")])),
        ("radios", ("status", "Statut", [("a", "En cours"), ("b", "Terminée")])),
        ("checkboxes", ("keywords", "Mots clés", [("a", "Santé"), ("b", "Culture")])),
        ("checkbox", ("agreed", "Vérifié")),
        ("file_input", ("file", "Fichier")),
    ],
)
def test_an_error_is_tied_to_its_control_and_to_its_link(
    jinja: Environment, name: str, arguments: tuple[Any, ...]
) -> None:
    html = str(macro(jinja, "forms", name)(*arguments, help="Une aide.", error="Corrigez ceci."))
    id = arguments[0]
    controls = re.findall(r"<(?:input|select|textarea)[^>]*>", html)
    assert controls
    assert all(f"{id}-error" in control for control in controls)
    assert html.count(f'id="{id}"') == html.count(f'id="{id}-error"') == html.count(f'id="{id}-help"') == 1


def test_a_day_that_could_not_be_read_is_shown_as_it_was_typed(jinja: Environment) -> None:
    date_input = macro(jinja, "forms", "date_input")
    assert 'type="text"' in date_input("day", "Jour", "fin juin")
    assert "fin juin" in date_input("day", "Jour", "fin juin")
    assert 'type="date"' in date_input("day", "Jour", "2026-05-31")


def test_what_users_typed_is_never_read_as_markup(jinja: Environment) -> None:
    typed = "<b>&\n\n«"
    for html in (
        macro(jinja, "forms", "text_area")("summary", "Résumé", typed),
        macro(jinja, "reading", "reading_item")("Résumé", "answered", typed),
        macro(jinja, "tables", "cell")("Nom", typed),
    ):
        assert "&lt;b&gt;&amp;\n\n«" in html


def test_a_text_that_begins_with_a_blank_line_keeps_it(jinja: Environment) -> None:
    html = str(macro(jinja, "forms", "text_area")("summary", "Résumé", "\nsuite"))
    assert ">\n\nsuite</textarea>" in html


def test_not_asked_differs_from_not_answered(jinja: Environment) -> None:
    reading_item = macro(jinja, "reading", "reading_item")
    assert "Question non posée" in reading_item("Raisons", "not_asked")
    assert "Sans réponse" in reading_item("Raisons", "not_answered")
