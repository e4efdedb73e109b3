"""The form of 2026."""

from __future__ import annotations

from forms.definition import FormVersion, Section
from forms.questions import (
    action,
    attachments,
    audience,
    following,
    initiative,
    means,
    partners,
    results,
)

VERSION = FormVersion(
    key="2026",
    title="Fiche action",
    sections=(
        Section(
            "action",
            "L’action",
            (
                action.TITLE,
                action.ORGANISATION,
                action.YEAR,
                action.STATUS,
                action.ENDED_REASON,
                action.DIMENSION,
                action.KEYWORDS_,
                action.SUMMARY,
            ),
        ),
        Section(
            "initiative",
            "Initiative",
            (
                initiative.INITIATORS_,
                initiative.INITIATORS_DETAIL,
                initiative.INITIATIVE_TERRITORY,
                initiative.EXPERIENCE,
            ),
        ),
        Section("public", "Public", (audience.PUBLIC,)),
        Section(
            "partenaires",
            "Partenaires",
            (
                partners.PARTNERS_,
                partners.PARTNERS_NAMED,
                partners.PARTNERS_TERRITORY,
                partners.DESCRIPTION,
            ),
            intro="Avec qui cette action a-t-elle été menée ?",
        ),
        Section(
            "moyens",
            "Moyens",
            (
                means.FUNDING,
                means.FUNDING_LINES,
                means.PEOPLE,
                means.PARTICIPANTS,
                means.VOLUNTEERS,
                means.STAFF,
                means.SESSIONS,
            ),
        ),
        Section(
            "resultats",
            "Résultats",
            (results.TERRITORY, results.CENTRE, results.RESIDENTS),
        ),
        Section("suites", "Suites", (following.LIMITS, following.PERSPECTIVES)),
        Section("pieces", "Pièces", (attachments.FILES,)),
    ),
)
