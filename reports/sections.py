"""The parts of the book that a template may choose, in the order in which they are printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BookSection:
    """A part. id: its anchor, and its name in templates of reports, for ever. label: its heading. hint: what it
    holds, for whoever chooses. template: its partial, of one root element (the sheets have one each). always: printed
    whatever was chosen."""

    id: str
    label: str
    template: str
    hint: str = ""
    always: bool = False


COVER = "couverture"
CONTENTS = "sommaire"
SHEETS = "fiches"

SECTIONS: tuple[BookSection, ...] = (
    BookSection(COVER, "Couverture", "reports/_cover.html", "Titre, années, logo et couleur", always=True),
    BookSection("avant-propos", "Avant-propos", "reports/_foreword.html", "Votre texte et sa signature"),
    BookSection(CONTENTS, "Sommaire", "reports/_contents.html", "Chaque partie et chaque fiche avec sa page"),
    BookSection("chiffres", "Chiffres clés", "reports/_key_figures.html", "Les totaux, et sur quoi ils reposent"),
    BookSection(
        "graphiques",
        "Les fiches en graphiques",
        "reports/_charts.html",
        "Par dimension, mot clé, public, partenaire, territoire",
    ),
    BookSection("annees", "Année par année", "reports/_years.html", "Les années côte à côte, où il y en a plusieurs"),
    BookSection(
        "comparaisons",
        "Comparaisons",
        "reports/_comparisons.html",
        "Par territoire et par dimension ; jamais moins de cinq centres",
    ),
    BookSection(SHEETS, "Les fiches", "reports/_book_sheet.html", "Chaque fiche en entier, avec ses images"),
    BookSection("index-themes", "Index par thème", "reports/_index.html", "Mots clés, dimensions et publics"),
    BookSection("index-communes", "Index par commune", "reports/_index.html", "Les fiches de chaque commune"),
    BookSection(
        "sources",
        "Les fiches derrière les chiffres",
        "reports/_sources.html",
        "Pour chaque chiffre, les fiches qu’il additionne",
    ),
    BookSection("centres", "Les centres", "reports/_centres.html", "Nom, commune et fiches de chaque centre"),
    BookSection("methode", "Comment ce recueil est fait", "reports/_method.html", "Choix, calculs et définitions"),
)


def section(id: str) -> BookSection:
    """The part of that id. Raises KeyError."""
    return {section.id: section for section in SECTIONS}[id]
