"""The table of rights in French: what each act is called, who has it, what is said when it is refused."""

from collections.abc import Sequence

from forms.lifecycle import SheetState
from webapp.policy import TABLE, Act, Decision, Everyone, Grant, Refusal, Scope, Who
from webapp.vocabulary import RoleName

ROLES: dict[RoleName, str] = {
    RoleName.MEMBER: "Membre",
    RoleName.RESPONSIBLE: "Responsable",
    RoleName.REVIEWER: "Relecteur",
    RoleName.ADMINISTRATOR: "Administrateur",
    RoleName.FUNDER: "Financeur",
    RoleName.PLATFORM: "Administrateur de la plateforme",
}

AUDIENCES: dict[Who, str] = {
    Everyone.ANYONE: "Tout le monde",
    Everyone.SIGNED_IN: "Toute personne connectée",
    **{role: words for role, words in ROLES.items()},  # noqa: C416 (a role is one of those who)
}
"""Who is spoken of, those who need no role first."""

ROLES_EXPLAINED: dict[RoleName, str] = {
    RoleName.MEMBER: "remplit les fiches de son centre",
    RoleName.RESPONSIBLE: "remplit les fiches de son centre et les envoie à la fédération",
    RoleName.REVIEWER: "lit les fiches envoyées, pose des demandes, valide, fait des rapports",
    RoleName.ADMINISTRATOR: "comme le relecteur, et tient les campagnes, les centres, les financeurs et les comptes",
    RoleName.FUNDER: "lit les fiches validées et les rapports qui lui sont adressés",
    RoleName.PLATFORM: "tient les fédérations et les comptes ; ne lit pas les fiches",
}

SCOPES: dict[Scope, str] = {
    Scope.ANYTHING: "partout",
    Scope.CENTRE: "dans son centre",
    Scope.FEDERATION: "dans sa fédération, ou ses départements",
    Scope.TERRITORY: "dans sa fédération, pour la part de ses départements",
    Scope.WHOLE_FEDERATION: "dans toute sa fédération, si son rôle n’est pas limité à des départements",
    Scope.NETWORK: "dans sa fédération, si le centre partage la fiche avec le réseau",
    Scope.SHARED: "dans sa fédération, ou ses départements, ce qui est partagé avec elle",
    Scope.ADDRESSED: "ce qui lui est adressé",
    Scope.PUBLIC: "ce que le centre rend public",
    Scope.OWN: "ce qui est à soi",
    Scope.ENTRUSTED: "ce qui lui est confié, le temps d’une saisie au téléphone",
}

