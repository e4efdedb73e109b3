"""Read the demonstration's TOML files into frozen data, refusing what contradicts itself."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from forms.checks import DoubtCode
from forms.lifecycle import SheetState
from webapp.demo.texts.checking import check
from webapp.demo.texts.shapes import (
    ActionText,
    AgreementText,
    AnswerValue,
    CampaignText,
    CentreText,
    Demonstration,
    FederationText,
    FileKind,
    FileText,
    FunderText,
    PersonText,
    QueryText,
    SheetText,
    SureText,
    TextsError,
)
from webapp.vocabulary import QueryReason, QueryState, RoleName, Sharing

Raw = Mapping[str, Any]


def load() -> Demonstration:
    """Read, put together and check the whole demonstration; the order is that of the files, always the same."""
    folder = files("webapp.demo.texts")
    index = _toml(folder / "index.toml")
    demonstration = Demonstration(
        federations=tuple(_federation(folder / name) for name in index["federations"]),
        people=_people(index),
    )
    check(demonstration)
    return demonstration


def _toml(path: Traversable) -> Raw:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise TextsError(f"{path.name}: {error}") from error


def _federation(folder: Traversable) -> FederationText:
    raw = _toml(folder / "federation.toml")
    return FederationText(
        id=raw["id"],
        name=raw["name"],
        people=_people(raw),
        funders=tuple(
            FunderText(id=f["id"], name=f["name"], kind=f["kind"], people=_people(f)) for f in raw["funders"]
        ),
        campaigns=tuple(CampaignText(**c) for c in raw["campaigns"]),
        centres=tuple(_centre(folder / f"{name}.toml") for name in raw["centres"]),
        agreements=tuple(_agreement(agreement) for agreement in raw.get("agreements", ())),
    )


def _agreement(raw: Raw) -> AgreementText:
    amounts: Raw = {key: Decimal(raw[key]) for key in ("requested", "granted") if key in raw}
    texts = {"address": raw["address"].strip(), "centres": tuple(raw.get("centres", ()))}
    return AgreementText(**{**raw, **amounts, **texts})


def _people(raw: Raw) -> tuple[PersonText, ...]:
    return tuple(PersonText(**(person | {"role": RoleName(person["role"])})) for person in raw.get("people", ()))


def _centre(path: Traversable) -> CentreText:
    raw = dict(_toml(path))
    actions = raw.pop("actions", ())
    people = _people(raw)
    raw.pop("people", None)
    try:
        return CentreText(
            **(raw | {"aliases": tuple(raw.get("aliases", ()))}),
            people=people,
            actions=tuple(_action(action) for action in actions),
        )
    except (TypeError, KeyError, ValueError, TextsError) as error:
        raise TextsError(f"{path.name}: {error!r}") from error


def _action(raw: Raw) -> ActionText:
    sheets: dict[int, SheetText] = {}
    for sheet in raw["sheets"]:
        earlier = sheets[sheet["carried_from"]].answers if "carried_from" in sheet else {}
        sheets[sheet["year"]] = _sheet(sheet, title=raw["title"], earlier=earlier)
    return ActionText(id=raw["id"], title=raw["title"], sheets=tuple(sheets.values()))


def _sheet(raw: Raw, *, title: str, earlier: Mapping[str, AnswerValue]) -> SheetText:
    name = raw.get("title", title)
    own = {question: _value(value) for question, value in raw.get("answers", {}).items()}
    gone = set(raw.get("left_out", ())) | set(raw.get("unparsed", ()))
    answers = {q: v for q, v in (dict(earlier) | own | {"title": name}).items() if q not in gone}
    state, queries = SheetState(raw["state"]), tuple(_query(query) for query in raw.get("queries", ()))
    asked, sent_again = _sent_back(state, queries)
    moments = (raw["created"], raw.get("submitted"), asked, sent_again, raw.get("validated"), raw.get("published"))
    return SheetText(
        year=raw["year"],
        title=name,
        state=state,
        sharing=Sharing(raw["sharing"]),
        author=raw["author"],
        created=raw["created"],
        updated=raw.get("updated", max(moment for moment in moments if moment)),
        submitted=raw.get("submitted"),
        asked=asked,
        sent_again=sent_again,
        validated=raw.get("validated"),
        published=raw.get("published"),
        answers=MappingProxyType(answers),
        unparsed=MappingProxyType(dict(raw.get("unparsed", {}))),
        sure=tuple(SureText(**(one | {"code": DoubtCode(one["code"])})) for one in raw.get("sure", ())),
        queries=queries,
        files=tuple(FileText(**(f | {"kind": FileKind(f["kind"])})) for f in raw.get("files", ())),
        renewed=raw.get("renewed", False),
        confirmed=tuple(raw.get("confirmed", ())),
    )


def _sent_back(state: SheetState, queries: tuple[QueryText, ...]) -> tuple[datetime | None, datetime | None]:
    """When the sheet went back to the centre, after the last query, and when it came again, after the last reply."""
    if not queries:
        return None, None
    asked = max(query.created for query in queries) + timedelta(minutes=2)
    if state is SheetState.CHANGES_REQUESTED:
        return asked, None
    return asked, max([asked, *(query.replied for query in queries if query.replied)]) + timedelta(minutes=10)


def _query(raw: Raw) -> QueryText:
    moments: dict[str, datetime] = {key: raw[key] for key in ("created", "replied", "closed") if key in raw}
    return QueryText(
        question=raw["question"],
        reason=QueryReason(raw["reason"]),
        state=QueryState(raw["state"]),
        text=raw["text"].strip(),
        by=raw["by"],
        reply=raw["reply"].strip() if "reply" in raw else None,
        replied_by=raw.get("replied_by"),
        **moments,
    )


def _value(value: Any) -> AnswerValue:
    if isinstance(value, str):
        return value.strip("\n")
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return tuple(MappingProxyType({column: _cell(cell) for column, cell in row.items()}) for row in value)
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, int):
        return value
    raise TextsError(f"valeur d’un genre inattendu : {value!r}")


def _cell(value: Any) -> str | Decimal:
    return value if isinstance(value, str) else Decimal(value)
