"""The outbox of webhooks: each attempt is counted before it is made, and what a worker died with is made again."""

import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
import structlog
from cryptography.fernet import InvalidToken
from flask import Flask, current_app

from webapp.config import current_settings
from webapp.database import db, reading
from webapp.models import Webhook, WebhookDelivery
from webapp.queries import people
from webapp.services import mail
from webapp.services.mail import About
from webapp.services.webhooks import KEPT, secret_of
from webapp.vocabulary import DeliveryState
from webapp.webhook_calls import Answer, call, signature
from webapp.webhook_words import kind_in_words

AT_A_TIME = 50
"""For one address."""
SIDE_BY_SIDE = 8
ROUND_SECONDS = 60
"""After so long an address waits for the next round with what else it is to be told."""

PATIENCE = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 180, 420, 780))
"""How long after an attempt the next one is made, so that they spread over a day; after the last one never."""

INTERRUPTED = "Envoi interrompu : l’adresse l’a peut-être reçu."
NO_SECRET = "Le secret ne se lit plus : retirez ce webhook et faites-en un autre."  # noqa: S105 (a sentence)

log = structlog.get_logger()
_sending = threading.Lock()


def send_due(*, at: datetime) -> int:
    """Send what is due; how many were taken. Several workers may call it at once.

    Different addresses are told side by side, so that a slow one holds up nobody; each gets its own in order, and one
    that fails is not tried again for what else waits. Another thread of this worker at it already: nothing is done,
    the sweeper comes again.
    """
    if not _sending.acquire(blocking=False):
        return 0
    try:
        _forget_old(at)
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        return _side_by_side([_Round(app, at, waiting) for waiting in _due(at).values()])
    finally:
        _sending.release()


def _side_by_side(rounds: list["_Round"]) -> int:
    waiting, taken = deque(rounds), list[int]()

    def work() -> None:
        while True:
            try:
                mine = waiting.popleft()
            except IndexError:
                return
            taken.append(mine.go())

    # A worker that is told to stop waits for none of them: what they had claimed falls due again.
    threads = [threading.Thread(target=work, daemon=True) for _ in rounds[:SIDE_BY_SIDE]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken)


@dataclass(frozen=True)
class _Round:
    """What one address is to be told now: its deliveries with their attempts, oldest first."""

    app: Flask
    at: datetime
    waiting: list[tuple[UUID, int]]

    def go(self) -> int:
        """Send them one after the other; how many were taken."""
        begun, taken = time.monotonic(), 0
        with self.app.app_context():
            try:
                for delivery_id, attempts in self.waiting:
                    passed = time.monotonic() - begun
                    done = _send(delivery_id, attempts, at=self.at + timedelta(seconds=passed))
                    taken += done is True
                    if done is False or passed > ROUND_SECONDS:
                        break
            except Exception:
                # The database is away, say: what was claimed falls due again, the other addresses go on.
                log.exception("webhook_round_broken_off")
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


def _due(at: datetime) -> dict[UUID, list[tuple[UUID, int]]]:
    """By webhook, what is due and how often each was tried, oldest first."""
    due = WebhookDelivery.state == DeliveryState.QUEUED, WebhookDelivery.due_at <= at
    oldest = (WebhookDelivery.due_at, WebhookDelivery.created_at, WebhookDelivery.id)
    place = sa.func.row_number().over(partition_by=WebhookDelivery.webhook_id, order_by=oldest).label("place")
    columns = (WebhookDelivery.id, WebhookDelivery.webhook_id, WebhookDelivery.attempts)
    ranked = sa.select(*columns, place).where(*due).subquery()
    found: dict[UUID, list[tuple[UUID, int]]] = {}
    with reading():
        db.session.rollback()
        # However many wait for one address, the others have their turn.
        for row in db.session.execute(
            sa.select(ranked).where(ranked.c.place <= AT_A_TIME).order_by(ranked.c.place, ranked.c.id)
        ):
            found.setdefault(row.webhook_id, []).append((row.id, row.attempts))
        db.session.rollback()
    return found


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
    noted = db.session.execute(
        sa.update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, WebhookDelivery.state == DeliveryState.QUEUED)
        .values(state=state, answer=answer.status, error=answer.error or None, sent_at=at if answer.taken else None)
        .execution_options(synchronize_session=False)
    )
    if state is DeliveryState.FAILED and noted.rowcount == 1:  # type: ignore[attr-defined]
        _tell_given_up(delivery_id, answer, at=at)
    db.session.commit()
    if not answer.taken:
        log.warning("webhook_not_taken", delivery=str(delivery_id), attempts=attempts, status=answer.status)


def _tell_given_up(delivery_id: UUID, answer: Answer, *, at: datetime) -> None:
    """A mail to the administrators of the federation, one until the address takes something again."""
    delivery = db.session.get_one(WebhookDelivery, delivery_id)
    webhook = delivery.webhook
    last = sa.select(sa.func.max(WebhookDelivery.sent_at)).where(WebhookDelivery.webhook_id == webhook.id)
    since = db.session.scalar(last) or webhook.created_at
    error = f"{answer.error} (statut {answer.status})" if answer.status else answer.error
    for user in people.administrators(webhook.federation_id):
        mail.enqueue(
            "webhook_given_up",
            recipient=user.email,
            at=at,
            context={
                "name": user.full_name,
                "url": webhook.url,
                "what": kind_in_words(delivery.kind),
                "attempts": len(PATIENCE),
                "error": error,
                "path": "/webhooks",
            },
            dedupe_key=f"webhook_given_up:{webhook.id}:{since.isoformat()}:{user.id}",
            about=About(user_id=user.id),
        )
