"""What programs may ask for, and the cursor that leads from one page to the next."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from forms.definition import content_hash
from forms.lifecycle import SheetState
from forms.values import Refused

Query = TypeVar("Query", bound="Narrowed")

SMALLEST, USUAL, LARGEST = 1, 100, 200
"""Rows of a page."""
NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1900, 2200
EARLIEST, LATEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR, 1, 1, tzinfo=UTC)


def _whole(text: Any) -> Any:
    if not isinstance(text, str) or not NUMBER.fullmatch(text):
        raise ValueError("not a whole number")
    return text


def _moment(text: Any) -> Any:
    if not isinstance(text, str) or not MOMENT.fullmatch(text.upper()):
        raise ValueError("not a moment")
    return text


def _near(moment: datetime) -> datetime:
    """Before and after all that is ours nothing differs, and the ends of the calendar pass through no time zone."""
    if moment.year < FIRST_YEAR:
        return EARLIEST
    return LATEST if moment.year >= LAST_YEAR else moment


Whole = Annotated[int, BeforeValidator(_whole)]
# Its bounds stand next to the number: anywhere else they do not reach the document.
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR), BeforeValidator(_whole)]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment), AfterValidator(_near)]


class Narrowed(BaseModel):
    """What an address takes after its « ? »; anything else is refused, so that a typing error is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PageQuery(Narrowed):
    """Of which list the next page."""

    limit: Whole = Field(USUAL, ge=SMALLEST, le=LARGEST, description=f"Lignes par page, {LARGEST} au plus.")
    after: str | None = Field(
        None,
        max_length=500,
        description="Le curseur de la page suivante, tel que « next » le dit ; il ne vaut que pour les mêmes filtres.",
    )


class SheetQuery(PageQuery):
    """Which sheets."""

    campaign: UUID | None = Field(None, description="Les fiches de cette campagne.")
    year: Year | None = Field(None, description="Les fiches de cette année.")
    centre: UUID | None = Field(None, description="Les fiches de ce centre.")
    state: SheetState | None = Field(None, description="Les fiches dans cet état.")
    updated_since: Moment | None = Field(
        None,
        description="Les fiches envoyées ou décidées depuis ce moment (RFC 3339, par exemple 2026-03-02T08:30:00Z), "
        "celles dont le centre a changé le partage et celles où une personne a été effacée. Une fiche que le jeton "
        "n’ouvre plus (reprise par son centre, rouverte) n’y paraît pas\u00a0: relisez tout chaque jour.",
    )


class CatalogueQuery(PageQuery):
    """Which published sheets."""

    year: Year | None = Field(None, description="Les fiches de cette année.")


class FiguresQuery(Narrowed):
    """Whose figures."""

    campaign: UUID = Field(description="La campagne dont on veut les chiffres.")


class TableQuery(Narrowed):
    """Of which campaigns the table."""

    year: Year | None = Field(None, description="Les fiches de cette année ; toutes les années sans lui.")


def read(query: type[Query]) -> Query:
    """What the request asks for. Raises Refused (French) with the parameter."""
    given: dict[str, str] = {}
    for name, texts in request.args.lists():
        if len(texts) > 1:
            raise Refused(f"Donnez « {name[:40]} » une fois seulement.", question=name[:40])
        given[name] = texts[0]
    try:
        return query.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = str(first["loc"][0])[:40]
    known = query.model_fields.get(name)
    if known is None:
        offered = ", ".join(query.model_fields) or "rien"
        raise Refused(f"Cette adresse ne prend pas « {name} ». Elle prend : {offered}.", question=name)
    if first["type"] == "missing":
        raise Refused(f"Donnez « {name} ». {known.description}", question=name)
    raise Refused(f"« {name} » ne se lit pas. {known.description}", question=name)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="recueil.api.cursor")


def _about(query: PageQuery) -> str:
    """The list that a cursor belongs to: the address and what narrows it."""
    narrowed = query.model_dump(mode="json", exclude={"after", "limit"})
    return content_hash([request.endpoint, narrowed])[:16]


def cursor(query: PageQuery, key: str) -> str:
    """An opaque mark of the last row of a page, good for the same list only."""
    written = _signer().dumps([_about(query), key])
    return written if isinstance(written, str) else written.decode("ascii")


def key_of(query: PageQuery) -> str | None:
    """The key of the last row read; None at the beginning. Raises Refused for a cursor that was not given for this."""
    if query.after is None:
        return None
    try:
        about, key = _signer().loads(query.after)
    except (BadData, ValueError, TypeError):
        about, key = "", ""
    if about != _about(query) or not isinstance(key, str):
        raise Refused("Ce curseur n’est pas de cette liste : reprenez à la première page.", question="after")
    return key


def in_utc(moment: datetime | None) -> datetime | None:
    """As the database compares it."""
    return moment.astimezone(UTC) if moment is not None else None
