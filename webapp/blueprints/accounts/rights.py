"""« Qui peut faire quoi »: the table of rights, as people read it."""

from flask import render_template
from flask.typing import ResponseReturnValue

from webapp import policy_words
from webapp.blueprints.accounts import blueprint
from webapp.guard import needs
from webapp.policy import TABLE, Act, Everyone, Grant, Scope

# Of no interest to a person who wonders what they may do.
UNTOLD = frozenset({Act.STATIC, Act.HEALTH})
OPEN = frozenset(act for act, grants in TABLE.items() if grants.get(Everyone.ANYONE) == (Grant(Scope.ANYTHING),))


@blueprint.get("/droits")
@needs(Act.POLICY_READ)
def rights() -> ResponseReturnValue:
    """Who may do what."""
    groups = [
        (group, [(policy_words.ACTS[act], _lines(act)) for act in acts if act not in UNTOLD])
        for group, acts in policy_words.GROUPS.items()
    ]
    roles = [(name, policy_words.ROLES_EXPLAINED[role]) for role, name in policy_words.ROLES.items()]
    return render_template("pages/accounts/rights.html", groups=groups, roles=roles)


def _lines(act: Act) -> list[tuple[str, str]]:
    """Who has that right and where: roles of one wording on one line."""
    told: dict[str, list[str]] = {}
    for who, name in policy_words.AUDIENCES.items():
        where = policy_words.rights_of(act, who)
        if where and act in OPEN:
            return [(name, "")]
        if where:
            told.setdefault("\u202f; ".join(where), []).append(name)
    return [(", ".join(names), where) for where, names in told.items()]
