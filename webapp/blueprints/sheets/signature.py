"""The president's signature on the page before the sending: whether it is needed, and where it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import request

from forms.values import Refused
from webapp.models import Sheet, SignOff
from webapp.queries import sign_offs
from webapp.services import signatures
from webapp.vocabulary import SignOffState


@dataclass(frozen=True)
class Signature:
    """needed: the campaign asks for it; row: what stands, or what was asked last; typed, refused: of a form posted."""

    needed: bool = False
    valid: bool = False
    row: SignOff | None = None
    typed: Mapping[str, str] | None = None
    refused: Refused | None = None

    @property
    def lacks(self) -> bool:
        """Whether the sheet waits for it."""
        return self.needed and not self.valid

    @property
    def fallen(self) -> bool:
        """Whether it was given and an answer has changed since."""
        return self.lacks and self.row is not None and self.row.state is SignOffState.SIGNED


def of_sheet(sheet: Sheet, refused: Refused | None = None) -> Signature:
    """Where the signature of a sheet is; refused: why it was not asked for just now."""
    if not sheet.campaign.sign_off:
        return Signature()
    stands = signatures.under(sheet)
    typed = {name: request.form.get(name, "") for name in ("president_name", "president_email")}
    return Signature(True, stands is not None, stands or sign_offs.latest(sheet.id), typed, refused)
