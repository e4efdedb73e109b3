"""What the program does by itself: jobs, mails, imports, webhooks."""

import factory

from forms.lifecycle import TRANSITIONS
from tests.factories.base import START, Factory, moments
from tests.factories.people import FederationFactory, UserFactory
from webapp import models


class JobFactory(Factory):
    class Meta:
        model = models.Job

    kind = "report"
    created_at = moments()


class MailFactory(Factory):
    class Meta:
        model = models.Mail

    kind = "receipt"
    recipient = "personne@exemple.example"
    subject = "Votre fiche est envoyée"
    text = "Bonjour,\n\nvotre fiche est envoyée."
    created_at = moments()


class DigestLineFactory(Factory):
    class Meta:
        model = models.DigestLine

    user = factory.SubFactory(UserFactory)
    kind = "sheet_validate"
    subject = "La fiche 2026-0001 est validée"
    parts = factory.LazyFunction(lambda: [{"text": "Merci."}, {"label": "Voir la fiche", "path": "/fiches/1"}])
    created_at = moments()


class WorkerSeenFactory(Factory):
    class Meta:
        model = models.WorkerSeen

    name = factory.Sequence(lambda number: f"machine:{number}")
    started_at = moments()
    seen_at = moments(2)


class ImportRunFactory(Factory):
    class Meta:
        model = models.ImportRun

    federation = factory.SubFactory(FederationFactory)
    requester = factory.SubFactory(UserFactory)
    name = "actions.txt"
    text = "Nom de l’action"
    created_at = moments()


class WebhookFactory(Factory):
    """An address that is told of every move."""

    class Meta:
        model = models.Webhook

    federation = factory.SubFactory(FederationFactory)
    url = "https://exemple.example/recueil"
    moves = factory.LazyFunction(lambda: [move.value for move in TRANSITIONS])
    secret = "kept"
    created_at = START


class WebhookDeliveryFactory(Factory):
    class Meta:
        model = models.WebhookDelivery

    webhook = factory.SubFactory(WebhookFactory)
    kind = "sheet.validate"
    body = "{}"
    created_at = START
    queued_at = START
    due_at = START
