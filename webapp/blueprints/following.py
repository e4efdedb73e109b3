"""Whom to call today: where the centres of a campaign stand, calls that are noted, its dates as a calendar file."""

from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.french import PARIS
from forms.lifecycle import Audience, label
from webapp import follow_words, pace
from webapp.calendar_file import MEDIA_TYPE, calendar, entries_of
from webapp.campaign_dates import is_over
from webapp.clock import now
from webapp.config import current_settings
from webapp.form_fields import DayField, FrenchForm, LinesTextAreaField, attempt
from webapp.guard import current_actor, needs, refuse_unless
from webapp.models import CallNote, Campaign, Centre
from webapp.policy import Act
from webapp.policy_words import ROLES
from webapp.queries import campaigns as campaign_queries
from webapp.queries import following as queries
from webapp.queries import pace as pace_queries
from webapp.queries import people as people_queries
from webapp.queries import reminders as reminder_queries
from webapp.queries.following import CentreLine
from webapp.services import calls
from webapp.vocabulary import CallGroup

blueprint = Blueprint("following", __name__, url_prefix="/campagnes")

MOST_DAYS = 90


class CallForm(FrenchForm):
    """What was said on the telephone."""

    text = LinesTextAreaField("Ce qui s’est dit")
    promised_on = DayField("Jour promis pour l’envoi", description="Aucune relance ne part avant ce jour.")


def asked_group() -> CallGroup:
    """The group that the address names; everybody who has not finished without one."""
    wanted = request.values.get("groupe", "")
    return CallGroup(wanted) if wanted in set(CallGroup) else CallGroup.UNFINISHED


def asked_days() -> int:
    """After how many days without a change a draft counts as stuck, as the address says."""
    wanted = request.values.get("jours", "")
    days = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 4 else queries.STUCK_AFTER
    return min(max(days, 1), MOST_DAYS)


@blueprint.get("/<uuid:id>/suivi")
@needs(Act.CAMPAIGN_READ)
def index(id: UUID) -> str:
    """Every centre of a campaign, who most needs a call first."""
    campaign = refuse_unless(Act.CAMPAIGN_READ, campaign_queries.find(id))
    at, group, days = now(), asked_group(), asked_days()
    lines = queries.lines(campaign, at=at, days=days, actor=current_actor())
    shown = [line for line in lines if group in line.groups]
    return render_template(
        "pages/following/index.html",
        campaign=campaign,
        lines=shown,
        group=group,
        days=days,
        tabs=_tabs(campaign, lines, group, days),
        words=follow_words,
        label=lambda state: label(state, Audience.FEDERATION),
        remindable=group in follow_words.REMINDED and any(line.can_act for line in shown),
        over=is_over(campaign, at=at),
        **_pace(campaign, at, lines),
    )


def _tabs(campaign: Campaign, lines: list[CentreLine], group: CallGroup, days: int) -> list[dict[str, object]]:
    counts = queries.counts(lines)
    kept = None if days == queries.STUCK_AFTER else days
    return [
        {
            "label": words,
            "url": url_for("following.index", id=campaign.id, groupe=one.value, jours=kept),
            "current": one is group,
            "count": counts.get(one, 0),
        }
        for one, words in follow_words.GROUPS.items()
    ]


def _pace(campaign: Campaign, at: datetime, lines: list[CentreLine]) -> dict[str, object]:
    """How many of the centres expected have sent, the drawing beside the years before, and what to expect."""
    expected = {line.centre.id for line in lines if line.expected}
    years = pace_queries.earlier(campaign)
    # A year before is drawn from the same departments as this one.
    sendings = pace_queries.first_sendings([campaign.id, *(one.id for one in years)], actor=current_actor())
    own = [moment for centre_id, moment in sendings[campaign.id].items() if centre_id in expected]
    current = pace.curve(campaign, own, expected=len(expected))
    past = [pace.curve(one, sendings[one.id].values(), expected=len(sendings[one.id])) for one in years]
    return {
        "drawing": pace.draw(current, past, today=pace.days_from_deadline(campaign, at)),
        "expectation": pace.expectation(campaign, current, past, today=at.astimezone(PARIS).date()),
        "sent": sum(line.sent for line in lines if line.expected),
        "expected": len(expected),
    }


@blueprint.route("/<uuid:id>/suivi/<uuid:centre_id>", methods=["GET", "POST"])
@needs(Act.CALL_NOTE)
def centre(id: UUID, centre_id: UUID) -> ResponseReturnValue:
    """A centre in a campaign: whom to call, what was said, what is said now."""
    campaign = refuse_unless(Act.CAMPAIGN_READ, campaign_queries.find(id))
    line = queries.of_centre(campaign, centre_id, at=now())
    if line is None:
        abort(404)
    refuse_unless(Act.CALL_NOTE, line.centre)
    form = CallForm()
    if form.validate_on_submit() and attempt(form, lambda: _note(campaign, line.centre, form)) is not None:
        flash("L’appel est noté.", "success")
        return redirect(url_for("following.index", id=id), 303)
    page = _centre_page(id, centre_id, form)
    return page, 422 if form.errors else 200


def _note(campaign: Campaign, centre: Centre, form: CallForm) -> CallNote:
    actor_id = current_actor().user_id or abort(401)
    return calls.note(
        campaign,
        centre,
        text=form.text.data or "",
        promised_on=form.promised_on.data,
        actor_id=actor_id,
        at=now(),
    )


def _centre_page(id: UUID, centre_id: UUID, form: CallForm) -> str:
    campaign = refuse_unless(Act.CAMPAIGN_READ, campaign_queries.find(id))
    line = queries.of_centre(campaign, centre_id, at=now()) or abort(404)
    people = people_queries.of_centres([centre_id]).get(centre_id, [])
    return render_template(
        "pages/following/centre.html",
        campaign=campaign,
        line=line,
        form=form,
        people=[(ROLES[name], user) for name, user in people],
        words=follow_words,
        label=lambda state: label(state, Audience.FEDERATION),
    )


@blueprint.get("/<uuid:id>/dates.ics")
@needs(Act.CAMPAIGN_READ)
def dates(id: UUID) -> Response:
    """The dates of a campaign for the federation's calendar, its automatic reminders too."""
    campaign = refuse_unless(Act.CAMPAIGN_READ, campaign_queries.find(id))
    return dates_file(campaign, reminders=reminder_queries.automatic_days(id))


def dates_file(campaign: Campaign, *, reminders: list[int]) -> Response:
    """A calendar file to be opened."""
    host = urlsplit(current_settings().base_url).hostname or "recueil"
    content = calendar(campaign.title, entries_of(campaign, reminders=reminders), host=host, at=now())
    answer = Response(content, mimetype=MEDIA_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="campagne-{campaign.year}.ics"'
    return answer
