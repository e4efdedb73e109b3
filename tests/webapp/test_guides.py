"""The guides say what is there: buttons, commands, settings, addresses and pictures that they name exist."""

import ast
import re
from functools import cache
from pathlib import Path

import click
import pytest
from flask import Flask

from tests.client import PageClient
from tests.factories import CentreFactory, FederationFactory, FunderFactory, person
from tests.signing import sign_in
from webapp import cli, guides
from webapp.config import Settings
from webapp.demo.texts import load
from webapp.guide_pictures import FOLDER, PICTURES
from webapp.guide_places import OF_ROLE, PLACES, place_of
from webapp.guides import Guide, Section
from webapp.navigation import OWN, SITE
from webapp.policy import ANONYMOUS
from webapp.vocabulary import RoleName

ROOT = Path(__file__).resolve().parents[2]
# Where the labels of the site are written; the guides themselves prove nothing.
WRITTEN_BY_US = ("webapp/guide", "templates/pages/help/")
IN_TEMPLATES = re.compile(r"\"([^\"{}%<>]+)\"|[>}]([^<>{}]+)(?=[<{])")
ARGUMENTS = re.compile(r"^(?:[A-ZÀ-Ý][A-ZÀ-Ý-]*|\d+|\"[^\"]*\"|\S+@\S+|administrateur|plateforme)$")


def _same(words: str) -> str:
    return " ".join(words.split()).removesuffix(" :").strip()


@cache
def labels_of_the_site() -> frozenset[str]:
    """Every piece of text of the templates and every string of the program, blanks alike."""
    found = set()
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if not str(path.relative_to(ROOT)).startswith(WRITTEN_BY_US):
            found |= {quoted or text for quoted, text in IN_TEMPLATES.findall(path.read_text("utf-8"))}
    for path in sorted((ROOT / "webapp").rglob("*.py")):
        if not str(path.relative_to(ROOT)).startswith(WRITTEN_BY_US):
            tree = ast.parse(path.read_text("utf-8"))
            found |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return frozenset(map(_same, found))


def _all_sections() -> list[tuple[Guide, Section]]:
    return [(guide, section) for guide in guides.guides() for section in guide.sections]


@pytest.mark.parametrize("slug", guides.ORDER)
def test_every_label_that_a_guide_quotes_is_one_of_the_site(slug: str) -> None:
    quoted = guides.guide(slug).labels
    assert quoted
    assert [label for label in quoted if _same(label) not in labels_of_the_site()] == []


@pytest.mark.parametrize("slug", guides.ORDER)
def test_every_command_that_a_guide_quotes_is_there_with_its_options(slug: str) -> None:
    for line in guides.guide(slug).commands:
        if line.startswith("recueil "):
            _check_command(re.findall(r"\"[^\"]*\"|\S+", line)[1:], line)


def _check_command(words: list[str], line: str) -> None:
    command: click.Command = cli.recueil
    while isinstance(command, click.Group):
        inner = command.get_command(click.Context(command), words[0])
        assert inner is not None, line
        command, words = inner, words[1:]
    options = {name: one for one in command.params for name in (*one.opts, *one.secondary_opts)}
    taken = 0
    for place, word in enumerate(words):
        if word.startswith("-"):
            assert word in options, f"{line}: no option {word}"
        elif place and words[place - 1] in options and not getattr(options[words[place - 1]], "is_flag", False):
            kind = options[words[place - 1]].type
            assert not isinstance(kind, click.Choice) or word in kind.choices, line
        else:
            taken += 1
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    assert taken == len(arguments), line


def test_the_administrators_guide_quotes_commands_of_the_makefile_and_settings_that_exist() -> None:
    commands = guides.guide("administration").commands
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    made = [line.removeprefix("make ") for line in commands if line.startswith("make ")]
    assert made
    assert set(made) <= targets
    told = {word for line in commands for word in re.findall(r"RECUEIL_[A-Z_]+", line)}
    assert "RECUEIL_BASE_URL" in told
    assert told <= {f"RECUEIL_{name.upper()}" for name in Settings.model_fields}


def test_anchors_are_told_apart_in_each_guide() -> None:
    for guide in guides.guides():
        anchors = [section.anchor for section in guide.sections]
        assert len(set(anchors)) == len(anchors) >= 8


def test_a_guide_without_an_anchor_is_refused() -> None:
    with pytest.raises(ValueError, match="no anchor"):
        guides.read("essai", "# Titre\n\nIntroduction.\n\n## Sans adresse\n\nTexte.\n")


