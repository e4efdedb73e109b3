"""What the federation keeps to itself about a sheet: notes, labels, outside opinions."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from forms.french import fold
from webapp.database import Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.places import Federation
from webapp.models.sheets import Sheet
from webapp.models.snapshots import Snapshot
from webapp.vocabulary import LabelTone, Verdict


class Note(Model):
    """A private note of the federation on a sheet; its words go when it is deleted, the row stays."""

    __tablename__ = "note"
    __table_args__ = (
        sa.Index("ix_note_sheet_id_created_at", "sheet_id", "created_at"),
        sa.CheckConstraint("deleted_at IS NULL OR text = ''", name="deleted_without_words"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    author_id: Mapped[UUID] = mapped_column(refers_to("user"))
    text: Mapped[str]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]

    sheet: Mapped[Sheet] = relationship()
    author: Mapped[User] = relationship()


class Label(Model):
    """A word of the federation's own by which it sorts its sheets."""

    __tablename__ = "label"
    __table_args__ = (sa.UniqueConstraint("federation_id", "folded", name="uq_label_federation_id_folded"),)

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    name: Mapped[str]
    folded: Mapped[str]
    tone: Mapped[LabelTone] = mapped_column(code_of(LabelTone, "tone"), default=LabelTone.NEUTRAL)
    created_at: Mapped[datetime]

    federation: Mapped[Federation] = relationship()

    @validates("name")
    def _fold_name(self, _key: str, name: str) -> str:
        self.folded = fold(name)
        return name


class SheetLabel(Model):
    """This sheet carries this label."""

    __tablename__ = "sheet_label"

    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"), primary_key=True)
    label_id: Mapped[UUID] = mapped_column(refers_to("label", on_delete="CASCADE"), primary_key=True, index=True)
    put_at: Mapped[datetime]
    put_by: Mapped[UUID | None] = mapped_column(refers_to("user"))

    label: Mapped[Label] = relationship()


class Opinion(Model):
    """What somebody from outside was asked about a sheet as it was sent, and what they think of it."""

    __tablename__ = "opinion"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["snapshot_id", "sheet_id"], ["snapshot.id", "snapshot.sheet_id"], name="fk_opinion_snapshot_of_sheet"
        ),
        sa.Index("ix_opinion_sheet_id_asked_at", "sheet_id", "asked_at"),
        sa.CheckConstraint("(verdict IS NULL) = (answered_at IS NULL)", name="verdict_has_moment"),
        sa.CheckConstraint("answered_at IS NULL OR revoked_at IS NULL", name="answered_or_revoked"),
    )

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet"))
    snapshot_id: Mapped[UUID]
    name: Mapped[str]
    email: Mapped[str]
    question: Mapped[str]
    due_on: Mapped[date]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(refers_to("user"))
    verdict: Mapped[Verdict | None] = mapped_column(code_of(Verdict, "verdict"))
    text: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    sheet: Mapped[Sheet] = relationship(foreign_keys=[sheet_id])
    snapshot: Mapped[Snapshot] = relationship(primaryjoin="foreign(Opinion.snapshot_id) == Snapshot.id")
    asker: Mapped[User] = relationship(foreign_keys=[asked_by])
