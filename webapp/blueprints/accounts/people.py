"""The accounts of a federation: who is there, inviting, changing roles, ending."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.departments import DEPARTMENTS
from forms.french import fold
from forms.values import Refused
from webapp.blueprints.accounts import blueprint
from webapp.blueprints.accounts.own import me
from webapp.clock import now
from webapp.database import db
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Centre, Federation, Funder, Role, User
from webapp.policy import Act
from webapp.policy_words import ROLES, ROLES_EXPLAINED
from webapp.queries.accounts import (
    PlacesToGive,
    in_words,
    known_elsewhere,
    person_within,
    places_to_give,
    role_by_id,
    roles_within,
)
from webapp.services import accounts
from webapp.services.accounts import LIMITED, SIBLINGS, Post
from webapp.vocabulary import RoleName

Place = TypeVar("Place", Centre, Federation, Funder)

AT_CENTRE = frozenset({RoleName.MEMBER, RoleName.RESPONSIBLE})
AT_FEDERATION = frozenset({RoleName.REVIEWER, RoleName.ADMINISTRATOR})
POSTED = ("role", "centre", "funder", "federation")
KEPT = (*POSTED, "email", "full_name", "departments")

LAST_TAKEN = (
    "Ce rôle est retiré. C’était le dernier : la personne n’apparaît plus ici, son compte reste sans accès. "
    "Pour lui rendre un rôle, invitez-la de nouveau."
)


@blueprint.get("/comptes")
@needs(Act.ACCOUNT_LIST)
def people() -> ResponseReturnValue:
    """The accounts, by place; those whose name, address or centre holds the words asked for."""
    actor, asked = current_actor(), request.args.get("q", "").strip()[:200]
    found, places = roles_within(actor), places_to_give(actor)
    outside = known_elsewhere(actor, {role.user_id for role in found})
    names = {role.user_id: "" if role.user_id in outside else role.user.full_name for role in found}
    return render_template(
        "pages/accounts/people.html",
        groups=_by_place([role for role in found if _answers(role, names[role.user_id], asked)]),
        names=names,
        asked=asked,
        roles=ROLES,
        may_invite=bool(places.centres or places.federations),
    )


def _answers(role: Role, name: str, asked: str) -> bool:
    place = role.centre or role.funder or role.federation
    told = fold(" ".join((name, role.user.email, place.name if place else "")))
    return all(word in told for word in fold(asked).split())


def _by_place(roles: Sequence[Role]) -> list[tuple[str, list[Role]]]:
    found: dict[tuple[int, str], list[Role]] = {}
    for role in roles:
        if role.centre is not None:
            place = (1, role.centre.name)
        elif role.funder is not None:
            place = (2, f"{role.funder.name} (financeur)")
        elif role.federation is not None:
            place = (0, role.federation.name)
        else:
            place = (3, "La plateforme")
        found.setdefault(place, []).append(role)
    return [(name, lines) for (_, name), lines in sorted(found.items(), key=lambda line: line[0][0])]


@blueprint.get("/comptes/inviter")
@needs(Act.ACCOUNT_INVITE)
def invite() -> ResponseReturnValue:
    """The form of an invitation."""
    return _invite_page()


def _invite_page(refused: Refused | None = None) -> str:
    typed: dict[str, Any] = {name: request.values.get(name, "") for name in (*POSTED, "email", "full_name")}
    places = _places_to_choose()
    return render_template(
        "pages/accounts/invite.html",
        typed=typed | {"departments": request.values.getlist("departments")},
        places=places,
        roles=_roles_to_give(places),
        refused=refused,
    )


def _places_to_choose() -> dict[str, list[tuple[str, str]]]:
    places = places_to_give(current_actor())
    lists: dict[str, Sequence[Centre] | Sequence[Federation] | Sequence[Funder]] = {
        "centres": places.centres,
        "federations": places.federations,
        "funders": places.funders,
    }
    codes = sorted({centre.department for centre in places.centres})
    return {name: [(str(row.id), row.name) for row in rows] for name, rows in lists.items()} | {
        "departments": [(code, DEPARTMENTS.get(code, code)) for code in codes]
    }


def _roles_to_give(places: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    """Who looks after some departments gives the roles of their centres only."""
    given = [role for role in RoleName if role is not RoleName.PLATFORM or can(Act.FEDERATION_MANAGE)]
    if not places["federations"]:
        given = [role for role in given if role in AT_CENTRE or role is RoleName.PLATFORM]
    return [(role.value, ROLES[role], ROLES_EXPLAINED[role]) for role in given]


@blueprint.post("/comptes/inviter")
@needs(Act.ACCOUNT_INVITE)
def send_invitation() -> ResponseReturnValue:
    """Invite somebody; whoever has an account here is shown before one more role is given."""
    _, identity = me()
    sure = "sure" in request.form
    if "back" in request.form:
        return _invite_page()
    try:
        asked = _post_asked()
        user, _token = accounts.invite(
            email=request.form.get("email", ""),
            full_name=request.form.get("full_name", ""),
            post=asked,
            actor=current_actor(),
            inviter=identity.name,
            at=now(),
            sure=sure,
        )
    except accounts.HasAccount as known:
        return _recap_page(known.user, asked)
    except Refused as refused:
        return _invite_page(refused), 422
    given = f"{user.email} a maintenant aussi ce rôle\u00a0: {in_words(asked)}. Un message l’en prévient."
    flash(given if sure else f"Un message est parti à {user.email}.", "success")
    return redirect(url_for("accounts.people"))


def _recap_page(user: User, asked: Post) -> str:
    """What an account has and what it would have, before anything is written; what was typed is kept."""
    name = "" if known_elsewhere(current_actor(), {user.id}) else user.full_name
    typed_name = " ".join(request.form.get("full_name", "").split())
    return render_template(
        "pages/accounts/invite_known.html",
        email=user.email,
        name=name,
        roles=[in_words(role) for role in user.roles if can(Act.ACCOUNT_LIST, role)],
        asked=in_words(asked),
        other_name=typed_name if typed_name != name else "",
        typed=[(name, text) for name in KEPT for text in request.form.getlist(name)],
    )


def _post_asked() -> Post:
    """The role and the place that a form asks for; the service judges whether they may be given."""
    places = places_to_give(current_actor())
    try:
        role = RoleName(request.form.get("role", ""))
    except ValueError as wrong:
        raise Refused("Choisissez un rôle.", question="role") from wrong
    if role in AT_CENTRE:
        return Post(role, centre=_chosen(places.centres, "centre", "Choisissez le centre."))
    if role in AT_FEDERATION:
        departments = tuple(request.form.getlist("departments"))
        return Post(role, federation=_federation_asked(places), departments=departments)
    if role is RoleName.FUNDER:
        return Post(role, funder=_chosen(places.funders, "funder", "Choisissez le financeur."))
    return Post(role)


def _federation_asked(places: PlacesToGive) -> Federation:
    if len(places.federations) == 1:
        return places.federations[0]
    return _chosen(places.federations, "federation", "Choisissez la fédération.")


def _chosen(rows: Sequence[Place], field: str, message: str) -> Place:
    wanted = request.form.get(field, "")
    found = next((row for row in rows if str(row.id) == wanted), None)
    if found is None:
        raise Refused(message, question=field)
    return found


def _person(user_id: UUID) -> User:
    """An account that whoever asks may see; any other is as one that isn't there."""
    user = person_within(current_actor(), user_id)
    if user is None:
        abort(404)
    return user


