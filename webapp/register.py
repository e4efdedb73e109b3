"""The register of the treatments of personal data, as the GDPR asks for it; in French, as people read it."""

from dataclasses import dataclass
from enum import StrEnum


class Treatment(StrEnum):
    """Why data are kept: the lines of the register."""

    ACCOUNTS = "accounts"
    SECURITY = "security"
    SHEETS = "sheets"
    REVIEW = "review"
    FOLLOWING = "following"
    MAILS = "mails"
    REPORTS = "reports"
    READINGS = "readings"
    PROGRAMS = "programs"
    JOURNAL = "journal"
    IMPORTS = "imports"
    DIRECTORY = "directory"


@dataclass(frozen=True)
class Register:
    """A line of the register, in words: its name, what is kept, why, on which basis of the GDPR, how long, who sees."""

    name: str
    data: str
    purpose: str
    basis: str
    lasting: str
    seen_by: str


INTEREST = "intérêt légitime (article 6.1.f) : rendre compte de l’argent reçu, dans une association et ses membres"
SAFETY = "intérêt légitime (article 6.1.f) : protéger les comptes et ce qu’ils ouvrent"
WORKING = "jusqu’au terme que la campagne fixe (cinq ans après son dernier jour, d’office)"

REGISTER: dict[Treatment, Register] = {
    Treatment.ACCOUNTS: Register(
        "Comptes",
        "adresse mail, nom, téléphone facultatif, rôles, messages choisis",
        "savoir qui remplit, relit et reçoit les fiches, et qui en a le droit",
        INTEREST,
        "tant que le compte sert ; effacé à la demande",
        "la personne, l’administrateur de sa fédération, celui de la plateforme",
    ),
    Treatment.SECURITY: Register(
        "Connexions et protection des comptes",
        "mot de passe (une empreinte), second facteur (chiffré), clés d’accès, appareils connectés, liens reçus",
        "reconnaître la personne, et personne d’autre",
        SAFETY,
        "jusqu’à la déconnexion ou l’échéance, puis 30 jours",
        "la personne ; personne d’autre n’en lit le contenu",
    ),
    Treatment.SHEETS: Register(
        "Fiches action",
        "réponses des centres, fichiers joints, qui a changé quoi, signatures ; des personnes peuvent y être nommées",
        "rendre compte de l’action des centres à ceux qui la financent",
        INTEREST,
        f"ce qui sert à remplir : {WORKING} ; ce qui a été envoyé : tant que la fédération le garde pour en justifier",
        "le centre, sa fédération ; les financeurs et le public pour ce que le centre partage",
    ),
    Treatment.REVIEW: Register(
        "Relecture",
        "demandes et réponses, notes, étiquettes, avis extérieurs",
        "vérifier ce qui est transmis aux financeurs",
        INTEREST,
        WORKING,
        "la fédération ; le centre pour les demandes qui lui sont faites",
    ),
    Treatment.FOLLOWING: Register(
        "Suivi des centres",
        "appels notés, saisies au téléphone, délais accordés, relances",
        "aider les centres à finir à temps",
        INTEREST,
        WORKING,
        "la fédération",
    ),
    Treatment.MAILS: Register(
        "Messages",
        "adresse, objet et texte des mails envoyés",
        "prévenir, inviter, accuser réception ; prouver qu’un message est parti",
        INTEREST,
        "le texte : 180 jours après l’envoi ; à qui et quand : comme la campagne",
        "la personne qui le reçoit ; la fédération sait qu’il est parti",
    ),
    Treatment.REPORTS: Register(
        "Rapports",
        "avant-propos signé, choix d’un rapport, passages cités",
        "rendre compte aux financeurs dans un document qui ne change plus",
        INTEREST,
        "tant que la fédération doit en justifier",
        "la fédération et les financeurs à qui le rapport est adressé",
    ),
    Treatment.READINGS: Register(
        "Lectures des financeurs",
        "qui a ouvert quel rapport ou quelle fiche, et quand",
        "savoir qui a eu accès à ce qui n’est pas public",
        INTEREST,
        WORKING,
        "la fédération ; le centre, pour ses fiches, sait quel financeur et quand",
    ),
    Treatment.PROGRAMS: Register(
        "Accès donnés à des programmes",
        "jetons (leur nom, leur propriétaire, leur dernier usage), adresses prévenues des envois de fiches",
        "laisser un classeur ou un logiciel lire ce que son propriétaire peut lire, et savoir lequel l’a fait",
        SAFETY,
        "jusqu’à la révocation ou l’échéance ; effacé avec le compte",
        "la personne pour ses jetons ; l’administrateur de la fédération pour les adresses prévenues",
    ),
    Treatment.JOURNAL: Register(
        "Journal",
        "qui a fait quoi et quand, les mots écrits à cette occasion",
        "prouver ce qui s’est passé, et que rien n’a été changé ensuite",
        INTEREST,
        "qui et quand : tant que la fédération existe ; les mots : jusqu’à l’effacement demandé ou au terme fixé",
        "l’administrateur de la fédération",
    ),
    Treatment.IMPORTS: Register(
        "Fichiers repris",
        "le contenu lu d’un classeur ou d’une archive, le temps de le confirmer",
        "reprendre des fiches sans rien enregistrer qui n’ait été accepté",
        INTEREST,
        "30 jours",
        "la personne qui l’a déposé",
    ),
    Treatment.DIRECTORY: Register(
        "Annuaire des centres et des financeurs",
        "nom, adresse mail et téléphone de la personne à joindre, nom et adresse de la présidence",
        "joindre les centres ; demander une signature",
        INTEREST,
        "tant que la personne tient cette place",
        "le centre et sa fédération",
    ),
}

STAYS: tuple[tuple[str, str], ...] = (
    (
        "Qui et quand, au journal et dans l’histoire des fiches",
        "sous le nom « Personne effacée n° … » : prouver ce qui s’est passé sert à la défense de droits "
        "(article 17.3.e du RGPD) ; ce qui a été écrit en est ôté.",
    ),
    (
        "Les fichiers des rapports émis",
        "ils sont déjà chez les financeurs, et leur empreinte prouve qu’ils n’ont pas changé. L’effacement dit "
        "lesquels nomment la personne, et l’administrateur peut les retirer. Les autres sont refaits sans elle.",
    ),
    (
        "Ce qui est déjà parti",
        "les messages reçus et les fichiers téléchargés par d’autres sont chez eux.",
    ),
    (
        "Ce qui est dans les fichiers joints (photos, documents)",
        "un programme ne les lit pas : ouvrez-les, et retirez ceux où la personne paraît.",
    ),
    (
        "Un prénom seul, une allusion, une faute dans le nom",
        "seuls l’adresse mail, le téléphone et le nom entier se cherchent à coup sûr, avec ou sans accents.",
    ),
    (
        "Les sauvegardes",
        "elles s’effacent à leur tour. Une liste sans nom reste avec elles : après une restauration, qui y figure est "
        "effacé de nouveau par la commande « recueil erase --again ».",
    ),
)
"""What an erasure leaves, and why: said before and after."""
