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

    id: UUID = Field(description="Son identifiant.")
    year: int = Field(description="L’année dont les fiches rendent compte.")
    title: str = Field(description="Son nom.")
    shown_deadline: date = Field(description="La date limite annoncée aux centres.")
    last_creation: date = Field(description="Le dernier jour où commencer une fiche.")
    last_edit: date = Field(description="Le dernier jour où modifier une fiche.")
    opened_at: datetime | None = Field(
        description="Quand elle a été ouverte aux centres ; null tant qu’elle ne l’est pas."
    )
    form: FormRef = Field(description="Le formulaire qu’elle fait remplir.")


class Centre(Shape):
    """Un centre social."""

    id: UUID = Field(description="Son identifiant.")
    name: str = Field(description="Son nom.")
    commune: str = Field(description="La commune où il se trouve.")
    department: str = Field(description="Le code du département.")
    joined_on: date | None = Field(description="Depuis quand il est de la fédération.")
    closed_on: date | None = Field(description="Le jour de sa fermeture, s’il est fermé.")


class CampaignRef(Shape):
    """La campagne d’une fiche."""

    id: UUID = Field(description="L’identifiant de la campagne, pour /campaigns/{id}.")
    year: int = Field(description="Son année.")


class CentreRef(Shape):
    """Le centre d’une fiche."""

    id: UUID = Field(description="L’identifiant du centre, pour /centres/{id}.")
    name: str = Field(description="Son nom.")
    commune: str = Field(description="La commune où il se trouve.")
    department: str = Field(description="Le code du département, par exemple 46 ou 2A.")


class SnapshotRef(Shape):
    """Le dernier envoi d’une fiche."""

    number: int = Field(description="1 pour le premier envoi, 2 pour le suivant…")
    sha256: str = Field(description="L’empreinte de ce qui a été envoyé.")
    sent_at: datetime = Field(description="Quand elle a été envoyée.")


class SheetLine(Shape):
    """Une fiche, telle qu’elle a été envoyée pour la dernière fois."""

    id: UUID = Field(description="Son identifiant.")
    reference: str = Field(description="Sa référence, telle qu’elle figure sur les documents.")
    title: str = Field(description="Le nom de l’action.")
    state: SheetState = Field(description="Où en est la fiche ; un brouillon jamais envoyé n’est pas ici.")
    sharing: Sharing = Field(description="Jusqu’où le centre partage la fiche.")
    campaign: CampaignRef = Field(description="La campagne dont elle est.")
    centre: CentreRef = Field(description="Le centre qui l’a remplie.")
    form: FormRef = Field(description="La version du formulaire avec laquelle elle a été remplie.")
    snapshot: SnapshotRef = Field(description="Le dernier envoi : ce qui se lit ici.")
    submitted_at: datetime | None = Field(description="Le dernier envoi par le centre.")
    validated_at: datetime | None = Field(
        description="La validation par la fédération ; null si elle n’est pas validée."
    )
    published_at: datetime | None = Field(description="La publication ; null si elle n’est pas publiée.")
    updated_at: datetime = Field(
        description=(
            "Le dernier envoi, la dernière décision, le dernier changement de partage ou le dernier effacement d’une "
            "personne ; voir « updated_since »."
        )
    )


class Sheet(SheetLine):
    """Une fiche et ses réponses."""

    answers: dict[str, Any] = Field(
        description="Les réponses par identifiant de question ; leur schéma est à /forms/{key}/schema."
    )


class CatalogueLine(Shape):
    """Une fiche du catalogue public."""

    id: UUID = Field(description="Son identifiant.")
    reference: str = Field(description="Sa référence, telle qu’elle figure sur les documents.")
    title: str = Field(description="Le nom de l’action.")
    year: int = Field(description="L’année dont elle rend compte.")
    centre: CentreRef = Field(description="Le centre qui l’a remplie.")
    form: FormRef = Field(description="La version du formulaire avec laquelle elle a été remplie.")
    published_at: datetime | None = Field(description="Quand elle a été publiée.")
    snapshot_sha256: str | None = Field(
        description=(
            "L’empreinte de ce qui a été envoyé ; elle change quand la fiche change. null quand le formulaire pose une "
            "question sensible, dont la réponse n’est pas publique : l’empreinte aiderait à la deviner."
        )
    )


class CatalogueSheet(CatalogueLine):
    """Une fiche du catalogue public et ses réponses, sans ses fichiers ni ce qui est personnel."""

    answers: dict[str, Any] = Field(
        description="Les réponses par identifiant de question ; leur schéma est à /forms/{key}/schema."
    )


class Coverage(Shape):
    """Ce que la campagne attendait, en centres."""

    answered: int = Field(description="Les centres dont une fiche au moins est validée.")
    expected: int | None = Field(description="Les centres attendus, si la fédération l’a dit.")
    closed: bool = Field(description="Faux tant que la campagne est ouverte : les chiffres sont provisoires.")


class Figure(Shape):
    """Un total, et sur quoi il repose."""

    id: str = Field(description="L’identifiant de la colonne, qui ne change jamais.")
    group: str = Field(description="Le tableau où elle se trouve, ou rien.")
    label: str = Field(description="Ce qui est compté, en peu de mots.")
    unit: str = Field(description="L’unité : « € », « heures »… ; rien pour un simple nombre.")
    definition: str = Field(description="Ce qui est compté, en français.")
    value: int | float | None = Field(description="Le total ; null quand personne n’a répondu, ce qui n’est pas 0.")
    estimated: int | float = Field(description="La part du total qui est estimée, dans la même unité.")
    answered: int = Field(description="Les fiches qui ont répondu.")
    unknown: int = Field(description="Les fiches qui ont répondu qu’elles ne savent pas.")
    asked: int = Field(description="Les fiches à qui la question a été posée.")


class Figures(Shape):
    """Les totaux d’une campagne, sur les fiches validées et publiées que le jeton ouvre."""

    campaign: CampaignRef = Field(description="La campagne dont ce sont les totaux.")
    sheets: int = Field(description="Combien de fiches ils additionnent.")
    coverage: Coverage = Field(description="Ce que la campagne attendait, et ce qui est là.")
    figures: list[Figure] = Field(description="Les totaux.")


class Form(FormRef):
    """Une version du formulaire, en entier."""

    title: str = Field(description="Son nom.")
    published_at: datetime = Field(description="Quand elle a été publiée.")
    document: dict[str, Any] = Field(description="Les étapes, les questions, leurs choix et leurs conditions.")


class CampaignPage(Shape):
    """Une page de campagnes."""

    items: list[Campaign] = Field(description="Les campagnes de cette page.")
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")


class CentrePage(Shape):
    """Une page de centres."""

    items: list[Centre] = Field(description="Les centres de cette page.")
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")


class SheetPage(Shape):
    """Une page de fiches."""

    items: list[SheetLine] = Field(description="Les fiches de cette page.")
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")


class CataloguePage(Shape):
    """Une page du catalogue."""

    items: list[CatalogueLine] = Field(description="Les fiches de cette page.")
    next: str | None = Field(description="L’adresse de la page suivante ; null à la dernière.")
