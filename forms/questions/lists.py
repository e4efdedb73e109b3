"""The lists of choices that several questions share, with the spellings met in old sheets."""

from __future__ import annotations

from forms.choices import Choice

STATUSES = (Choice("en_cours", "En cours"), Choice("terminee", "Terminée"))

DIMENSIONS = (
    Choice("services", "Services", aliases=("Service",)),
    Choice("citoyennete", "Citoyenneté"),
    Choice("accompagnement", "Accompagnement de projets", aliases=("Accompagnement de projet",)),
)

KEYWORDS = (
    Choice("intergenerationnel", "intergénérationnel"),
    Choice("education", "éducation / scolarité"),
    Choice("solidarite", "Solidarité"),
    Choice("culture", "Culture"),
    Choice("democratie", "Démocratie & citoyenneté", aliases=("Démocratie et citoyenneté",)),
    Choice("vieillissement", "Vieillissement", aliases=("Viellissement", "Vieillisement")),
    Choice("environnement", "Environnement", aliases=("Environement",)),
    Choice("loisirs", "vacances / loisirs"),
    Choice("developpement_durable", "développement durable"),
    Choice("mixite", "Mixité sociale"),
    Choice("sante", "Santé"),
    Choice("precarite", "Précarité"),
    Choice("integration", "Intégration"),
    Choice("discriminations", "discriminations", aliases=("discrimination",)),
    Choice("emploi", "Emploi, économie", aliases=("Emploi",)),
    Choice("mobilite", "mobilité / transport", aliases=("mobilité / transports",)),
    Choice("parentalite", "Parentalité"),
)

INITIATORS = (
    Choice("centre", "Le centre social"),
    Choice("habitants", "Un groupe d'habitants", aliases=("Un groupe d’habitants",)),
    Choice("partenaires", "Un ou plusieurs partenaire(s)"),
    Choice("autre", "Autre"),
)

TERRITORIES = (
    Choice("quartier", "Un quartier"),
    Choice("quartiers", "Plusieurs quartiers"),
    Choice("commune", "Une commune"),
    Choice("communes", "Plusieurs communes"),
    Choice("autre", "Autre"),
)

PUBLICS = (
    Choice("tous", "Tous publics", aliases=("Tout public", "Tous public")),
    Choice("enfants", "Enfants", aliases=("Enfant",)),
    Choice("jeunesse", "Jeunesse", aliases=("Jeunes",)),
    Choice("familles", "familles", aliases=("famille",)),
    Choice("adultes", "Adultes", aliases=("Adulte",)),
    Choice("seniors", "Seniors", aliases=("Senior", "Séniors")),
)

PARTNERS = (
    Choice("association_locale", "Association locale"),
    Choice("association_nationale", "Association nationale"),
    Choice("caf", "Caf"),
    Choice("msa", "MSA"),
    Choice("commune", "Commune"),
    Choice("intercommunalite", "Regroupement de communes"),
    Choice("departement", "Département", aliases=("Conseil départemental",)),
    Choice("region", "Région", aliases=("Conseil régional",)),
    Choice("prefecture", "Préfecture"),
    Choice("education_nationale", "Éducation Nationale"),
    Choice("fonjep", "FONJEP"),
    Choice("entreprise", "Entreprise privée"),
    Choice("autre", "Autre"),
)
