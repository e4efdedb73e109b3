"""The signature under the reports that this installation makes."""

import hashlib
import hmac

from webapp.config import current_settings


def sign(seal: str) -> str:
    """The signature of a seal: HMAC-SHA-256, 64 hexadecimal digits.

    The key is drawn from RECUEIL_SECRET_KEY: with a new one, reports that were made before are no longer recognised
    by their signature, only by their bytes.
    """
    key = hmac.digest(current_settings().secret().encode(), b"recueil report seal", hashlib.sha256)
    return hmac.new(key, seal.encode(), hashlib.sha256).hexdigest()
