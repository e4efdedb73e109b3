"""How somebody wants which mails: at once, in one digest a day, or not at all."""

from collections.abc import Collection, Mapping
from uuid import UUID

import sqlalchemy as sa

from forms.values import Refused
from webapp.database import db
from webapp.models import MailPreference, User
from webapp.services.mail_kinds import OFFERED, category_of
from webapp.vocabulary import MailCategory, MailManner


def of(user_id: UUID) -> dict[MailCategory, MailManner]:
    """The manner that holds for each category that may be chosen."""
    chosen = {
        row.category: row.manner
        for row in db.session.scalars(sa.select(MailPreference).where(MailPreference.user_id == user_id))
    }
    return {category: chosen.get(category, MailManner.NOW) for category in OFFERED}


def choose(user: User, manners: Mapping[str, str]) -> None:
    """Keep what somebody prefers, by the names of categories; one commit. Raises Refused for what isn't offered."""
    known = of(user.id)
    for category, offered in OFFERED.items():
        wanted = manners.get(category.value, known[category].value)
        if wanted not in offered:
            raise Refused("Choisissez dans la liste.", question=category.value)
        row = db.session.get(MailPreference, (user.id, category))
        if row is None:
            row = MailPreference(user_id=user.id, category=category)
            db.session.add(row)
        row.manner = MailManner(wanted)
    db.session.commit()


def manner_for(kind: str, *, user_id: UUID | None, recipient: str) -> tuple[MailManner, UUID | None]:
    """How a mail of that kind leaves for that reader, and the account of theirs where it does not leave at once.

    Who has no account has no preferences.
    """
    category = category_of(kind)
    if category not in OFFERED:
        return MailManner.NOW, None
    row = db.session.execute(
        sa.select(MailPreference.user_id, MailPreference.manner)
        .join(User, User.id == MailPreference.user_id)
        .where(
            User.id == user_id if user_id is not None else User.email == recipient.strip().lower(),
            MailPreference.category == category,
        )
    ).one_or_none()
    return (row.manner, row.user_id) if row is not None else (MailManner.NOW, None)


def refusing(category: MailCategory, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of these accounts that want no mail of that category."""
    return set(
        db.session.scalars(
            sa.select(MailPreference.user_id).where(
                MailPreference.user_id.in_(user_ids),
                MailPreference.category == category,
                MailPreference.manner == MailManner.NEVER,
            )
        )
    )
