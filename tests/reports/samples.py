"""Sheets to make reports from: invented, of the length that real ones have."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from PIL import Image, ImageDraw

from forms.definition import FormVersion
from forms.document import reading
from forms.registry import shipped
from reports.content import ReportInput, ReportSheet, Terms

MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PICTURE_ID = "0b6f7a52-0000-4000-8000-000000000001"


def counted(number: int, how: str = "counted") -> dict[str, Any]:
    """A count as it is stored."""
    return {"number": number, "how": how}


REPAIR: dict[str, Any] = {
    "title": "Le café des bricoleurs « on répare, on papote »",
    "organisation": "CENTRE SOCIAL LES TROIS RIVIÈRES - Corrèze",
    "year": 2026,
    "status": "en_cours",
    "dimension": "services",
    "keywords": ["intergenerationnel", "solidarite", "environnement", "developpement_durable"],
    "summary": (
        "Un samedi sur deux, de 9 h 30 à 12 h, la grande salle du centre devient un atelier. On y apporte un "
        "grille-pain "
        "qui ne chauffe plus, un pantalon à reprendre, un vélo qui grince ; une dizaine de bénévoles aident à réparer, "
        "jamais à la place de la personne.\n"
        "L'action répond à deux besoins dits par les habitants lors du diagnostic de 2024 :\n"
        "- jeter moins, parce que le budget est serré & que la déchèterie est à 14 km ;\n"
        "- avoir un lieu où l'on entre sans rendez-vous, sans avoir à expliquer sa situation."
    ),
    "initiators": ["habitants", "partenaires"],
    "initiators_detail": "Le collectif « Rien ne se perd » et la ressourcerie du plateau",
    "initiative_territory": "communes",
    "experience": (
        "L'idée est née d'une discussion au repas de quartier de juin 2024 : trois retraités qui avaient travaillé à "
        "l'usine d'à côté se désolaient de voir partir au rebut des machines qu'ils auraient su remettre en marche.\n\n"
        "Le centre a proposé la salle, l'assurance et un café. La ressourcerie a prêté l'outillage de départ "
        "(une valeur de 640 €). Une charte d'une page a été écrite à huit : gratuité, on répare ensemble, on ne promet "
        "rien, on ne touche ni au gaz ni aux micro-ondes.\n\n"
        "Quatre objectifs ont été retenus :\n"
        "1. allonger la vie des objets ;\n"
        "2. faire circuler des savoir-faire entre générations ;\n"
        "3. donner une place à des personnes qui n'en trouvaient pas dans les activités du centre ;\n"
        "4. faire connaître le centre à ceux qui n'y viennent jamais."
    ),
    "public": ["tous"],
    "partners": ["association_locale", "commune", "intercommunalite", "autre"],
    "partners_named": [
        {"name": "Ressourcerie du plateau", "type": "association_locale", "role": "Prêt d'outils, pièces détachées"},
        {"name": "Syndicat de collecte", "type": "intercommunalite", "role": "Pesée des objets sauvés, communication"},
        {"name": "Lycée professionnel", "role": "Deux élèves par séance, avec leur enseignant"},
    ],
    "partners_territory": "communes",
    "description": (
        "L'accueil se fait autour du café : une bénévole note le prénom, l'objet, la panne supposée. On attend son "
        "tour "
        "en discutant ; c'est souvent là que l'on apprend qu'une voisine cherche une garde pour le mercredi ou qu'un "
        "jeune ne sait pas à qui montrer sa lettre de motivation.\n"
        "Cinq tables sont tenues : petit électroménager, couture, vélo, informatique, petit mobilier. Chaque "
        "réparateur "
        "travaille avec la personne, lui met le tournevis en main, explique. Quand une pièce manque, on la cherche "
        "ensemble sur internet et l'on reprend rendez-vous pour la fois suivante.\n"
        "Au printemps, trois séances ont eu lieu hors les murs, dans les salles des fêtes de communes voisines : 41 "
        "personnes y sont venues, dont 33 qui ne connaissaient pas le centre.\n\n"
        "En septembre, une « soirée des ratés » a réuni 60 personnes autour des objets que l'on n'avait pas su "
        "sauver : "
        "on les a démontés, exposés, racontés. Un groupe d'adolescents en a tiré une sculpture qui est restée un mois "
        "dans le hall de la mairie."
    ),
    "funding": "3 200 € : 1 500 € de la Caf, 1 200 € de la communauté de communes, le reste en fonds propres.",
    "funding_lines": [
        {"funder": "Caf de la Corrèze", "type": "caf", "requested": "2000.00", "granted": "1500.00"},
        {"funder": "Communauté de communes", "type": "intercommunalite", "requested": "1200.00", "granted": "1200.00"},
        {"funder": "Fondation d'un fabricant d'outils", "type": "entreprise", "requested": "800.50"},
    ],
    "people": "164 participants différents + 12 bénévoles réguliers, 1 animatrice référente (0,15 ETP)",
    "participants_count": counted(164),
    "volunteers_count": counted(12),
    "sessions_count": counted(22),
    "results_territory": (
        "312 objets apportés, 207 réparés : 890 kg qui ne sont pas partis à la benne, d'après les pesées du syndicat. "
        "Deux communes voisines ont demandé de l'aide pour ouvrir leur propre atelier."
    ),
    "results_centre": (
        "Un quart des personnes venues réparer s'est ensuite inscrit à une autre activité. Trois réparateurs sont "
        "entrés "
        "au conseil d'administration."
    ),
    "results_residents": (
        "« Je suis venue pour un fer à repasser, je suis restée pour le café » : la phrase revient souvent.\n"
        "- Des économies réelles, estimées à 45 € par foyer ;\n"
        "- de la fierté, chez ceux qui montrent comme chez ceux qui apprennent ;\n"
        "- des liens entre voisins qui ne se parlaient pas."
    ),
    "limits": (
        "La salle est trop petite dès que l'on dépasse 25 personnes. Le groupe vieillit : il faut trouver des "
        "réparateurs en électronique avant que les anciens ne se lassent."
    ),
    "perspectives": "Une séance par mois en itinérance, et un « prêt d'outils » tenu par les habitants.",
    "files": [
        {
            "id": PICTURE_ID,
            "name": "affiche-cafe-des-bricoleurs.png",
            "media_type": "image/png",
            "size": 48_211,
            "sha256": "5b" * 32,
            "width": 900,
            "height": 1200,
            "caption": "L'affiche du café des bricoleurs, dessinée par l'atelier du mercredi",
            "alt": "Affiche : une théière, une clé plate et un vélo sur fond jaune",
        },
        {
            "id": "0b6f7a52-0000-4000-8000-000000000002",
            "name": "charte du café.pdf",
            "media_type": "application/pdf",
            "size": 182_400,
            "sha256": "6c" * 32,
            "caption": "La charte, en une page",
        },
    ],
}

SCHOOL: dict[str, Any] = {
    "title": "ACCOMPAGNEMENT À LA SCOLARITÉ / temps des familles : ",
    "organisation": "ESPACE DE VIE SOCIALE DU HAMEAU - Corrèze",
    "year": 2026,
    "status": "terminee",
    "ended_reason": "L'éducatrice est partie en mars et n'a pas pu être remplacée ; le groupe se reforme en 2027.",
    "keywords": ["education", "parentalite", "emploi"],
    "summary": "Deux soirs par semaine, 18 enfants du CP au CM2 sont accueillis après l'école avec leurs parents.",
    "initiators": ["centre"],
    "initiative_territory": "commune",
    "public": ["enfants", "familles"],
    "partners": ["education_nationale", "caf", "prefecture"],
    "partners_territory": "commune",
    "description": (
        "Le goûter d'abord, les cahiers ensuite, puis une demi-heure de jeu à laquelle les parents sont invités.\n"
        "Une fois par mois, le « temps des familles » remplace les devoirs : cuisine, sortie à la médiathèque, "
        "bulletin scolaire lu ensemble."
    ),
    "people": "18 enfants, 11 familles",
    "participants_count": counted(0),
    "volunteers_count": {"how": "unknown"},
    "staff_count": counted(1),
    "results_residents": "Les parents osent davantage pousser la porte de l'école.",
}

TALE: dict[str, Any] = {
    "title": "Contes à la veillée",
    "organisation": "CENTRE SOCIAL LES TROIS RIVIÈRES - Corrèze",
    "year": 2025,
    "status": "en_cours",
    "dimension": "citoyennete",
    "keywords": ["culture", "intergenerationnel", "mobilite"],
    "summary": "Six veillées dans six hameaux, avec des conteurs qui n'étaient jamais montés sur une scène.",
    "initiators": ["habitants"],
    "initiative_territory": "communes",
    "public": ["seniors", "familles"],
    "partners": ["commune", "departement"],
    "funding_lines": [{"funder": "Département", "type": "departement", "granted": "950.00"}],
    "participants_count": counted(210, "estimated"),
    "volunteers_count": counted(16),
    "sessions_count": counted(6),
    "results_territory": "Chaque veillée a rempli la salle ; trois hameaux veulent recommencer.",
}

_CENTRES = {
    "CENTRE SOCIAL LES TROIS RIVIÈRES": ("Centre social Les Trois Rivières", "Argentat-sur-Dordogne", "19", "Corrèze"),
    "ESPACE DE VIE SOCIALE DU HAMEAU": ("Espace de vie sociale du Hameau", "Meymac", "19", "Corrèze"),
}


def report_sheet(answers: Mapping[str, Any], number: int = 1, version: FormVersion | None = None) -> ReportSheet:
    """A validated sheet with these answers."""
    year = answers.get("year", 2026)
    known = answers.get("organisation", "").rpartition(" - ")[0]
    centre, commune, code, department = _CENTRES.get(known, ("Centre social d'essai", "Tulle", "19", "Corrèze"))
    return ReportSheet(
        id=f"00000000-0000-4000-8000-{number:012}",
        reference=f"{year}-{number:04}",
        year=year,
        centre=centre,
        commune=commune,
        department_code=code,
        department=department,
        state_label="Validée",
        document=reading(version or shipped(year), answers),
        snapshot_sha256=hashlib.sha256(repr(answers).encode()).hexdigest(),
        sent_at=datetime(year, 10, 2, 16, 5, tzinfo=UTC),
        validated_at=datetime(year, 10, 19, 8, 0, tzinfo=UTC),
    )


def picture() -> bytes:
    """A poster, drawn here."""
    drawn = Image.new("RGB", (900, 1200), "#f2c14e")
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((150, 250, 750, 850), fill="#1d4b40")
    pen.rectangle((420, 120, 480, 1080), fill="#fffdf8")
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return out.getvalue()


def report_input(*sheets: ReportSheet, **changes: Any) -> ReportInput:
    """What a report of these sheets is made from; the three samples where none is given."""
    chosen = sheets or tuple(report_sheet(answers, number) for number, answers in enumerate((REPAIR, SCHOOL, TALE), 1))
    content = ReportInput(
        title="Recueil des actions des centres sociaux",
        federation="Fédération des centres sociaux de la Corrèze",
        years=tuple(sorted({sheet.year for sheet in chosen})),
        filter_text="",
        made_at=MADE_AT,
        expected=4,
        sheets=chosen,
        open_file=lambda id: picture() if id == PICTURE_ID else None,
    )
    return replace(content, **changes)


TERMS = Terms(
    title="Animation de la vie locale",
    reference="AVL-2024-7",
    funder="Caf de la Corrèze",
    funder_kind="caf",
    funder_kind_label="Caf",
    first_year=2024,
    last_year=2026,
    years=(2024, 2025, 2026),
    scope=("Mots clés : Culture",),
    requested=Decimal(1500),
    granted=Decimal("1200.50"),
)
