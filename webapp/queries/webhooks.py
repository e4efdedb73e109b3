"""The webhooks of a federation, and what they were told last."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.database import db
from webapp.models import Webhook, WebhookDelivery
from webapp.policy import Act, Actor
from webapp.queries.scope import scope_of

LAST = 20
"""Deliveries shown of a webhook."""


@dataclass(frozen=True)
class WebhookLine:
    """A webhook, and the last that it was told."""

    webhook: Webhook
    deliveries: Sequence[WebhookDelivery]


def visible(actor: Actor) -> list[WebhookLine]:
    """The webhooks that the actor looks after and that are not ended, oldest first."""
    rows = db.session.scalars(
        sa.select(Webhook)
        .where(Webhook.ended_at.is_(None), scope_of(actor, Act.WEBHOOK_MANAGE, Webhook))
        .options(joinedload(Webhook.federation))
        .order_by(Webhook.created_at, Webhook.id)
    ).all()
    return [WebhookLine(row, _last(row.id)) for row in rows]


def _last(webhook_id: UUID) -> Sequence[WebhookDelivery]:
    return db.session.scalars(
        sa.select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id)
        .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id)
        .limit(LAST)
    ).all()


def find(webhook_id: UUID) -> Webhook | None:
    """That webhook, if it is not ended."""
    return db.session.scalars(
        sa.select(Webhook).where(Webhook.id == webhook_id, Webhook.ended_at.is_(None))
    ).one_or_none()


def delivery(webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery | None:
    """What that webhook was told."""
    return db.session.scalars(
        sa.select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook_id)
    ).one_or_none()
