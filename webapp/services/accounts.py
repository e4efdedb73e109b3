"""Accounts: who is invited, what they may do, when it ends."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from forms.departments import DEPARTMENTS
from forms.values import Refused, clean_text
from webapp import policy
from webapp.database import db
from webapp.models import Centre, Federation, Funder, Role, User
from webapp.policy import Act, Actor
from webapp.queries.accounts import by_email, in_words, person_within
from webapp.queries.things import federation_of, thing_of
from webapp.services import events, links, mail, passwords, sessions, tokens
from webapp.vocabulary import LinkPurpose, RoleName

LONGEST_EMAIL, LONGEST_NAME, LONGEST_PHONE = 254, 120, 40
_PHONE = re.compile(r"[0-9\s.+()-]+")
"""What a number is written with; how many digits, countries differ."""
# A typo is caught, an unusual address is not refused: the mail itself is the proof.
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s,;<>()\".]{2,}")


@dataclass(frozen=True)
class Post:
    """A role and where it is held: exactly one place, and none for the platform.

    departments: the codes to which a role of the federation is limited; none: it holds in all of it.
    """

    name: RoleName
    centre: Centre | None = None
    federation: Federation | None = None
    funder: Funder | None = None
    departments: tuple[str, ...] = ()

    def row(self) -> Role:
        """The row that says so, of nobody yet."""
        return Role(
            name=self.name,
            centre=self.centre,
            federation=self.federation,
            funder=self.funder,
            departments=_territory(self.name, self.departments),
        )

    def same_as(self, role: Role) -> bool:
        """Whether that row says so, whatever its departments: a role is held once at a place."""
        places = [(self.centre, role.centre_id), (self.federation, role.federation_id), (self.funder, role.funder_id)]
        return role.name is self.name and all((row.id if row else None) == held for row, held in places)


def clean_email(typed: str) -> str:
    """The address as it is kept. Raises Refused (French)."""
    email = clean_text(typed).strip().lower()
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        raise Refused("Indiquez une adresse mail complète, par exemple prenom@centre.fr.", question="email")
    return email


def _clean_line(typed: str, longest: int, question: str) -> str:
    line = " ".join(clean_text(typed).split())
    if len(line) > longest:
        raise Refused(f"Restez en dessous de {longest} caractères.", question=question)
    return line


class HasAccount(Refused):
    """The address is that of an account which the actor may see: one more role there wants a second look."""

    def __init__(self, user: User) -> None:
        super().__init__("Cette adresse a déjà un compte.", question="email")
        self.user = user


def invite(
    *, email: str, full_name: str, post: Post, actor: Actor, inviter: str, at: datetime, sure: bool = True
) -> tuple[User, str]:
    """Give somebody a role, with an account if they have none; the token of the invitation, "" where none is needed.

    sure: not to be asked whether an account that the actor may see is to have one more role (HasAccount).
    An account that the actor may not see is treated in all as one that isn't there.
    """
    email, full_name = clean_email(email), _clean_line(full_name, LONGEST_NAME, "full_name")
    _require(actor, Act.ACCOUNT_INVITE, post)
    user = by_email(email)
    seen = user is not None and person_within(actor, user.id) is not None
    if not seen and not full_name:
        raise Refused("Indiquez le nom de la personne.", question="full_name")
    if user is None:
        user = User(email=email, full_name=full_name, created_at=at)
        db.session.add(user)
    elif any(post.same_as(role) for role in user.roles):
        if user.password is not None and user.active:
            raise Refused("Cette personne a déjà ce rôle.", question="email")
        token = _send_invitation(user, post, inviter, at)
        db.session.commit()
        return user, token
    elif seen and not sure:
        raise HasAccount(user)
    known = user.password is not None
    user.active = True
    _give(user, post, actor=actor, at=at)
    token = ""
    if known:
        _tell_rights(user, at=at)
    else:
        token = _send_invitation(user, post, inviter, at)
    db.session.commit()
    return user, token


def open_for(email: str, full_name: str, centres: Sequence[Centre], *, at: datetime) -> User:
    """An account for somebody to whom the federation has written at that address: responsable of these centres.

    Part of the caller's transaction. Raises Refused where the name is missing.
    """
    full_name = _clean_line(full_name, LONGEST_NAME, "full_name")
    if not full_name:
        raise Refused("Indiquez votre nom.", question="full_name")
    user = User(email=email, full_name=full_name, created_at=at)
    db.session.add(user)
    for centre in centres:
        _give(user, Post(RoleName.RESPONSIBLE, centre=centre), actor=policy.ANONYMOUS, at=at)
    return user


def give_along(user: User, post: Post, *, actor: Actor, at: datetime) -> None:
    """Give an account one more role that it lacks, and tell it; part of the caller's transaction."""
    _require(actor, Act.ACCOUNT_CHANGE_ROLE, post)
    if not any(post.same_as(role) for role in user.roles):
        _give(user, post, actor=actor, at=at)
        _tell_rights(user, at=at)


