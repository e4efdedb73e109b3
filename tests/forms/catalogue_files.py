"""Files as the public catalogue writes them, made for tests with words of our own."""

from collections.abc import Mapping
from typing import Any

# The labels as the catalogue writes them and in its order; on purpose not taken from the form.
LABELS = {
    "organisation": "Structure organisatrice",
    "files": "Fichier(s) associé(s)",
    "status": "Statut de l'action",
    "ended_reason": "Raisons pour lesquelles l'action est terminée",
    "dimension": "Dimension",
    "keywords": "Mots clés associés à l'action",
    "summary": "Résumé",
    "initiators": "Qui est à l'initiative de l'action ?",
    "initiators_detail": "Précision ( si autre )",
    "initiative_territory": "Territoire concerné",
    "experience": "Description de l'expérience, ses objectifs, ses acteurs et ses différentes phases.",
    "public": "Public",
    "partners": "Avec qui cette action a-t-elle été menée ?",
    "partners_territory": "Territoire concerné",
    "description": "Description générale",
    "funding": "Ressources financières mobilisées pour cette action",
    "people": "Nombre de personnes mobilisés pour cette action",
    "results_territory": "Résultat sur le territoire",
    "results_centre": "Résultat pour le centre social",
    "results_residents": "Résultat pour les habitants",
    "limits": "Suite de l'action : Limites",
    "perspectives": "Suite de l'action : Perspectives",
}
OPTIONAL = {"ended_reason", "initiators_detail"}
LISTS = {"keywords", "initiators", "partners"}
ITEMS = {"organisation", "status", "dimension", "initiative_territory", "public", "partners_territory"} | LISTS
PROSE = [name for name in LABELS if name not in ITEMS and name != "files"]


def sheet_text(title: str, said: Mapping[str, Any]) -> str:
    """One sheet as the catalogue writes it. said: by question id, text or the lines of a list."""
    lines = ["Actions", title]
    for name, label in LABELS.items():
        if name in OPTIONAL and name not in said:
            continue
        lines.append(f"- {label}")
        answer = said.get(name, "")
        if name == "partners":
            lines += ["-", "Partenaires d'action:"]
        elif name in LISTS and answer:
            lines.append("-")
        if isinstance(answer, list):
            lines += [f"- {item}" for item in answer]
        elif name in ITEMS and answer:
            lines.append(f"- {answer}")
        elif answer:
            lines += answer.split("\n")
    return "\n".join(lines) + "\n"


def file_text(*sheets: str, years: list[int] | None = None) -> str:
    """A whole file: the table, then the sheets."""
    titles = [sheet.split("\n")[1] for sheet in sheets]
    table = [f"{title} | Lot | {year} |" for title, year in zip(titles, years or [2019] * len(titles), strict=True)]
    head = ["Les actions des centres sociaux", "Nom | Département | Année |", "---|---|---|", *table]
    return "\n".join(head) + "\n" + "".join(sheets)


USUAL: dict[str, Any] = {
    "organisation": "Centre social du Gué - Lot",
    "status": "En cours",
    "dimension": "Services",
    "keywords": ["Culture", "vacances / loisirs"],
    "summary": "Chaque jeudi, on répare ensemble.",
    "initiators": ["Le centre social"],
    "initiative_territory": "Une commune",
    "experience": "On a commencé à trois.",
    "public": "familles",
    "partners": ["Caf", "Commune"],
    "partners_territory": "Une commune",
    "description": "- le matin : l’accueil\n- l’après-midi : l’atelier\n\nEt le soir, un repas.",
    "people": "12 participants + 3 bénévoles",
    "perspectives": "Recommencer.",
}