ACTS: dict[Act, str] = {
    Act.STATIC: "Afficher les feuilles de style et les images du site",
    Act.HEALTH: "Savoir si le service fonctionne",
    Act.HOME: "Ouvrir la page d’accueil",
    Act.HELP_READ: "Lire l’aide et les pages légales",
    Act.POLICY_READ: "Lire cette page",
    Act.SIGN_IN: "Se connecter, se déconnecter, ouvrir un lien reçu par mail",
    Act.LINK_USE: "Faire, par un lien personnel reçu par mail, la seule chose que ce lien ouvre",
    Act.ACCOUNT_OWN: "Changer son mot de passe, protéger et fermer ses accès, choisir ses messages",
    Act.CATALOGUE_READ: "Lire le catalogue public",
    Act.SHEET_LIST: "Voir la liste des fiches",
    Act.SHEET_BEGIN: "Commencer une fiche",
    Act.SHEET_SEE: "Savoir qu’une fiche existe et où elle en est",
    Act.SHEET_READ_DRAFT: "Lire une fiche en cours de saisie",
    Act.SHEET_WRITE: "Remplir une fiche et y joindre des fichiers",
    Act.SHEET_SEND: "Envoyer une fiche",
    Act.SHEET_WITHDRAW: "Reprendre une fiche envoyée que personne n’a commencé à lire",
    Act.SHEET_SHARE: "Choisir à qui une fiche envoyée se montre",
    Act.PHONE_BEGIN: "Remplir une fiche au téléphone, pour un centre",
    Act.PHONE_END: "Mettre fin à une saisie au téléphone",
    Act.SIGN_OFF_ASK: "Demander la signature de la présidence",
    Act.SHEET_READ: "Lire une fiche telle qu’elle a été envoyée",
    Act.HISTORY_READ: "Lire l’histoire d’une fiche",
    Act.ACTION_READ: "Lire la page d’une action, année après année",
    Act.REVIEW_LIST: "Voir les fiches à relire",
    Act.REVIEW_READ: "Relire une fiche envoyée",
    Act.REVIEW_ASSIGN: "Confier une fiche à qui la relira",
    Act.QUERY_ASK: "Poser une demande sur une réponse",
    Act.QUERY_ANSWER: "Répondre à une demande",
    Act.QUERY_CLOSE: "Fermer une demande",
    Act.REVIEW_ASK_CHANGES: "Demander des compléments",
    Act.REVIEW_VALIDATE: "Valider une fiche",
    Act.REVIEW_REOPEN: "Rouvrir une fiche validée",
    Act.REVIEW_PUBLISH: "Publier une fiche au catalogue",
    Act.REVIEW_UNPUBLISH: "Retirer une fiche du catalogue",
    Act.REVIEW_BULK: "Traiter plusieurs fiches à la fois",
    Act.SHEET_REMIND: "Relancer un centre sur une fiche à envoyer ou à corriger",
    Act.NOTE_WRITE: "Écrire une note privée de la fédération sur une fiche",
    Act.LABEL_PUT: "Mettre une étiquette à une fiche, la retirer",
    Act.LABEL_MANAGE: "Tenir la liste des étiquettes",
    Act.OPINION_ASK: "Demander un avis extérieur sur une fiche",
    Act.CAMPAIGN_READ: "Suivre une campagne",
    Act.CAMPAIGN_OPEN: "Ouvrir une campagne",
    Act.CAMPAIGN_EDIT: "Changer une campagne, donner un délai, importer les centres attendus, les inviter",
    Act.CALL_NOTE: "Noter un appel à un centre",
    Act.REMINDER_SEND: "Relancer les centres d’une campagne",
    Act.REMINDER_CANCEL: "Annuler une relance",
    Act.CENTRE_LIST: "Voir la liste des centres",
    Act.CENTRE_READ: "Lire la page d’un centre",
    Act.CENTRE_ADD: "Ajouter un centre",
    Act.CENTRE_MANAGE: "Changer les coordonnées d’un centre",
    Act.FUNDER_MANAGE: "Tenir la liste des financeurs",
    Act.AGREEMENT_READ: "Lire la page d’une convention",
    Act.AGREEMENT_MANAGE: "Faire, modifier et clore une convention",
    Act.IMPORT: "Importer des fiches",
    Act.JOURNAL_READ: "Lire le journal de la fédération",
    Act.PRIVACY_MANAGE: "Exporter ou effacer les données d’une personne, dire qui en répond",
    Act.READING_LOG: "Savoir quel financeur a lu quoi, et quand",
    Act.ACCOUNT_LIST: "Voir les comptes",
    Act.ACCOUNT_INVITE: "Inviter une personne",
    Act.ACCOUNT_CHANGE_ROLE: "Changer les rôles d’une personne",
    Act.ACCOUNT_END: "Fermer un compte",
    Act.FEDERATION_MANAGE: "Ajouter une fédération",
    Act.REPORT_LIST: "Voir la liste des rapports",
    Act.REPORT_MAKE: "Faire un rapport",
    Act.REPORT_READ: "Ouvrir un rapport",
    Act.REPORT_DOWNLOAD: "Télécharger un rapport",
    Act.REPORT_CHECK: "Vérifier un fichier reçu : quelles fiches, modifié ou non",
    Act.REPORT_ADDRESS: "Adresser un rapport à un financeur, l’envoyer par un lien personnel",
    Act.REPORT_TEMPLATE: "Tenir les modèles de rapport",
    Act.REPORT_ISSUE: "Émettre un rapport, qui ne change plus",
    Act.REPORT_LOOK: "Choisir la couleur et le logo des rapports de la fédération",
    Act.DESK_READ: "Lire une à une les fiches d’un rapport reçu",
    Act.QUOTE_READ: "Lire les passages cités",
    Act.QUOTE_CHANGE: "Annoter, partager ou supprimer un passage que l’on a cité",
    Act.TOKEN_OWN: "Donner à un programme un jeton d’accès à l’API, le révoquer",
    Act.API_CAMPAIGNS: "Lire les campagnes par l’API",
    Act.API_CENTRES: "Lire les centres par l’API",
    Act.API_SHEETS: "Lire par l’API les fiches telles qu’elles ont été envoyées",
    Act.API_FIGURES: "Lire les chiffres d’une campagne par l’API",
    Act.WEBHOOK_MANAGE: "Faire prévenir un autre programme de ce qui arrive aux fiches (webhooks)",
    Act.JOB_READ: "Suivre un travail en cours",
    Act.JOB_STEER: "Arrêter ou reprendre un travail",
    Act.WATCH: "Surveiller les travaux et les mails, les relancer ou les abandonner",
}

