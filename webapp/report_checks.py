"""Whether a file is what it says: the verdict on a report that was handed in, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from forms import french
from reports import verifying
from reports.comparing_versions import Comparison, compare
from reports.manifest import Entry, grouped
from reports.verifying import Claim, Shape
from webapp import seals
from webapp.models import ReportRun
from webapp.policy import Actor
from webapp.queries import report_checks as queries
from webapp.queries.report_checks import Sent


class Verdict(StrEnum):
    """What can be said of a file.

    IDENTICAL: byte by byte that of a report that is kept. SIGNED: unchanged since this installation made it. CONTENT:
    its answers, all of them, are those that were sent. UNPROVEN: it agrees with itself, which anybody can bring about.
    ALTERED: it doesn't.
    """

    IDENTICAL = "identical"
    SIGNED = "signed"
    CONTENT = "content"
    UNPROVEN = "unproven"
    ALTERED = "altered"

    @property
    def proven(self) -> bool:
        """Whether one may rely on it."""
        return self in (Verdict.IDENTICAL, Verdict.SIGNED, Verdict.CONTENT)


class Standing(StrEnum):
    """What is known of a sheet that a file names."""

    CURRENT = "current"
    OLDER = "older"
    UNKNOWN = "unknown"


STANDINGS = {Standing.CURRENT: "", Standing.OLDER: "renvoyée depuis", Standing.UNKNOWN: "inconnue ici"}


@dataclass(frozen=True)
class Line:
    """A sheet that a file names, and what is known of it. sending: « envoi n° 2 sur 3 », empty where unknown."""

    entry: Entry
    standing: Standing
    sending: str
    erased_at: datetime | None = None

    @property
    def words(self) -> str:
        """« envoi n° 1 sur 2, renvoyée depuis »."""
        erased = (
            f"une réponse a été effacée à la demande d’une personne le {french.day(self.erased_at)}"
            if self.erased_at is not None
            else ""
        )
        return ", ".join(filter(None, (self.sending, STANDINGS[self.standing], erased)))

    @property
    def sent_on(self) -> str:
        """The day of its sending as the file says it, empty where it doesn't."""
        return french.day(_moment(self.entry.sent_at).astimezone(french.PARIS).date()) if self.entry.sent_at else ""


@dataclass(frozen=True)
class Check:
    """The verdict on a file: a sentence, what it rests on, and each sheet that the file names."""

    claim: Claim
    verdict: Verdict
    sentence: str
    lines: tuple[Line, ...]
    run: ReportRun | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """Where the file contradicts itself; nothing is said against one that is known byte by byte."""
        return () if self.verdict is Verdict.IDENTICAL else self.claim.faults

    @property
    def counted(self) -> str:
        """« 12 fiches : 10 dernier envoi, 2 renvoyées depuis »."""
        said = french.plural(len(self.lines), "fiche annoncée", "fiches annoncées")
        older, unknown = (
            sum(line.standing is standing for line in self.lines) for standing in (Standing.OLDER, Standing.UNKNOWN)
        )
        parts = [
            f"{french.number(older)} renvoyée{'s' if older > 1 else ''} depuis" if older else "",
            f"{french.number(unknown)} inconnue{'s' if unknown > 1 else ''} ici" if unknown else "",
        ]
        return ", dont ".join(filter(None, (said, " et ".join(filter(None, parts)))))

    def to_json(self) -> dict[str, Any]:
        """As `recueil verify --json` prints it."""
        said = self.claim.manifest
        return {
            "verdict": self.verdict.value,
            "proven": self.verdict.proven,
            "message": self.sentence,
            "faults": list(self.faults),
            "file": {"type": self.claim.shape.value, "sha256": self.claim.sha256},
            "report": {
                "kind": said.kind,
                "title": said.title,
                "federation": said.federation,
                "made_at": said.made_at,
                "content_sha256": said.content_sha256,
                "run": str(self.run.id) if self.run else None,
            },
            "sheets": [
                {
                    "reference": line.entry.reference,
                    "year": line.entry.year,
                    "centre": line.entry.centre,
                    "title": line.entry.title,
                    "sent_at": line.entry.sent_at,
                    "snapshot_sha256": line.entry.snapshot_sha256,
                    "standing": line.standing.value,
                    "erased_at": line.erased_at.isoformat() if line.erased_at else None,
                }
                for line in self.lines
            ],
        }


