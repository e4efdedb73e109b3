"""What the README promises is there: files, commands, settings, accounts, the picture."""

import re
from pathlib import Path

import pytest
from PIL import Image

from webapp.config import Settings
from webapp.demo.loading import PASSWORD
from webapp.demo.texts import load

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
QUOTED = re.findall(r"`([^`\n]+)`", README)
FIRST_SCREEN = README.partition("\n## ")[0]


def test_the_first_screen_shows_what_it_is_and_how_to_try_it() -> None:
    (picture,) = re.findall(r"!\[[^\]]{20,}\]\(([^)]+)\)", FIRST_SCREEN)
    path = ROOT / picture
    assert path.stat().st_size < 150_000
    with Image.open(path) as opened:
        assert opened.width == 1280
    for words in ("make run", "make test", PASSWORD):
        assert words in FIRST_SCREEN


def test_the_accounts_are_those_of_the_demonstration() -> None:
    emails = {person.email for person in load().everybody()}
    named = re.findall(r"[\w.]+@[\w.-]+", FIRST_SCREEN)
    assert len(named) >= 6
    assert set(named) <= emails


def test_every_setting_is_told_and_no_other() -> None:
    told = {word for word in re.findall(r"\bRECUEIL_[A-Z_]+", README) if not word.startswith("RECUEIL_TEST_")}
    assert told == {f"RECUEIL_{name.upper()}" for name in Settings.model_fields}


def test_every_command_is_there() -> None:
    told = {words.split()[1] for words in QUOTED if words.startswith("recueil ")}
    commands = {
        path.stem.rstrip("_") for path in (ROOT / "webapp" / "commands").glob("*.py") if path.stem != "__init__"
    }
    assert told == commands
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= targets


@pytest.mark.parametrize(
    "path", sorted({word for word in QUOTED if re.fullmatch(r"(forms|reports|webapp|templates|tests)/[\w./-]*", word)})
)
def test_a_file_that_it_names_exists(path: str) -> None:
    assert (ROOT / path).exists()
