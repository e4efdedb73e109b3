"""The pictures of the help: what each shows, in whose eyes, and how it is taken (`make pictures`)."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parent / "static" / "img" / "aide"

CENTRE = "claire.vasseur@lapasserelle.example.org"
DRAFTING = "mireille.fontagneres@lagrange.example.org"
CORRECTING = "didier.lamoureau@quatrevents.example.org"
ADMINISTRATOR = "helene.marchadier@valdorsanne.example.org"
FUNDER = "isabelle.quentric@caf-orsanne.example.org"
PLATFORM = "plateforme@recueil.example.org"


@dataclass(frozen=True)
class Picture:
    """A picture of a real screen of the demonstration.

    account: who looks, nobody for a visitor; path: where they begin, then the links that they follow and the boxes
    that they open, by their words or by a selector (« css=… »); crop: the selector of what is shown, the
    window where empty; height: how much of it at most, in pixels; width: of the window; phone: on a telephone's screen.
    """

    name: str
    alt: str
    caption: str
    account: str
    path: str
    follows: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    crop: str = "main"
    height: int = 620
    width: int = 820
    phone: bool = False

    @property
    def file(self) -> Path:
        """Where it is kept, as seen in daylight."""
        return FOLDER / f"{self.name}.webp"

    @property
    def dark_file(self) -> Path:
        """Where it is kept for whoever reads in the dark."""
        return FOLDER / f"{self.name}-sombre.webp"

    def size(self) -> tuple[int, int]:
        """Width and height at which it is shown: pictures are kept as they are on the screen."""
        return _size(self.file)


@cache
def _size(file: Path) -> tuple[int, int]:
    with Image.open(file) as opened:
        return opened.size


@cache
def address(file: Path) -> str:
    """The address of a picture's file, which changes with what it holds."""
    version = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    return f"/static/img/aide/{file.name}?v={version}"


