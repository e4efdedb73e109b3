"""What a look at one matter found, and what that means for starting."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a matter stands."""

    OK = "ok"
    REVIEW = "à revoir"
    REFUSED = "refusé"


EXIT = {Verdict.OK: 0, Verdict.REVIEW: 1, Verdict.REFUSED: 2}
"""The status that the command ends with, by the worst of all."""


@dataclass(frozen=True)
class Found:
    """One line. matter: its name for programs; said: French, and what to do where something is to be done."""

    matter: str
    verdict: Verdict
    said: str


def ok(matter: str, said: str) -> Found:
    """Nothing to do."""
    return Found(matter, Verdict.OK, said)


def review(matter: str, said: str) -> Found:
    """It will start, and somebody should look."""
    return Found(matter, Verdict.REVIEW, said)


def refused(matter: str, said: str) -> Found:
    """It must not be started like this."""
    return Found(matter, Verdict.REFUSED, said)
