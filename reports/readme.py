"""The first tab of the workbook: what it holds, and how to read what isn't there."""

from __future__ import annotations

from collections import Counter

from forms.french import moment, plural
from reports.columns import versions_of
from reports.content import ReportInput
from reports.manifest import content_hash, grouped
from reports.since import changes
from reports.tables import CONTINUED, DICTIONARY, INDICATORS, LISTS, SHEETS, Tab, Tables

FINGERPRINT = "Empreinte du contenu"
"""Before the fingerprint by which a workbook is verified."""

Paragraph = tuple[str, str]
"""A heading and its text."""


def readme(content: ReportInput, tables: Tables, notes: tuple[str, ...]) -> tuple[Paragraph, ...]:
    """The paragraphs of « Lisez-moi »."""
    return (
        *_about(content),
        ("Changements", changes(content, tables)),
        ("Version des colonnes", _schema(tables)),
        *_absence(),
        *((f"Onglet « {tab.title} »", _purpose(tab)) for tab in tables.tabs),
        (
            f"Onglet « {INDICATORS} »",
            "Les totaux et les répartitions, en formules sur l’onglet « Fiches », avec ce sur quoi chacun repose "
            "et des graphiques. Les comparaisons du recueil taisent les groupes de moins de cinq centres ; rien n’est "
            "tu ici, où chaque fiche se lit en entier : ne publiez pas tels quels les chiffres d’un si petit groupe.",
        ),
        (
            f"Onglet « {DICTIONARY} »",
            "Ce que chaque colonne veut dire : intitulé de chaque année, type, unité, choix, condition.",
        ),
        (
            f"Onglet « {LISTS} »",
            "Les choix possibles de chaque colonne, ceux des années passées compris ; les listes déroulantes s’en "
            "servent.",
        ),
        ("Remplacements et coupures", "\n".join(notes) if notes else "Aucun."),
    )


def _schema(tables: Tables) -> str:
    return (
        f"{tables.schema}, {plural(len(tables.columns), 'colonne', 'colonnes')}. Les colonnes viennent du formulaire, "
        "jamais des réponses : les mêmes, au même endroit, quel que soit le choix de fiches. Une question nouvelle "
        "ajoute ses colonnes à la fin ; une question retirée garde les siennes, grisées."
    )


def _about(content: ReportInput) -> tuple[Paragraph, ...]:
    centres = len({(sheet.department_code, sheet.commune, sheet.centre) for sheet in content.sheets})
    expected = f", sur {plural(content.expected, 'attendu', 'attendus')}" if content.expected else ""
    states = Counter(sheet.state_label for sheet in content.sheets).most_common()
    counted = " ; ".join(f"{label.lower()} : {count}" for label, count in states)
    versions = versions_of(content.sheets)
    return (
        ("Fédération", content.federation),
        ("Établi le", moment(content.made_at)),
        ("Campagnes", ", ".join(map(str, content.years)) or "aucune"),
        ("Choix", content.filter_text or "Toutes les fiches, sans filtre."),
        ("Fiches", plural(len(content.sheets), "fiche", "fiches") + (f" ({counted})" if counted else "")),
        ("Centres", plural(centres, "centre", "centres") + expected),
        *_coverage(content),
        (
            "Formulaires",
            "\n".join(f"{version.title} {version.key}, empreinte {version.sha256}" for version in versions) or "aucun",
        ),
        (FINGERPRINT, grouped(content_hash(content.sheets))),
    )


def _coverage(content: ReportInput) -> tuple[Paragraph, ...]:
    """How much of what was expected is there, where the report knows."""
    coverage = content.coverage
    if coverage is None:
        return ()
    of = f" sur {plural(coverage.expected, 'centre attendu', 'centres attendus')}" if coverage.expected else ""
    verb = "ont au moins une fiche validée" if coverage.answered >= 2 else "a au moins une fiche validée"
    state = (
        "Les campagnes sont closes."
        if coverage.closed
        else f"{coverage.watermark} : une campagne au moins reste ouverte, les chiffres peuvent encore changer."
    )
    return (("Couverture", f"{plural(coverage.answered, 'centre', 'centres')}{of} {verb}. {state}"),)


def _absence() -> tuple[Paragraph, ...]:
    return (
        ("Cellule vide", "La question a été posée et reste sans réponse. Ce n’est jamais un zéro."),
        (
            "« Non posée », ou cellule grisée",
            "La situation de la fiche, ou le formulaire de son année, ne fait pas poser la question. Dans une colonne "
            "de texte, la cellule porte les mots « Non posée » ; dans une colonne de nombres, de montants ou de "
            "dates, elle est vide et grisée, pour que les calculs restent justes. La colonne « Questions non "
            "posées » de l’onglet « Fiches » en donne la liste.",
        ),
        (
            "Compté, estimé, ne sait pas",
            "À côté de chaque nombre compté, une colonne dit comment il est connu. « Ne sait pas » est une réponse : "
            "la cellule du nombre reste vide, et n’est pas un zéro.",
        ),
        (
            "0 et 1",
            "Une réponse à choix multiple occupe un texte, puis une colonne par choix : 1 si coché, 0 sinon. Ces "
            "colonnes se replient par le signe qui se trouve au-dessus des lettres.",
        ),
        (
            "En-têtes",
            "La première ligne porte les intitulés, la deuxième les identifiants, qui ne changent pas d’une année à "
            "l’autre. Un onglet se rattache aux fiches par la référence ou par l’identifiant de la fiche.",
        ),
    )


def _purpose(tab: Tab) -> str:
    if tab.title == SHEETS:
        return f"Une ligne par fiche, {plural(tab.count, 'ligne', 'lignes')}."
    if tab.title == CONTINUED:
        return (
            "La suite des textes trop longs pour une cellule, en morceaux numérotés à partir de 2 : mis bout à bout "
            "après le début que porte la cellule, sans sa dernière ligne, ils redonnent le texte entier."
        )
    return f"Une ligne par ligne du tableau, {plural(tab.count, 'ligne', 'lignes')} en tout."
