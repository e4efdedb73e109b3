"""The outbox of webhooks: each attempt is counted before it is made, and what a worker died with is made again."""

import threading
import time
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from cryptography.fernet import InvalidToken

from webapp.config import current_settings
from webapp.database import db, reading
from webapp.models import Webhook, WebhookDelivery
from webapp.services.webhooks import KEPT, secret_of
from webapp.vocabulary import DeliveryState
from webapp.webhook_calls import Answer, call, signature

AT_A_TIME = 50

PATIENCE = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 180, 420, 780))
"""How long after an attempt the next one is made, so that they spread over a day; after the last one never."""

INTERRUPTED = "Envoi interrompu : l’adresse l’a peut-être reçu."
NO_SECRET = "Le secret ne se lit plus : retirez ce webhook et faites-en un autre."  # noqa: S105 (a sentence)

log = structlog.get_logger()
_sending = threading.Lock()


def send_due(*, at: datetime) -> int:
    """Send what is due, oldest first; how many were taken. Several workers may call it at once.

    An address that fails once is not tried again for what else waits: the others would wait for it in vain.
    """
    with _sending:
        _forget_old(at)
        begun, taken, failing = time.monotonic(), 0, set[UUID]()
        for delivery_id, webhook_id, attempts in _due(at):
            if webhook_id in failing:
                continue
            passed = timedelta(seconds=time.monotonic() - begun)
            done = _send(delivery_id, attempts, at=at + passed)
            taken += done is True
            if done is False:
                failing.add(webhook_id)
        return taken


def _forget_old(at: datetime) -> None:
    old = WebhookDelivery.created_at < at - KEPT, WebhookDelivery.state != DeliveryState.QUEUED
    with reading():
        db.session.rollback()
        some = db.session.scalar(sa.select(sa.exists().where(*old)))
        db.session.rollback()
    if some:
        db.session.execute(sa.delete(WebhookDelivery).where(*old).execution_options(synchronize_session=False))
        db.session.commit()


def _due(at: datetime) -> list[tuple[UUID, UUID, int]]:
    with reading():
        db.session.rollback()
        rows = db.session.execute(
            sa.select(WebhookDelivery.id, WebhookDelivery.webhook_id, WebhookDelivery.attempts)
            .where(WebhookDelivery.state == DeliveryState.QUEUED, WebhookDelivery.due_at <= at)
            .order_by(WebhookDelivery.due_at, WebhookDelivery.created_at, WebhookDelivery.id)
            .limit(AT_A_TIME)
        ).all()
        db.session.rollback()
    return [(row.id, row.webhook_id, row.attempts) for row in rows]


def _send(delivery_id: UUID, attempts: int, *, at: datetime) -> bool | None:
    """Whether the address took it; None where there was nothing to do."""
    if attempts >= len(PATIENCE):
        _note(delivery_id, attempts, Answer(None, INTERRUPTED), at=at)
        return None
    if not _claim(delivery_id, attempts, at=at):
        return None
    # No transaction stays open while a distant server thinks.
    with reading():
        delivery = db.session.get_one(WebhookDelivery, delivery_id, populate_existing=True)
        webhook = db.session.get_one(Webhook, delivery.webhook_id)
        url, body = webhook.url, delivery.body
        try:
            headers = signature(secret_of(webhook), str(delivery_id), at, body)
        except InvalidToken:
            headers = {}
        db.session.rollback()
    careful = current_settings().production
    answer = call(url, body, headers, careful=careful) if headers else Answer(None, NO_SECRET)
    _note(delivery_id, attempts + 1, answer, at=at)
    return answer.taken


def _claim(delivery_id: UUID, attempts: int, *, at: datetime) -> bool:
    """Count an attempt before it is made; it falls due again by itself, should its worker die."""
    claimed = db.session.execute(
        sa.update(WebhookDelivery)
        .where(
            WebhookDelivery.id == delivery_id,
            WebhookDelivery.state == DeliveryState.QUEUED,
            WebhookDelivery.attempts == attempts,
        )
        .values(attempts=attempts + 1, due_at=at + PATIENCE[attempts])
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return bool(claimed.rowcount == 1)  # type: ignore[attr-defined]


def _note(delivery_id: UUID, attempts: int, answer: Answer, *, at: datetime) -> None:
    state = DeliveryState.QUEUED
    if answer.taken:
        state = DeliveryState.SENT
    elif attempts >= len(PATIENCE):
        state = DeliveryState.FAILED
    # It may have been withdrawn meanwhile, with its webhook.
    db.session.execute(
        sa.update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == DeliveryState.QUEUED)
        .values(state=state, answer=answer.status, error=answer.error or None, sent_at=at if answer.taken else None)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    if not answer.taken:
        log.warning("webhook_not_taken", delivery=str(delivery_id), attempts=attempts, status=answer.status)