def test_what_is_written_as_markup_is_shown_and_not_obeyed() -> None:
    guide = guides.read("essai", "# Titre\n\nIntroduction.\n\n## Un {#un}\n\n<b onclick=x>gras</b>\n")
    assert "<b" not in guide.sections[0].html


# ------------------------------------------------------------------ pictures


def test_every_picture_of_a_guide_exists_and_none_lies_unused() -> None:
    used = {name for _guide, section in _all_sections() for name in section.pictures}
    assert used == set(PICTURES)
    kept = {file for picture in PICTURES.values() for file in (picture.file, picture.dark_file)}
    assert set(FOLDER.iterdir()) == kept


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_is_light_and_says_what_it_shows(name: str) -> None:
    picture = PICTURES[name]
    assert picture.file.stat().st_size < 60_000
    assert picture.dark_file.stat().st_size < 60_000
    assert len(picture.alt) >= 40
    assert picture.alt != picture.caption
    width, height = picture.size()
    assert width >= 300
    assert height >= 200


def test_pictures_are_taken_by_people_of_the_demonstration() -> None:
    emails = {person.email for person in load().everybody()}
    for picture in PICTURES.values():
        assert picture.account in emails
        assert picture.path.startswith("/")


def test_all_pictures_together_are_light() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_500_000


# ------------------------------------------------------------------ search


@pytest.mark.parametrize("asked", ["relancer", "RELANCÉR", "  relancer  "])
def test_accents_and_capitals_are_forgiven_and_a_title_comes_first(asked: str) -> None:
    first, *_rest = guides.search(asked)
    assert (first.guide.slug, first.section.anchor) == ("federation", "relancer")
    assert "elanc" in first.excerpt


def test_every_word_must_be_there() -> None:
    assert guides.search("classeur")
    assert guides.search("classeur zzyzx") == []
    assert guides.search("   ") == []


def test_anybody_searches_the_help(client: PageClient) -> None:
    page = client.get("/aide?q=cloture+telephone").text
    assert "Aucune réponse" in page
    page = client.get("/aide?q=telephone").text
    assert 'href="/aide/centre#telephone"' in page
    assert client.get("/aide?q=<script>").status_code == 200


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize("slug", guides.ORDER)
def test_a_guide_reads_with_its_contents_its_links_and_its_pictures(client: PageClient, slug: str) -> None:
    page = client.get(f"/aide/{slug}")
    assert page.status_code == 200
    guide = guides.guide(slug)
    for section in guide.sections:
        assert f'id="{section.anchor}"' in page.text
        assert page.text.count(f'href="#{section.anchor}"') == 3
    for address in re.findall(r'(?:src|href)="(/[^"#]*)[^"]*"', "".join(s.html for s in guide.sections)):
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address


def test_the_guides_lead_to_each_other(client: PageClient) -> None:
    for slug, after in zip(guides.ORDER, guides.ORDER[1:], strict=False):
        assert f'href="/aide/{after}" rel="next"' in client.get(f"/aide/{slug}").text
        assert f'href="/aide/{slug}" rel="prev"' in client.get(f"/aide/{after}").text
    assert client.get("/aide/autre").status_code == 404


# ------------------------------------------------------------------ from a page to its section


def test_every_page_that_has_a_section_names_one_that_is_there(app: Flask) -> None:
    anchors = {(guide.slug, section.anchor) for guide, section in _all_sections()}
    places = [*PLACES.values(), *(place for own in OF_ROLE.values() for place in own.values())]
    assert set(places) <= anchors
    known = set(app.view_functions) | set(app.blueprints)
    named = {*PLACES, *(name for own in OF_ROLE.values() for name in own)}
    assert named - known == set()


def test_the_main_pages_have_a_section() -> None:
    without = [endpoint for _label, endpoint in (*SITE, *OWN) if place_of(endpoint, ANONYMOUS) is None]
    assert without == ["catalogue.index"]


def test_each_reader_comes_to_a_guide_of_theirs(client: PageClient) -> None:
    federation = FederationFactory()
    sign_in(client, person(RoleName.RESPONSIBLE, CentreFactory(federation=federation)))
    assert 'class="help-here" href="/aide/centre#avant"' in client.get("/fiches").text
    sign_in(client, person(RoleName.FUNDER, FunderFactory(federation=federation)))
    assert 'class="help-here" href="/aide/financeur#recevoir"' in client.get("/fiches").text
    sign_in(client, person(RoleName.ADMINISTRATOR, federation))
    assert 'class="help-here" href="/aide/federation#relire"' in client.get("/relecture").text
    assert 'class="help-here"' not in client.get("/aide").text
