"""The parts of which reports are made, and the orders in which their sheets may stand."""

from __future__ import annotations

from collections.abc import Mapping

from reports.catalogue import ReportKind

SECTIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    ReportKind.BOOK: (
        ("cover", "Couverture"),
        ("foreword", "Avant-propos"),
        ("contents", "Sommaire"),
        ("figures", "Chiffres clés"),
        ("charts", "Graphiques"),
        ("sheets", "Les fiches"),
        ("index", "Index par thème et par commune"),
        ("centres", "Liste des centres"),
        ("funders", "Financeurs"),
        ("method", "Comment ce recueil est fait"),
    ),
}
"""(id, French label) of the parts that may be left out, by kind of report, in the report's own order."""

ORDERS: Mapping[str, str] = {
    "": "Par année, département et centre",
}
"""French label of each order of the sheets, by id; empty for the report's own."""
