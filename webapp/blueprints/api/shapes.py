"""What programs are answered, field by field: the same classes write the answers and the OpenAPI document."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from forms.lifecycle import SheetState
from webapp.vocabulary import Sharing


class Shape(BaseModel):
    """What all share: nothing more than what is said, and every field always there."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class Problem(BaseModel):
    """Une réponse d’erreur (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="Toujours « about:blank » : le titre et le statut disent tout.")
    title: str = Field(description="Le genre d’erreur, toujours dans les mêmes mots.")
    status: int = Field(description="Le statut HTTP, répété.")
    detail: str = Field(description="Ce qui s’est passé et quoi faire, en français.")
    parameter: str | None = Field(None, description="Le paramètre en cause, quand c’est lui.")


class FormRef(Shape):
    """Une version publiée du formulaire."""

    key: str = Field(description="Sa clé : l’année, le plus souvent.")
    sha256: str = Field(description="Son empreinte, qui ne change jamais.")


class Campaign(Shape):
    """Une campagne : l’année d’une fédération."""

    id: UUID
    year: int
    title: str
    shown_deadline: date = Field(description="La date limite annoncée aux centres.")
    last_creation: date = Field(description="Le dernier jour où commencer une fiche.")
    last_edit: date = Field(description="Le dernier jour où modifier une fiche.")
    opened_at: datetime | None
    form: FormRef


class Centre(Shape):
    """Un centre social."""

    id: UUID
    name: str
    commune: str
    department: str = Field(description="Le code du département.")
    joined_on: date | None = Field(description="Depuis quand il est de la fédération.")
    closed_on: date | None = Field(description="Le jour de sa fermeture, s’il est fermé.")


class CampaignRef(Shape):
    """La campagne d’une fiche."""

    id: UUID
    year: int


class CentreRef(Shape):
    """Le centre d’une fiche."""

    id: UUID
    name: str
    commune: str
    department: str


class SnapshotRef(Shape):
    """Le dernier envoi d’une fiche."""

    number: int = Field(description="1 pour le premier envoi, 2 pour le suivant…")
    sha256: str = Field(description="L’empreinte de ce qui a été envoyé.")
    sent_at: datetime


class SheetLine(Shape):
    """Une fiche, telle qu’elle a été envoyée pour la dernière fois."""

    id: UUID
    reference: str
    title: str
    state: SheetState = Field(description="Où en est la fiche ; un brouillon jamais envoyé n’est pas ici.")
    sharing: Sharing = Field(description="Jusqu’où le centre partage la fiche.")
    campaign: CampaignRef
    centre: CentreRef
    form: FormRef
    snapshot: SnapshotRef
    submitted_at: datetime | None
    validated_at: datetime | None
    published_at: datetime | None
    updated_at: datetime = Field(description="Le dernier envoi ou la dernière décision ; voir « updated_since ».")


class Sheet(SheetLine):
    """Une fiche et ses réponses."""

    answers: dict[str, Any] = Field(
        description="Les réponses par identifiant de question ; leur schéma est à /forms/{key}/schema."
    )


class CatalogueLine(Shape):
    """Une fiche du catalogue public."""

    id: UUID
    reference: str
    title: str
    year: int
    centre: CentreRef
    form: FormRef
    published_at: datetime | None
    snapshot_sha256: str


class CatalogueSheet(CatalogueLine):
    """Une fiche du catalogue public et ses réponses, sans ses fichiers ni ce qui est personnel."""

    answers: dict[str, Any]


class Coverage(Shape):
    """Ce que la campagne attendait, en centres."""

    answered: int = Field(description="Les centres dont une fiche au moins est validée.")
    expected: int | None = Field(description="Les centres attendus, si la fédération l’a dit.")
    closed: bool = Field(description="Faux tant que la campagne est ouverte : les chiffres sont provisoires.")


class Figure(Shape):
    """Un total, et sur quoi il repose."""

    id: str = Field(description="L’identifiant de la colonne, qui ne change jamais.")
    group: str = Field(description="Le tableau où elle se trouve, ou rien.")
    label: str
    unit: str
    definition: str = Field(description="Ce qui est compté, en français.")
    value: int | float | None = Field(description="Le total ; null quand personne n’a répondu, ce qui n’est pas 0.")
    estimated: int | float = Field(description="La part du total qui est estimée, dans la même unité.")
    answered: int = Field(description="Les fiches qui ont répondu.")
    unknown: int = Field(description="Les fiches qui ont répondu qu’elles ne savent pas.")
    asked: int = Field(description="Les fiches à qui la question a été posée.")


class Figures(Shape):
    """Les totaux d’une campagne, sur les fiches validées et publiées que le jeton ouvre."""

    campaign: CampaignRef
    sheets: int = Field(description="Combien de fiches ils additionnent.")
    coverage: Coverage
    figures: list[Figure]


class Form(FormRef):
    """Une version du formulaire, en entier."""

    title: str
    published_at: datetime
    document: dict[str, Any] = Field(description="Les étapes, les questions, leurs choix et leurs conditions.")


class CampaignPage(Shape):
    """Une page de campagnes."""

    items: list[Campaign]
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")


class CentrePage(Shape):
    """Une page de centres."""

    items: list[Centre]
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")


class SheetPage(Shape):
    """Une page de fiches."""

    items: list[SheetLine]
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")


class CataloguePage(Shape):
    """Une page du catalogue."""

    items: list[CatalogueLine]
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")
