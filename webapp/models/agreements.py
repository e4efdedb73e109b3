"""Agreements with those who pay: for which years, on which centres, actions and partners."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import JSON, Model
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.places import Centre, Federation, Funder
from webapp.models.sheets import Action


class Agreement(Model):
    """What a federation and a funder agreed on, for one to three years; it is closed, never deleted.

    themes: question id → codes, any of them; partner_kinds: codes of the partners' list. Empty is no narrowing, and so
    is an agreement without centre or action. Amounts: a year, in cents.
    """

    __tablename__ = "agreement"
    __table_args__ = (
        sa.UniqueConstraint("id", "federation_id", name="uq_agreement_id_federation_id"),
        sa.ForeignKeyConstraint(
            ["funder_id", "federation_id"],
            ["funder.id", "funder.federation_id"],
            name="fk_agreement_funder_of_federation",
        ),
        sa.CheckConstraint("last_year BETWEEN first_year AND first_year + 2", name="one_to_three_years"),
        sa.CheckConstraint("first_year BETWEEN 1900 AND 2200", name="year_believable"),
        sa.CheckConstraint("requested_cents >= 0 AND granted_cents >= 0", name="amounts_not_negative"),
        sa.Index("ix_agreement_funder_id", "funder_id"),
        sa.Index(
            "uq_agreement_federation_id_reference",
            "federation_id",
            "reference",
            unique=True,
            sqlite_where=sa.text("reference <> ''"),
            postgresql_where=sa.text("reference <> ''"),
        ),
    )

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    funder_id: Mapped[UUID]
    title: Mapped[str]
    reference: Mapped[str] = mapped_column(default="")
    # To whom its reports are addressed: the lines of an envelope, under the funder's name.
    address: Mapped[str] = mapped_column(default="")
    first_year: Mapped[int]
    last_year: Mapped[int]
    themes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    partner_kinds: Mapped[list[str]] = mapped_column(JSON, default=list)
    requested_cents: Mapped[int | None] = mapped_column(sa.BigInteger)
    granted_cents: Mapped[int | None] = mapped_column(sa.BigInteger)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    closed_at: Mapped[datetime | None]

    federation: Mapped[Federation] = relationship()
    funder: Mapped[Funder] = relationship(primaryjoin="foreign(Agreement.funder_id) == Funder.id")
    author: Mapped[User | None] = relationship()
    centres: Mapped[list["AgreementCentre"]] = relationship(
        back_populates="agreement", cascade="all, delete-orphan", order_by="AgreementCentre.centre_id"
    )
    actions: Mapped[list["AgreementAction"]] = relationship(
        back_populates="agreement", cascade="all, delete-orphan", order_by="AgreementAction.action_id"
    )

    @property
    def years(self) -> tuple[int, ...]:
        """Its years, ascending."""
        return tuple(range(self.first_year, self.last_year + 1))

    @property
    def requested(self) -> Decimal | None:
        """What was asked for a year, in euros; None where nobody said."""
        return None if self.requested_cents is None else Decimal(self.requested_cents) / 100

    @property
    def granted(self) -> Decimal | None:
        """What was granted a year, in euros; None where nobody said."""
        return None if self.granted_cents is None else Decimal(self.granted_cents) / 100


class AgreementCentre(Model):
    """This centre is one of those that the agreement is about; it is of the same federation."""

    __tablename__ = "agreement_centre"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["agreement_id", "federation_id"],
            ["agreement.id", "agreement.federation_id"],
            name="fk_agreement_centre_agreement_of_federation",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "federation_id"],
            ["centre.id", "centre.federation_id"],
            name="fk_agreement_centre_centre_of_federation",
        ),
        sa.Index("ix_agreement_centre_centre_id", "centre_id"),
    )

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID] = mapped_column(primary_key=True)
    federation_id: Mapped[UUID]

    agreement: Mapped[Agreement] = relationship(
        back_populates="centres",
        primaryjoin="foreign(AgreementCentre.agreement_id) == Agreement.id",
    )
    centre: Mapped[Centre] = relationship(primaryjoin="foreign(AgreementCentre.centre_id) == Centre.id")


class AgreementAction(Model):
    """This action is one of those that the agreement is about; its centre is of the same federation."""

    __tablename__ = "agreement_action"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["agreement_id", "federation_id"],
            ["agreement.id", "agreement.federation_id"],
            name="fk_agreement_action_agreement_of_federation",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["action_id", "centre_id"], ["action.id", "action.centre_id"], name="fk_agreement_action_action_of_centre"
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "federation_id"],
            ["centre.id", "centre.federation_id"],
            name="fk_agreement_action_centre_of_federation",
        ),
        sa.Index("ix_agreement_action_action_id", "action_id"),
    )

    agreement_id: Mapped[UUID] = mapped_column(primary_key=True)
    action_id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID]
    federation_id: Mapped[UUID]

    agreement: Mapped[Agreement] = relationship(
        back_populates="actions",
        primaryjoin="foreign(AgreementAction.agreement_id) == Agreement.id",
    )
    action: Mapped[Action] = relationship(primaryjoin="foreign(AgreementAction.action_id) == Action.id")
