"""What an erasure does, in French, before it is done."""

from forms.french import number, plural
from webapp.personal_data import FATES, Fate
from webapp.register import STAYS
from webapp.services.erasure import Plan

TABLES: dict[str, tuple[str, str]] = {
    "action": ("titre d’action", "titres d’action"),
    "agreement": ("convention", "conventions"),
    "api_token": ("jeton d’accès à l’API", "jetons d’accès à l’API"),
    "attachment": ("nom de fichier joint", "noms de fichiers joints"),
    "bulk_item": ("ligne d’un lot", "lignes d’un lot"),
    "bulk_run": ("lot", "lots"),
    "call_note": ("appel noté", "appels notés"),
    "campaign_centre": ("délai accordé", "délais accordés"),
    "centre": ("centre qui la donne comme contact", "centres qui la donnent comme contact"),
    "change": ("changement de réponse", "changements de réponse"),
    "digest_line": ("message en attente", "messages en attente"),
    "event": ("ligne du journal", "lignes du journal"),
    "expected_upload": ("liste de centres déposée", "listes de centres déposées"),
    "funder_reading": ("lecture d’un financeur", "lectures d’un financeur"),
    "import_run": ("fichier repris", "fichiers repris"),
    "job": ("tâche", "tâches"),
    "label": ("étiquette", "étiquettes"),
    "link": ("lien de connexion", "liens de connexion"),
    "mail": ("message", "messages"),
    "mail_preference": ("choix de messages", "choix de messages"),
    "note": ("note", "notes"),
    "opinion": ("avis", "avis"),
    "passkey": ("clé d’accès", "clés d’accès"),
    "personal_link": ("lien personnel", "liens personnels"),
    "phone_entry": ("saisie au téléphone", "saisies au téléphone"),
    "query": ("demande", "demandes"),
    "quote": ("passage cité", "passages cités"),
    "reminder": ("relance", "relances"),
    "report_opening": ("ouverture d’un rapport", "ouvertures d’un rapport"),
    "report_run": ("rapport", "rapports"),
    "report_template": ("modèle de rapport", "modèles de rapport"),
    "role": ("rôle", "rôles"),
    "sheet": ("fiche en cours", "fiches en cours"),
    "sign_off": ("signature", "signatures"),
    "snapshot": ("envoi d’une fiche", "envois de fiches"),
    "takeaway_upload": ("classeur déposé", "classeurs déposés"),
    "upload": ("fichier en route", "fichiers en route"),
    "user": ("compte", "comptes"),
    "user_session": ("appareil connecté", "appareils connectés"),
    "webhook": ("adresse prévenue", "adresses prévenues"),
}


def groups(plan: Plan) -> tuple[tuple[Fate, str, tuple[str, ...]], ...]:
    """By fate, in the order of the table: what is done, to how many of what."""
    return tuple(
        (fate, FATES[fate], tuple(plural(count, *TABLES[table]) for table, count in sorted(plan.counts[fate].items())))
        for fate in Fate
        if plan.counts.get(fate)
    )


def lines(plan: Plan) -> tuple[str, ...]:
    """The same, a line each, for a terminal."""
    told = [f"{', '.join(whats)} : {done}" for _fate, done, whats in groups(plan)]
    told += [f"rapport refait : {run.name}" for run in plan.unissued]
    told += [f"rapport émis, qui la nommera encore : {run.name}, v{run.version}" for run in plan.issued]
    told += [f"Après cela, {place} n’aura plus personne pour envoyer ou administrer." for place in plan.last_of]
    return (f"{number(plan.total)} lignes de la base :", *(f"  {line}" for line in told))


def stays() -> tuple[tuple[str, str], ...]:
    """What stays, and why."""
    return STAYS