def _send_invitation(user: User, post: Post, inviter: str, at: datetime) -> str:
    context = {"inviter": inviter, "role": in_words(post)}
    return links.send(user, LinkPurpose.INVITATION, at=at, context=context)


def invite_again(user: User, *, actor: Actor, inviter: str, at: datetime) -> str:
    """Send the invitation again to somebody who has not yet chosen a password; the token of the new link."""
    policy.require(actor, Act.ACCOUNT_INVITE, _thing_for(user, actor))
    if user.password is not None or not user.roles:
        raise Refused("Cette personne a déjà ouvert son compte.")
    links.void_all(user, at=at)
    context = {"inviter": inviter, "role": in_words(user.roles[0])}
    token = links.send(user, LinkPurpose.INVITATION, at=at, context=context)
    db.session.commit()
    return token


def _thing_for(user: User, actor: Actor) -> policy.Thing:
    """The first of the account's roles that the actor may change; an account can be held in several federations."""
    things = [thing_of(role) for role in user.roles]
    mine = [thing for thing in things if policy.decide(actor, Act.ACCOUNT_CHANGE_ROLE, thing).allowed]
    return mine[0] if mine else thing_of(user)


def give(user: User, post: Post, *, actor: Actor, at: datetime) -> None:
    """Give an account one more role; it holds from the next request on, in the sessions that are open too."""
    _require(actor, Act.ACCOUNT_CHANGE_ROLE, post)
    if any(post.same_as(role) for role in user.roles):
        raise Refused("Cette personne a déjà ce rôle.", question="role")
    _give(user, post, actor=actor, at=at)
    _tell_rights(user, at=at)
    db.session.commit()


def take_away(role: Role, *, actor: Actor, at: datetime) -> None:
    """Take a role away from its account; its sessions end."""
    policy.require(actor, Act.ACCOUNT_CHANGE_ROLE, thing_of(role))
    user = role.user
    _refuse_last(role)
    _take(user, role, actor=actor, at=at)
    _rights_changed(user, at=at)
    db.session.commit()


def replace(role: Role, new: RoleName, *, actor: Actor, at: datetime) -> None:
    """Make a member a responsible, a reviewer an administrator, or back, at the same place; the sessions end."""
    kept = tuple(role.departments)
    post = Post(new, centre=role.centre, federation=role.federation, funder=role.funder, departments=kept)
    if SIBLINGS.get(role.name) != new:
        raise Refused("Ce rôle ne peut pas être tenu ici.", question="role")
    policy.require(actor, Act.ACCOUNT_CHANGE_ROLE, thing_of(role))
    user = role.user
    _refuse_last(role)
    _take(user, role, actor=actor, at=at)
    if not any(post.same_as(other) for other in user.roles):
        _give(user, post, actor=actor, at=at)
    _rights_changed(user, at=at)
    db.session.commit()


def limit(role: Role, departments: Collection[str], *, actor: Actor, at: datetime) -> None:
    """Limit a role of the federation to these departments, or to none: it holds in all of it; the sessions end."""
    policy.require(actor, Act.ACCOUNT_CHANGE_ROLE, thing_of(role))
    territory = _territory(role.name, departments)
    if territory == role.departments:
        raise Refused("Ce rôle vaut déjà pour ces départements.", question="departments")
    if territory:
        _refuse_last(role)
    role.departments = territory
    db.session.flush()
    _record("account.role_limited", role, actor=actor, at=at)
    _rights_changed(role.user, at=at)
    db.session.commit()


def _territory(name: RoleName, codes: Collection[str]) -> list[str]:
    """The codes as they are kept, in order. Raises Refused for one that is no department, or for another role."""
    if codes and (name not in LIMITED or not set(codes) <= DEPARTMENTS.keys()):
        raise Refused("Choisissez les départements dans la liste.", question="departments")
    return sorted(set(codes))


LIMITED = frozenset({RoleName.REVIEWER, RoleName.ADMINISTRATOR})
"""The roles that may be limited to departments."""

