"""Which browser the tests drive: `python -m tests.browsers [whole]` says it, or fails where there is none."""

import os
import sys
from pathlib import Path

KNOWN = (
    # Chromium without its own windows: the same pages, in a fifth less time.
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
)


def chromium(*, whole: bool = False) -> str:
    """The one that RECUEIL_TEST_CHROMIUM names, else the first that is installed. Raises FileNotFoundError.

    whole: with its own words in French, such as « Choisir un fichier ».
    """
    named = os.environ.get("RECUEIL_TEST_CHROMIUM", "")
    for place in (named,) if named else KNOWN:
        if Path(place).is_file() and not (whole and place.endswith("-shell")):
            return place
    raise FileNotFoundError(
        "Il manque un navigateur pour les essais\u00a0: indiquez un Chromium par RECUEIL_TEST_CHROMIUM=…"
    )


if __name__ == "__main__":
    try:
        print(chromium(whole=sys.argv[1:] == ["whole"]))  # noqa: T201
    except FileNotFoundError as missing:
        raise SystemExit(str(missing)) from None