def check(claim: Claim, actor: Actor) -> Check:
    """The verdict on what verifying.read() found, from what this actor may see here."""
    known = queries.sendings((entry.reference for entry in claim.manifest.sheets), actor)
    lines = tuple(_line(entry, known.get(entry.reference, ())) for entry in claim.manifest.sheets)
    run = queries.run_of(claim.sha256, actor)
    verdict = _verdict(claim, lines, run)
    return Check(claim, verdict, _sentence(verdict, claim, run), lines, run)


def compared(before: Claim, after: Claim, actor: Actor) -> Comparison:
    """What changed from one file to another; the answers are those that are kept here, for this actor to read, and
    those that the files hold."""
    old, new = before.manifest.sheets, after.manifest.sheets
    return compare(
        old,
        new,
        (*before.sheets(), *queries.sheets_of(old, actor)),
        (*after.sheets(), *queries.sheets_of(new, actor)),
    )


def read(content: bytes) -> Claim:
    """See reports.verifying.read."""
    return verifying.read(content)


def _line(entry: Entry, sent: Sequence[Sent]) -> Line:
    found = [one for one in sent if one.sha256 == entry.snapshot_sha256]
    if not found:
        return Line(entry, Standing.UNKNOWN, "")
    # The same words sent twice are one content: the later sending stands for it.
    last = found[-1]
    standing = Standing.CURRENT if last.number == last.last else Standing.OLDER
    return Line(entry, standing, f"envoi n°\u00a0{last.number} sur {last.last}", last.erased_at)


def _verdict(claim: Claim, lines: Sequence[Line], run: ReportRun | None) -> Verdict:
    if run is not None:
        return Verdict.IDENTICAL
    if claim.faults:
        return Verdict.ALTERED
    if claim.seal is not None and claim.seal.signed_with(seals.sign):
        return Verdict.SIGNED
    if claim.shape is Shape.JSON and lines and all(line.standing is not Standing.UNKNOWN for line in lines):
        return Verdict.CONTENT
    return Verdict.UNPROVEN


def _sentence(verdict: Verdict, claim: Claim, run: ReportRun | None) -> str:
    match verdict:
        case Verdict.IDENTICAL:
            return f"Fichier identique à celui établi {_when(run, claim)}{_version(run)}."
        case Verdict.SIGNED:
            return f"Fichier établi par ce Recueil {_when(None, claim)} et inchangé depuis, sa signature le prouve."
        case Verdict.CONTENT:
            return (
                "Toutes les réponses sont celles qui ont été envoyées, leurs empreintes le prouvent ; le fichier "
                "lui-même n’est pas l’un de ceux qui sont gardés ici."
            )
        case Verdict.UNPROVEN:
            return (
                "Contenu annoncé, non prouvé : le fichier ne se contredit pas, mais ce n’est aucun de ceux qui sont "
                "gardés ici pour vous, et rien ne le signe."
            )
        case Verdict.ALTERED:
            return "Fichier modifié depuis qu’il a été établi : ne vous y fiez pas."


def _when(run: ReportRun | None, claim: Claim) -> str:
    if run is not None and run.finished_at is not None:
        return f"le {french.moment(run.finished_at)}"
    return f"le {french.moment(_moment(claim.manifest.made_at))}" if claim.manifest.made_at else ""


def _version(run: ReportRun | None) -> str:
    title = f"« {run.name} »" if run is not None else ""
    number = getattr(run, "version", None)
    return f" ({title}, v{number})" if number else f" ({title})"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def fingerprint(check: Check) -> str:
    """The content's fingerprint as reports print it."""
    return grouped(check.claim.manifest.content_sha256)
