"""Reminders of a campaign: prepared, seen before they leave, sent or planned, and those that leave by themselves."""

from datetime import datetime, time
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.french import NBSP, PARIS
from forms.values import Refused
from webapp import follow_words
from webapp.blueprints.following import asked_days, asked_group
from webapp.campaign_dates import is_over
from webapp.clock import now
from webapp.config import current_settings
from webapp.form_fields import DayField, FrenchForm, LinesTextAreaField, OneOfField, TicksSelectMultipleField, attempt
from webapp.guard import can, current_actor, needs, refuse_unless
from webapp.models import Campaign, Reminder
from webapp.policy import Act
from webapp.queries import campaigns as campaign_queries
from webapp.queries import following, reminded
from webapp.queries import reminders as queries
from webapp.queries.reminders import Audience
from webapp.services import mail, mail_preferences, reminders
from webapp.vocabulary import CallGroup, JobState, MailCategory, MailState

blueprint = Blueprint("reminders", __name__, url_prefix="/campagnes")

HOURS = [(str(hour), f"{hour}{NBSP}h") for hour in range(7, 21)]
AUTOMATIC = (21, 14, 7, 3, 1)
STATES: dict[MailState | None, str] = {
    None: "Dans son prochain résumé",
    MailState.QUEUED: "En attente",
    MailState.SENT: "Envoyé",
    MailState.FAILED: "Refusé par le serveur",
    MailState.DROPPED: "Plus nécessaire, pas envoyé",
}


class ReminderForm(FrenchForm):
    """The words of a reminder, its centres, and when it leaves."""

    message = LinesTextAreaField(
        "Message", description="Dessous, chaque centre lit où il en est, ce qu’il a à faire et pour quand."
    )
    centres = TicksSelectMultipleField("À qui")
    day = DayField("Jour")
    hour = OneOfField("Heure", choices=HOURS, default="9")

    def due_at(self) -> datetime | None:
        """The moment chosen, French time; none for at once. Raises Refused where the hour isn't one."""
        if self.day.data is None:
            return None
        if self.hour.data not in dict(HOURS):
            raise Refused("Choisissez une heure de la liste.", question="hour")
        return datetime.combine(self.day.data, time(int(self.hour.data or 0)), tzinfo=PARIS)


@blueprint.get("/<uuid:id>/relances")
@needs(Act.REMINDER_SEND)
def index(id: UUID) -> str:
    """The reminders of a campaign, and those that leave by themselves."""
    campaign = refuse_unless(Act.REMINDER_SEND, campaign_queries.find(id))
    return render_template(
        "pages/following/reminders.html",
        campaign=campaign,
        rows=queries.of_campaign(id, current_actor()),
        automatic=queries.automatic_days(id),
        choices=[(days, f"{days}{NBSP}jour{'s' if days > 1 else ''} avant") for days in AUTOMATIC],
        words=follow_words,
        state_of=state_of,
    )


def state_of(reminder: Reminder) -> tuple[str, str]:
    """The state of a reminder, for a badge, and its words."""
    if reminder.cancelled_at is not None:
        return JobState.CANCELLED, "Annulée"
    if reminder.job is None:
        return JobState.QUEUED, "Programmée"
    return reminder.job.state, {
        JobState.QUEUED: "En attente",
        JobState.RUNNING: "En cours",
        JobState.DONE: "Partie",
        JobState.FAILED: "Arrêtée",
        JobState.CANCELLED: "Annulée",
    }[reminder.job.state]


def state_of_mail(written: queries.Written) -> str:
    """What became of a mail of a reminder, in words."""
    return mail.INTERRUPTED if written.error == mail.INTERRUPTED else STATES[written.state]


@blueprint.post("/<uuid:id>/relances/automatiques")
@needs(Act.CAMPAIGN_EDIT)
def automatic(id: UUID) -> ResponseReturnValue:
    """Choose on which days the campaign reminds by itself."""
    campaign = refuse_unless(Act.CAMPAIGN_EDIT, campaign_queries.find(id))
    ticked = {days for days in AUTOMATIC if str(days) in request.form.getlist("days")}
    reminders.set_automatic(campaign, ticked, actor_id=_me(), at=now())
    flash(
        "Les relances automatiques sont réglées." if ticked else "Plus aucune relance ne part d’elle-même.", "success"
    )
    return redirect(url_for("reminders.index", id=id), 303)


def _me() -> UUID:
    return current_actor().user_id or abort(401)


