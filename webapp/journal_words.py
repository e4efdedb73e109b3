"""The journal of a federation in French: what happened, to what, for those who answer for it."""

from typing import Any

from forms.lifecycle import TRANSITIONS
from webapp.history_words import PUBLICATION
from webapp.models import Event
from webapp.sharing_words import published_for

_DONE = {
    "sheet.begun": "a commencé la fiche",
    "sheet.imported": "a repris la fiche d’une archive",
    "sheet.brought": "a repris la fiche d’un classeur",
    "sheet.read": "a commencé à lire la fiche",
    "query.asked": "a posé une demande sur la fiche",
    "query.replied": "a répondu à une demande sur la fiche",
    "query.closed": "a fermé une demande sur la fiche",
    "query.withdrawn": "a retiré, avant son envoi, une demande sur la fiche",
    "sheet.reminded": "a relancé le centre sur la fiche",
    "review.assigned": "a confié la lecture de la fiche",
    "review.unassigned": "a repris la lecture de la fiche, que personne ne relit plus",
    "sheet.whole_wanted": "a demandé à pouvoir modifier toute la fiche",
    "sheet.whole_opened": "a rouvert toutes les questions de la fiche",
    "sheet.shared": "a changé à qui se montre la fiche",
    "note.written": "a écrit une note sur la fiche",
    "note.changed": "a changé sa note sur la fiche",
    "note.deleted": "a supprimé une note sur la fiche",
    "label.put": "a mis une étiquette à la fiche",
    "label.taken": "a retiré une étiquette de la fiche",
    "label.made": "a ajouté une étiquette à la liste",
    "label.changed": "a changé une étiquette de la liste",
    "label.removed": "a retiré une étiquette de la liste",
    "opinion.asked": "a demandé un avis extérieur sur la fiche",
    "opinion.given": "a reçu un avis extérieur sur la fiche",
    "opinion.revoked": "a retiré sa demande d’avis sur la fiche",
    "attachment.added": "a joint un fichier à la fiche",
    "attachment.removed": "a retiré un fichier de la fiche",
    "phone.begun": "a commencé à remplir au téléphone la fiche",
    "phone.ended": "a terminé la saisie au téléphone de la fiche",
    "phone.confirmed": "a confirmé ce qui a été saisi au téléphone dans la fiche",
    "phone.refused": "n’a pas confirmé ce qui a été saisi au téléphone dans la fiche",
    "sign_off.asked": "a demandé la signature de la présidence sur la fiche",
    "sign_off.signed": "a signé la fiche",
    "sign_off.returned": "n’a pas signé la fiche",
    "campaign.opened": "a ouvert la campagne",
    "campaign.changed": "a changé la campagne",
    "campaign.extended": "a donné un délai à un centre",
    "campaign.extension_ended": "a retiré le délai d’un centre",
    "campaign.invited": "a fait envoyer les invitations de la campagne",
    "campaign.invited_again": "a renvoyé une invitation",
    "campaign.expected_imported": "a importé la liste des centres attendus",
    "call.noted": "a noté un appel à un centre",
    "reminder.prepared": "a préparé une relance",
    "reminder.cancelled": "a annulé une relance",
    "reminder.automatic": "a réglé les relances automatiques",
    "centre.added": "a ajouté un centre",
    "centre.changed": "a changé un centre",
    "centre.renamed": "a renommé un centre",
    "centre.merged": "a fusionné un centre",
    "funder.added": "a ajouté un financeur",
    "funder.changed": "a changé un financeur",
    "agreement.made": "a fait une convention",
    "agreement.changed": "a modifié une convention",
    "agreement.closed": "a clos une convention",
    "agreement.reopened": "a rouvert une convention",
    "report.asked": "a demandé le rapport",
    "report.made": "a reçu le rapport",
    "report.addressed": "a choisi les destinataires du rapport",
    "report.opened": "a ouvert le rapport",
    "report.issued": "a émis le rapport",
    "report.withdrawn": "a retiré le rapport, dont le fichier nommait une personne effacée",
    "report.dropped": "a supprimé le rapport, qui n’était pas émis",
    "report.linked": "a envoyé un lien vers le rapport",
    "report.link_revoked": "a révoqué un lien vers le rapport",
    "report.template_saved": "a enregistré le modèle de rapport",
    "report.template_removed": "a supprimé le modèle de rapport",
    "federation.look": "a choisi la couleur et le logo des rapports",
    "sheet.opened": "a ouvert, dans un rapport reçu, la fiche",
    "quote.shared": "a partagé avec la fédération un passage de la fiche",
    "quote.taken_back": "ne partage plus un passage de la fiche",
    "account.role_given": "a donné un rôle à quelqu’un",
    "account.role_limited": "a changé les départements du rôle de quelqu’un",
    "account.role_taken": "a retiré un rôle à quelqu’un",
    "account.closed": "a fermé un compte",
    "token.made": "a fait un jeton d’accès à l’API",
    "token.revoked": "a révoqué un jeton d’accès à l’API",
    "webhook.made": "a fait prévenir une adresse de ce qui arrive aux fiches",
    "webhook.ended": "ne fait plus prévenir une adresse de ce qui arrive aux fiches",
    "centre.made": "a créé un centre en important",
    "import.done": "a importé un fichier",
    "person.erased": "a effacé les données d’une personne",
    "person.exported": "a exporté les données d’une personne",
    "journal.emptied": "a ôté des mots du journal en effaçant des données personnelles",
    "privacy.notice": "a changé ce que la fédération dit des données personnelles",
    "retention.changed": "a changé la durée de conservation d’une campagne",
    "retention.thinned": "a effacé ce qu’une campagne avait gardé jusqu’à son terme",
    "demo.made": "a installé la démonstration",
    "federation.made": "a créé la fédération",
} | {f"sheet.{move.value}": line.done for move, line in TRANSITIONS.items()}

SOMEBODY = "Recueil"
ERASED_PERSON = "Une personne effacée"


def sentence(event: Event) -> str:
    """« Maud Cressonnier a validé la fiche »; a kind without words yet is named as it is."""
    who = event.actor.full_name or event.actor.email if event.actor is not None else SOMEBODY
    if event.kind.startswith("sign_off.") or (event.kind == "report.opened" and event.actor is None):
        # A president signs and a reader opens a report without an account.
        gone = ERASED_PERSON if "by" in (event.sealed or {}) and "by" not in event.data else who
        who = str(event.data.get("by") or gone)
    where = published_for(event.data) if event.kind == PUBLICATION else ""
    return f"{who} {_DONE.get(event.kind, event.kind)}{where}"


def about(data: dict[str, Any]) -> str:
    """What the entry's data say to people: a title, a name, a year, a reason."""
    told = (data.get(key) for key in ("title", "name", "year", "role", "reason"))
    return " · ".join(str(word) for word in told if word)
