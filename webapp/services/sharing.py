"""How far a centre shows a sheet that it has sent; less at once, more as long as it is not published."""

from datetime import datetime
from uuid import UUID

from forms.lifecycle import SheetState
from forms.values import Refused
from webapp import policy
from webapp.database import db
from webapp.models import Sheet
from webapp.policy import Act, Actor
from webapp.queries.things import thing_of
from webapp.services import events
from webapp.services.sheets import locked
from webapp.vocabulary import Sharing

BY_REACH = (Sharing.FUNDERS, Sharing.NETWORK, Sharing.PUBLIC)
"""From the few to everybody."""

NOT_FURTHER = (
    "Cette fiche est publiée\u00a0: pour la montrer à plus de monde, demandez à la fédération de la retirer du "
    "catalogue, choisissez, puis elle la publiera de nouveau."
)
CHOOSE = "Choisissez à qui montrer la fiche."


def choices_of(sheet: Sheet) -> tuple[Sharing, ...]:
    """To whom it can be shown now. What the federation published for some, a centre alone does not show to more."""
    if sheet.state is SheetState.PUBLISHED:
        return BY_REACH[: BY_REACH.index(sheet.sharing) + 1]
    return BY_REACH


def choose(sheet_id: UUID, wanted: Sharing | None, *, actor: Actor, at: datetime) -> Sheet:
    """Show the sheet so far and no further: whatever reads it obeys from the commit on. Raises Refused, Denied."""
    sheet = locked(sheet_id)
    policy.require(actor, Act.SHEET_SHARE, thing_of(sheet))
    if wanted is None:
        raise Refused(CHOOSE, question="sharing")
    if wanted not in choices_of(sheet):
        raise Refused(NOT_FURTHER, question="sharing")
    if wanted is not sheet.sharing:
        data = {"from": sheet.sharing.value, "to": wanted.value}
        sheet.sharing = wanted
        told = {"federation_id": sheet.federation_id, "sheet_id": sheet.id}
        events.record("sheet.shared", at=at, actor_id=actor.user_id, data=data, **told)
        db.session.commit()
    return sheet
