"""Which section of the guides tells of the page where one is."""

from webapp.policy import Actor
from webapp.vocabulary import RoleName

Place = tuple[str, str]
"""The slug of a guide and the anchor of one of its sections."""

# By the endpoint, or by its part of the site (« sheets ») where the page has none of its own.
PLACES: dict[str, Place] = {
    "sheets.mine": ("centre", "avant"),
    "sheets.new": ("centre", "commencer"),
    "sheets.overview": ("centre", "commencer"),
    "sheets.step": ("centre", "enregistrer"),
    "sheets.take_away": ("centre", "emporter"),
    "sheets.compare_taken": ("centre", "emporter"),
    "sheets.check": ("centre", "envoyer"),
    "sheets.proposal": ("centre", "corriger"),
    "sheets": ("centre", "apres"),
    "actions": ("centre", "apres"),
    "review.index": ("federation", "relire"),
    "review.show": ("federation", "demander"),
    "review.label_list": ("federation", "notes"),
    "review.lot": ("federation", "lots"),
    "review": ("federation", "relire"),
    "campaigns.invitations": ("federation", "inviter"),
    "campaigns": ("federation", "campagne"),
    "following": ("federation", "suivi"),
    "reminders": ("federation", "relancer"),
    "phone": ("federation", "telephone"),
    "centres": ("federation", "centres"),
    "centre_life": ("federation", "centres"),
    "agreements": ("federation", "conventions"),
    "reports": ("federation", "rapports"),
    "reports.show": ("federation", "remettre"),
    "report_checks": ("financeur", "verifier"),
    "reading_desk": ("financeur", "bureau"),
    "imports": ("federation", "importer"),
    "journal": ("federation", "comptes"),
    "jobs": ("federation", "rapports"),
    "accounts": ("centre", "connexion"),
    "accounts.people": ("federation", "comptes"),
    "accounts.person": ("federation", "comptes"),
    "accounts.invite": ("federation", "comptes"),
    "accounts.own_tokens": ("administration", "jetons"),
    "webhooks": ("administration", "jetons"),
    "privacy": ("federation", "personnes"),
    "privacy.own": ("centre", "connexion"),
    "watching": ("administration", "surveiller"),
    "federations": ("administration", "comptes"),
}

# A funder, and whoever keeps the platform, have guides of their own for what they share with others.
OF_ROLE: dict[RoleName, dict[str, Place]] = {
    RoleName.FUNDER: {
        "sheets": ("financeur", "recevoir"),
        "reports": ("financeur", "recevoir"),
        "agreements": ("financeur", "conventions"),
    },
    RoleName.PLATFORM: {"accounts.people": ("administration", "comptes")},
}


def place_of(endpoint: str, actor: Actor) -> Place | None:
    """The section for that page and this reader; none for pages that explain themselves."""
    part = endpoint.partition(".")[0]
    for role, own in OF_ROLE.items():
        if actor.has(role) and (endpoint in own or part in own):
            return own.get(endpoint) or own[part]
    return PLACES.get(endpoint) or PLACES.get(part)
