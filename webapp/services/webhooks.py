"""Webhooks: whom a federation lets be told of moves, and what they are told, written with the move itself."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.fernet import Fernet

from forms.lifecycle import Move
from forms.values import Refused, clean_text
from webapp.config import current_settings
from webapp.database import db
from webapp.models import Federation, Sheet, Webhook, WebhookDelivery
from webapp.services import events
from webapp.vocabulary import DeliveryState
from webapp.webhook_calls import SECRET_PREFIX, parsed, resolved

TRIAL = "test"
"""The kind of what is sent to try an address."""
MOST = 10
KEPT = timedelta(days=60)
"""For how long it is kept what a webhook was told."""


def make(
    federation: Federation, *, url: str, moves: Collection[str], actor_id: UUID | None, at: datetime
) -> tuple[Webhook, str]:
    """A new webhook and its secret, shown this once. One commit. Raises Refused with its place."""
    careful, federation_id = current_settings().production, federation.id
    url = clean_text(url).strip()
    parts = parsed(url, careful=careful)
    # No transaction stays open while a distant server thinks.
    db.session.rollback()
    resolved(parts, careful=careful)
    wanted = [move.value for move in Move if move.value in moves]
    if not wanted or len(wanted) != len(set(moves)):
        raise Refused("Choisissez au moins un geste.", question="moves")
    count = sa.select(sa.func.count()).where(Webhook.federation_id == federation_id, Webhook.ended_at.is_(None))
    if (db.session.scalar(count) or 0) >= MOST:
        raise Refused(f"Retirez d’abord un webhook : {MOST} au plus.", question="url")
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    webhook = Webhook(
        federation_id=federation_id,
        url=url,
        moves=wanted,
        secret=_cipher().encrypt(secret.encode()).decode(),
        created_at=at,
        created_by=actor_id,
    )
    db.session.add(webhook)
    db.session.flush()
    _record("webhook.made", webhook, actor_id=actor_id, at=at)
    db.session.commit()
    return webhook, secret


def end(webhook_id: UUID, *, actor_id: UUID | None, at: datetime) -> None:
    """Tell that address nothing more, not even what waits. One commit."""
    webhook = db.session.get_one(Webhook, webhook_id)
    webhook.ended_at = at
    db.session.execute(
        sa.update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.state == DeliveryState.QUEUED)
        .values(state=DeliveryState.FAILED, error="Webhook retiré.")
    )
    _record("webhook.ended", webhook, actor_id=actor_id, at=at)
    db.session.commit()


def tell(sheet: Sheet, move: Move, *, before: str, at: datetime) -> None:
    """Write what the webhooks of the federation are to be told of a move; part of the caller's transaction."""
    rows = db.session.scalars(
        sa.select(Webhook)
        .where(Webhook.federation_id == sheet.federation_id, Webhook.ended_at.is_(None))
        .order_by(Webhook.created_at, Webhook.id)
    ).all()
    data = {
        "sheet": str(sheet.id),
        "reference": sheet.reference,
        "campaign": str(sheet.campaign_id),
        "centre": str(sheet.centre_id),
        "from": before,
        "state": sheet.state.value,
        "url": f"{current_settings().base_url}/api/v1/sheets/{sheet.id}",
    }
    for webhook in rows:
        if move.value in webhook.moves:
            _queue(webhook, f"sheet.{move.value}", data, at=at)


def try_out(webhook_id: UUID, *, at: datetime) -> WebhookDelivery:
    """Send a trial, which speaks of no sheet. One commit."""
    webhook = db.session.get_one(Webhook, webhook_id)
    delivery = _queue(webhook, TRIAL, {}, at=at)
    db.session.commit()
    return delivery


def again(delivery_id: UUID, *, at: datetime) -> None:
    """Send the same once more, under the same id. One commit."""
    delivery = db.session.get_one(WebhookDelivery, delivery_id)
    delivery.state, delivery.attempts, delivery.error = DeliveryState.QUEUED, 0, None
    delivery.queued_at = delivery.due_at = at
    db.session.commit()


def _queue(webhook: Webhook, kind: str, data: Mapping[str, Any], *, at: datetime) -> WebhookDelivery:
    body = {"type": kind, "timestamp": at.isoformat(), "data": data}
    delivery = WebhookDelivery(
        id=uuid4(),
        webhook_id=webhook.id,
        kind=kind,
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        created_at=at,
        queued_at=at,
        due_at=at,
    )
    db.session.add(delivery)
    db.session.flush()
    return delivery


def secret_of(webhook: Webhook) -> str:
    """The secret that was shown when the webhook was made. Raises InvalidToken after a change of the site's key."""
    return _cipher().decrypt(webhook.secret.encode()).decode()


def _cipher() -> Fernet:
    # Whoever reads the database alone can sign nothing.
    key = current_settings().secret().encode()
    return Fernet(base64.urlsafe_b64encode(hmac.digest(key, b"recueil webhooks", hashlib.sha256)))


def _record(kind: str, webhook: Webhook, *, actor_id: UUID | None, at: datetime) -> None:
    data = {"webhook": str(webhook.id), "name": webhook.url, "moves": webhook.moves}
    events.record(kind, at=at, actor_id=actor_id, federation_id=webhook.federation_id, data=data)
