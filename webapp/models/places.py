"""Federations, their centres and those who pay: who is who."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from forms.french import fold
from webapp.database import Model
from webapp.models.columns import PrimaryKey, refers_to


class Federation(Model):
    """A federation of social centres: nothing of one is ever seen by another."""

    __tablename__ = "federation"
    __table_args__ = (sa.UniqueConstraint("folded", name="uq_federation_folded"),)

    id: Mapped[PrimaryKey]
    name: Mapped[str]
    folded: Mapped[str]
    # How its reports look: « #rrggbb », and where the bytes of its logo are.
    colour: Mapped[str | None]
    logo_key: Mapped[str | None]
    logo_type: Mapped[str | None]

    @validates("name")
    def _fold_name(self, _key: str, name: str) -> str:
        self.folded = fold(name)
        return name


class Centre(Model):
    """A social centre; chosen by its record, never typed again."""

    __tablename__ = "centre"
    __table_args__ = (
        sa.UniqueConstraint("federation_id", "folded", name="uq_centre_federation_id_folded"),
        sa.UniqueConstraint("id", "federation_id", name="uq_centre_id_federation_id"),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    name: Mapped[str]
    folded: Mapped[str]
    commune: Mapped[str] = mapped_column(default="")
    department: Mapped[str]
    siret: Mapped[str | None]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    contact_name: Mapped[str | None]
    # Its life: since when it belongs to the federation, until when it was open, which centre has taken it over.
    joined_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    merged_into_id: Mapped[UUID | None] = mapped_column(refers_to("centre"), index=True)
    merged_on: Mapped[date | None]
    president_name: Mapped[str | None]
    president_email: Mapped[str | None]

    federation: Mapped[Federation] = relationship()
    merged_into: Mapped["Centre | None"] = relationship(remote_side="Centre.id", back_populates="taken_over")
    taken_over: Mapped[list["Centre"]] = relationship(
        back_populates="merged_into", order_by="Centre.merged_on, Centre.folded"
    )
    aliases: Mapped[list["CentreAlias"]] = relationship(
        back_populates="centre", order_by="CentreAlias.folded, CentreAlias.id", cascade="all, delete-orphan"
    )

    @validates("name")
    def _fold_name(self, _key: str, name: str) -> str:
        self.folded = fold(name)
        return name


class CentreAlias(Model):
    """Another spelling under which a centre is known; held_until: the last day on which it was its name."""

    __tablename__ = "centre_alias"
    __table_args__ = (sa.UniqueConstraint("centre_id", "folded", name="uq_centre_alias_centre_id_folded"),)

    id: Mapped[PrimaryKey]
    centre_id: Mapped[UUID] = mapped_column(refers_to("centre", on_delete="CASCADE"))
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(index=True)
    held_until: Mapped[date | None]

    centre: Mapped[Centre] = relationship(back_populates="aliases")

    @validates("name")
    def _fold_name(self, _key: str, name: str) -> str:
        self.folded = fold(name)
        return name


class Funder(Model):
    """One who pays: a Caf, a Département; `kind` is a code of the partners' list of choices."""

    __tablename__ = "funder"
    __table_args__ = (
        sa.UniqueConstraint("federation_id", "name", name="uq_funder_federation_id_name"),
        sa.Index("uq_funder_id_federation_id", "id", "federation_id", unique=True),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    name: Mapped[str]
    kind: Mapped[str]

    federation: Mapped[Federation] = relationship()