@blueprint.get("/comptes/<uuid:user_id>")
@needs(Act.ACCOUNT_LIST)
def person(user_id: UUID) -> ResponseReturnValue:
    """An account and its roles here."""
    return _person_page(_person(user_id))


def _person_page(user: User, refused: Refused | None = None) -> str:
    places = _places_to_choose()
    lines = [
        {
            "role": role,
            "departments": _to_limit(role, places["departments"]),
            "words": in_words(role),
            "mine": can(Act.ACCOUNT_CHANGE_ROLE, role),
            "other": ROLES[SIBLINGS[role.name]] if role.name in SIBLINGS else "",
        }
        for role in user.roles
        if can(Act.ACCOUNT_LIST, role)
    ]
    return render_template(
        "pages/accounts/person.html",
        user=user,
        name="" if known_elsewhere(current_actor(), {user.id}) else user.full_name,
        lines=lines,
        waiting=user.password is None and user.active,
        may_close=user.active and can(Act.ACCOUNT_END, user),
        places=places,
        roles=_roles_to_give(places),
        typed={name: request.form.get(name, "") for name in POSTED}
        | {"departments": request.form.getlist("departments")},
        refused=refused,
    )


def _to_limit(role: Role, offered: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The departments to which a role can be limited; nothing to choose where all centres are in one."""
    several = len(offered) > 1
    if role.name not in LIMITED or not (several or role.departments):
        return []
    known = dict(offered) | {code: DEPARTMENTS.get(code, code) for code in role.departments}
    return sorted(known.items())


@blueprint.post("/comptes/<uuid:user_id>/roles")
@needs(Act.ACCOUNT_CHANGE_ROLE)
def give_role(user_id: UUID) -> ResponseReturnValue:
    """One more role."""
    user = _person(user_id)
    try:
        accounts.give(user, _post_asked(), actor=current_actor(), at=now())
    except Refused as refused:
        return _person_page(user, refused), 422
    return _done(user_id, "Ce rôle est ajouté. Un message prévient la personne.")


@blueprint.post("/comptes/roles/<uuid:role_id>/remplacer")
@needs(Act.ACCOUNT_CHANGE_ROLE)
def replace_role(role_id: UUID) -> ResponseReturnValue:
    """The other role of the same place."""
    role = refuse_unless(Act.ACCOUNT_CHANGE_ROLE, role_by_id(role_id))
    user_id = role.user_id
    if role.name not in SIBLINGS:
        abort(404)
    try:
        accounts.replace(role, SIBLINGS[role.name], actor=current_actor(), at=now())
    except Refused as refused:
        return _person_page(_person(user_id), refused), 422
    return _done(user_id, "Ce rôle est changé. La personne devra se reconnecter.")


@blueprint.post("/comptes/roles/<uuid:role_id>/departements")
@needs(Act.ACCOUNT_CHANGE_ROLE)
def limit_role(role_id: UUID) -> ResponseReturnValue:
    """The departments in which a role holds."""
    role = refuse_unless(Act.ACCOUNT_CHANGE_ROLE, role_by_id(role_id))
    user_id = role.user_id
    try:
        accounts.limit(role, request.form.getlist(f"departments-{role_id}"), actor=current_actor(), at=now())
    except Refused as refused:
        db.session.rollback()
        placed = Refused(refused.message, question=f"departments-{role_id}")
        return _person_page(_person(user_id), placed), 422
    return _done(user_id, "Les départements de ce rôle sont changés. La personne devra se reconnecter.")


@blueprint.post("/comptes/roles/<uuid:role_id>/retirer")
@needs(Act.ACCOUNT_CHANGE_ROLE)
def take_role(role_id: UUID) -> ResponseReturnValue:
    """Take a role away."""
    role = refuse_unless(Act.ACCOUNT_CHANGE_ROLE, role_by_id(role_id))
    user_id, last = role.user_id, len(role.user.roles) == 1
    try:
        accounts.take_away(role, actor=current_actor(), at=now())
    except Refused as refused:
        return _person_page(_person(user_id), refused), 422
    return _done(None, LAST_TAKEN if last else "Ce rôle est retiré.")


@blueprint.post("/comptes/<uuid:user_id>/inviter")
@needs(Act.ACCOUNT_INVITE)
def invite_again(user_id: UUID) -> ResponseReturnValue:
    """Send the invitation once more."""
    _, identity = me()
    user = _person(user_id)
    try:
        accounts.invite_again(user, actor=current_actor(), inviter=identity.name, at=now())
    except Refused as refused:
        return _person_page(user, refused), 422
    return _done(user_id, "L’invitation est repartie.")


@blueprint.post("/comptes/<uuid:user_id>/fermer")
@needs(Act.ACCOUNT_END)
def close(user_id: UUID) -> ResponseReturnValue:
    """End an account."""
    user = refuse_unless(Act.ACCOUNT_END, _person(user_id))
    try:
        accounts.close(user, actor=current_actor(), at=now())
    except Refused as refused:
        return _person_page(_person(user_id), refused), 422
    return _done(None, "Ce compte est fermé.")


def _done(user_id: UUID | None, said: str) -> ResponseReturnValue:
    flash(said, "success")
    # Without a role here the account can't be seen any more.
    return redirect(url_for("accounts.person", user_id=user_id) if user_id else url_for("accounts.people"))
