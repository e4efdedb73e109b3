"""What other programs get: tokens to read by, addresses that are told of moves, and what was told them."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.database import JSON, Model, code_of
from webapp.models.columns import PrimaryKey, refers_to
from webapp.models.people import User
from webapp.models.places import Federation
from webapp.vocabulary import DeliveryState


class ApiToken(Model):
    """A token by which a program reads in its owner's name; only its hash is kept.

    prefix: its first characters, by which its owner knows it. scopes: values of TokenScope. used_at: to a quarter of an
    hour.
    """

    __tablename__ = "api_token"
    __table_args__ = (sa.UniqueConstraint("token_hash", name="uq_api_token_token_hash"),)

    id: Mapped[PrimaryKey]
    user_id: Mapped[UUID] = mapped_column(refers_to("user", on_delete="CASCADE"), index=True)
    name: Mapped[str]
    prefix: Mapped[str]
    token_hash: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Webhook(Model):
    """An address that is told of moves of a federation's sheets. moves: values of Move. secret: encrypted."""

    __tablename__ = "webhook"

    id: Mapped[PrimaryKey]
    federation_id: Mapped[UUID] = mapped_column(refers_to("federation"), index=True)
    url: Mapped[str]
    moves: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(refers_to("user"))
    ended_at: Mapped[datetime | None]

    federation: Mapped[Federation] = relationship()


class WebhookDelivery(Model):
    """What an address is told, written in the transaction that it tells of; its id is the webhook-id at every attempt.

    queued_at: since when it is tried. due_at: when it is tried next, be it because a worker died with it. answer: the
    status of the last answer, error: what went wrong last.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        sa.Index("ix_webhook_delivery_state_due_at", "state", "due_at"),
        sa.Index("ix_webhook_delivery_webhook_id_created_at", "webhook_id", "created_at"),
    )

    id: Mapped[PrimaryKey]
    webhook_id: Mapped[UUID] = mapped_column(refers_to("webhook", on_delete="CASCADE"))
    kind: Mapped[str]
    body: Mapped[str]
    state: Mapped[DeliveryState] = mapped_column(code_of(DeliveryState, "state"), default=DeliveryState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[int | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    webhook: Mapped[Webhook] = relationship()
