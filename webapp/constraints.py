"""What the database refuses, in words: the name of a constraint gives a sentence and the field it is about."""

import re

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.database import db

SENTENCES: dict[str, tuple[str, str | None]] = {
    "uq_user_email": ("Cette adresse a déjà un compte.", "email"),
    "uq_centre_federation_id_folded": ("Un centre de la fédération porte déjà ce nom.", "name"),
    "uq_centre_alias_centre_id_folded": ("Ce centre a déjà cette autre appellation.", "aliases"),
    "uq_federation_folded": ("Une fédération porte déjà ce nom.", "name"),
    "uq_funder_federation_id_name": ("Un financeur porte déjà ce nom.", "name"),
    "ck_agreement_one_to_three_years": (
        "Une convention couvre un à trois ans\u00a0: corrigez ses années.",
        "last_year",
    ),
    "ck_agreement_year_believable": ("Indiquez une année entre 1900 et 2200.", "first_year"),
    "uq_agreement_federation_id_reference": ("Une convention porte déjà cette référence.", "reference"),
    "uq_label_federation_id_folded": ("Une étiquette porte déjà ce nom.", "name"),
    "uq_report_template_federation_id_folded": ("Un modèle porte déjà ce nom.", "name"),
    "uq_report_run_federation_id_series_version": ("Quelqu’un vient d’émettre ce rapport. Rechargez la page.", None),
    "uq_campaign_federation_id_year": ("Il y a déjà une campagne pour cette année.", "year"),
    "ck_campaign_dates_in_order": (
        "Indiquez une date de dernière modification après l’échéance et après la date de dernière création.",
        "last_edit",
    ),
    "ck_campaign_year_believable": ("Indiquez une année entre 1900 et 2200.", "year"),
    "uq_sheet_action_id_campaign_id": ("Cette action a déjà sa fiche pour cette campagne.", "action"),
    "uq_role_user_id_name_centre_id": ("Ce compte a déjà ce rôle.", "role"),
    "uq_role_user_id_name_federation_id": ("Ce compte a déjà ce rôle.", "role"),
    "uq_role_user_id_name_funder_id": ("Ce compte a déjà ce rôle.", "role"),
    "uq_role_platform": ("Ce compte a déjà ce rôle.", "role"),
}
OTHERWISE = "Cette modification contredit ce qui est déjà enregistré. Rechargez la page, puis recommencez."


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that was broken, the same on both engines."""
    named = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if named:
        return str(named)
    message = str(error.orig)
    if found := re.search(r"CHECK constraint failed: (\w+)", message) or re.search(r"index '(\w+)'", message):
        return found.group(1)
    if found := re.search(r"UNIQUE constraint failed: (.+)", message):
        return _unique_over(found.group(1))
    return None


def sentence_of(error: IntegrityError) -> tuple[str, str | None]:
    """What to say to a person, and the field that it is about where there is one."""
    return SENTENCES.get(constraint_of(error) or "", (OTHERWISE, None))


def _unique_over(columns: str) -> str | None:
    """SQLite names the columns, not the constraint: « centre.federation_id, centre.folded »."""
    wanted = columns.strip().split(", ")
    table = db.metadata.tables.get(wanted[0].partition(".")[0])
    if table is None:
        return None
    names = [column.partition(".")[2] for column in wanted]
    rules: list[sa.Constraint | sa.Index] = [*table.constraints, *(index for index in table.indexes if index.unique)]
    for rule in rules:
        over = getattr(rule, "columns", None)
        # A check names its columns too: only what is unique counts.
        if over is not None and "uq_" in str(rule.name) and [column.name for column in over] == names:
            return str(rule.name)
    return None
