"""Which mails I get, and how."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from forms.values import Refused
from webapp.blueprints.accounts import blueprint
from webapp.blueprints.accounts.own import me
from webapp.guard import needs
from webapp.policy import Act
from webapp.services import mail_preferences
from webapp.services.mail_kinds import OFFERED
from webapp.vocabulary import MailCategory, MailManner

CATEGORIES: dict[MailCategory, tuple[str, str]] = {
    MailCategory.QUERIES: ("Demandes de la fédération", "Des compléments sont demandés, une fiche est rouverte."),
    MailCategory.SHEETS: ("Vie des fiches", "Une fiche est validée, publiée ou retirée du catalogue."),
    MailCategory.REMINDERS: ("Relances", "Des fiches sont attendues."),
    MailCategory.REPORTS: ("Rapports", "Un rapport vous est adressé."),
}
MANNERS: dict[MailManner, str] = {
    MailManner.NOW: "Tout de suite",
    MailManner.DIGEST: "Un résumé par jour",
    MailManner.NEVER: "Jamais",
}


@blueprint.get("/compte/messages")
@needs(Act.ACCOUNT_OWN)
def messages() -> ResponseReturnValue:
    """My mails."""
    return _page()


@blueprint.post("/compte/messages")
@needs(Act.ACCOUNT_OWN)
def choose_messages() -> ResponseReturnValue:
    """Keep what I prefer."""
    user, _ = me()
    try:
        mail_preferences.choose(user, request.form)
    except Refused as refused:
        return _page(refused), 422
    flash("Vos choix sont enregistrés.", "success")
    return redirect(url_for("accounts.messages"), 303)


def _page(refused: Refused | None = None) -> str:
    user, _ = me()
    chosen = mail_preferences.of(user.id)
    lines = [
        {
            "name": category.value,
            "label": CATEGORIES[category][0],
            "help": CATEGORIES[category][1],
            "choices": [(manner.value, MANNERS[manner]) for manner in offered],
            "chosen": chosen[category].value,
        }
        for category, offered in OFFERED.items()
    ]
    return render_template("pages/accounts/messages.html", lines=lines, refused=refused)
