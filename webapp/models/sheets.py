"""Actions, their yearly sheets, and who changed which answer."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from forms.lifecycle import SheetState
from webapp.database import JSON, Model, Sequence, code_of
from webapp.models.campaigns import Campaign, CampaignCentre, FormVersion
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.phone import PhoneEntry
from webapp.models.places import Centre, Federation
from webapp.models.snapshots import Snapshot
from webapp.vocabulary import Sharing


class Action(Model):
    """What a centre does, for years; each year's account of it is a sheet."""

    __tablename__ = "action"
    __table_args__ = (sa.UniqueConstraint("id", "centre_id", name="uq_action_id_centre_id"),)

    id: Mapped[PrimaryKey]
    centre_id: Mapped[UUID] = mapped_column(refers_to("centre"), index=True)
    title: Mapped[str]
    created_at: Mapped[datetime]

    centre: Mapped[Centre] = relationship()
    sheets: Mapped[list["Sheet"]] = relationship(
        back_populates="action", primaryjoin="Action.id == foreign(Sheet.action_id)", order_by="Sheet.reference"
    )


LONGEST_FOLDED = 300
"""Characters of a title by which it is found; an index holds no endless text."""

NARROWED_BY = (
    "assigned_to",
    "read_at",
    "sent_doubts",
    "campaign_id",
    "centre_id",
    "folded_title",
    "current_snapshot_id",
    "id",
)
"""By which columns the list of the review is narrowed, beside its state; the last ones lead to what is shown."""

OF_CATALOGUE = (
    "search_number",
    "state",
    "sharing",
    "federation_id",
    "campaign_id",
    "centre_id",
    "action_id",
    "published_at",
    "reference",
    "facet_bits",
)
"""All that the catalogue looks at in every sheet, for its order, its counts and who may read."""


def _state_since(context: Any) -> datetime:
    """Since when a new sheet is in the state that it begins in."""
    given = context.get_current_parameters()
    reached = {
        SheetState.PUBLISHED: given.get("published_at"),
        SheetState.VALIDATED: given.get("validated_at"),
        SheetState.DRAFT: given["created_at"],
    }.get(given.get("state", SheetState.DRAFT))
    moment: datetime = reached or given.get("submitted_at") or given["created_at"]
    return moment