SIBLINGS: dict[RoleName, RoleName] = {
    RoleName.MEMBER: RoleName.RESPONSIBLE,
    RoleName.RESPONSIBLE: RoleName.MEMBER,
    RoleName.REVIEWER: RoleName.ADMINISTRATOR,
    RoleName.ADMINISTRATOR: RoleName.REVIEWER,
}
"""The other role that can be held at the same place."""


def close(user: User, *, actor: Actor, at: datetime) -> None:
    """End an account: no role, no session, no link; what it has done stays signed with its name."""
    policy.require(actor, Act.ACCOUNT_END, thing_of(user))
    federation_id = thing_of(user).federation_id
    for role in user.roles:
        _refuse_last(role)
    for role in list(user.roles):
        _take(user, role, actor=actor, at=at)
    user.active = False
    links.void_all(user, at=at)
    _rights_changed(user, at=at)
    data = {"user": str(user.id)}
    events.record("account.closed", at=at, actor_id=actor.user_id, federation_id=federation_id, data=data)
    db.session.commit()


def change_own(user: User, *, full_name: str, phone: str, at: datetime) -> None:
    """Change how one is called and reached."""
    full_name = _clean_line(full_name, LONGEST_NAME, "full_name")
    if not full_name:
        raise Refused("Indiquez votre nom.", question="full_name")
    phone = _clean_line(phone, LONGEST_PHONE, "phone")
    if phone and not (_PHONE.fullmatch(phone) and 6 <= sum(map(str.isdigit, phone)) <= 20):
        raise Refused(
            "Indiquez un numéro de téléphone, comme 05\u00a065\u00a000\u00a000\u00a000, ou laissez vide.",
            question="phone",
        )
    user.full_name, user.phone = full_name, phone or None
    events.record("account.changed", at=at, actor_id=user.id, federation_id=None)
    db.session.commit()


def choose_password(token: str, password: str, *, at: datetime) -> User:
    """Use an invitation or a reset link: the account has that password from now on. Raises Refused."""
    link = links.find(token, at=at)
    if link is None or link.purpose is LinkPurpose.SIGN_IN:
        raise Refused(links.GONE)
    passwords.refuse_weak(password, email=link.user.email)
    user = links.take(token, at=at).user
    passwords.put(user, password, kept_session=None, at=at)
    db.session.commit()
    return user


def _require(actor: Actor, act: Act, post: Post) -> None:
    place = post.centre or post.funder or post.federation
    policy.require(actor, act, thing_of(place) if place is not None else policy.Thing())


def _give(user: User, post: Post, *, actor: Actor, at: datetime) -> None:
    role = post.row()
    user.roles.append(role)
    db.session.flush()
    _record("account.role_given", role, actor=actor, at=at)


def _take(user: User, role: Role, *, actor: Actor, at: datetime) -> None:
    _record("account.role_taken", role, actor=actor, at=at)
    user.roles.remove(role)
    db.session.flush()


def _record(kind: str, role: Role, *, actor: Actor, at: datetime) -> None:
    data = {
        "user": str(role.user_id),
        "role": role.name.value,
        "centre": str(role.centre_id) if role.centre_id else None,
        "funder": str(role.funder_id) if role.funder_id else None,
        "departments": role.departments,
    }
    events.record(kind, at=at, actor_id=actor.user_id, federation_id=federation_of(role), data=data)


def _rights_changed(user: User, *, at: datetime) -> None:
    """Something was taken away: whatever is open ends."""
    sessions.end_all(user, at=at)
    tokens.end_all(user, at=at)
    _tell_rights(user, at=at, sign_in=user.active)


def _tell_rights(user: User, *, at: datetime, sign_in: bool = False) -> None:
    roles = [in_words(role) for role in user.roles]
    context = {"name": user.full_name, "roles": roles, "closed": not user.active, "sign_in": sign_in, "path": "/"}
    mail.enqueue("rights_changed", recipient=user.email, at=at, context=context)


def _refuse_last(role: Role) -> None:
    """A federation that nobody administers as a whole could never be opened again."""
    if role.name is not RoleName.ADMINISTRATOR or role.departments:
        return
    others = db.session.scalars(
        sa.select(Role.departments)
        .join(Role.user)
        .where(
            Role.name == RoleName.ADMINISTRATOR,
            Role.federation_id == role.federation_id,
            Role.id != role.id,
            User.active,
        )
    )
    if all(others):
        raise Refused(
            "Une fédération garde au moins un administrateur pour tous ses départements. Nommez-en un autre d’abord."
        )