@blueprint.route("/<uuid:id>/relances/nouvelle", methods=["GET", "POST"])
@needs(Act.REMINDER_SEND)
def new(id: UUID) -> ResponseReturnValue:
    """Prepare a reminder: see to whom it goes and what it says, then send it or plan it."""
    campaign = refuse_unless(Act.REMINDER_SEND, campaign_queries.find(id))
    group, days = asked_group(), asked_days()
    if group not in follow_words.REMINDED:
        abort(404)
    audience = _audience(campaign, group, days)
    form = ReminderForm(
        data={
            "message": follow_words.proposed_message(group, over=is_over(campaign, at=now())),
            "centres": [str(id_) for id_ in audience.centre_ids],
            "hour": "9",
        }
    )
    form.centres.choices = _choices(audience)
    if form.validate_on_submit() and "preview" not in request.form:
        made = attempt(form, lambda: _prepare(campaign, group, days, audience, form))
        if made is not None:
            return redirect(url_for("reminders.show", id=id, reminder_id=made.id), 303)
        campaign = refuse_unless(Act.REMINDER_SEND, campaign_queries.find(id))
        audience = _audience(campaign, group, days)
    page = _new_page(campaign, group, days, audience, form)
    return page, 422 if form.errors else 200


def _audience(campaign: Campaign, group: CallGroup, days: int) -> Audience:
    lines = following.lines(campaign, at=now(), days=days, actor=current_actor())
    return queries.audience(lines, group)


def _choices(audience: Audience) -> list[tuple[str, str, str]]:
    addresses: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for one in audience.addressees:
        key = str(one.line.centre.id)
        names[key] = one.line.centre.name
        addresses.setdefault(key, []).append(one.user.email)
    return [(key, names[key], ", ".join(emails)) for key, emails in addresses.items()]


def _prepare(campaign: Campaign, group: CallGroup, days: int, audience: Audience, form: ReminderForm) -> Reminder:
    return reminders.prepare(
        campaign,
        group=group,
        days=days,
        message=form.message.data or "",
        centre_ids=[id_ for id_ in audience.centre_ids if id_ in form.centres.ids],
        due_at=form.due_at(),
        actor_id=_me(),
        at=now(),
    )


def _new_page(campaign: Campaign, group: CallGroup, days: int, audience: Audience, form: ReminderForm) -> str:
    first = next(iter(audience.addressees), None)
    written = first and mail.write(
        "reminder",
        reminders.words_of(campaign, first.line, first.user, form.message.data or ""),
        base_url=current_settings().base_url,
    )
    unwilling = mail_preferences.refusing(MailCategory.REMINDERS, [one.user.id for one in audience.addressees])
    had_one = reminded.had_today(audience.centre_ids, at=now())
    willing = [one for one in audience.addressees if one.user.id not in unwilling]
    waiting = [one for one in willing if one.key not in had_one]
    return render_template(
        "pages/following/reminder_new.html",
        campaign=campaign,
        group=group,
        days=days,
        audience=audience,
        people=len({one.user.id for one in willing}),
        people_now=len({one.user.id for one in waiting}),
        already=[one for one in willing if one.key in had_one],
        over=is_over(campaign, at=now()),
        unwilling=sorted({one.user.email for one in audience.addressees if one.user.id in unwilling}),
        form=form,
        written=written,
        first=first,
        words=follow_words,
    )


@blueprint.get("/<uuid:id>/relances/<uuid:reminder_id>")
@needs(Act.REMINDER_SEND)
def show(id: UUID, reminder_id: UUID) -> str:
    """A reminder: how far it is, what became of each mail."""
    campaign = refuse_unless(Act.REMINDER_SEND, campaign_queries.find(id))
    reminder = refuse_unless(Act.REMINDER_SEND, queries.find(id, reminder_id))
    mails = queries.written(reminder_id, actor=current_actor())
    missed = queries.missed(reminder, actor=current_actor())
    state, words = state_of(reminder)
    return render_template(
        "pages/following/reminder.html",
        campaign=campaign,
        reminder=reminder,
        mails=mails,
        missed=missed,
        state=state,
        state_words=words,
        state_of_mail=state_of_mail,
        words=follow_words,
        busy=state in (JobState.QUEUED, JobState.RUNNING) and reminder.job is not None,
        cancellable=state in (JobState.QUEUED, JobState.RUNNING) and can(Act.REMINDER_CANCEL, reminder),
    )


@blueprint.post("/<uuid:id>/relances/<uuid:reminder_id>/annuler")
@needs(Act.REMINDER_CANCEL)
def cancel(id: UUID, reminder_id: UUID) -> ResponseReturnValue:
    """Let a reminder not leave."""
    campaign = refuse_unless(Act.REMINDER_SEND, campaign_queries.find(id))
    reminder = refuse_unless(Act.REMINDER_CANCEL, queries.find(id, reminder_id))
    reminders.cancel(reminder, campaign, actor_id=_me(), at=now())
    flash("La relance est annulée.", "success")
    return redirect(url_for("reminders.show", id=id, reminder_id=reminder_id), 303)
