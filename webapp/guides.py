"""The guides of the help: Markdown of ours made into sections that have an address each, and searched."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from forms.french import fold
from webapp.guide_pictures import PICTURES, Picture
from webapp.guide_pictures import address as picture_address

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "pages" / "help" / "guides"
ORDER = ("centre", "federation", "financeur", "administration")

_ANCHOR = re.compile(r"^(?P<title>.+?) \{#(?P<anchor>[a-z0-9-]+)\}$")
_SPACES = re.compile(r"[ \n]+")
_SENTENCES = re.compile(r"(?<=[.?!]) ")


@dataclass(frozen=True)
class Section:
    """One task of a guide. html: what it says; text: the same without marks; pictures: the names that it shows."""

    anchor: str
    title: str
    html: Markup
    text: str
    pictures: tuple[str, ...]


@dataclass(frozen=True)
class Guide:
    """A guide: what its reader may ask, task by task. labels, commands: what it quotes of the site and of `recueil`."""

    slug: str
    title: str
    intro: str
    sections: tuple[Section, ...]
    labels: tuple[str, ...]
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A section that answers what was searched. excerpt: the first sentence that says the first word."""

    guide: Guide
    section: Section
    excerpt: str


def guides() -> tuple[Guide, ...]:
    """All of them, in the order in which they are offered."""
    return tuple(guide(slug) for slug in ORDER)


@cache
def guide(slug: str) -> Guide:
    """One of them; KeyError where there is none of that name."""
    if slug not in ORDER:
        raise KeyError(slug)
    return read(slug, (FOLDER / f"{slug}.md").read_text("utf-8"))


def read(slug: str, source: str) -> Guide:
    """A guide from its text: one title, an introduction, then sections whose headings end with `{#anchor}`."""
    tokens = _parser().parse(source)
    starts = [place for place, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    title, intro = (_plain(token) for token in tokens[: starts[0]] if token.type == "inline")
    sections = tuple(_section(tokens[begin:end]) for begin, end in zip(starts, [*starts[1:], len(tokens)], strict=True))
    inside = [part for token in tokens for part in (token.children or ())]
    fences = (token.content for token in tokens if token.type == "fence")
    commands = [part.content for part in inside if part.type == "code_inline"]
    commands += [line for fence in fences for line in fence.splitlines()]
    return Guide(slug, title, intro, sections, tuple(_labels(inside)), tuple(commands))


def search(words: str) -> list[Found]:
    """The sections that hold every word, accents and capitals forgiven; those that say it in their title first."""
    wanted = fold(words).split()
    if not wanted:
        return []
    found = []
    for one in guides():
        for section in one.sections:
            titled, told = fold(section.title), fold(f"{section.title} {section.text}")
            if all(word in told for word in wanted):
                in_title = sum(word in titled for word in wanted)
                found.append((-in_title, Found(one, section, _excerpt(section.text, wanted[0]))))
    return [hit for _rank, hit in sorted(found, key=lambda pair: pair[0])]


def _excerpt(text: str, word: str) -> str:
    sentences = _SENTENCES.split(text)
    return next((sentence for sentence in sentences if word in fold(sentence)), sentences[0])


def _section(tokens: Sequence[Token]) -> Section:
    matched = _ANCHOR.match(tokens[1].content)
    if matched is None:
        raise ValueError(f"no anchor at the end of « {tokens[1].content} »")
    body = list(tokens[3:])
    # Our own text, which no visitor can write.
    html = Markup(_parser().renderer.render(body, _parser().options, {}))  # noqa: S704
    texts = (_plain(token) for token in body if token.type in {"inline", "fence"})
    shown = (str(part.attrGet("src")) for token in body for part in (token.children or ()) if part.type == "image")
    return Section(matched["anchor"], matched["title"], html, " ".join(filter(None, texts)), tuple(shown))


def _plain(token: Token) -> str:
    if token.children is None:
        return token.content
    said = (" " if part.type == "softbreak" else part.content for part in token.children if part.type != "image")
    return _SPACES.sub(" ", "".join(said)).strip(" ")


def _labels(parts: Sequence[Token]) -> Iterator[str]:
    """What stands between two pairs of stars: the words of a button, a link or a field."""
    for place, part in enumerate(parts):
        if part.type == "strong_open":
            yield parts[place + 1].content


@cache
def _parser() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable("table")
    made.add_render_rule("image", _figure)
    made.add_render_rule("strong_open", lambda *_anything: '<strong class="label">')
    made.add_render_rule("fence", _command_lines)
    return made


def _command_lines(_renderer: Any, tokens: Sequence[Token], place: int, *_rest: Any) -> str:
    # It may have to be scrolled sideways, by the keyboard too.
    return f'<pre tabindex="0"><code>{escape(tokens[place].content)}</code></pre>\n'


def _figure(_renderer: Any, tokens: Sequence[Token], place: int, *_rest: Any) -> str:
    picture: Picture = PICTURES[str(tokens[place].attrGet("src"))]
    width, height = picture.size()
    kind = " shot-phone" if picture.phone else ""
    light, dark = escape(picture_address(picture.file)), escape(picture_address(picture.dark_file))
    # Spans: it stands in a paragraph.
    return (
        f'<span class="shot{kind}"><a href="{light}"><picture>'
        f'<source media="screen and (prefers-color-scheme: dark)" srcset="{dark}">'
        f'<img src="{light}" alt="{escape(picture.alt)}" width="{width}" height="{height}" loading="lazy">'
        f'</picture></a><span class="shot-words">{escape(picture.caption)}</span></span>'
    )
