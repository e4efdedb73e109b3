"""What the tests of forms share: kinds with parameters, questions, and every value they may hold."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from forms.choices import Choice
from forms.definition import FormVersion, Question, Section
from forms.kinds import (
    Amount,
    ChoiceMany,
    ChoiceOne,
    Count,
    Day,
    Files,
    Kind,
    LongText,
    ShortText,
    Table,
    TableColumn,
    WholeNumber,
    YesNo,
)
from forms.values import clean_text

patient = settings(deadline=None, max_examples=40)
"""For properties: a slow machine is no failure."""

CHOICES = (
    Choice("caf", "Caf"),
    Choice("emploi", "Emploi, économie", aliases=("Emploi",)),
    Choice("democratie", "Démocratie & citoyenneté"),
    Choice("2026", "2026"),
    Choice("ancien", "Ancien choix", retired=True),
)

KIND_VARIANTS: dict[str, Kind] = {
    "short_text": ShortText(),
    "short_text of 12": ShortText(max_length=12),
    "long_text": LongText(),
    "whole_number": WholeNumber(),
    "whole_number below zero": WholeNumber(minimum=-50, maximum=50, unit="°C"),
    "year": WholeNumber(minimum=1900, maximum=2200),
    "count": Count(unit="personnes", one="personne"),
    "count of few": Count(maximum=12),
    "amount": Amount(),
    "day": Day(),
    "choice_one": ChoiceOne(CHOICES),
    "choice_many": ChoiceMany(CHOICES),
    "yes_no": YesNo(),
    "table": Table(
        (
            TableColumn("name", "Nom", ShortText(max_length=60)),
            TableColumn("story", "Récit", LongText(max_length=200)),
            TableColumn("count", "Nombre", WholeNumber(unit="personnes")),
            TableColumn("money", "Montant (€)", Amount(), help="En euros."),
            TableColumn("on", "Jour", Day()),
            TableColumn("type", "Type", ChoiceOne(CHOICES)),
            TableColumn("themes", "Thèmes", ChoiceMany(CHOICES)),
            TableColumn("done", "Fait", YesNo()),
        ),
        max_rows=6,
    ),
    "files": Files(max_files=4),
}


def asked(kind: Kind, id: str = "it") -> Question:
    """A question of that kind."""
    return Question(id, "Libellé de la question", kind, short="Court", help="Une aide.")


def version_of(*questions: Question) -> FormVersion:
    """A version with these questions in one section, « only »."""
    return FormVersion("test", "Fiche d’essai", (Section("only", "Seule étape", questions),))


def through_json(document: Any) -> Any:
    """The document written as JSON and read again."""
    return json.loads(json.dumps(document))


_NON_CHARACTERS = "".join(
    chr(code)
    for code in (
        *range(0xFDD0, 0xFDF0),
        *(plane * 0x10000 + end for plane in range(17) for end in (0xFFFE, 0xFFFF)),
    )
)
raw_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0" + _NON_CHARACTERS), max_size=60)


def _lines(longest: int) -> st.SearchStrategy[str]:
    cleaned = raw_texts.map(lambda raw: clean_text(raw).strip().replace("\n", " "))
    return cleaned.filter(lambda text: 0 < len(text) <= longest)


def _paragraphs(longest: int) -> st.SearchStrategy[str]:
    bits = st.lists(st.one_of(raw_texts, st.sampled_from(["\n", " ", "\n\n- ", "« é »", "\t"])), max_size=5)
    return bits.map("".join).map(clean_text).filter(lambda text: bool(text.strip()) and len(text) <= longest)


def _files(most: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    sizes = st.integers(0, 30_000_000)
    file = st.fixed_dictionaries(
        {
            "id": st.uuids().map(str),
            "name": _lines(60),
            "media_type": st.sampled_from(["image/png", "application/pdf"]),
            "size": sizes,
            "sha256": st.text("0123456789abcdef", min_size=64, max_size=64),
        },
        optional={"width": sizes, "height": sizes, "caption": _lines(60), "alt": _lines(60)},
    )
    return st.lists(file, min_size=1, max_size=most, unique_by=lambda found: str(found["id"]))


# Made once a kind: looking a new one over takes longer than drawing from it.
@cache
def values(kind: Kind) -> st.SearchStrategy[Any]:
    """Every value that a question of that kind may hold."""
    match kind:
        case ShortText():
            return _lines(kind.max_length)
        case LongText():
            return _paragraphs(kind.max_length)
        case WholeNumber():
            return st.integers(kind.minimum, kind.maximum)
        case Count():
            how = st.sampled_from(["counted", "estimated"])
            said = st.fixed_dictionaries({"number": st.integers(0, kind.maximum), "how": how})
            return st.one_of(said, st.just({"how": "unknown"}))
        case Amount():
            return st.decimals(0, kind.maximum, places=2).map(lambda value: abs(value.quantize(Decimal("0.01"))))
        case Day():
            return st.dates(date(1900, 1, 1), date(9999, 12, 31))
        case ChoiceOne():
            return st.sampled_from([choice.code for choice in kind.choices])
        case ChoiceMany():
            codes = [choice.code for choice in kind.choices]
            return st.sets(st.sampled_from(codes), min_size=1).map(
                lambda some: [code for code in codes if code in some]
            )
        case YesNo():
            return st.booleans()
        case Table():
            row = st.fixed_dictionaries({}, optional={column.id: values(column.kind) for column in kind.of})
            return st.lists(row.filter(bool), min_size=1, max_size=kind.max_rows)
        case Files():
            return _files(kind.max_files)
    raise NotImplementedError(f"say here which values a {kind.name} may hold")


def without(mapping: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The mapping less these keys."""
    return {key: value for key, value in mapping.items() if key not in keys}