GROUPS: dict[str, tuple[Act, ...]] = {
    "Pour tout le monde": (
        Act.HOME,
        Act.CATALOGUE_READ,
        Act.HELP_READ,
        Act.POLICY_READ,
        Act.SIGN_IN,
        Act.LINK_USE,
        Act.ACCOUNT_OWN,
        Act.STATIC,
        Act.HEALTH,
    ),
    "Remplir les fiches": (
        Act.SHEET_LIST,
        Act.SHEET_BEGIN,
        Act.SHEET_READ_DRAFT,
        Act.SHEET_WRITE,
        Act.SHEET_SEND,
        Act.SHEET_WITHDRAW,
        Act.SHEET_SHARE,
        Act.SIGN_OFF_ASK,
        Act.PHONE_BEGIN,
        Act.PHONE_END,
        Act.QUERY_ANSWER,
    ),
    "Lire les fiches": (Act.SHEET_SEE, Act.SHEET_READ, Act.HISTORY_READ, Act.ACTION_READ),
    "Relire": (
        Act.REVIEW_LIST,
        Act.REVIEW_READ,
        Act.REVIEW_ASSIGN,
        Act.QUERY_ASK,
        Act.QUERY_CLOSE,
        Act.REVIEW_ASK_CHANGES,
        Act.REVIEW_VALIDATE,
        Act.REVIEW_REOPEN,
        Act.REVIEW_PUBLISH,
        Act.REVIEW_UNPUBLISH,
        Act.REVIEW_BULK,
        Act.SHEET_REMIND,
        Act.NOTE_WRITE,
        Act.LABEL_PUT,
        Act.LABEL_MANAGE,
        Act.OPINION_ASK,
    ),
    "Tenir la fédération": (
        Act.CAMPAIGN_READ,
        Act.CAMPAIGN_OPEN,
        Act.CAMPAIGN_EDIT,
        Act.CALL_NOTE,
        Act.REMINDER_SEND,
        Act.REMINDER_CANCEL,
        Act.CENTRE_LIST,
        Act.CENTRE_READ,
        Act.CENTRE_ADD,
        Act.CENTRE_MANAGE,
        Act.FUNDER_MANAGE,
        Act.AGREEMENT_READ,
        Act.AGREEMENT_MANAGE,
        Act.IMPORT,
        Act.JOURNAL_READ,
        Act.PRIVACY_MANAGE,
        Act.READING_LOG,
    ),
    "Tenir les comptes": (
        Act.ACCOUNT_LIST,
        Act.ACCOUNT_INVITE,
        Act.ACCOUNT_CHANGE_ROLE,
        Act.ACCOUNT_END,
        Act.FEDERATION_MANAGE,
        Act.WATCH,
    ),
    "Rendre compte": (
        Act.REPORT_LIST,
        Act.REPORT_MAKE,
        Act.REPORT_READ,
        Act.REPORT_DOWNLOAD,
        Act.REPORT_ADDRESS,
        Act.REPORT_CHECK,
        Act.REPORT_TEMPLATE,
        Act.REPORT_ISSUE,
        Act.REPORT_LOOK,
        Act.DESK_READ,
        Act.QUOTE_READ,
        Act.QUOTE_CHANGE,
        Act.JOB_READ,
        Act.JOB_STEER,
    ),
    "Relier d’autres programmes": (
        Act.TOKEN_OWN,
        Act.API_CAMPAIGNS,
        Act.API_CENTRES,
        Act.API_SHEETS,
        Act.API_FIGURES,
        Act.WEBHOOK_MANAGE,
    ),
}
"""The order of the page « Qui peut faire quoi »."""

