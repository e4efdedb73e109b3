"""What the demonstration's texts are made of: frozen data that names choices by their French labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from forms.checks import DoubtCode
from forms.lifecycle import SheetState
from webapp.vocabulary import QueryReason, QueryState, RoleName, Sharing

# A row of a table question: column id -> text, label of a choice, or amount in euros.
RowText = Mapping[str, str | Decimal]
# Text, label of one choice, number, number with « Estimé », labels of several choices, or rows.
AnswerValue = str | int | tuple[str | int, ...] | tuple[RowText, ...]


class TextsError(Exception):
    """A text file of the demonstration contradicts itself; the message names the file and the place."""


class FileKind(StrEnum):
    """What the program that draws the demonstration's pictures is asked for."""

    POSTER = "affiche"
    DRAWING = "dessin"
    PLAN = "plan"


@dataclass(frozen=True, kw_only=True)
class PersonText:
    """An account; where it belongs is where it stands: a federation, a centre, a funder or the platform."""

    id: str
    full_name: str
    email: str
    role: RoleName
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class FunderText:
    """Somebody who pays; `kind` is the label of a kind of partner (« Caf »)."""

    id: str
    name: str
    kind: str
    people: tuple[PersonText, ...]


@dataclass(frozen=True, kw_only=True)
class AgreementText:
    """What is agreed with a funder of the federation; `funder` and `centres` are ids, none of the latter is all."""

    id: str
    funder: str
    title: str
    reference: str
    address: str
    first_year: int
    last_year: int
    made: datetime
    requested: Decimal | None = None
    granted: Decimal | None = None
    centres: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CampaignText:
    """One year's collection; every funder and every centre of the federation takes part."""

    year: int
    title: str
    opened_at: datetime
    shown_deadline: date
    last_creation: date
    last_edit: date


@dataclass(frozen=True, kw_only=True)
class QueryText:
    """What a reader asks about one question; `by` and `replied_by` are ids of people."""

    question: str
    reason: QueryReason
    state: QueryState
    text: str
    by: str
    created: datetime
    reply: str | None = None
    replied_by: str | None = None
    replied: datetime | None = None
    closed: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class FileText:
    """A picture to draw and attach to « Fichier(s) associé(s) »."""

    kind: FileKind
    caption: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class SureText:
    """What a soft check notices in a sheet and the centre confirms before it sends, with its reason."""

    question: str
    code: DoubtCode
    reason: str


@dataclass(frozen=True, kw_only=True)
class SheetText:
    """One year's account of an action; `answers` are whole (what was carried from another year is in them).

    A sheet that is `renewed` was begun from the earlier year's: `answers` are what was typed since, `confirmed` the
    questions of which somebody said that last year's answer still holds; the rest waits.

    Its life in order: created, submitted, then where there are queries asked (sent back to the centre) and, once
    replied to, sent_again; validated, published. `asked` and `sent_again` are None where that never happened.
    """

    year: int
    title: str
    state: SheetState
    sharing: Sharing
    author: str
    created: datetime
    updated: datetime
    submitted: datetime | None
    asked: datetime | None
    sent_again: datetime | None
    validated: datetime | None
    published: datetime | None
    answers: Mapping[str, AnswerValue]
    unparsed: Mapping[str, str]
    sure: tuple[SureText, ...]
    queries: tuple[QueryText, ...]
    files: tuple[FileText, ...]
    renewed: bool = False
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ActionText:
    """Something that a centre does for years, with its yearly sheets, oldest first."""

    id: str
    title: str
    sheets: tuple[SheetText, ...]


@dataclass(frozen=True, kw_only=True)
class CentreText:
    """A centre, its people and its actions."""

    id: str
    name: str
    aliases: tuple[str, ...]
    commune: str
    department: str
    address: str
    phone: str
    email: str
    contact_name: str
    people: tuple[PersonText, ...]
    actions: tuple[ActionText, ...]


@dataclass(frozen=True, kw_only=True)
class FederationText:
    """A federation with its staff, its funders, its campaigns (oldest first) and its centres (in file order)."""

    id: str
    name: str
    people: tuple[PersonText, ...]
    funders: tuple[FunderText, ...]
    campaigns: tuple[CampaignText, ...]
    centres: tuple[CentreText, ...]
    agreements: tuple[AgreementText, ...] = ()

    def sheets(self) -> tuple[SheetText, ...]:
        """Every sheet, centre by centre, action by action, oldest first."""
        return tuple(s for c in self.centres for a in c.actions for s in a.sheets)


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """Everything: the federations, the large one first, and the people of the platform."""

    federations: tuple[FederationText, ...]
    people: tuple[PersonText, ...]

    def everybody(self) -> tuple[PersonText, ...]:
        """Every account, platform first."""
        found = list(self.people)
        for federation in self.federations:
            found += federation.people
            found += [p for f in federation.funders for p in f.people]
            found += [p for c in federation.centres for p in c.people]
        return tuple(found)