_ALL = (
    Picture(
        "mes-fiches",
        "La page Mes fiches d’un centre : la campagne de l’année, sa date limite, chaque fiche avec son état, "
        "et le bouton Nouvelle fiche.",
        "« Mes fiches » : tout part de là.",
        CENTRE,
        "/fiches",
    ),
    Picture(
        "nouvelle-fiche",
        "La page Nouvelle fiche : les actions déjà racontées, avec pour chacune un bouton pour la reprendre "
        "et un autre pour commencer vide.",
        "Une action de l’an passé se reprend en un geste.",
        DRAFTING,
        "/fiches/nouvelle",
    ),
    Picture(
        "etapes",
        "La page d’une fiche en cours : où elle en est, ce qui reste à compléter, la liste de ses étapes.",
        "La page de la fiche dit ce qui reste à faire.",
        DRAFTING,
        "/fiches",
        ("Chantiers de permaculture",),
    ),
    Picture(
        "etape-telephone",
        "Une étape de la fiche sur un téléphone : une question, son champ, et en bas les boutons pour enregistrer.",
        "La même étape sur un téléphone.",
        DRAFTING,
        "/fiches",
        ("Chantiers de permaculture", "L’action"),
        crop="",
        phone=True,
    ),
    Picture(
        "emporter",
        "La page Emporter la fiche : un classeur Excel à télécharger, une feuille à remplir à la main, "
        "et de quoi faire relire le classeur rempli.",
        "Un classeur, ou une feuille à remplir à la main.",
        DRAFTING,
        "/fiches",
        ("Chantiers de permaculture", "Emporter la fiche"),
    ),
    Picture(
        "demandes",
        "La page d’une fiche à corriger : ce que demande la fédération, question par question, "
        "et les étapes à reprendre.",
        "Une fiche revenue avec des demandes.",
        CORRECTING,
        "/fiches",
        ("MOBILITÉ SOLIDAIRE",),
    ),
    Picture(
        "campagne",
        "La page d’une campagne : les centres attendus, où en est chacun, et à côté les dates et les financeurs.",
        "Une campagne et ses centres.",
        ADMINISTRATOR,
        "/campagnes",
        ("Fiches action 2026",),
        width=1080,
        height=760,
    ),
    Picture(
        "suivi",
        "Le suivi d’une campagne : le rythme des envois, puis les centres à appeler, avec leur numéro de téléphone.",
        "Le suivi dit qui appeler aujourd’hui.",
        ADMINISTRATOR,
        "/campagnes",
        ("Fiches action 2026", "Suivi"),
    ),
    Picture(
        "relance",
        "La préparation d’une relance : le message, les personnes à qui il va, "
        "et celles qui sont laissées tranquilles.",
        "Une relance se lit avant de partir.",
        ADMINISTRATOR,
        "/campagnes",
        ("Fiches action 2026", "Suivi", "Relancer ce groupe"),
    ),
    Picture(
        "relecture",
        "La liste de relecture : les onglets par état, une recherche, et les fiches avec une case à cocher chacune.",
        "La liste des fiches à relire.",
        ADMINISTRATOR,
        "/relecture",
    ),
    Picture(
        "lecture-fiche",
        "Une fiche ouverte pour la relecture : les réponses à gauche, et à droite ses étiquettes, ses notes, "
        "ses envois.",
        "Lire, demander, décider sur une seule page.",
        ADMINISTRATOR,
        "/relecture",
        ('Radio de jeunes "Ondes courtes"',),
        width=1080,
        height=760,
    ),
    Picture(
        "demander",
        "Sous une réponse, le formulaire d’une demande : son motif, son texte, un délai et une rédaction proposée.",
        "Une demande se pose sous la réponse dont elle parle.",
        ADMINISTRATOR,
        "/relecture",
        ('Radio de jeunes "Ondes courtes"',),
        ("Poser une demande",),
        crop="details[open]:has(textarea)",
    ),
    Picture(
        "rapports",
        "La page Rapports : les modèles gardés, puis les rapports faits, avec leur date et leur état.",
        "Les modèles et les rapports faits.",
        ADMINISTRATOR,
        "/rapports",
    ),
    Picture(
        "convention",
        "La page d’une convention : le financeur, les années et les actions qu’elle couvre, les rapports déjà faits.",
        "Une convention et ce qu’elle couvre.",
        ADMINISTRATOR,
        "/conventions",
        ("Animation de la vie locale et soutien à la parentalité",),
    ),
    Picture(
        "rapport-recu",
        "La page d’un rapport reçu : de quoi le télécharger, le lire fiche par fiche ou le lire à l’écran.",
        "Un rapport reçu.",
        FUNDER,
        "/rapports",
        ("Recueil annuel",),
    ),
    Picture(
        "bureau-de-lecture",
        "Le bureau de lecture d’un rapport : les fiches lues et non lues, triées par dimension, commune ou centre.",
        "Lire fiche par fiche, et reprendre où l’on en était.",
        FUNDER,
        "/lecture",
        ("Recueil annuel",),
    ),
    Picture(
        "citations",
        "La page Mes citations : des passages relevés avec leur référence, une note et de quoi les copier.",
        "Les passages relevés, avec leur référence.",
        FUNDER,
        "/lecture/citations",
    ),
    Picture(
        "verifier",
        "La page Vérifier un rapport : un fichier à choisir, et ce qui prouve ou ne prouve pas.",
        "Vérifier qu’un fichier n’a pas été modifié.",
        FUNDER,
        "/rapports/verifier",
    ),
    Picture(
        "inviter",
        "Le formulaire pour inviter une personne : son adresse mail, son nom et le rôle qu’elle aura.",
        "Inviter une personne et lui donner un rôle.",
        PLATFORM,
        "/comptes/inviter",
    ),
    Picture(
        "federations",
        "La page Fédérations : la liste des fédérations de la plateforme et un champ pour en ajouter une.",
        "Les fédérations de la plateforme.",
        PLATFORM,
        "/federations",
    ),
)
PICTURES = {picture.name: picture for picture in _ALL}
