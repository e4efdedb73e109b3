"""Invitations to a campaign: one mail a person, each with a link of its own, sent by a job that can be done again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from forms.french import plural
from forms.values import Refused
from webapp.config import current_settings
from webapp.database import db
from webapp.models import Campaign, Centre, Job, Mail, PersonalLink
from webapp.queries import campaigns
from webapp.queries.accounts import by_email
from webapp.queries.invitations import KIND, Recipient, mail_of, recipient, waiting
from webapp.services import accounts, events, jobs, links, mail, personal_links
from webapp.vocabulary import LinkPurpose, MailState, PersonalPurpose

HOME = "/fiches"


@dataclass(frozen=True)
class Start:
    """Where the reader of an invitation goes on; email: the account to sign in with."""

    path: str
    email: str


def preview(campaign: Campaign, one: Recipient) -> mail.Written:
    """The mail as that person will read it; its link is drawn when it is sent."""
    return mail.write(KIND, _context(campaign, one, "…"), base_url=current_settings().base_url)


def ask(campaign_id: UUID, *, actor_id: UUID | None, at: datetime) -> Job:
    """Have everybody invited to whom nothing was written yet. Raises Refused where nobody waits. One commit."""
    campaign = _campaign(campaign_id)
    count = len(waiting(campaign, at=at))
    if not count:
        raise Refused("Personne n’attend d’invitation\u00a0: toutes sont parties.")
    job = jobs.ask(KIND, {"campaign": str(campaign_id)}, owner_id=actor_id, federation_id=campaign.federation_id, at=at)
    _record(campaign, "campaign.invited", {"reason": plural(count, "mail", "mails")}, actor_id=actor_id, at=at)
    db.session.commit()
    return job


@jobs.handles(KIND)
def send(running: jobs.Running) -> dict[str, Any]:
    """Write the mails one by one; done again after a worker was killed, those that were written stay alone."""
    campaign_id = UUID(running.arguments["campaign"])
    people = waiting(_campaign(campaign_id), at=running.clock())
    for done, one in enumerate(people, 1):
        _invite(_campaign(campaign_id), one, at=running.clock())
        db.session.commit()
        running.progress("Écriture des invitations", done, len(people))
    return {"invited": len(people)}


def _invite(campaign: Campaign, one: Recipient, *, at: datetime) -> None:
    """Put one person's mail into the outbox with its link; part of the caller's transaction."""
    key = f"{KIND}:{campaign.id}:{one.email}"
    if db.session.scalar(sa.select(Mail.id).where(Mail.dedupe_key == key)):
        return
    link, token = personal_links.issue(
        PersonalPurpose.CAMPAIGN,
        target_id=campaign.id,
        federation_id=campaign.federation_id,
        email=one.email,
        user_id=one.user_id,
        name=one.name,
        at=at,
    )
    mail.enqueue(
        KIND,
        recipient=one.email,
        at=at,
        context=_context(campaign, one, token),
        dedupe_key=key,
        about=mail.About(one.user_id, campaign.id, one.centre_ids[0], link.id),
    )


def _context(campaign: Campaign, one: Recipient, token: str) -> dict[str, Any]:
    return {
        "name": one.name,
        "federation": campaign.federation.name,
        "campaign": campaign.called,
        "centres": one.centres,
        "until": one.until,
        "opens_account": one.opens_account,
        "path": f"/invitation/{token}",
    }


def resend(campaign_id: UUID, mail_id: UUID, *, email: str, actor_id: UUID | None, at: datetime) -> None:
    """Send a refused invitation again, to the address as it is now. Raises Refused with its place. One commit.

    Another address than before becomes the contact of the centres; an account's own address is its owner's.
    """
    campaign, email = _campaign(campaign_id), accounts.clean_email(email)
    refused = _locked_mail(campaign_id, mail_id)
    if refused.state is not MailState.FAILED:
        raise Refused("Ce mail n’est plus refusé\u00a0: rechargez la page.", question="email")
    if email == refused.recipient:
        # The same row leaves again: its link has waited with it.
        refused.state, refused.attempts, refused.error, refused.created_at = MailState.QUEUED, 0, None, at
    else:
        _redirect(campaign, refused, email, at=at)
    _record(campaign, "campaign.invited_again", {"name": email}, actor_id=actor_id, at=at)
    db.session.commit()


def _redirect(campaign: Campaign, refused: Mail, email: str, *, at: datetime) -> None:
    before = recipient(campaign, refused.recipient, at=at)
    if refused.user_id is not None or before is None:
        raise Refused(
            "C’est l’adresse d’un compte\u00a0: invitez la personne à sa nouvelle adresse, depuis les comptes.",
            question="email",
        )
    for centre_id in before.centre_ids:
        db.session.get_one(Centre, centre_id).email = email
    if refused.link_id is not None:
        db.session.get_one(PersonalLink, refused.link_id).revoked_at = at
    db.session.flush()
    after = recipient(campaign, email, at=at)
    if after is not None:
        _invite(campaign, after, at=at)


def begin(token: str, *, full_name: str, at: datetime) -> Start:
    """The reader of an invitation presses « Commencer »; whoever has no account gets the responsable's of the centre.

    Raises Refused where the link opens nothing any more, or a name is missing. One commit.
    """
    link = personal_links.find(token, PersonalPurpose.CAMPAIGN, at=at)
    if link is None:
        raise Refused(links.GONE)
    user = by_email(link.email)
    if user is None:
        user = accounts.open_for(link.email, full_name, _centres(link, at=at), at=at)
    elif not user.active or not any(role.centre_id for role in user.roles):
        raise Refused("Le compte de cette adresse n’a pas de centre\u00a0: demandez à votre fédération de l’ouvrir.")
    link.opened_at = link.opened_at or at
    path, email = HOME, user.email
    if user.password is None:
        # It came to the address of the account: as good as the mail that invites to open it.
        links.void_all(user, at=at)
        _link, fresh = links.issue(user, LinkPurpose.INVITATION, at=at)
        path = links.path_of(fresh)
    db.session.commit()
    return Start(path, email)


def _centres(link: PersonalLink, *, at: datetime) -> list[Centre]:
    """The centres whose contact the link's reader still is. Raises Refused."""
    found = recipient(_campaign(link.target_id), link.email, at=at)
    if found is None:
        raise Refused("Cette adresse n’est plus celle d’un centre attendu. Demandez une invitation à votre fédération.")
    return [db.session.get_one(Centre, centre_id) for centre_id in found.centre_ids]


def _campaign(campaign_id: UUID) -> Campaign:
    found = campaigns.find(campaign_id)
    if found is None:
        raise Refused("Cette campagne n’existe plus.")
    return found


def _locked_mail(campaign_id: UUID, mail_id: UUID) -> Mail:
    db.session.execute(sa.select(Mail.id).where(Mail.id == mail_id).with_for_update())
    found = mail_of(campaign_id, mail_id)
    if found is None:
        raise Refused("Ce mail n’existe plus.")
    db.session.refresh(found)
    return found


def _record(campaign: Campaign, kind: str, data: Mapping[str, Any], *, actor_id: UUID | None, at: datetime) -> None:
    about = {"campaign": str(campaign.id), "year": campaign.year}
    events.record(kind, at=at, actor_id=actor_id, federation_id=campaign.federation_id, data=about | dict(data))
