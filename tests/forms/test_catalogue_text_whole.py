"""Whole files in the public catalogue's format: what was written comes back, character for character."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from forms.catalogue_text import Level, decode, parse
from forms.choices import Choice
from forms.french import fold
from forms.registry import shipped
from forms.values import clean_text
from tests.forms.catalogue_files import ITEMS, LABELS, LISTS, OPTIONAL, PROSE, file_text, sheet_text

VERSION = shipped(2020)

# ---------------------------------------------------------------- any sheet comes back as it went in

inner_lines = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\n\r\x00"), max_size=40)
bullets = st.one_of(
    inner_lines,
    inner_lines.map("- {}".format),
    st.sampled_from([f"- {label}" for label in LABELS.values()] + ["-", "Actions", "Partenaires d'action:", ""]),
)


def labels_kept_apart(name: str, text: str) -> bool:
    """True unless the text holds the very label that follows it and prose follows: nobody could tell."""
    names = list(LABELS)
    following = names[names.index(name) + 1 :][:2]
    return not any(f"- {LABELS[after]}" in text.split("\n") for after in following)


@st.composite
def prose(draw: st.DrawFn, name: str) -> str:
    text = clean_text("\n".join(draw(st.lists(bullets, max_size=5))))
    assume(labels_kept_apart(name, text))
    if name == "initiators_detail":
        text = " ".join(text.split("\n")).strip()
    return text if text.strip() else ""


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """Answers as the form stores them, the ones that the format can hold."""
    title = clean_text(draw(inner_lines)).strip()
    assume(title and not title.startswith("- "))
    found: dict[str, Any] = {"title": title}
    for name in ("status", "dimension", "initiative_territory", "partners_territory"):
        code = draw(st.sampled_from([None, *_codes(name)]))
        found |= {name: code} if code else {}
    for name in ("keywords", "initiators", "partners"):
        codes = draw(st.sets(st.sampled_from(_codes(name))))
        found |= {name: [code for code in _codes(name) if code in codes]} if codes else {}
    public = draw(st.sampled_from([None, *_codes("public")]))
    found |= {"public": [public]} if public else {}
    for name in PROSE:
        text = draw(prose(name))
        found |= {name: text} if text else {}
    assume(not looks_like_a_new_sheet("\n".join(found[name] for name in PROSE if name in found)))
    return found


def looks_like_a_new_sheet(text: str) -> bool:
    """True where the prose holds both lines by which a sheet opens."""
    return "structure organisatrice" in fold(text) and "Actions" in map(str.strip, text.split("\n"))


def _codes(name: str) -> list[str]:
    choices: tuple[Choice, ...] = VERSION.question(name).kind.choices  # type: ignore[attr-defined]
    return [choice.code for choice in choices]


def written(found: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as words, as the catalogue shows them."""
    said: dict[str, Any] = {"organisation": "Centre social du Gué - Lot"}
    for name, value in found.items():
        choices = getattr(VERSION.question(name).kind, "choices", ())
        labels = {choice.code: choice.label for choice in choices}
        if isinstance(value, list):
            said[name] = [labels[code] for code in value]
        else:
            said[name] = labels.get(value, value)
    return said


@hypothesis_settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)
@given(st.lists(answers(), min_size=1, max_size=3))
def test_any_sheets_written_in_the_format_come_back_equal(drawn: list[dict[str, Any]]) -> None:
    sheets = [sheet_text(found["title"], written(found)) for found in drawn]
    parsed = parse(file_text(*sheets, years=[2016 + number for number in range(len(sheets))]))
    expected = []
    for found in drawn:
        same = found.get("partners_territory") == found.get("initiative_territory")
        expected.append({name: value for name, value in found.items() if not (same and name == "partners_territory")})
    assert [dict(sheet.answers) for sheet in parsed.sheets] == expected
    assert not any(sheet.unparsed for sheet in parsed.sheets)


# ---------------------------------------------------------------- the real file


def independent_reading(text: str) -> list[dict[str, str]]:
    """Another reading of the file, label by label with plain searches: question id → text under it."""
    sheets = []
    for part in re.split(r"^Actions\n", text, flags=re.MULTILINE)[1:]:
        title, _newline, rest = part.partition("\n")
        found = {"title": title.strip()}
        rest = "\n" + rest.removesuffix("\n") + "\n"
        name = ""
        for next_name, label in LABELS.items():
            before, mark, after = rest.partition(f"\n- {label}\n")
            if not mark:
                assert next_name in OPTIONAL, label
                continue
            if name:
                found[name] = before.removeprefix("\n")
            name, rest = next_name, "\n" + after
        found[name] = rest.strip("\n")
        sheets.append(found)
    return sheets


def test_every_answer_of_the_real_file_is_read_as_it_stands(shared_data: Path) -> None:
    data = (shared_data / "actions-lot.txt").read_bytes()
    parsed = parse(decode(data))
    other = independent_reading(data.decode())
    assert len(parsed.sheets) == len(other) == 11
    for sheet, found in zip(parsed.sheets, other, strict=True):
        assert sheet.answers["title"] == sheet.title == found.pop("title")
        assert found.pop("organisation") == f"- {sheet.organisation} - Lot"
        assert found.pop("files") == ""
        assert found.pop("partners_territory") == found["initiative_territory"]
        found["partners"] = found["partners"].replace("\nPartenaires d'action:", "")
        for name, text in found.items():
            assert shown(name, sheet.answers.get(name)) == (in_order(text) if name in LISTS else text), name
        assert set(sheet.answers) - {"title"} == {name for name, text in found.items() if text not in ("", "-")}
    assert [sheet.year for sheet in parsed.sheets] == [2020, 2020, 2019, 2019, 2018, 2017, 2016, 2016, 2016, 2016, 2016]
    assert {sheet.department for sheet in parsed.sheets} == {"46"}
    assert len({sheet.organisation for sheet in parsed.sheets}) == 7
    assert not any(sheet.unparsed or sheet.refused for sheet in parsed.sheets)
    assert {finding.level for finding in parsed.all_findings} == {Level.PROPOSAL}


def shown(name: str, value: Any) -> str:
    """An answer as the catalogue writes it, lists in alphabetical order."""
    if name not in ITEMS:
        return value or ""
    labels = written({name: value})[name] if value else []
    lines = [f"- {label}" for label in (labels if isinstance(labels, list) else [labels])]
    dash = ["-"] if name == "partners" or (name in LISTS and lines) else []
    return in_order("\n".join(dash + lines)) if name in LISTS else "\n".join(lines)


def in_order(text: str) -> str:
    """Lines in alphabetical order: the form keeps its own."""
    return "\n".join(sorted(text.split("\n")))
