"""The second factor: six digits from a telephone (TOTP, RFC 6238), recovery codes for the day it is lost.

Flask-Security is not used, here nor anywhere:
- it keeps the steps of a half-done sign-in in the session's cookie, and with them the secret that is being set up,
  signed but readable by whoever holds the cookie; ours waits encrypted in the database;
- its views commit at the end of the request, and some links that it mails write when they are fetched; here services
  commit once a call, and a GET is read-only in the database;
- its sessions live in the cookie alone: none can be listed, or ended without the others; ours are rows (`sessions.py`).
"""

import base64
import hashlib
import hmac
import io
import json
import re
import secrets
from datetime import datetime

import pyotp
import qrcode
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from qrcode.image.svg import SvgPathFillImage

from forms.values import Refused
from webapp.config import current_settings
from webapp.database import db
from webapp.models import User
from webapp.services import events, mail

# The clock of a telephone may be half a minute off.
STEPS_AROUND = 1
RECOVERY_CODES = 10
WRONG = "Ce code n’est pas le bon. Attendez le suivant, puis recommencez."


def is_on(user: User) -> bool:
    """Whether signing in asks for a code."""
    return user.second_factor_on


def prepare(user: User, *, at: datetime) -> None:
    """Draw a new secret; it asks for nothing before it was confirmed by a first code."""
    if is_on(user):
        raise Refused("La double authentification est déjà active.")
    _keep(user, pyotp.random_base32(), last=0)
    db.session.commit()


def pending_key(user: User) -> str:
    """The secret that waits for its first code, as one types it into a telephone; "" where none waits."""
    if is_on(user) or not user.totp_secret:
        return ""
    return _kept(user)[0]


def picture_of(user: User, key: str) -> str:
    """The same secret to be photographed: a QR code as a data: address."""
    address = pyotp.TOTP(key).provisioning_uri(name=user.email, issuer_name="Recueil")
    image = qrcode.make(address, image_factory=SvgPathFillImage, border=3)
    drawn = io.BytesIO()
    image.save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


def turn_on(user: User, code: str, *, at: datetime) -> list[str]:
    """Confirm the waiting secret by a first code; the recovery codes, shown this once. Raises Refused."""
    if not pending_key(user) or not _is_fresh_code(user, code, at=at):
        raise Refused(WRONG, question="code")
    user.second_factor_on = True
    codes = _draw_codes(user)
    _tell(user, "La double authentification a été activée sur votre compte", "account.second_factor_on", at=at)
    db.session.commit()
    return codes


def renew_codes(user: User, *, at: datetime) -> list[str]:
    """New recovery codes; the old ones are void."""
    if not is_on(user):
        raise Refused("Activez d’abord la double authentification.")
    codes = _draw_codes(user)
    _tell(user, "De nouveaux codes de secours ont été tirés pour votre compte", "account.recovery_codes", at=at)
    db.session.commit()
    return codes


def turn_off(user: User, *, at: datetime) -> None:
    """Signing in asks for no code any more."""
    user.second_factor_on, user.totp_secret, user.recovery_codes = False, None, []
    _tell(user, "La double authentification a été désactivée sur votre compte", "account.second_factor_off", at=at)
    db.session.commit()


def check(user: User, typed: str, *, at: datetime) -> bool:
    """Whether these are the digits of now, or a recovery code; each serves once."""
    # Two that arrive at once must not both find the code unused.
    db.session.execute(
        sa.select(User.id).where(User.id == user.id).with_for_update().execution_options(populate_existing=True)
    )
    db.session.refresh(user, ["second_factor_on", "totp_secret", "recovery_codes"])
    right = is_on(user) and (_is_fresh_code(user, typed, at=at) or _use_recovery_code(user, typed, at=at))
    db.session.commit()
    return right


def codes_left(user: User) -> int:
    """How many recovery codes have not been used."""
    return len(user.recovery_codes)


def _is_fresh_code(user: User, typed: str, *, at: datetime) -> bool:
    digits = re.sub(r"\s", "", typed)
    key, last = _kept(user)
    telephone = pyotp.TOTP(key)
    now = telephone.timecode(at)
    for step in range(now - STEPS_AROUND, now + STEPS_AROUND + 1):
        if step > last and hmac.compare_digest(telephone.generate_otp(step).encode(), digits.encode()):
            _keep(user, key, last=step)
            return True
    return False


def _draw_codes(user: User) -> list[str]:
    drawn = [secrets.token_hex(8) for _ in range(RECOVERY_CODES)]
    user.recovery_codes = [_hash(code) for code in drawn]
    return ["-".join(re.findall("....", code)) for code in drawn]


def _use_recovery_code(user: User, typed: str, *, at: datetime) -> bool:
    hashed = _hash(re.sub(r"[\s-]", "", typed).lower())
    if hashed not in user.recovery_codes:
        return False
    user.recovery_codes = [kept for kept in user.recovery_codes if kept != hashed]
    _tell(user, "Un code de secours a servi à se connecter à votre compte", "account.recovery_code_used", at=at)
    return True


def _hash(code: str) -> str:
    # Drawn at random and long: a plain hash can't be guessed backwards.
    return hashlib.sha256(code.encode()).hexdigest()


def _tell(user: User, what: str, kind: str, *, at: datetime) -> None:
    context = {"name": user.full_name, "what": what, "at": at, "path": "/compte"}
    mail.enqueue("security_changed", recipient=user.email, at=at, context=context)
    events.record(kind, at=at, actor_id=user.id, federation_id=None)


def _cipher() -> Fernet:
    # Whoever reads the database alone can't make codes. A new RECUEIL_SECRET_KEY asks everybody to begin again.
    secret = current_settings().secret().encode()
    return Fernet(base64.urlsafe_b64encode(hmac.digest(secret, b"recueil second factor", hashlib.sha256)))


def _keep(user: User, key: str, *, last: int) -> None:
    """Keep the secret with the last half minute that was used, so that no code serves twice."""
    kept = json.dumps({"key": key, "last": last})
    user.totp_secret = _cipher().encrypt(kept.encode()).decode()


def _kept(user: User) -> tuple[str, int]:
    try:
        kept = json.loads(_cipher().decrypt((user.totp_secret or "").encode()))
    except InvalidToken as wrong:
        message = "La clé du serveur a changé. Connectez-vous avec un code de secours."
        raise Refused(message, question="code") from wrong
    return kept["key"], int(kept["last"])