_WITH_ARTICLE: dict[Who, str] = {
    RoleName.MEMBER: "un membre",
    RoleName.RESPONSIBLE: "un responsable du centre",
    RoleName.REVIEWER: "un relecteur",
    RoleName.ADMINISTRATOR: "un administrateur de la fédération",
    RoleName.FUNDER: "le financeur à qui elle est adressée",
    RoleName.PLATFORM: "un administrateur de la plateforme",
    Everyone.SIGNED_IN: "une personne connectée",
    Everyone.ANYONE: "tout le monde",
}

_IN_STATE: dict[SheetState, str] = {
    SheetState.DRAFT: "en cours de saisie",
    SheetState.SUBMITTED: "envoyée",
    SheetState.CHANGES_REQUESTED: "à corriger",
    SheetState.VALIDATED: "validée",
    SheetState.PUBLISHED: "publiée",
}


def rights_of(act: Act, who: Who) -> tuple[str, ...]:
    """Where that role, or everyone, is given that act, in words; nothing where it is not given it."""
    return tuple(_said(grant) for grant in TABLE[act].get(who, ()))


def _said(grant: Grant) -> str:
    if grant.states is None:
        return SCOPES[grant.scope]
    states = _listed([_IN_STATE[state] for state in SheetState if state in grant.states])
    return f"{SCOPES[grant.scope]}, fiche {states}"


def reason_of(decision: Decision) -> str:
    """Why an act was refused, in a French sentence; nothing for a thing that stays unknown."""
    match decision.refusal:
        case Refusal.STATE if decision.state is not None:
            state = _IN_STATE[decision.state]
            return f"Cette fiche est {state}. L’action « {ACTS[decision.act]} » n’est pas possible à ce stade."
        case Refusal.EARLY:
            return "Le centre n’a pas encore envoyé cette fiche : vous pourrez la lire quand il l’aura envoyée."
        case Refusal.RIGHT:
            grants = TABLE[decision.act]
            able = _listed(
                [
                    _able(who, words, grants[who])
                    for who, words in _WITH_ARTICLE.items()
                    if _by_itself(decision.act, who)
                ]
            )
            what = ACTS[decision.act]
            return f"Seul {able} peut {what[0].lower()}{what[1:]}."
    return ""


def _by_itself(act: Act, who: Who) -> bool:
    """Whether that role has the right by what it is, not only where something was entrusted to somebody."""
    return any(grant.scope is not Scope.ENTRUSTED for grant in TABLE[act].get(who, ()))


def _able(who: Who, words: str, grants: Sequence[Grant]) -> str:
    whole = all(grant.scope is Scope.WHOLE_FEDERATION for grant in grants)
    return words.replace("de la fédération", "de toute la fédération") if whole else words


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} ou {last}" if first else last
