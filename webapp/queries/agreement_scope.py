"""What an agreement covers: as a choice of sheets, and in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from forms.definition import FormVersion
from forms.departments import DEPARTMENTS
from forms.questions.lists import PARTNERS
from reports.content import Terms
from webapp.database import db
from webapp.models import Action, Agreement, AgreementAction, AgreementCentre, Campaign, Sheet
from webapp.queries.versions import form_of

KINDS = {choice.code: choice.label for choice in PARTNERS}
"""The kinds of partners and funders, by code."""

_NAMED = 8
"""Beyond it centres and actions are counted, not named."""

WHOLE = (
    joinedload(Agreement.funder),
    joinedload(Agreement.federation),
    joinedload(Agreement.author),
    selectinload(Agreement.centres).joinedload(AgreementCentre.centre),
    selectinload(Agreement.actions).joinedload(AgreementAction.action).joinedload(Action.centre),
)
"""All that its page shows."""


def find(agreement_id: UUID) -> Agreement | None:
    """That agreement with all that its page shows, or None."""
    return db.session.scalar(sa.select(Agreement).where(Agreement.id == agreement_id).options(*WHOLE))


def conditions_of(agreement: Agreement) -> list[sa.ColumnElement[bool]]:
    """What a sheet must be to be one of its actions. Its years, centres and themes are said by the selection."""
    actions = [line.action_id for line in agreement.actions]
    found = [Sheet.federation_id == agreement.federation_id]
    return [*found, Sheet.action_id.in_(actions)] if actions else found


def centres_of(agreement: Agreement) -> tuple[UUID, ...]:
    """The centres that it is about, those of its actions where it names actions; none for all of them."""
    chosen = {line.centre_id for line in agreement.centres}
    acting = {line.centre_id for line in agreement.actions}
    if chosen and acting:
        # Both narrow: what is left may be nobody, which must not read as everybody.
        return tuple(sorted(chosen & acting)) or tuple(sorted(chosen))
    return tuple(sorted(chosen or acting))


def themes_of(agreement: Agreement) -> dict[str, tuple[str, ...]]:
    """Question id → codes, as a selection has them."""
    return {question: tuple(codes) for question, codes in agreement.themes.items()}


def concerns(agreement: Agreement, answers: Mapping[str, Any]) -> bool:
    """Whether a sheet with these answers (JSON) names one of the agreement's kinds of partner, or it wants none."""
    wanted = set(agreement.partner_kinds)
    lines = answers.get("funding_lines") or ()
    named = {*(answers.get("partners") or ()), *(line.get("type") for line in lines)}
    return not wanted or bool(wanted & named)


def terms_of(agreement: Agreement, *, years: Sequence[int], whole: bool, departments: Sequence[str] = ()) -> Terms:
    """The agreement as a report shows it. departments: codes of those that the report is limited to besides."""
    return Terms(
        title=agreement.title,
        reference=agreement.reference,
        funder=agreement.funder.name,
        funder_kind=agreement.funder.kind,
        funder_kind_label=KINDS.get(agreement.funder.kind, agreement.funder.kind),
        first_year=agreement.first_year,
        last_year=agreement.last_year,
        years=tuple(sorted(years)) or agreement.years,
        scope=(*scope_in_words(agreement), *_limited(departments)),
        requested=agreement.requested,
        granted=agreement.granted,
        whole=whole,
    )


def _limited(codes: Sequence[str]) -> list[str]:
    names = ", ".join(DEPARTMENTS.get(code, code) for code in codes)
    return [f"Dans ce rapport, départements\u00a0: {names}"] if codes else []


def scope_in_words(agreement: Agreement) -> tuple[str, ...]:
    """What it is narrowed to, a phrase each; empty where it covers everything."""
    centres = sorted((line.centre for line in agreement.centres), key=lambda centre: centre.folded)
    actions = sorted(line.action.title for line in agreement.actions)
    partners = [KINDS.get(code, code) for code in agreement.partner_kinds]
    found = [
        _said("Centres", [centre.name for centre in centres], "centres choisis"),
        _said("Actions", actions, "actions choisies"),
        *(f"{label}\u00a0: {', '.join(names)}" for label, names in _themes_in_words(agreement)),
        _said("Avec pour partenaire ou financeur", partners, "types de partenaires"),
    ]
    return tuple(phrase for phrase in found if phrase)


def _said(label: str, names: Sequence[str], several: str) -> str:
    if not names:
        return ""
    return f"{label}\u00a0: " + (", ".join(names) if len(names) <= _NAMED else f"{len(names)} {several}")


def _themes_in_words(agreement: Agreement) -> Iterable[tuple[str, list[str]]]:
    """The label of each question with those of its codes; codes stand where the latest form lacks them."""
    version = version_of(agreement.federation_id) if agreement.themes else None
    for question_id, codes in sorted(agreement.themes.items()):
        question = version.question(question_id) if version is not None and question_id in version else None
        labels = {facet.code: facet.label for facet in question.kind.facet_choices()} if question else {}
        yield question.short_label if question else question_id, [labels.get(code, code) for code in codes]


def version_of(federation_id: UUID) -> FormVersion | None:
    """The form of the federation's latest campaign."""
    campaign = db.session.scalars(
        sa.select(Campaign)
        .where(Campaign.federation_id == federation_id)
        .options(joinedload(Campaign.form_version))
        .order_by(Campaign.year.desc(), Campaign.id)
        .limit(1)
    ).first()
    return form_of(campaign.form_version) if campaign is not None else None
