"""Visits to sheets: who comes, what a step is filled in with, what a sheet needs to be sent."""

from typing import Any

from forms.registry import shipped
from tests.client import PageClient
from tests.factories import YEAR, SheetFactory, person
from tests.page_forms import PageForm, form_on
from tests.signing import sign_in
from webapp.database import db
from webapp.models import Centre, Sheet, User
from webapp.vocabulary import RoleName

VERSION = shipped(YEAR)
COMPLETE: dict[str, Any] = {
    question.id: question.kind.dump(question.kind.sample(3)) for question in VERSION.questions if question.required
} | {"title": "Le jardin partagé", "status": "en_cours", "dimension": "services"}


def member(client: PageClient, centre: Centre, role: RoleName = RoleName.RESPONSIBLE) -> User:
    """Somebody of that centre, signed in."""
    user = person(role, centre)
    sign_in(client, user)
    return user


def draft(centre: Centre, **answers: Any) -> Sheet:
    """A draft of that centre with these answers."""
    said = {"title": "Le jardin partagé", **answers}
    sheet: Sheet = SheetFactory(centre=centre, title=said["title"], answers=said)
    return sheet


def step(client: PageClient, sheet: Sheet, section: str) -> PageForm:
    """The form of a step, opened by this visitor."""
    response = client.get(f"/fiches/{sheet.id}/{section}")
    assert response.status_code == 200
    return form_on(response)


def again(sheet: Sheet) -> Sheet:
    """The sheet as it is stored now."""
    db.session.refresh(sheet)
    return sheet
