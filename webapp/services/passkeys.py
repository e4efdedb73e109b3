"""Passkeys (WebAuthn): a telephone or a computer that recognises its owner stands for password and code together.

The library is loaded by whoever uses one: it brings half of cryptography along, and a server starts without it.
"""

import ipaddress
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from forms.values import Refused, clean_text
from webapp.config import current_settings
from webapp.database import db
from webapp.models import Passkey, User
from webapp.queries.accounts import with_places
from webapp.services import events, mail

LONGEST_NAME = 60
FAILED = "Cette clé d’accès n’a pas été reconnue. Recommencez, ou connectez-vous autrement."


def are_offered() -> bool:
    """Browsers offer passkeys to a named site over https, and to localhost."""
    parts = urlsplit(current_settings().base_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost"
    return False


def _site() -> tuple[str, str]:
    """Our name for passkeys and the origin that they answer to; never what a request says."""
    parts = urlsplit(current_settings().base_url)
    return parts.hostname or "", f"{parts.scheme}://{parts.netloc}"


def invite_to_make(user: User) -> tuple[str, str]:
    """What the browser is told to make a passkey of this account: (JSON, challenge to be kept until it answers)."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    if user.passkey_handle is None:
        user.passkey_handle = uuid4().hex
        db.session.commit()
    options = webauthn.generate_registration_options(
        rp_id=_site()[0],
        rp_name="Recueil",
        user_id=(user.passkey_handle or "").encode(),
        user_name=user.email,
        user_display_name=user.full_name or user.email,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in user.passkeys],
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def add(user: User, answer: str, *, challenge: str, name: str, at: datetime) -> Passkey:
    """Keep the passkey that the browser made. Raises Refused."""
    import webauthn
    from webauthn.helpers.exceptions import WebAuthnException

    if not challenge:
        raise Refused(FAILED)
    name = " ".join(clean_text(name).split())[:LONGEST_NAME] or "Clé d’accès"
    rp_id, origin = _site()
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as wrong:
        raise Refused(FAILED) from wrong
    key = Passkey(
        user_id=user.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name,
        created_at=at,
        used_at=at,
    )
    db.session.add(key)
    _tell(user, f"La clé d’accès «\u00a0{name}\u00a0» a été ajoutée à votre compte", "account.passkey_added", at=at)
    db.session.commit()
    return key


def remove(user: User, key_id: UUID, *, at: datetime) -> bool:
    """Forget a passkey of that account; False where it has none such."""
    key = next((key for key in user.passkeys if key.id == key_id), None)
    if key is None:
        return False
    user.passkeys.remove(key)
    _tell(
        user, f"La clé d’accès «\u00a0{key.name}\u00a0» a été retirée de votre compte", "account.passkey_removed", at=at
    )
    db.session.commit()
    return True


def invite_to_sign_in() -> tuple[str, str]:
    """What the browser is told to sign in with any passkey of ours: (JSON, challenge)."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = webauthn.generate_authentication_options(
        rp_id=_site()[0], user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options), bytes_to_base64url(options.challenge)


def recognise(answer: str, *, challenge: str, at: datetime) -> User:
    """The account whose passkey answered. Raises Refused."""
    import webauthn
    from webauthn.helpers import parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    if not challenge:
        raise Refused(FAILED)
    rp_id, origin = _site()
    try:
        credential = parse_authentication_credential_json(answer)
        key = _find(credential.raw_id)
        if key is None:
            raise Refused(FAILED)
        used = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=webauthn.base64url_to_bytes(challenge),
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as wrong:
        raise Refused(FAILED) from wrong
    key.sign_count, key.used_at = used.new_sign_count, at
    db.session.commit()
    return key.user


def _find(credential_id: bytes) -> Passkey | None:
    return db.session.scalars(
        sa.select(Passkey)
        .join(Passkey.user)
        .where(Passkey.credential_id == credential_id, User.active)
        .options(with_places(contains_eager(Passkey.user)))
    ).one_or_none()


def _tell(user: User, what: str, kind: str, *, at: datetime) -> None:
    context = {"name": user.full_name, "what": what, "at": at, "path": "/compte"}
    mail.enqueue("security_changed", recipient=user.email, at=at, context=context)
    events.record(kind, at=at, actor_id=user.id, federation_id=None)
