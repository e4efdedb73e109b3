"""People's own words between centre and federation: cleaned, never empty, never endless."""

from forms.french import number
from forms.values import Refused, clean_text

LONGEST = 4_000
"""Characters of a query, of its reply, of a reason."""
TOO_LONG = f"Raccourcissez ce texte\u00a0: {number(LONGEST)} caractères au plus."


def said(text: str, otherwise: str, *, place: str = "text") -> str:
    """The text as it is kept. Raises Refused at that place: `otherwise` where nothing is said, or too long."""
    kept = clean_text(text).strip()
    if not kept:
        raise Refused(otherwise, question=place)
    if len(kept) > LONGEST:
        raise Refused(TOO_LONG, question=place)
    return kept