class Sheet(Model):
    """The account of an action for a year; valid answers apart from what could not be read."""

    __tablename__ = "sheet"
    __table_args__ = (
        sa.UniqueConstraint("reference", name="uq_sheet_reference"),
        sa.UniqueConstraint("action_id", "campaign_id", name="uq_sheet_action_id_campaign_id"),
        # A sheet of one federation can't be put under a campaign or a centre of another, nor under another's action.
        sa.ForeignKeyConstraint(
            ["campaign_id", "federation_id"],
            ["campaign.id", "campaign.federation_id"],
            name="fk_sheet_campaign_of_federation",
        ),
        sa.ForeignKeyConstraint(
            ["centre_id", "federation_id"],
            ["centre.id", "centre.federation_id"],
            name="fk_sheet_centre_of_federation",
        ),
        sa.ForeignKeyConstraint(
            ["action_id", "centre_id"], ["action.id", "action.centre_id"], name="fk_sheet_action_of_centre"
        ),
        sa.ForeignKeyConstraint(
            ["current_snapshot_id", "id"],
            ["snapshot.id", "snapshot.sheet_id"],
            name="fk_sheet_current_snapshot_of_sheet",
            use_alter=True,
        ),
        sa.CheckConstraint("revision >= 0", name="revision_not_negative"),
        sa.Index("ix_sheet_campaign_id_state", "campaign_id", "state"),
        # The list of what is to be read, in its order, with all by which it is narrowed: the rows themselves, heavy
        # with answers, are then read for the one page that is shown.
        sa.Index("ix_sheet_queue", "federation_id", "state", "state_since", "reference", *NARROWED_BY),
        sa.Index("ix_sheet_centre_id_state", "centre_id", "state"),
        # The catalogue counts over all sheets: it reads this and leaves the rows alone, heavy with answers.
        sa.Index("ix_sheet_catalogue", *OF_CATALOGUE),
        # Programs go through the sheets of a federation in this order, which never changes.
        sa.Index("ix_sheet_federation_id_reference", "federation_id", "reference"),
    )

    id: Mapped[PrimaryKey]
    action_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    centre_id: Mapped[UUID]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"))
    form_version_id: Mapped[UUID] = mapped_column(refers_to("form_version"))
    reference: Mapped[str]
    state: Mapped[SheetState] = mapped_column(code_of(SheetState, "state"), default=SheetState.DRAFT)
    sharing: Mapped[Sharing] = mapped_column(code_of(Sharing, "sharing"), default=Sharing.FUNDERS)
    revision: Mapped[int] = mapped_column(default=0)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unparsed: Mapped[dict[str, Any]] = mapped_column(default=dict)
    field_revisions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What the centre let pass of the soft checks, by the key of the doubt: its words and reason, by whom, when.
    passed_checks: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=sa.text("'{}'"))
    # Where an answer comes from that was taken over from an earlier year and that nobody has confirmed.
    carried: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=sa.text("'{}'"))
    # While it is to be corrected: only the questions asked about may be changed; when the centre asked for all of them.
    only_asked: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    whole_wanted_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    updated_at: Mapped[datetime]
    updated_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    submitted_at: Mapped[datetime | None]
    validated_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    current_snapshot_id: Mapped[UUID | None]
    # Filled whenever the state moves; by it and the columns below the federation's list is ordered and narrowed.
    state_since: Mapped[datetime | None] = mapped_column(default=_state_since)
    assigned_to: Mapped[UUID | None] = mapped_column(refers_to("user"))
    # Of what was last sent: its title without accents and case, how many doubts were let pass.
    folded_title: Mapped[str] = mapped_column(default="", server_default=sa.text("''"))
    sent_doubts: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))
    # And by which number its words stand in the index, and its facets: a bit a value, written as a hexadecimal number.
    search_number: Mapped[int | None] = mapped_column(Sequence)
    facet_bits: Mapped[str] = mapped_column(default="", server_default=sa.text("''"))

    action: Mapped[Action] = relationship(back_populates="sheets", primaryjoin="foreign(Sheet.action_id) == Action.id")
    campaign: Mapped[Campaign] = relationship(primaryjoin="foreign(Sheet.campaign_id) == Campaign.id")
    centre: Mapped[Centre] = relationship(primaryjoin="foreign(Sheet.centre_id) == Centre.id")
    # What its centre was promised in its campaign: a later last day, or nothing.
    expectation: Mapped[CampaignCentre | None] = relationship(
        primaryjoin=lambda: sa.and_(
            foreign(Sheet.campaign_id) == CampaignCentre.campaign_id,
            foreign(Sheet.centre_id) == CampaignCentre.centre_id,
        ),
        viewonly=True,
    )
    federation: Mapped[Federation] = relationship(foreign_keys=[federation_id])
    form_version: Mapped[FormVersion] = relationship()
    author: Mapped[User | None] = relationship(foreign_keys=[created_by])
    last_author: Mapped[User | None] = relationship(foreign_keys=[updated_by])
    reader: Mapped[User | None] = relationship(foreign_keys=[assigned_to])
    current_snapshot: Mapped[Snapshot | None] = relationship(
        primaryjoin="foreign(Sheet.current_snapshot_id) == Snapshot.id", post_update=True
    )
    snapshots: Mapped[list[Snapshot]] = relationship(
        back_populates="sheet", foreign_keys=[Snapshot.sheet_id], order_by=Snapshot.number
    )
    phone_entries: Mapped[list[PhoneEntry]] = relationship(
        back_populates="sheet", order_by=(PhoneEntry.started_at, PhoneEntry.id), passive_deletes=True
    )

    @property
    def open_phone_entry(self) -> PhoneEntry | None:
        """By which somebody of the federation types the sheet now."""
        return next((entry for entry in self.phone_entries if entry.open), None)

    @property
    def unconfirmed_entry(self) -> PhoneEntry | None:
        """What the federation typed last, while the centre has not said whether it is right."""
        last = self.phone_entries[-1] if self.phone_entries else None
        return last if last is not None and last.unanswered else None


class Change(Model):
    """An answer changed: who, when, from, to; one row per author and half hour."""

    __tablename__ = "change"
    __table_args__ = (sa.Index("ix_change_sheet_id_question", "sheet_id", "question"),)

    id: Mapped[PrimaryKey]
    sheet_id: Mapped[UUID] = mapped_column(refers_to("sheet", on_delete="CASCADE"))
    question: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(refers_to("user"))
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    # Any JSON value; nothing where there was no answer.
    before: Mapped[Any | None] = mapped_column(JSON)
    after: Mapped[Any | None] = mapped_column(JSON)
    revision: Mapped[int]
    # Where it was typed by the federation, for the centre.
    phone_entry_id: Mapped[UUID | None] = mapped_column(refers_to("phone_entry"))

    sheet: Mapped[Sheet] = relationship()
    user: Mapped[User | None] = relationship()
