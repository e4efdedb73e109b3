"""The command line speaks French throughout, the words of its library included."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.webapp.test_cli import recueil
from webapp.cli import LOCALE
from webapp.cli import recueil as command

FILES = LOCALE / "fr" / "LC_MESSAGES"
FRENCH = gettext.translation("click", LOCALE, ["fr"])
# Where the library speaks to those who use a command, and not to those who write one.
SPEAKING = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")
TO_PROGRAMMERS = re.compile(
    r"defined twice|declaration|No options defined|same flag|Deprecation|Choice\(|Unknown color"
)


def asked_for(module: str) -> Iterator[tuple[str, ...]]:
    """The texts, singular and plural, that a module of click has translated."""
    tree = ast.parse((Path(click.__file__).parent / f"{module}.py").read_text("utf-8"))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}:
            texts = tuple(one.value for one in call.args[:2] if isinstance(one, ast.Constant))
            if texts and isinstance(texts[0], str) and not TO_PROGRAMMERS.search(texts[0]):
                yield texts


@pytest.mark.parametrize("module", SPEAKING)
def test_every_text_of_the_library_is_known_in_french(module: str) -> None:
    known = (FILES / "click.po").read_text("utf-8")
    for texts in asked_for(module):
        for text in texts:
            written = text.replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
            assert re.search(rf'^msgid(_plural)? "{re.escape(written)}"$', known, re.MULTILINE), text


def test_the_catalogue_that_is_read_is_the_one_that_is_written() -> None:
    entry = re.compile(
        r'^msgid (".+")\n(?:msgid_plural (".+")\n)?msgstr(?:\[0\])? (".*")(?:\nmsgstr\[1\] (".*"))?', re.MULTILINE
    )
    entries = [
        [text and ast.literal_eval(text) for text in found]
        for found in entry.findall((FILES / "click.po").read_text("utf-8"))
    ]
    assert len(entries) > 50
    for one, many, said, said_of_many in entries:
        if many:
            assert [FRENCH.ngettext(one, many, count) for count in (1, 2)] == [said, said_of_many]
        else:
            assert FRENCH.gettext(one) == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deployment", "--sous"), "Erreur\u00a0: l’option «\u00a0--sous\u00a0» n’existe pas."),
        (("deployment", "apache"), "«\u00a0apache\u00a0» n’est pas l’un de ceux-ci\u00a0: 'systemd'"),
        (("deployment",), "Erreur\u00a0: il manque l’argument"),
        (("déployer",), "Erreur\u00a0: la commande «\u00a0déployer\u00a0» n’existe pas."),
    ],
)
def test_a_mistake_is_told_in_french_whatever_the_terminal_speaks(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = recueil(*words, folder=tmp_path, LANG="en_US.UTF-8", LANGUAGE="en")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Emploi\u00a0: recueil" in done.stderr
    assert not re.search("Usage|Error|Try|No such|Missing", done.stderr)


def test_help_is_in_french(tmp_path: Path) -> None:
    done = recueil("user", "add", "--help", folder=tmp_path)
    assert "Emploi\u00a0: recueil user add [OPTIONS] ADRESSE" in done.stdout
    assert "--help" in done.stdout
    assert "Afficher cette aide." in done.stdout


def commands(group: click.Group) -> Iterator[click.Command]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            one = group.get_command(context, name)
            assert one is not None
            yield one
            if isinstance(one, click.Group):
                yield from commands(one)


def test_what_a_command_takes_has_a_french_name() -> None:
    for one in (command, *commands(command)):
        if isinstance(one, click.Group):
            assert one.subcommand_metavar == "COMMANDE …"
        for given in one.params:
            named = given.metavar or isinstance(given.type, click.Choice)
            assert named or getattr(given, "is_flag", False), f"{one.name} {given.name}"
